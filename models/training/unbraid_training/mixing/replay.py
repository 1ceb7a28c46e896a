"""Uses every batch more than once: making one costs as much time as training on it.

Batches come in blocks. A block is trained on as it arrives, then again in the same order, each time
under another equaliser, level and side, while the loader makes the next one. Which batch belongs to
which step depends on the step alone, so that a resumed run goes on exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch

from ..model.features import POWER_FLOOR
from .statistics import Batch

EQ_POINTS = 9
EQ_DB = 3.0
"""Standard deviation of the equaliser's points, spread evenly over the groups."""

LEVEL_DB = 5.0
"""Standard deviation of the level."""


def vary(batch: Batch, rng: np.random.Generator) -> Batch:
    """The batch as if each mixture had gone through an equaliser, a fader and, at times, swapped sides.

    What is linear in the mixture's power scales with it; the features are computed anew from theirs.
    """
    items, _, groups, _ = batch.feats.shape
    grid = np.linspace(0, EQ_POINTS - 1, groups)
    curves = [np.interp(grid, np.arange(EQ_POINTS), rng.normal(0, EQ_DB, EQ_POINTS)) for _ in range(items)]
    decibels = np.stack(curves) + rng.normal(0, LEVEL_DB, (items, 1))
    gain = torch.from_numpy((10.0 ** (decibels / 10.0)).astype(np.float32))
    swapped = torch.from_numpy(rng.random(items) < 0.5)

    total = 10.0 ** batch.feats[..., 0]
    scaled = (total - POWER_FLOOR).clamp_min(0.0) * gain[:, None] + POWER_FLOOR
    ratio = gain[:, None] * total / scaled
    sign = torch.where(swapped, -1.0, 1.0)[:, None, None]
    feats = torch.stack([torch.log10(scaled), batch.feats[..., 1] * ratio * sign, batch.feats[..., 2] * ratio], dim=-1)

    def power(values: torch.Tensor) -> torch.Tensor:
        out = values * gain.reshape(items, *[1] * (values.ndim - 2), groups)
        out[swapped] = out[swapped].flip(-2)
        return out

    return Batch(feats, power(batch.pxx), power(batch.pxs), power(batch.pss), batch.accompaniment_only)


def replayed(load: Callable[[int], Iterable[Batch]], step: int, times: int, block: int, seed: int) -> Iterator[Batch]:
    """Batches from `step` on. `load(n)` yields the batches from the `n`-th on, without end or until there are no
    more."""
    at = step // (times * block) * times * block
    source = iter(load(at // times))
    while True:
        held: list[Batch] = []
        for use in range(times):
            for slot in range(block):
                if use == 0:
                    batch = next(source, None)
                    if batch is None:
                        return
                    held.append(batch)
                if at >= step:
                    yield held[slot] if use == 0 else vary(held[slot], np.random.default_rng([seed, at]))
                at += 1
