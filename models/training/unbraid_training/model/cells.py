"""Cells that span time in a block: the gated linear recurrence, and two others to compare it with."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from .layers import RmsNorm
from .scan import scan
from .size import Size


class TimeCell(nn.Module):
    """Causal depthwise convolution, then the gated linear recurrence, on every band alike."""

    def __init__(self, size: Size):
        super().__init__()
        d = size.width
        self.norm = RmsNorm(d)
        self.in_proj = nn.Linear(d, 3 * d)
        self.taps = nn.Parameter(torch.zeros(size.taps, d))
        self.out_proj = nn.Linear(d, d)
        nn.init.normal_(self.out_proj.weight, std=0.3 / d**0.5)
        with torch.no_grad():
            self.taps[0] = 1.0
        # Memory from about 2 frames to about 3 s at start, spread over channels, alike in all bands.
        fast_to_slow = torch.linspace(0.0, 5.0, d)
        self.forget_bias = nn.Parameter(fast_to_slow.expand(size.bands, d).clone())

    def forward(self, x, past, hidden):
        b, t, k, d = x.shape
        u, f, g = self.in_proj(self.norm(x)).chunk(3, dim=-1)
        taps = self.taps.shape[0]
        history = torch.cat([past.to(u.dtype), u], dim=1)
        taps_weight = self.taps.to(u.dtype)
        mixed = history[:, taps - 1 :] * taps_weight[0]
        for j in range(1, taps):
            mixed = mixed + history[:, taps - 1 - j : taps - 1 - j + t] * taps_weight[j]
        forget = torch.sigmoid(f + self.forget_bias).to(u.dtype)
        h = scan(forget.reshape(b, t, k * d), mixed.reshape(b, t, k * d), hidden.reshape(b, k * d))
        h = h.reshape(b, t, k, d)
        out = self.out_proj(h * F.silu(g))
        return x + out, history[:, t:].float(), h[:, -1].float()


class GruCell(nn.Module):
    """A gated recurrent unit on every band alike, in the place of `TimeCell`; its `past` stays empty (`taps` 1)."""

    def __init__(self, size: Size):
        super().__init__()
        if size.taps != 1:
            raise ValueError(f"a GRU has no taps before it: taps {size.taps}, must be 1")
        self.norm = RmsNorm(size.width)
        self.unit = nn.GRU(size.width, size.width, batch_first=True)
        self.out_proj = nn.Linear(size.width, size.width)
        nn.init.normal_(self.out_proj.weight, std=0.3 / size.width**0.5)

    def forward(self, x, past, hidden):
        b, t, k, d = x.shape
        rows = self.norm(x).transpose(1, 2).reshape(b * k, t, d)
        h, last = self.unit(rows, hidden.reshape(1, b * k, d).to(rows.dtype))
        return x + self.out_proj(h.reshape(b, k, t, d).transpose(1, 2)), past, last.reshape(b, k, d).float()


class ConvolutionCell(nn.Module):
    """A gated causal depthwise convolution over `taps` frames, in the place of `TimeCell`; `hidden` stays as it is."""

    def __init__(self, size: Size):
        super().__init__()
        d = size.width
        self.norm = RmsNorm(d)
        self.in_proj = nn.Linear(d, 2 * d)
        self.taps = nn.Parameter(torch.randn(size.taps, d) / size.taps**0.5)
        self.out_proj = nn.Linear(d, d)
        nn.init.normal_(self.out_proj.weight, std=0.3 / d**0.5)

    def forward(self, x, past, hidden):
        t, taps = x.shape[1], len(self.taps)
        u, g = self.in_proj(self.norm(x)).chunk(2, dim=-1)
        history = torch.cat([past.to(u.dtype), u], dim=1)
        mixed = sum(history[:, taps - 1 - j : taps - 1 - j + t] * self.taps[j].to(u.dtype) for j in range(taps))
        return x + self.out_proj(mixed * F.silu(g)), history[:, t:].float(), hidden


CELLS = {"recurrence": TimeCell, "gru": GruCell, "convolution": ConvolutionCell}
"""Cells by their names in `Size.cell`."""
