"""Fixtures of all tests here: the packed VST3 plug-in and a song."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

LATENCY = {"Studio": 4096, "Live": 1024}
"""Each mode's latency in samples at 44.1 kHz with large blocks."""
HOP = {"Studio": 1024, "Live": 512}
"""Hop in samples; blocks below half of it add to the latency."""

ROOT = Path(__file__).resolve().parents[2]
RATE = 44100


@pytest.fixture(scope="session")
def vst3() -> str:
    """The packed plug-in. Missing, it is an error, not a reason to skip."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    bundle = target / "bundled" / "unbraid.vst3"
    if not bundle.exists():
        pytest.fail(
            f"{bundle} is missing: run `cargo xtask bundle unbraid --release`, or all tests by `cargo xtask test`"
        )
    return str(bundle)


@pytest.fixture(scope="session")
def clip() -> np.ndarray:
    """Four seconds of the clip that ships with the repository, ``[2, T]`` f32."""
    audio, rate = soundfile.read(ROOT / "tests" / "clips" / "francium.flac", dtype="float32", always_2d=True)
    assert rate == RATE
    return np.ascontiguousarray(audio[8 * RATE : 12 * RATE].T)
