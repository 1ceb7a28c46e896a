"""Stems into what the loss needs: features of the mixture, and powers pooled over groups of bins
(`training/loss.py`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from ..model.features import features, pool_groups
from ..model.layout import Layout
from ..model.stft import spectra
from .codec import RATES, distributed, round_trip, simulated
from .planner import Plan


@dataclass
class Batch:
    """Statistics of a batch: `[items, frames, …]`, float32; see `training/loss.py` for the names."""

    feats: torch.Tensor
    pxx: torch.Tensor
    pxs: torch.Tensor
    pss: torch.Tensor
    accompaniment_only: torch.Tensor
    """`[items]` bool."""


def pooled(spectrum, layout: Layout):
    """`feats`, `pxx`, `pxs` and `pss` of stems' spectra `[items, 4, 2, T, bins, 2]`, in real arithmetic."""
    return pooled_parts(spectrum[..., 0], spectrum[..., 1], layout)


def pooled_parts(re, im, layout: Layout):
    """`pooled` of real and imaginary parts, `[items, 4, 2, T, bins]` each."""
    xr, xi = re.sum(1), im.sum(1)
    sr, si = (xr[:, 0] - xr[:, 1]) * 0.5, (xi[:, 0] - xi[:, 1]) * 0.5
    xx = pool_groups(xr.square() + xi.square(), layout)
    side = pool_groups(sr.square() + si.square(), layout)
    xs = pool_groups(xr[:, None] * re + xi[:, None] * im, layout)
    ss = pool_groups(re.square() + im.square(), layout)
    parts = features(xx[:, 0], xx[:, 1], side), xx.movedim(2, 1), xs.movedim(3, 1), ss.movedim(3, 1)
    if ahead := layout.lookahead_frames:
        # The masks made at frame k are applied to frame k − ahead.
        parts = parts[0][:, ahead:], *(part[:, :-ahead] for part in parts[1:])
    return tuple(part.contiguous() for part in parts)


Coding = Callable[[torch.Tensor, torch.Tensor, int, Layout], torch.Tensor]
"""Changes spectra `[n, 4, 2, T, bins]` of stems `[n, 4, 2, samples]`, which begin at an item of the batch, as a codec
does."""


class RealCodec:
    """MP3 and AAC as the plan says, by the processor."""

    def __init__(self, plan: Plan):
        self.codec = plan["codec"].tolist()

    def __call__(self, spectrum, stems, first: int, layout: Layout) -> torch.Tensor:
        for n, number in enumerate(self.codec[first : first + len(stems)]):
            if number >= 0:
                decoded = round_trip(stems[n].sum(0).numpy(), *RATES[number])
                ahead = layout.fft // layout.hop - 1
                spectrum[n] = distributed(spectrum[n], torch.from_numpy(spectra(decoded, layout)[:, ahead:]))
        return spectrum


class SimulatedCodec:
    """Stand-in for codecs on a GPU; `plan` on the CPU, its parameters go to `device`."""

    def __init__(self, plan: Plan, device: torch.device):
        self.rows = torch.nonzero(plan["codec"] >= 0)[:, 0]
        self.cut, self.noise = (plan[name].to(device, non_blocking=True) for name in ("codec_cut", "codec_noise"))

    def __call__(self, spectrum, stems, first: int, layout: Layout) -> torch.Tensor:
        rows = self.rows[(self.rows >= first) & (self.rows < first + len(stems))]
        if len(rows):
            within, rows = (rows - first).to(stems.device), rows.to(stems.device)
            spectrum[within] = simulated(spectrum[within], self.cut[rows], self.noise[rows], layout)
        return spectrum


class Statistics:
    """Reduces stems for one layout, `at_once` mixtures together."""

    def __init__(self, layout: Layout, device: torch.device, compiled: bool = False, at_once: int = 16):
        self.layout, self.at_once = layout, at_once
        self.window = torch.from_numpy(layout.windows()[0].astype(np.float32)).to(device)
        self.pooled = torch.compile(pooled, dynamic=False) if compiled else pooled

    @torch.no_grad()
    def __call__(self, stems: torch.Tensor, accompaniment_only: torch.Tensor, coding: Coding | None = None) -> Batch:
        """Of stems `[items, 4, 2, samples]`, frames after the first full window."""
        parts = []
        for first in range(0, len(stems), self.at_once):
            chunk = stems[first : first + self.at_once]
            spectrum = torch.fft.rfft(chunk.unfold(-1, self.layout.fft, self.layout.hop) * self.window)
            if coding:
                spectrum = coding(spectrum, chunk, first, self.layout)
            parts.append(self.pooled(torch.view_as_real(spectrum), self.layout))
        return Batch(*(torch.cat(column) for column in zip(*parts)), accompaniment_only)


def statistics_of(stems: np.ndarray, layout: Layout) -> Batch:
    """Of one song's or mixture's stems `[4, 2, samples]`, as a batch of one item."""
    return Statistics(layout, torch.device("cpu"))(torch.from_numpy(stems)[None], torch.tensor([False]))


def samples_of(seconds: float, layouts: list[Layout]) -> int:
    """Samples of a mixture of `seconds`, lead-in of the first window included, that are whole frames in all layouts."""
    hop, fft = max(one.hop for one in layouts), max(one.fft for one in layouts)
    return int(seconds * 44_100) // hop * hop + fft - hop
