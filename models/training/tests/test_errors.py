"""What a user can put right becomes one line; what is a fault of ours keeps its trace."""

import pytest
from unbraid_training.errors import UserError, run


def failing(error: Exception):
    def main():
        raise error

    return main


@pytest.mark.parametrize("error", [UserError("x.pt is no checkpoint"), OSError("x.pt is no checkpoint")])
def test_a_user_s_error_ends_a_command_with_its_line(error):
    with pytest.raises(SystemExit, match=r"^error: x.pt is no checkpoint$"):
        run(failing(error))


def test_a_fault_of_ours_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        run(failing(ZeroDivisionError()))
