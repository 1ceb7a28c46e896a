"""The operators of our own: on a GPU Triton's (`scan_triton.py`), else those written in C++ (`csrc/`), which are
compiled on first use (about a minute, needs `g++` and PyPI `ninja`) and then cached by PyTorch."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch
from torch.utils.cpp_extension import load


def _compile() -> None:
    # PyTorch looks for `ninja` on the path, where an environment that was not activated does not put it.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    load(
        name="unbraid_operators",
        sources=[str(Path(__file__).parent / "csrc" / name) for name in ("scan.cpp", "head.cpp")],
        extra_cflags=["-O3", "-march=native", "-ffast-math", "-fopenmp"],
        is_python_module=False,
    )


if torch.cuda.is_available():
    from . import scan_triton

    scan_triton.register()
else:
    _compile()
