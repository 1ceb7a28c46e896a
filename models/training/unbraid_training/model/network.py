"""The band network: spectra of one frame in, masks of four stems out, state carried explicitly.

Shapes: `B` items, `T` frames, `K` bands, `G` groups per band, `D` channels.

1. Features of every pooled group (log power, balance, width) are normalised per group; the contrast
   of its level with its neighbours' joins them.
2. `Front`: at the full resolution of the groups, two convolutions over frequency with a few frames of
   history and a per-group recurrence between them. Their weights are shared by all groups: partials,
   noise and onsets look alike wherever they lie, and need be learnt once only. A dense layer along frequency may
   follow here and in `Detail`.
3. One matrix per band lifts `4·G` values, and another `link` sums of the front's channels per group, to
   `D` channels.
4. `blocks` times: a time cell with weights shared by all bands, a mixer over the band axis, an MLP over channels (the
   lowest bands have one of their own beside it); each behind RMS normalisation and added to the residual.
5. One matrix per band gives `G · 2 · 4` logits, and `G · 4` factors that multiply the contrast: so a
   stem can claim the peaks, or the valleys, of a band without having to rebuild them from `D`
   numbers.
6. `Detail`: another matrix per band hands `link` numbers to every group; beside the front's own channels
   they go through two convolutions over frequency, and what comes out corrects the logits. A softmax
   over stems makes the masks.

All shared matrices multiply `K` rows at once (matrix × matrix): the form that a CPU runs fastest
with one frame at a time. The recurrence is a convex combination, so the state is bounded on
endless streams.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from .cells import CELLS, TimeCell
from .features import FEATURES, contrast
from .layers import BandLinear, GroupConv, RmsNorm, band_product
from .layout import STEMS
from .scan import scan
from .size import FRONT_FRAMES, Size


class Dense(nn.Module):
    """Two-layer perceptron along frequency, shared by all channels, added to what it reads: every group sees all others
    (TFC-TDF; Choi and others 2020)."""

    def __init__(self, size: Size):
        super().__init__()
        self.in_proj = nn.Linear(size.groups, size.dense)
        self.out_proj = nn.Linear(size.dense, size.groups)
        # Nothing at first: a network without this part can be prolonged by one with it.
        nn.init.zeros_(self.out_proj.weight)
        nn.init.zeros_(self.out_proj.bias)

    def forward(self, x):
        y = self.out_proj(F.silu(self.in_proj(x.transpose(-1, -2))))
        return x + y.transpose(-1, -2).to(x.dtype)


class Front(nn.Module):
    """Local structure at full resolution: partials, noise, onsets, and how long they have lasted."""

    def __init__(self, size: Size):
        super().__init__()
        c = size.front
        self.first = GroupConv(FRONT_FRAMES * (FEATURES + 1), c)
        self.second = GroupConv(2 * c, c)
        self.dense = Dense(size) if size.dense else nn.Identity()
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
        out = self.dense(F.silu(self.second(torch.cat([y, h], dim=-1))))
        return out, history[:, t:].float(), h[:, -1].float()


class Detail(nn.Module):
    """Correction of the logits, `[B, T, groups, 8]`, from the front and from the bands."""

    def __init__(self, size: Size):
        super().__init__()
        self.bands = BandLinear(size.bands, size.width, size.groups_per_band * size.link)
        self.first = GroupConv(size.front + size.link, size.detail)
        self.second = GroupConv(size.detail, size.detail)
        self.dense = Dense(size) if size.dense else nn.Identity()
        self.out_proj = nn.Linear(size.detail, 2 * len(STEMS))
        # No correction at first: a network without detail can be prolonged by one with it.
        nn.init.zeros_(self.out_proj.weight)
        nn.init.zeros_(self.out_proj.bias)

    def forward(self, x, front):
        linked = self.bands(x).reshape(*front.shape[:-1], -1)
        y = self.dense(F.silu(self.first(torch.cat([front, linked.to(front.dtype)], dim=-1))))
        return self.out_proj(y + F.silu(self.second(y)))


class BandMixer(nn.Module):
    """Two matrix products over the band axis, shared by all channels."""

    def __init__(self, size: Size):
        super().__init__()
        self.norm = RmsNorm(size.width)
        self.in_proj = nn.Linear(size.bands, size.mixer_hidden)
        self.out_proj = nn.Linear(size.mixer_hidden, size.bands)
        nn.init.normal_(self.out_proj.weight, std=0.3 / size.mixer_hidden**0.5)

    def forward(self, x):
        y = self.norm(x).transpose(-1, -2)
        return x + self.out_proj(F.silu(self.in_proj(y))).transpose(-1, -2)


class ChannelMlp(nn.Module):
    """Two-layer perceptron over channels, shared by all bands, and one for each of the lowest bands."""

    def __init__(self, size: Size, low_bands: int):
        super().__init__()
        self.norm = RmsNorm(size.width)
        self.in_proj = nn.Linear(size.width, size.mlp_hidden)
        self.out_proj = nn.Linear(size.mlp_hidden, size.width)
        nn.init.normal_(self.out_proj.weight, std=0.3 / size.mlp_hidden**0.5)
        self.low_bands = low_bands
        if low_bands:
            self.low_in_proj = BandLinear(low_bands, size.width, size.low_hidden)
            self.low_out_proj = BandLinear(low_bands, size.low_hidden, size.width)
            # Nothing at first: a network without this part can be prolonged by one with it.
            nn.init.zeros_(self.low_out_proj.weight)

    def forward(self, x):
        y = self.norm(x)
        out = x + self.out_proj(F.silu(self.in_proj(y)))
        if not self.low_bands:
            return out
        low = self.low_out_proj(F.silu(self.low_in_proj(y[:, :, : self.low_bands])))
        return out + F.pad(low.to(out.dtype), (0, 0, 0, out.shape[2] - self.low_bands))


class Block(nn.Module):
    """Time cell, band mixer, channel MLP."""

    def __init__(self, size: Size, low_bands: int):
        super().__init__()
        self.dropout = 0.0
        """Fraction of a part's values that are left out in training; no part of the size, since it computes nothing."""
        self.cell = CELLS[size.cell](size)
        self.mixer = BandMixer(size)
        self.mlp = ChannelMlp(size, low_bands)

    def forward(self, x, past, hidden):
        y, past, hidden = self.cell(x, past, hidden)
        x = self.dropped(x, y)
        x = self.dropped(x, self.mixer(x))
        return self.dropped(x, self.mlp(x)), past, hidden

    def dropped(self, x, y):
        """`y`; while training with dropout, `x` and some of the values by which `y` differs, the larger for it."""
        return x + F.dropout(y - x, self.dropout) if self.dropout and self.training else y


