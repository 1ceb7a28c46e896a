"""Means of weights."""

import pytest
import torch
from unbraid_training.model.checkpoint import Checkpoint
from unbraid_training.model.layout import LIVE, STUDIO
from unbraid_training.model.size import Size
from unbraid_training.training.mean import mean


def checkpoint(value: float, width: int = 8, licences=("CC0-1.0",), layout=STUDIO) -> Checkpoint:
    """A checkpoint of one parameter, a step counter and nothing else."""
    weights = {"weight": torch.full((2, 3), value), "steps": torch.tensor(7)}
    return Checkpoint(weights, Size(width=width), layout, frozenset(licences))


def test_weights_weigh_and_licences_join():
    made = mean([(3.0, checkpoint(1.0)), (1.0, checkpoint(5.0, licences=("MIT", "CC0-1.0")))])
    torch.testing.assert_close(made.weights["weight"], torch.full((2, 3), 2.0))
    assert made.weights["weight"].dtype == torch.float32 and made.weights["steps"] == 7
    assert made.licences == {"CC0-1.0", "MIT"} and made.size == Size(width=8)


def test_half_precision_comes_out_as_single():
    half = checkpoint(1.0)
    half.weights["weight"] = half.weights["weight"].half()
    assert mean([(1.0, half), (1.0, checkpoint(2.0))]).weights["weight"].dtype == torch.float32


def test_what_has_no_mean_is_named():
    with pytest.raises(ValueError, match="sizes differ in width"):
        mean([(1.0, checkpoint(1.0)), (1.0, checkpoint(1.0, width=9))])
    with pytest.raises(ValueError, match="layouts differ in hop, window"):
        mean([(1.0, checkpoint(1.0)), (1.0, checkpoint(1.0, layout=LIVE))])
    with pytest.raises(ValueError, match="positive sum"):
        mean([(0.0, checkpoint(1.0))])
