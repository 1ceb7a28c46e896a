"""The band network: spectra of one frame in, shares of four stems out, state carried explicitly.

Shapes: `B` items, `T` frames, `K` bands, `G` groups per band, `D` channels.

1. Features of every pooled group (log power, balance, width) are normalised per group; the contrast
   of its level with its neighbours' joins them.
2. `Front`: at the full resolution of the groups, two convolutions over frequency with a few frames of
   memory and a per-group recurrence between them. Their weights are shared by all groups: partials,
   noise and onsets look alike wherever they lie, and need be learnt once only.
3. One matrix per band lifts `4·G` values, and another `link` sums of the front's channels per group, to
   `D` channels.
4. `blocks` times: a time cell with weights shared by all bands, a mixer over the band axis, an MLP
   over channels (the lowest bands have one of their own beside it); each behind RMS normalisation and added to the residual.
5. One matrix per band gives `G · 2 · 4` logits, and `G · 4` factors that multiply the contrast: so a
   stem can claim the peaks, or the valleys, of a band without having to rebuild them from `D`
   numbers.
6. `Detail`: another matrix per band hands `link` numbers to every group; beside the front's own channels
   they go through two convolutions over frequency, and what comes out corrects the logits. A softmax
   over stems makes the shares.

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

CONV_WIDTH = 5
"""Groups that a convolution of front and detail spans."""

FRONT_FRAMES = 3
"""Frames that the front's first convolution sees: the newest and those before it."""

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
        fine = self.groups * (convolutions + c * link + 2 * len(STEMS) * e + 2 * link * d) if c else 0
        return round(ends + fine + self.blocks * (cell + mixer + mlp))

    def as_dict(self) -> dict:
        """Plain values for a checkpoint."""
        return asdict(self)


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


class RmsNorm(nn.Module):
    """Root-mean-square normalisation over channels with a learned scale."""

    def __init__(self, width: int):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + 1e-5) * self.scale


