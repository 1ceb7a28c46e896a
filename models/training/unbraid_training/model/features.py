"""Features of a mixture's spectra: log power, balance and width of every pooled group, and the contrast of its level.

A group's power is the sum over its bins. What is computed here, the exported file computes for itself.
"""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from .layout import Layout

FEATURES = 3
"""Per group: log power, balance left/right, level of the side channel."""

CONTRAST_SPAN = 17
"""Groups over which the level is averaged to tell peaks from valleys; odd."""

POWER_FLOOR = 1e-4
"""Added to powers before the logarithm; about −100 dBFS of a sine in a 4096-point frame."""


def features(power_left: torch.Tensor, power_right: torch.Tensor, power_side: torch.Tensor) -> torch.Tensor:
    """Features `[..., groups, 3]` from group powers `[..., groups]`; side is `(left − right)/2`.

    Balance and width are bounded ratios, so that a mono sum (side exactly 0) is not an outlier as
    it would be for the logarithm of the side channel's power.
    """
    total = power_left + power_right + POWER_FLOOR
    return torch.stack([torch.log10(total), (power_left - power_right) / total, 2.0 * power_side / total], dim=-1)


def contrast(level: torch.Tensor) -> torch.Tensor:
    """Twice the log power `[B, T, groups]` above its mean over `CONTRAST_SPAN` groups around it."""
    span = CONTRAST_SPAN
    mean = F.avg_pool1d(level.flatten(0, 1)[:, None], span, 1, span // 2, count_include_pad=False)
    return 2.0 * (level - mean[:, 0].reshape(level.shape))


def pool_groups(values: torch.Tensor, layout: Layout) -> torch.Tensor:
    """Sums `[..., bins]` over groups, `[..., groups]`; runs of equal width at once."""
    parts = []
    for start, width, count in layout.group_runs():
        part = values[..., start : start + width * count]
        # Adding strided slices is several times faster than a sum over a last axis this short.
        total = part[..., ::width]
        for offset in range(1, width):
            total = total + part[..., offset::width]
        parts.append(total)
    return torch.cat(parts, dim=-1)


def mixture_powers(x: torch.Tensor, layout: Layout) -> torch.Tensor:
    """Pooled powers of left, right and side, `[3, frames, groups]`, of mixture spectra `[2, frames, bins]`."""
    side = (x[0] - x[1]) * 0.5
    return pool_groups(torch.view_as_real(torch.cat([x, side[None]])).square().sum(-1), layout)


def mixture_features(x: np.ndarray, layout: Layout) -> torch.Tensor:
    """Features `[frames, groups, 3]` of mixture spectra `[2, frames, bins]`."""
    return features(*mixture_powers(torch.from_numpy(x), layout))
