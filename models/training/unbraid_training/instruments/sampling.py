"""Recorded notes held in memory and played at any pitch."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

from ..data.dataset import SAMPLE_RATE
from ..data.fetch import SourceError

F32 = np.float32


class SampleCache:
    """Decoded sound files, the least used dropped beyond `limit` bytes."""

    def __init__(self, limit: int = 900_000_000):
        self.limit = limit
        self.used = 0
        self.files: OrderedDict[str, np.ndarray] = OrderedDict()

    def load(self, path: Path) -> np.ndarray:
        """Float32 `[samples]` or `[samples, 2]` at 44,100 Hz, silence at the end cut off."""
        key = str(path)
        if key in self.files:
            self.files.move_to_end(key)
            return self.files[key]
        try:
            audio, rate = soundfile.read(key, dtype="float32")
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise SourceError(f"sample {path} cannot be read ({error}); unpack or download its folder again") from error
        if audio.ndim == 2 and audio.shape[1] > 2:
            audio = audio[:, :2]
        if audio.ndim == 2 and (audio.shape[1] == 1 or np.array_equal(audio[:, 0], audio[:, 1])):
            audio = audio[:, 0]
        if rate != SAMPLE_RATE:
            common = np.gcd(rate, SAMPLE_RATE)
            audio = signal.resample_poly(audio, SAMPLE_RATE // common, rate // common, axis=0)
        loud = np.abs(audio) if audio.ndim == 1 else np.abs(audio).max(axis=1)
        above = np.nonzero(loud > 3e-4 * max(float(loud.max(initial=0.0)), 1e-6))[0]
        end = min(len(audio), int(above[-1]) + 2000) if len(above) else 0
        audio = np.ascontiguousarray(audio[:end], dtype=F32)
        self.files[key] = audio
        self.used += audio.nbytes
        while self.used > self.limit and len(self.files) > 1:
            _, old = self.files.popitem(last=False)
            self.used -= old.nbytes
        return audio


def resample(sample: np.ndarray, rate, length: int, start: float = 0.0) -> np.ndarray:
    """`length` samples of `sample` read at `rate` (factor, or one factor per sample) with cubic interpolation.

    Shorter when the sample ends before.
    """
    if np.ndim(rate) == 0:
        if abs(rate - 1.0) < 1e-6 and float(start).is_integer():
            return sample[int(start) : int(start) + length]
        length = min(length, int((len(sample) - 3 - start) / rate))
        if length <= 0:
            return sample[:0]
        position = start + np.arange(length) * float(rate)
    else:
        position = start + np.concatenate([[0.0], np.cumsum(rate[: length - 1])])
        position = position[: np.searchsorted(position, len(sample) - 3)]
    whole = position.astype(np.int64)
    f = (position - whole).astype(F32)
    if sample.ndim == 2:
        f = f[:, None]
    a, b, c, d = sample[np.maximum(whole - 1, 0)], sample[whole], sample[whole + 1], sample[whole + 2]
    return b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)))
