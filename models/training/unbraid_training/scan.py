"""The gated linear recurrence `h = f·h + (1 − f)·u` as one fused operator (`csrc/scan.cpp`).

Written in C++ because a Python loop over time costs more than the rest of the network together.
Compiled on first use (about 40 s, needs `g++` and PyPI `ninja`), then cached by PyTorch.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch
from torch.utils.cpp_extension import load

# PyTorch looks for `ninja` on the path, where an environment that was not activated does not put it.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

load(
    name="unbraid_scan",
    sources=[str(Path(__file__).parent / "csrc" / "scan.cpp")],
    extra_cflags=["-O3", "-march=native", "-ffast-math", "-fopenmp"],
    is_python_module=False,
)


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
    """`h` like `u` `[batch, time, channels]`; `f` of the same shape and type in 0…1, `h0` float32 `[batch, channels]`."""
    return torch.ops.unbraid.scan(f.contiguous(), u.contiguous(), h0.contiguous())
