"""Rooms: responses of decaying noise with early reflections."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import signal

from ..data.audio import db
from ..data.dataset import SAMPLE_RATE
from .filters import F32, add, convolve, mono


@lru_cache(maxsize=48)
def room_response(seed: int, seconds: float, wide: bool) -> np.ndarray:
    """Decaying noise with early reflections; highs die faster. `seconds` is the 60 dB decay time."""
    rng = np.random.default_rng(seed)
    length = int(SAMPLE_RATE * min(seconds * 1.1 + 0.05, 4.0))
    t = np.arange(length) / SAMPLE_RATE
    channels = 2 if wide else 1
    noise = rng.standard_normal((length, channels)).astype(F32)
    edges = (400.0, rng.uniform(2500, 5000))
    low = signal.sosfilt(signal.butter(1, edges[0], fs=SAMPLE_RATE, output="sos"), noise, axis=0)
    high = signal.sosfilt(signal.butter(1, edges[1], "high", fs=SAMPLE_RATE, output="sos"), noise, axis=0)
    middle = noise - low - high
    decay = lambda s: np.exp(-6.9 * t / s)[:, None]
    out = (
        low * decay(seconds * rng.uniform(0.8, 1.3))
        + middle * decay(seconds)
        + high * decay(seconds * rng.uniform(0.3, 0.7))
    )
    onset = int(rng.uniform(0.004, 0.03) * SAMPLE_RATE)
    ramp = np.minimum(1.0, np.arange(length) / (onset + 1.0))[:, None]
    out *= ramp
    for _ in range(rng.integers(4, 10)):
        at = int(rng.uniform(0.002, 0.05) * SAMPLE_RATE)
        if at < length:
            out[at] += rng.choice([-1.0, 1.0]) * rng.uniform(0.5, 2.5) * rng.uniform(0.4, 1.0, channels)
    ahead = int(rng.uniform(0.0, 0.03) * SAMPLE_RATE)
    out = np.concatenate([np.zeros((ahead, channels)), out])
    out = signal.sosfilt(signal.butter(1, rng.uniform(80, 250), "high", fs=SAMPLE_RATE, output="sos"), out, axis=0)
    out /= np.sqrt(np.square(out).sum() / channels)
    return (out if wide else out[:, 0]).astype(F32)


def reverb(audio: np.ndarray, rng: np.random.Generator, seconds: float, wet_db: float, wide: bool = True) -> np.ndarray:
    """Audio plus its room, the room `wet_db` against the audio."""
    wide = wide or audio.ndim == 2
    response = room_response(int(rng.integers(12)), round(float(seconds), 1), wide)
    return add(audio, convolve(mono(audio) if wide else audio, response), db(wet_db))
