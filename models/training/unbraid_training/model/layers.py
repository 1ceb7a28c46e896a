"""Layers that the parts of the network share: normalisation, a matrix per band, convolution over groups."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from .size import CONV_WIDTH


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


BAND_GROUPS = 16
"""Neighbouring groups that `banded_conv` computes in one row of its matrix product."""


def banded_matrix(weight: torch.Tensor) -> torch.Tensor:
    """Weight `[out, in, 1, width]` of a convolution as a matrix `[(BAND_GROUPS + width − 1)·in, BAND_GROUPS·out]`."""
    outputs, inputs, _, width = weight.shape
    matrix = weight.new_zeros(BAND_GROUPS + width - 1, inputs, BAND_GROUPS, outputs)
    at = torch.arange(BAND_GROUPS, device=weight.device)
    for tap in range(width):
        matrix[at + tap, :, at] = weight[:, :, 0, tap].T
    return matrix.reshape((BAND_GROUPS + width - 1) * inputs, BAND_GROUPS * outputs)


def banded_conv(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """`F.conv2d` over the groups of `x` `[N, groups, in]`, zeros at the ends, as one matrix product: `[N, groups,
    out]`.

    A row is `BAND_GROUPS` neighbouring groups and those that the convolution sees on either side.
    """
    half, (n, groups) = weight.shape[3] // 2, x.shape[:2]
    fill = -groups % BAND_GROUPS
    rows = F.pad(x, (0, 0, half, half + fill)).unfold(1, BAND_GROUPS + 2 * half, BAND_GROUPS).transpose(2, 3)
    out = rows.reshape(n, rows.shape[1], -1) @ banded_matrix(weight)
    return out.reshape(n, groups + fill, -1)[:, :groups] + bias.to(out.dtype)


class GroupConv(nn.Module):
    """Convolution over the group axis, `[B, T, groups, in]` to `[B, T, groups, out]`, zeros at the ends."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 1, CONV_WIDTH) * (2.0 / (inputs * CONV_WIDTH)) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        b, t, groups, channels = x.shape
        if x.is_cuda:
            return banded_conv(x.reshape(b * t, groups, channels), self.weight, self.bias).reshape(b, t, groups, -1)
        # Channels lie innermost already, which is what the fast kernels want ("channels last").
        image = x.reshape(b * t, 1, groups, channels).permute(0, 3, 1, 2)
        y = F.conv2d(image, self.weight, self.bias, padding=(0, CONV_WIDTH // 2))
        return y.permute(0, 2, 3, 1).reshape(b, t, groups, -1)