@torch.library.custom_op("unbraid::band_product", mutates_args=())
def _band_product(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return torch.bmm(x.transpose(0, 1), weight).transpose(0, 1).contiguous()


@_band_product.register_fake
def _(x, weight):
    return x.new_empty(x.shape[0], x.shape[1], weight.shape[2])


@torch.library.custom_op("unbraid::band_product_backward", mutates_args=())
def _band_product_backward(
    grad: torch.Tensor, x: torch.Tensor, weight: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    rows = grad.transpose(0, 1)
    return torch.bmm(rows, weight.transpose(1, 2)).transpose(0, 1).contiguous(), torch.bmm(x.permute(1, 2, 0), rows)


@_band_product_backward.register_fake
def _(grad, x, weight):
    return torch.empty_like(x), torch.empty_like(weight)


_band_product.register_autograd(
    lambda ctx, grad: torch.ops.unbraid.band_product_backward(grad.contiguous(), *ctx.saved_tensors),
    setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs),
)


def band_product(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """One matrix per band: `[N, K, in] · [K, in, out]` to `[N, K, out]`.

    An operator of its own because the compiler, left alone with the two transpositions, spreads them over
    its neighbours and walks memory in the worst order; here they copy whole rows.
    """
    if torch.is_autocast_enabled(x.device.type):
        x, weight = x.to(torch.bfloat16), weight.to(torch.bfloat16)
    return _band_product(x.contiguous(), weight)


class BandLinear(nn.Module):
    """One matrix per band: `[..., K, in]` to `[..., K, out]`."""

    def __init__(self, bands: int, inputs: int, outputs: int, gain: float = 1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(bands, inputs, outputs) * gain / inputs**0.5)
        self.bias = nn.Parameter(torch.zeros(bands, outputs))

    def forward(self, x):
        out = band_product(x.reshape(-1, *x.shape[-2:]), self.weight)
        return out.reshape(*x.shape[:-1], -1) + self.bias.to(out.dtype)


class GroupConv(nn.Module):
    """Convolution over the group axis, `[B, T, groups, in]` to `[B, T, groups, out]`, zeros at the ends."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 1, CONV_WIDTH) * (2.0 / (inputs * CONV_WIDTH)) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        b, t, groups, channels = x.shape
        # Channels lie innermost already, which is what the fast kernels want ("channels last").
        image = x.reshape(b * t, 1, groups, channels).permute(0, 3, 1, 2)
        y = F.conv2d(image, self.weight, self.bias, padding=(0, CONV_WIDTH // 2))
        return y.permute(0, 2, 3, 1).reshape(b, t, groups, -1)


class Front(nn.Module):
    """Local structure at full resolution: partials, noise, onsets, and how long they have lasted."""

    def __init__(self, size: Size):
        super().__init__()
        c = size.front
        self.first = GroupConv(FRONT_FRAMES * (FEATURES + 1), c)
        self.second = GroupConv(2 * c, c)
        self.link = nn.Linear(c, size.link, bias=False)
        # Memory from 2 frames to about 1 s, spread over channels.
        self.forget = nn.Parameter(torch.linspace(0.0, 4.0, c))

    def forward(self, x, past, hidden):
        b, t, groups, _ = x.shape
        history = torch.cat([past.to(x.dtype), x], dim=1)
        frames = [history[:, FRONT_FRAMES - 1 - j : FRONT_FRAMES - 1 - j + t] for j in range(FRONT_FRAMES)]
        y = F.silu(self.first(torch.cat(frames, dim=-1)))
        flat = y.reshape(b, t, -1)
        forget = torch.sigmoid(self.forget).to(y.dtype).repeat(groups).expand(b, t, -1)
        h = scan(forget, flat, hidden.reshape(b, -1)).reshape(y.shape)
        return F.silu(self.second(torch.cat([y, h], dim=-1))), history[:, t:].float(), h[:, -1].float()


class Detail(nn.Module):
    """Correction of the logits, `[B, T, groups, 8]`, from the front and from what the bands say."""

    def __init__(self, size: Size):
        super().__init__()
        self.bands = BandLinear(size.bands, size.width, size.groups_per_band * size.link)
        self.first = GroupConv(size.front + size.link, size.detail)
        self.second = GroupConv(size.detail, size.detail)
        self.outward = nn.Linear(size.detail, 2 * len(STEMS))
        # No correction at first: a network without detail can be prolonged by one with it.
        nn.init.zeros_(self.outward.weight)
        nn.init.zeros_(self.outward.bias)

    def forward(self, x, front):
        told = self.bands(x).reshape(*front.shape[:-1], -1)
        y = F.silu(self.first(torch.cat([front, told.to(front.dtype)], dim=-1)))
        return self.outward(y + F.silu(self.second(y)))


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


class GruCell(nn.Module):
    """A gated recurrent unit on every band alike, in the place of `TimeCell`; its `past` stays empty (`taps` 1)."""

    def __init__(self, size: Size):
        super().__init__()
        if size.taps != 1:
            raise ValueError(f"a GRU has no taps before it: taps {size.taps}, must be 1")
        self.norm = RmsNorm(size.width)
        self.unit = nn.GRU(size.width, size.width, batch_first=True)
        self.outward = nn.Linear(size.width, size.width)
        nn.init.normal_(self.outward.weight, std=0.3 / size.width**0.5)

    def forward(self, x, past, hidden):
        b, t, k, d = x.shape
        rows = self.norm(x).transpose(1, 2).reshape(b * k, t, d)
        h, last = self.unit(rows, hidden.reshape(1, b * k, d).to(rows.dtype))
        return x + self.outward(h.reshape(b, k, t, d).transpose(1, 2)), past, last.reshape(b, k, d).float()


class ConvolutionCell(nn.Module):
    """A gated causal depthwise convolution over `taps` frames, in the place of `TimeCell`; `hidden` stays as it is."""

    def __init__(self, size: Size):
        super().__init__()
        d = size.width
        self.norm = RmsNorm(d)
        self.inward = nn.Linear(d, 2 * d)
        self.taps = nn.Parameter(torch.randn(size.taps, d) / size.taps**0.5)
        self.outward = nn.Linear(d, d)
        nn.init.normal_(self.outward.weight, std=0.3 / d**0.5)

    def forward(self, x, past, hidden):
        t, taps = x.shape[1], len(self.taps)
        u, g = self.inward(self.norm(x)).chunk(2, dim=-1)
        history = torch.cat([past.to(u.dtype), u], dim=1)
        mixed = sum(history[:, taps - 1 - j : taps - 1 - j + t] * self.taps[j].to(u.dtype) for j in range(taps))
        return x + self.outward(mixed * F.silu(g)), history[:, t:].float(), hidden


CELLS = {"recurrence": TimeCell, "gru": GruCell, "convolution": ConvolutionCell}
"""What may span time in a block."""


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
    """Two-layer perceptron over channels, shared by all bands, and one for each of the lowest bands."""

    def __init__(self, size: Size, low_bands: int):
        super().__init__()
        self.norm = RmsNorm(size.width)
        self.inward = nn.Linear(size.width, size.mlp_hidden)
        self.outward = nn.Linear(size.mlp_hidden, size.width)
        nn.init.normal_(self.outward.weight, std=0.3 / size.mlp_hidden**0.5)
        self.low_bands = low_bands
        if low_bands:
            self.low_inward = BandLinear(low_bands, size.width, size.low_hidden)
            self.low_outward = BandLinear(low_bands, size.low_hidden, size.width)
            # Nothing at first: a network without this part can be prolonged by one with it.
            nn.init.zeros_(self.low_outward.weight)

    def forward(self, x):
        y = self.norm(x)
        out = x + self.outward(F.silu(self.inward(y)))
        if not self.low_bands:
            return out
        low = self.low_outward(F.silu(self.low_inward(y[:, :, : self.low_bands])))
        return out + F.pad(low.to(out.dtype), (0, 0, 0, out.shape[2] - self.low_bands))


class Block(nn.Module):
    """Time cell, band mixer, channel MLP."""

    def __init__(self, size: Size, low_bands: int):
        super().__init__()
        self.cell = CELLS[size.cell](size)
        self.mixer = BandMixer(size)
        self.mlp = ChannelMlp(size, low_bands)

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
        low = [size.low_bands if i >= size.blocks - size.low_blocks else 0 for i in range(size.blocks)]
        self.blocks = nn.ModuleList(Block(size, bands) for bands in low)
        self.norm = RmsNorm(size.width)
        self.outward = BandLinear(k, size.width, g * 3 * len(STEMS), gain=0.3)
        if size.front:
            self.front = Front(size)
            self.from_front = nn.Parameter(torch.zeros(k, g * size.link, size.width))
            self.detail = Detail(size)

    @torch.no_grad()
    def change_hop(self, ratio: float) -> None:
        """Keeps the memory's length in seconds where the hop becomes `ratio` times as long."""
        biases = [block.cell.forget_bias for block in self.blocks if isinstance(block.cell, TimeCell)]
        for bias in biases + ([self.front.forget] if self.size.front else []):
            kept = torch.sigmoid(bias).pow(ratio)
            bias.copy_(torch.logit(kept, eps=1e-4))

    def initial_state(self, batch: int) -> list[torch.Tensor]:
        """Zeros: per block the last `taps − 1` convolution inputs and the recurrence; before them the front's two."""
        s = self.size
        state = []
        if s.front:
            state.append(torch.zeros(batch, FRONT_FRAMES - 1, s.groups, FEATURES + 1))
            state.append(torch.zeros(batch, s.groups, s.front))
        for _ in range(s.blocks):
            state.append(torch.zeros(batch, s.taps - 1, s.bands, s.width))
            state.append(torch.zeros(batch, s.bands, s.width))
        return state

    def normalised(self, feats: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What the first layers see, `[B, T, groups, 4]`: features at mean 0 and deviation 1, and the contrast; and the contrast alone."""
        peaks = contrast(feats[..., 0])
        return torch.cat([(feats - self.feature_mean) * self.feature_scale, peaks[..., None]], dim=-1), peaks

    def ends(self, feats: torch.Tensor, state: list[torch.Tensor]):
        """What the last layers give, before it is joined to logits: per band `[B·T, bands, 12·groups_per_band]`,
        detail `[B·T, groups, 8]` (empty without a front), contrast `[B·T, groups]`; and the next state."""
        s = self.size
        b, t = feats.shape[:2]
        x, peaks = self.normalised(feats)
        following, skip = [], 0
        if s.front:
            front, past, hidden = self.front(x, state[0], state[1])
            following, skip = [past, hidden], 2
        x = self.inward(x.reshape(b, t, s.bands, s.groups_per_band * (FEATURES + 1)))
        if s.front:
            linked = self.front.link(front)
            x = x + band_product(linked.reshape(b * t, s.bands, -1), self.from_front).reshape(x.shape)
        for i, block in enumerate(self.blocks):
            x, past, hidden = block(x, state[skip + 2 * i], state[skip + 2 * i + 1])
            following += [past, hidden]
        x = self.norm(x)
        detail = self.detail(x, front).reshape(b * t, s.groups, -1) if s.front else x.new_empty(0)
        return self.outward(x).reshape(b * t, s.bands, -1), detail, peaks.reshape(b * t, s.groups), following

    def forward(self, feats: torch.Tensor, state: list[torch.Tensor]):
        """Logits `[B, T, 4, 2, groups]` from features `[B, T, groups, 3]`, and the next state."""
        joint, detail, peaks, following = self.ends(feats, state)
        stems, s = len(STEMS), self.size
        direct, factors = joint.split([2 * stems * s.groups_per_band, stems * s.groups_per_band], dim=-1)
        direct = direct.reshape(-1, s.bands, stems, 2, s.groups_per_band)
        factors = factors.reshape(-1, s.bands, stems, 1, s.groups_per_band)
        logits = direct + factors * peaks.reshape(-1, s.bands, 1, 1, s.groups_per_band)
        logits = logits.permute(0, 2, 3, 1, 4).reshape(-1, stems, 2, s.groups)
        if s.front:
            logits = logits + detail.reshape(-1, s.groups, stems, 2).permute(0, 2, 3, 1)
        return logits.reshape(*feats.shape[:2], stems, 2, s.groups), following
