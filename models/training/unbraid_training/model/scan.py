"""The gated linear recurrence `h = f·h + (1 − f)·u` as one fused operator (`csrc/scan.cpp`, on a GPU `scan_triton.py`).

Not written in PyTorch because a Python loop over time costs more than the rest of the network together.
"""

from __future__ import annotations

import torch

from . import extension  # noqa: F401 — registers the operator


@torch.library.register_fake("unbraid::scan")
def _scan_fake(f, u, h0):
    return torch.empty_like(u)


@torch.library.register_fake("unbraid::scan_backward")
def _scan_backward_fake(g, f, u, h0, h):
    return torch.empty_like(f), torch.empty_like(u), torch.empty_like(h0)


def _setup(ctx, inputs, output):
    ctx.save_for_backward(*inputs, output)


def _backward(ctx, grad):
    f, u, h0, h = ctx.saved_tensors
    return torch.ops.unbraid.scan_backward(grad.contiguous(), f, u, h0, h)


torch.library.register_autograd("unbraid::scan", _backward, setup_context=_setup)


def scan(f: torch.Tensor, u: torch.Tensor, h0: torch.Tensor) -> torch.Tensor:
    """`h` like `u` `[batch, time, channels]`; `f` of the same shape and type in 0…1, `h0` float32 `[batch,
    channels]`."""
    return torch.ops.unbraid.scan(f.contiguous(), u.contiguous(), h0.contiguous())
