"""The operators written in C++ (`csrc/`): compiled on first use (about a minute, needs `g++` and PyPI `ninja`), then cached by PyTorch."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from torch.utils.cpp_extension import load

# PyTorch looks for `ninja` on the path, where an environment that was not activated does not put it.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

load(
    name="unbraid_operators",
    sources=[str(Path(__file__).parent / "csrc" / name) for name in ("scan.cpp", "head.cpp")],
    extra_cflags=["-O3", "-march=native", "-ffast-math", "-fopenmp"],
    is_python_module=False,
)
