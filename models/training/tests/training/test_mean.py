"""Means of weights. Needs torch."""

import pytest
import torch

from unbraid_training.training.mean import mean


def checkpoint(value: float, width: int = 8, licences: str = "CC0-1.0") -> dict:
    """A checkpoint of one parameter, a step counter and nothing else."""
    ema = {"weight": torch.full((2, 3), value), "steps": torch.tensor(7)}
    return {"ema": ema, "size": {"width": width}, "layout": {"hop": 1024}, "licences": licences}


def test_shares_weigh_and_licences_join():
    made = mean([(3.0, checkpoint(1.0)), (1.0, checkpoint(5.0, licences="MIT; CC0-1.0"))])
    torch.testing.assert_close(made["ema"]["weight"], torch.full((2, 3), 2.0))
    assert made["ema"]["weight"].dtype == torch.float32 and made["ema"]["steps"] == 7
    assert made["licences"] == "CC0-1.0; MIT" and made["size"] == {"width": 8}


def test_half_precision_comes_out_as_single():
    half = checkpoint(1.0)
    half["ema"]["weight"] = half["ema"]["weight"].half()
    assert mean([(1.0, half), (1.0, checkpoint(2.0))])["ema"]["weight"].dtype == torch.float32


def test_what_has_no_mean_is_named():
    with pytest.raises(ValueError, match="sizes differ in width"):
        mean([(1.0, checkpoint(1.0)), (1.0, checkpoint(1.0, width=9))])
    with pytest.raises(ValueError, match="positive sum"):
        mean([(0.0, checkpoint(1.0))])
