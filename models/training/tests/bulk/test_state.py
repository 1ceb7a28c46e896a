"""State in files that a repository takes."""

import json

import pytest
import torch
from unbraid_training.bulk.state import LARGEST, RunState, load_state, save_state
from unbraid_training.errors import UserError


def tensors():
    generator = torch.Generator().manual_seed(1)
    return {
        "a/large": torch.randn(40, 30, generator=generator),
        "a/step": torch.tensor(3.0),
        "a/none": torch.zeros(0, 4),
        "ab/half": torch.randn(7, generator=generator).bfloat16(),
        "b/whole": torch.arange(500),
    }


@pytest.mark.parametrize("largest", [100, 1000, LARGEST])
def test_everything_comes_back_to_the_bit_in_files_no_larger_than_said(tmp_path, largest):
    save_state(tmp_path / "state", RunState({"step": 4}, tensors()), largest)
    found = load_state(tmp_path / "state")
    assert found.facts == {"step": 4} and set(found.under("a")) == {"large", "step", "none"}
    for name, expected in tensors().items():
        got = found.tensors[name]
        assert got.dtype == expected.dtype and torch.equal(got, expected), name
    files = sorted((tmp_path / "state").glob("*.pt"))
    assert len(files) == (1 if largest == LARGEST else max(len(files), 3))
    for file in files:
        assert sum(piece.nbytes for _, _, piece in torch.load(file)) <= largest


def test_a_state_as_large_as_a_network_s_stays_below_16_mib(tmp_path):
    big = {f"part-{n}": torch.zeros(2_500_000) for n in range(4)}
    save_state(tmp_path / "state", RunState({}, big))
    sizes = [path.stat().st_size for path in (tmp_path / "state").iterdir()]
    assert max(sizes) < 16 * 2**20 and len(sizes) == 4


def test_a_new_state_takes_the_place_of_the_old_one(tmp_path):
    save_state(tmp_path / "state", RunState({"step": 1}, tensors()), 500)
    save_state(tmp_path / "state", RunState({"step": 2}, {"x": torch.ones(2)}))
    assert load_state(tmp_path / "state").facts["step"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["state"]
    assert len(list((tmp_path / "state").iterdir())) == 2


def test_files_of_two_states_are_not_taken_for_one(tmp_path):
    for step, folder in enumerate(("one", "two")):
        save_state(tmp_path / folder, RunState({"step": step}, {"x": torch.full((3,), float(step))}))
    (tmp_path / "two" / "state-000.pt").replace(tmp_path / "one" / "state-000.pt")
    with pytest.raises(UserError, match="not of the same state"):
        load_state(tmp_path / "one")
    with pytest.raises(UserError, match="bring all files"):
        load_state(tmp_path / "two")
    with pytest.raises(UserError, match="holds no state"):
        load_state(tmp_path)
    assert json.loads((tmp_path / "one" / "state.json").read_text())["facts"] == {"step": 0}
