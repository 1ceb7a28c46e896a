"""Changes of a batch that cost next to nothing, against learning by heart."""

from __future__ import annotations

import torch

from ..mixing.statistics import Batch
from ..model.features import POWER_FLOOR

SHIFT = 6
"""Groups by which runs move an item's frequencies at most, either way: of 3, 6 and 12 the best on real music."""


def shifted(batch: Batch, groups: torch.Tensor) -> Batch:
    """Each item as if all its frequencies had been moved by that many groups, int64 `[items]` on the batch's device:
    10.8 Hz each below 2.8 kHz, more above. What becomes free is silent.

    A voice, a string and their partials are then where no recording has them; what makes them one stays.
    """
    count = batch.pxx.shape[-1]
    origin = torch.arange(count, device=groups.device) - groups[:, None]
    inside, origin = (origin >= 0) & (origin < count), origin.clamp(0, count - 1)

    def moved(values: torch.Tensor, fill: torch.Tensor | float) -> torch.Tensor:
        """`values` `[items, …, groups]`."""
        shape = len(groups), *[1] * (values.ndim - 2), count
        return torch.where(inside.reshape(shape), values.gather(-1, origin.reshape(shape).expand_as(values)), fill)

    silence = torch.tensor([POWER_FLOOR, 1.0, 1.0], device=groups.device).log10()[:, None]
    feats = moved(batch.feats.transpose(-1, -2), silence).transpose(-1, -2).contiguous()
    return Batch(feats, *(moved(one, 0.0) for one in (batch.pxx, batch.pxs, batch.pss)), batch.accompaniment_only)
