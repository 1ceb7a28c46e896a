"""Changes of a batch that cost next to nothing, against learning by heart."""

from __future__ import annotations

import torch

from ..mixing.statistics import Batch
from ..model.features import POWER_FLOOR


def moved(values: torch.Tensor, groups: int, fill: float) -> torch.Tensor:
    """`values` `[…, groups]` moved up by `groups`, down where it is negative; `fill` in what becomes free."""
    out = torch.roll(values, groups, dims=-1)
    if groups > 0:
        out[..., :groups] = fill
    elif groups < 0:
        out[..., groups:] = fill
    return out


def shifted(batch: Batch, groups: list[int]) -> Batch:
    """Each item as if all its frequencies had been moved by that many groups: 10.8 Hz each below 2.8 kHz, more above.

    A voice, a string and their partials are then where no recording has them; what makes them one stays.
    """
    feats, powers = batch.feats.clone(), [one.clone() for one in (batch.pxx, batch.pxs, batch.pss)]
    silence = float(torch.tensor(POWER_FLOOR).log10())
    for item, by in enumerate(groups):
        for feature, fill in enumerate((silence, 0.0, 0.0)):
            feats[item, ..., feature] = moved(batch.feats[item, ..., feature], by, fill)
        for old, new in zip((batch.pxx, batch.pxs, batch.pss), powers):
            new[item] = moved(old[item], by, 0.0)
    return Batch(feats, *powers, batch.accompaniment_only)
