"""`mixing.statistics` for a GPU: what stands for a codec and the pooling in one compiled function without complex
numbers.

It computes for every item what a codec would do, and keeps it where one was drawn: no index depends on the plan, so
that nothing is read, written or compiled apart.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from ..data.dataset import SAMPLE_RATE
from ..mixing.statistics import Batch, SimulatedCodec, Statistics, pooled_parts
from ..model.layout import Layout


def coded_parts(re, im, random, coded, cut, depth, layout: Layout):
    """Real and imaginary parts `[items, 4, 2, T, bins]` of stems after `codec.simulated`, as they are where not
    `coded`.

    `random` `[2, items, 2, T, bins]` normal; `coded` bool, `cut` Hz, `depth` a factor: `[items]` each.
    """
    width = 16
    xr, xi = re.sum(1), im.sum(1)
    power = xr.square() + xi.square()
    band = F.avg_pool1d(power.flatten(0, 2), width + 1, 1, width // 2, count_include_pad=False).reshape(power.shape)
    depth = depth[:, None, None, None]
    spread = (band * 0.5).sqrt() * depth
    hertz = torch.arange(re.shape[-1], device=re.device) * (SAMPLE_RATE / layout.fft)
    kept = (power > band * depth.square() * 2) & (hertz < cut[:, None, None, None])
    change_re = torch.where(kept, xr + random[0] * spread, 0.0) - xr
    change_im = torch.where(kept, xi + random[1] * spread, 0.0) - xi
    powers = re.square() + im.square()
    share = powers / (powers.sum(1, keepdim=True) + 1e-12) * coded[:, None, None, None, None]
    return re + share * change_re[:, None], im + share * change_im[:, None]


def coded_and_pooled(spectrum, coded, cut, depth, layout: Layout):
    """`statistics.pooled` of spectra `[items, 4, 2, T, bins, 2]` after `coded_parts`."""
    re, im = spectrum[..., 0], spectrum[..., 1]
    random = torch.randn(2, *re.shape[:1], *re.shape[2:], device=re.device)
    return pooled_parts(*coded_parts(re, im, random, coded, cut, depth, layout), layout)


class FusedStatistics(Statistics):
    """Reduces stems for one layout, with what `SimulatedCodec` stands for."""

    def __init__(self, layout: Layout, device: torch.device, compiled: bool = False, at_once: int = 16):
        super().__init__(layout, device, False, at_once)
        self.reduce = torch.compile(coded_and_pooled, dynamic=False) if compiled else coded_and_pooled

    @torch.no_grad()
    def __call__(self, stems: torch.Tensor, accompaniment_only: torch.Tensor, coding: SimulatedCodec) -> Batch:
        coded = torch.zeros(len(stems), dtype=torch.bool)
        coded[coding.rows] = True
        coded = coded.to(stems.device, non_blocking=True)
        parts = []
        for first in range(0, len(stems), self.at_once):
            chunk = slice(first, first + self.at_once)
            frames = stems[chunk].unfold(-1, self.layout.fft, self.layout.hop) * self.window
            spectrum = torch.view_as_real(torch.fft.rfft(frames))
            parts.append(self.reduce(spectrum, coded[chunk], coding.cut[chunk], coding.noise[chunk], self.layout))
        return Batch(
            *(column[0] if len(column) == 1 else torch.cat(column) for column in zip(*parts)), accompaniment_only
        )
