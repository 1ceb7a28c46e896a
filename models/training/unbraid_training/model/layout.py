"""Sizes shared by training, evaluation and export: transform, windows, pooled groups, bands.

A *group* is a run of neighbouring bins that have one mask value; a *band* is a run of
`GROUPS_PER_BAND` groups that the network treats as one row.
"""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass

import numpy as np

STEMS = ("vocals", "drums", "bass", "other")
"""Order of the stems everywhere: in the contract, in arrays, in tables."""

GROUPING = ((1, 256), (2, 128), (4, 128), (8, 128))
"""Bins per group and number of such groups, from the bottom, for `fft` 4096.

Single bins up to 2.8 kHz keep the partials of voice and bass apart; eights above 11 kHz make the
mask of the highs smooth, which is where mask separators sound watery.
"""


@dataclass(frozen=True)
class Layout:
    """Transform sizes and window pair of one mode; the values end up in the file's metadata."""

    fft: int = 4096
    hop: int = 1024
    window: str = "sqrt-hann"
    lookahead_frames: int = 0

    @property
    def bins(self) -> int:
        """Bins per channel, `fft/2 + 1`."""
        return self.fft // 2 + 1

    @property
    def synthesis_length(self) -> int:
        """Non-zero length of the synthesis window, in samples."""
        return self.fft if self.window == "sqrt-hann" else 2 * self.hop

    @property
    def latency(self) -> int:
        """Algorithmic latency in samples."""
        return self.synthesis_length + self.lookahead_frames * self.hop

    def group_widths(self) -> np.ndarray:
        """Bins per group, int64 `[groups]`; the top group takes the bin at half the sample rate."""
        widths = []
        for width, count in GROUPING:
            scaled, remainder = divmod(width * self.fft, 4096)
            if remainder:
                # Half the transform: single bins stay single, there are half as many of them.
                scaled, count = 1, count * width * self.fft // 4096
            widths += [scaled] * count
        widths[-1] += self.bins - sum(widths)
        return np.asarray(widths, dtype=np.int64)

    def group_runs(self) -> list[tuple[int, int, int]]:
        """Runs of equally wide groups: first bin, bins per group, number of groups."""
        runs, at = [], 0
        for width, same in itertools.groupby(self.group_widths().tolist()):
            count = len(list(same))
            runs.append((at, width, count))
            at += width * count
        return runs

    def group_of_bin(self) -> np.ndarray:
        """Group of every bin, int64 `[bins]`."""
        widths = self.group_widths()
        return np.repeat(np.arange(len(widths)), widths)

    def windows(self) -> tuple[np.ndarray, np.ndarray]:
        """Analysis and synthesis window, float64 `[fft]` each; their product overlap-adds to 1.

        `asymmetric` is the pair of Mauler & Martin (2007) in the form of Wang et al. (2021).
        """
        n, hop = self.fft, self.hop
        if self.window == "sqrt-hann":
            hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)
            return np.sqrt(hann), np.sqrt(hann) * (2 * hop / n)
        if self.window == "asymmetric":
            short = 2 * hop
            rise = n - short // 2
            rising = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(rise) / (2 * rise)))
            hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(short) / short)
            falling = np.sqrt(hann[short // 2 :])
            analysis = np.concatenate([rising, falling])
            synthesis = np.zeros(n)
            start = n - short
            synthesis[start : start + short // 2] = hann[: short // 2] / analysis[start : start + short // 2]
            synthesis[start + short // 2 :] = falling
            return analysis, synthesis
        raise ValueError(f"window {self.window!r} is neither sqrt-hann nor asymmetric")

    def as_dict(self) -> dict:
        """Plain values for a checkpoint."""
        return asdict(self)


STUDIO = Layout()
LIVE = Layout(fft=4096, hop=512, window="asymmetric")
LAYOUTS = {"studio": STUDIO, "live": LIVE}