class BandNetwork(nn.Module):
    """See the module's text. `forward` works on whole sequences; state in, state out."""

    def __init__(self, size: Size):
        super().__init__()
        self.size = size
        k, g = size.bands, size.groups_per_band
        self.register_buffer("feature_mean", torch.zeros(size.groups, FEATURES))
        self.register_buffer("feature_scale", torch.ones(size.groups, FEATURES))
        self.in_proj = BandLinear(k, g * (FEATURES + 1), size.width)
        low = [size.low_bands if i >= size.blocks - size.low_blocks else 0 for i in range(size.blocks)]
        self.blocks = nn.ModuleList(Block(size, bands) for bands in low)
        self.norm = RmsNorm(size.width)
        self.out_proj = BandLinear(k, size.width, g * 3 * len(STEMS), gain=0.3)
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
        """Input of the first layers, `[B, T, groups, 4]`: features at mean 0 and deviation 1, and the contrast; and the
        contrast alone."""
        peaks = contrast(feats[..., 0])
        return torch.cat([(feats - self.feature_mean) * self.feature_scale, peaks[..., None]], dim=-1), peaks

    def ends(self, feats: torch.Tensor, state: list[torch.Tensor]):
        """Outputs of the last layers, before they are joined to logits: per band `[B·T, bands, 12·groups_per_band]`,
        detail `[B·T, groups, 8]` (empty without a front), contrast `[B·T, groups]`; and the next state."""
        s = self.size
        b, t = feats.shape[:2]
        x, peaks = self.normalised(feats)
        following, skip = [], 0
        if s.front:
            front, past, hidden = self.front(x, state[0], state[1])
            following, skip = [past, hidden], 2
        x = self.in_proj(x.reshape(b, t, s.bands, s.groups_per_band * (FEATURES + 1)))
        if s.front:
            linked = self.front.link(front)
            x = x + band_product(linked.reshape(b * t, s.bands, -1), self.from_front).reshape(x.shape)
        for i, block in enumerate(self.blocks):
            x, past, hidden = block(x, state[skip + 2 * i], state[skip + 2 * i + 1])
            following += [past, hidden]
        x = self.norm(x)
        detail = self.detail(x, front).reshape(b * t, s.groups, -1) if s.front else x.new_empty(0)
        return self.out_proj(x).reshape(b * t, s.bands, -1), detail, peaks.reshape(b * t, s.groups), following

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
