"""The gated linear recurrence of `scan.py` on a GPU, as two Triton kernels with exact gradients.

The definition is that of `csrc/scan.cpp`: `h[t] = f[t]·h[t−1] + (1 − f[t])·u[t]`, summed up in float32. A program takes
one item and some channels through all of time; neighbours in a warp are neighbours in memory.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

CHANNELS = 256
"""Channels of a program."""


@triton.jit
def forward_kernel(f, u, h0, h, steps, channels, BLOCK: tl.constexpr):
    """`h` `[B, steps, channels]` of `f` and `u` of the same shape, from `h0` `[B, channels]`."""
    item = tl.program_id(1).to(tl.int64)
    c = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = c < channels
    state = tl.load(h0 + item * channels + c, mask=mask, other=0.0).to(tl.float32)
    at = item * steps * channels + c
    for _ in range(steps):
        ft = tl.load(f + at, mask=mask, other=0.0).to(tl.float32)
        ut = tl.load(u + at, mask=mask, other=0.0).to(tl.float32)
        state = ut + ft * (state - ut)
        tl.store(h + at, state.to(h.dtype.element_ty), mask=mask)
        at += channels


@triton.jit
def backward_kernel(g, f, u, h0, h, df, du, dh0, steps, channels, BLOCK: tl.constexpr):
    """Gradients by `f`, `u` and `h0` of what has the gradient `g` by `h`."""
    item = tl.program_id(1).to(tl.int64)
    c = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = c < channels
    carry = tl.zeros([BLOCK], dtype=tl.float32)
    at = (item * steps + steps - 1) * channels + c
    for back in range(steps):
        if back < steps - 1:
            before = tl.load(h + at - channels, mask=mask, other=0.0).to(tl.float32)
        else:
            before = tl.load(h0 + item * channels + c, mask=mask, other=0.0).to(tl.float32)
        ft = tl.load(f + at, mask=mask, other=0.0).to(tl.float32)
        ut = tl.load(u + at, mask=mask, other=0.0).to(tl.float32)
        total = carry + tl.load(g + at, mask=mask, other=0.0).to(tl.float32)
        tl.store(df + at, (total * (before - ut)).to(df.dtype.element_ty), mask=mask)
        tl.store(du + at, (total * (1.0 - ft)).to(du.dtype.element_ty), mask=mask)
        carry = total * ft
        at -= channels
    tl.store(dh0 + item * channels + c, carry, mask=mask)


def scan_forward(f: torch.Tensor, u: torch.Tensor, h0: torch.Tensor) -> torch.Tensor:
    """`h` like `u` `[items, steps, channels]`; all contiguous, `h0` float32 `[items, channels]`."""
    items, steps, channels = u.shape
    h = torch.empty_like(u)
    forward_kernel[(triton.cdiv(channels, CHANNELS), items)](f, u, h0, h, steps, channels, BLOCK=CHANNELS)
    return h


def scan_backward(g, f, u, h0, h) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Gradients by `f`, `u` and `h0`."""
    items, steps, channels = u.shape
    df, du, dh0 = torch.empty_like(f), torch.empty_like(u), torch.empty_like(h0)
    grid = (triton.cdiv(channels, CHANNELS), items)
    backward_kernel[grid](g, f, u, h0, h, df, du, dh0, steps, channels, BLOCK=CHANNELS)
    return df, du, dh0


def register() -> None:
    """Makes `torch.ops.unbraid.scan` what is above. Instead of `csrc/`, whose operators are the processor's."""
    torch.library.define("unbraid::scan", "(Tensor f, Tensor u, Tensor h0) -> Tensor")
    torch.library.define(
        "unbraid::scan_backward", "(Tensor g, Tensor f, Tensor u, Tensor h0, Tensor h) -> (Tensor, Tensor, Tensor)"
    )
    torch.library.impl("unbraid::scan", "CUDA", scan_forward)
    torch.library.impl("unbraid::scan_backward", "CUDA", scan_backward)
