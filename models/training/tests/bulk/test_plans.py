"""Plans in order, on time, and an end of it."""

import pytest
import torch
from unbraid_training.bulk.plans import Plans


class Numbers:
    """Stands for a planner."""

    def __init__(self, fails_at=None):
        self.fails_at = fails_at

    def __getitem__(self, number):
        if number == self.fails_at:
            raise RuntimeError(f"no plan {number}")
        return {"number": torch.tensor(number)}


@pytest.mark.parametrize("workers", [0, 2])
def test_plans_come_in_order_from_where_a_run_stood(workers):
    plans = Plans(Numbers(), torch.device("cpu"), workers, 5, 25)
    assert [(int(a["number"]), int(b["number"])) for a, b in plans] == [(n, n) for n in range(5, 25)]
    plans.end()


def test_fetching_ends_where_nobody_takes_plans_any_more():
    plans = Plans(Numbers(), torch.device("cpu"), 1, 0, 1 << 40)
    assert int(next(plans)[0]["number"]) == 0
    plans.end()
    assert not plans.thread.is_alive()


def test_what_goes_wrong_there_is_said_here():
    plans = Plans(Numbers(fails_at=2), torch.device("cpu"), 0, 0, 9)
    next(plans), next(plans)
    with pytest.raises(RuntimeError, match="no plan 2"):
        next(plans)
    plans.end()
