"""The band network: spectra of one frame in, shares of four stems out, state carried explicitly.

Shapes: `B` items, `T` frames, `K` bands, `G` groups per band, `D` channels.

1. Features of every pooled group (log power, balance, width) are normalised per group; the contrast
   of its level with its neighbours' joins them.
2. One matrix per band lifts `4·G` values to `D` channels.
3. `blocks` times: a time cell with weights shared by all bands, a mixer over the band axis, an MLP
   over channels; each behind RMS normalisation and added to the residual.
4. One matrix per band gives `G · 2 · 4` logits, and `G · 4` factors that multiply the contrast: so a
   stem can claim the peaks, or the valleys, of a band without having to rebuild them from `D`
   numbers. A softmax over stems makes the shares.

All shared matrices multiply `K` rows at once (matrix × matrix): the form that a CPU runs fastest
with one frame at a time. The recurrence is a convex combination, so the state is bounded on
endless streams.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import nn
from torch.nn import functional as F

from .layout import STEMS
from .scan import scan

FEATURES = 3
"""Per group: log power, balance left/right, share of the side channel."""

CONTRAST_SPAN = 17
"""Groups over which the level is averaged to tell peaks from valleys; odd."""

POWER_FLOOR = 1e-4
"""Added to powers before the logarithm; about −100 dBFS of a sine in a 4096-point frame."""


@dataclass(frozen=True)
class Size:
    """Size of a band network."""

    bands: int = 32
    groups_per_band: int = 20
    width: int = 64
    blocks: int = 4
    mixer_hidden: int = 64
    mlp_hidden: int = 128
    taps: int = 4

    @property
    def groups(self) -> int:
        """Groups per channel."""
        return self.bands * self.groups_per_band

    def macs_per_frame(self) -> int:
        """Multiply-accumulates of the matrix products of one frame."""
        k, d = self.bands, self.width
        ends = k * d * self.groups_per_band * (FEATURES + 1 + 3 * len(STEMS))
        cell = k * d * d * 4
        mixer = 2 * k * self.mixer_hidden * d
        mlp = 2 * k * d * self.mlp_hidden
        return ends + self.blocks * (cell + mixer + mlp)

    def as_dict(self) -> dict:
        """Plain values for a checkpoint."""
        return asdict(self)


def features(power_left: torch.Tensor, power_right: torch.Tensor, power_side: torch.Tensor) -> torch.Tensor:
    """Features `[..., groups, 3]` from group powers `[..., groups]`; side is `(left − right)/2`.

    Balance and width are bounded ratios, so that a mono sum (side exactly 0) is not an outlier as
    it would be for the logarithm of the side channel's power.
    """
    total = power_left + power_right + POWER_FLOOR
    return torch.stack(
        [torch.log10(total), (power_left - power_right) / total, 2.0 * power_side / total], dim=-1
    )


def contrast(level: torch.Tensor) -> torch.Tensor:
    """Twice the log power `[B, T, groups]` above its mean over `CONTRAST_SPAN` groups around it."""
    span = CONTRAST_SPAN
    mean = F.avg_pool1d(level.flatten(0, 1)[:, None], span, 1, span // 2, count_include_pad=False)
    return 2.0 * (level - mean[:, 0].reshape(level.shape))


class RmsNorm(nn.Module):
    """Root-mean-square normalisation over channels with a learned scale."""

    def __init__(self, width: int):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + 1e-5) * self.scale


class BandLinear(nn.Module):
    """One matrix per band: `[..., K, in]` to `[..., K, out]`."""

    def __init__(self, bands: int, inputs: int, outputs: int, gain: float = 1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(bands, inputs, outputs) * gain / inputs**0.5)
        self.bias = nn.Parameter(torch.zeros(bands, outputs))

    def forward(self, x):
        lead = x.shape[:-2]
        rows = x.reshape(-1, *x.shape[-2:]).transpose(0, 1)
        out = torch.bmm(rows, self.weight)
        return out.transpose(0, 1).reshape(*lead, *self.bias.shape) + self.bias


class TimeCell(nn.Module):
    """Causal depthwise convolution, then the gated linear recurrence, on every band alike."""

    def __init__(self, size: Size):
        super().__init__()
        d = size.width
        self.norm = RmsNorm(d)
        self.inward = nn.Linear(d, 3 * d)
        self.taps = nn.Parameter(torch.zeros(size.taps, d))
        self.outward = nn.Linear(d, d)
        nn.init.normal_(self.outward.weight, std=0.3 / d**0.5)
        with torch.no_grad():
            self.taps[0] = 1.0
        # Memory from about 2 frames to about 3 s at start, spread over channels, alike in all bands.
        fast_to_slow = torch.linspace(0.0, 5.0, d)
        self.forget_bias = nn.Parameter(fast_to_slow.expand(size.bands, d).clone())

    def forward(self, x, past, hidden):
        b, t, k, d = x.shape
        u, f, g = self.inward(self.norm(x)).chunk(3, dim=-1)
        taps = self.taps.shape[0]
        history = torch.cat([past.to(u.dtype), u], dim=1)
        taps_weight = self.taps.to(u.dtype)
        mixed = history[:, taps - 1 :] * taps_weight[0]
        for j in range(1, taps):
            mixed = mixed + history[:, taps - 1 - j : taps - 1 - j + t] * taps_weight[j]
        forget = torch.sigmoid(f + self.forget_bias).to(u.dtype)
        h = scan(forget.reshape(b, t, k * d), mixed.reshape(b, t, k * d), hidden.reshape(b, k * d))
        h = h.reshape(b, t, k, d)
        out = self.outward(h * F.silu(g))
        return x + out, history[:, t:].float(), h[:, -1].float()


class BandMixer(nn.Module):
    """Two matrix products over the band axis, shared by all channels."""

    def __init__(self, size: Size):
        super().__init__()
        self.norm = RmsNorm(size.width)
        self.inward = nn.Linear(size.bands, size.mixer_hidden)
        self.outward = nn.Linear(size.mixer_hidden, size.bands)
        nn.init.normal_(self.outward.weight, std=0.3 / size.mixer_hidden**0.5)

    def forward(self, x):
        y = self.norm(x).transpose(-1, -2)
        return x + self.outward(F.silu(self.inward(y))).transpose(-1, -2)


class ChannelMlp(nn.Module):
    """Two-layer perceptron over channels, shared by all bands."""

    def __init__(self, size: Size):
        super().__init__()
        self.norm = RmsNorm(size.width)
        self.inward = nn.Linear(size.width, size.mlp_hidden)
        self.outward = nn.Linear(size.mlp_hidden, size.width)
        nn.init.normal_(self.outward.weight, std=0.3 / size.mlp_hidden**0.5)

    def forward(self, x):
        return x + self.outward(F.silu(self.inward(self.norm(x))))


class Block(nn.Module):
    """Time cell, band mixer, channel MLP."""

    def __init__(self, size: Size):
        super().__init__()
        self.cell = TimeCell(size)
        self.mixer = BandMixer(size)
        self.mlp = ChannelMlp(size)

    def forward(self, x, past, hidden):
        x, past, hidden = self.cell(x, past, hidden)
        return self.mlp(self.mixer(x)), past, hidden


class BandNetwork(nn.Module):
    """See the module's text. `forward` works on whole sequences; state in, state out."""

    def __init__(self, size: Size):
        super().__init__()
        self.size = size
        k, g = size.bands, size.groups_per_band
        self.register_buffer("feature_mean", torch.zeros(size.groups, FEATURES))
        self.register_buffer("feature_scale", torch.ones(size.groups, FEATURES))
        self.inward = BandLinear(k, g * (FEATURES + 1), size.width)
        self.blocks = nn.ModuleList(Block(size) for _ in range(size.blocks))
        self.norm = RmsNorm(size.width)
        self.outward = BandLinear(k, size.width, g * 3 * len(STEMS), gain=0.3)

    def initial_state(self, batch: int) -> list[torch.Tensor]:
        """Zeros: per block the last `taps − 1` convolution inputs and the recurrence."""
        s = self.size
        state = []
        for _ in range(s.blocks):
            state.append(torch.zeros(batch, s.taps - 1, s.bands, s.width))
            state.append(torch.zeros(batch, s.bands, s.width))
        return state

    def forward(self, feats: torch.Tensor, state: list[torch.Tensor]):
        """Logits `[B, T, 4, 2, groups]` from features `[B, T, groups, 3]`, and the next state."""
        s = self.size
        b, t = feats.shape[:2]
        peaks = contrast(feats[..., 0])
        x = torch.cat([(feats - self.feature_mean) * self.feature_scale, peaks[..., None]], dim=-1)
        x = self.inward(x.reshape(b, t, s.bands, s.groups_per_band * (FEATURES + 1)))
        following = []
        for i, block in enumerate(self.blocks):
            x, past, hidden = block(x, state[2 * i], state[2 * i + 1])
            following += [past, hidden]
        logits, factors = self.outward(self.norm(x)).split(
            [2 * len(STEMS) * s.groups_per_band, len(STEMS) * s.groups_per_band], dim=-1
        )
        logits = logits.reshape(b, t, s.bands, len(STEMS), 2, s.groups_per_band)
        factors = factors.reshape(b, t, s.bands, len(STEMS), 1, s.groups_per_band)
        logits = logits + factors * peaks.reshape(b, t, s.bands, 1, 1, s.groups_per_band)
        return logits.permute(0, 1, 3, 4, 2, 5).reshape(b, t, len(STEMS), 2, s.groups), following
