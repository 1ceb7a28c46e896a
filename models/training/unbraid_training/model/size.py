"""Size of a band network, and what a frame of it costs."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from .features import FEATURES
from .layout import STEMS

CONV_WIDTH = 5
"""Groups that a convolution of front and detail spans."""

FRONT_FRAMES = 3
"""Frames that the front's first convolution sees: the newest and those before it."""


@dataclass(frozen=True)
class Size:
    """Size of a band network."""

    bands: int = 32
    groups_per_band: int = 20
    width: int = 64
    blocks: int = 4
    mixer_hidden: int = 64
    mlp_hidden: int = 128
    low_bands: int = 0
    """Lowest bands whose MLPs have a part of their own beside the shared one: most of a song's energy lies there."""
    low_hidden: int = 192
    """Hidden units of that part, per band."""
    low_blocks: int = 2
    """The last blocks have that part, as many as this."""
    taps: int = 4
    cell: str = "recurrence"
    """Which of `CELLS` spans time; only the gated recurrence can be exported, the others are there to be compared."""
    front: int = 0
    """Channels of the front at full resolution; 0: neither front nor detail."""
    detail: int = 24
    """Channels of the detail convolutions, where there is a front."""
    dense: int = 0
    """Hidden units of the dense layers along frequency in front and detail; 0: none."""
    link: int = 4
    """Numbers per group that pass from the front to the bands and from them to detail. A matrix per band is read
    from memory for one row only, so its size, and not the arithmetic, is what it costs."""

    @property
    def groups(self) -> int:
        """Groups per channel."""
        return self.bands * self.groups_per_band

    def macs_per_frame(self) -> int:
        """Multiply-accumulates of the matrix products of one frame."""
        k, d = self.bands, self.width
        ends = k * d * self.groups_per_band * (FEATURES + 1 + 3 * len(STEMS))
        cell = k * d * {"recurrence": 4 * d, "gru": 7 * d, "convolution": 3 * d + self.taps}[self.cell]
        mixer = 2 * k * self.mixer_hidden * d
        mlp = 2 * k * d * self.mlp_hidden + 2 * self.low_bands * d * self.low_hidden * self.low_blocks / self.blocks
        c, e, link, wide = self.front, self.detail, self.link, CONV_WIDTH
        convolutions = wide * (FRONT_FRAMES * (FEATURES + 1) * c + 2 * c * c + (c + link) * e + e * e)
        convolutions += 2 * self.dense * (c + e)
        fine = self.groups * (convolutions + c * link + 2 * len(STEMS) * e + 2 * link * d) if c else 0
        return round(ends + fine + self.blocks * (cell + mixer + mlp))

    def as_dict(self) -> dict:
        """Plain values for a checkpoint."""
        return asdict(self)
