"""Levels, places and filters.

Audio is float32, `[samples]` (mono) or `[samples, 2]`, full scale ±1, 44,100 Hz.
"""

from __future__ import annotations

import numpy as np
from scipy import signal

from ..data.audio import db
from ..data.dataset import SAMPLE_RATE

F32 = np.float32


def active_rms(audio: np.ndarray, floor: float = 40.0) -> float:
    """Root mean square over the 4,096-sample blocks within `floor` dB of the loudest; 0 if silent."""
    channels = 1 if audio.ndim == 1 else audio.shape[1]
    count = max(1, len(audio) // 4096)
    blocks = np.array(
        [np.vdot(b, b) for b in np.ascontiguousarray(audio[: count * 4096], dtype=F32).reshape(count, -1)]
    ) / (channels * min(4096, max(1, len(audio))))
    top = float(blocks.max(initial=0.0))
    if top <= 1e-12:
        return 0.0
    return float(np.sqrt(blocks[blocks > top * 10 ** (-floor / 10)].mean()))


def level_to(audio: np.ndarray, rms_db: float) -> np.ndarray:
    """Audio scaled so that its active level is `rms_db` (dBFS); silence stays."""
    rms = active_rms(audio)
    return audio if rms == 0.0 else (audio * F32(db(rms_db) / rms)).astype(F32, copy=False)


def mono(audio: np.ndarray) -> np.ndarray:
    """One channel: the mean of two."""
    return audio if audio.ndim == 1 else (audio[:, 0] + audio[:, 1]) * F32(0.5)


def stereo(audio: np.ndarray) -> np.ndarray:
    """Two channels; mono goes to both."""
    return audio if audio.ndim == 2 else np.repeat(audio[:, None], 2, axis=1)


def pan(audio: np.ndarray, place: float) -> np.ndarray:
    """Places audio between −1 (left) and 1 (right), constant power, centre at unity; 0 leaves mono mono."""
    if abs(place) < 1e-3:
        return audio
    angle = (place + 1.0) * np.pi / 4.0
    gains = np.array([np.cos(angle), np.sin(angle)], dtype=F32) * F32(np.sqrt(2.0))
    return stereo(audio) * gains


def width(audio: np.ndarray, amount: float) -> np.ndarray:
    """Stereo audio with its side scaled by `amount`; 0 gives mono `[samples]`."""
    if audio.ndim == 1:
        return audio
    if amount <= 0.0:
        return mono(audio)
    middle = mono(audio)[:, None]
    return (middle + (audio - middle) * F32(amount)).astype(F32)


def add(target: np.ndarray, audio: np.ndarray, gain: float = 1.0) -> np.ndarray:
    """Sum of two tracks, stereo if either is."""
    if target.ndim != audio.ndim:
        target, audio = stereo(target), stereo(audio)
    return target + audio[: len(target)] * F32(gain)


def filter_sos(audio: np.ndarray, sos) -> np.ndarray:
    """Audio through second-order sections."""
    return signal.sosfilt(np.asarray(sos), audio, axis=0).astype(F32)


def highpass(audio, hertz, order=2):
    """Butterworth high-pass."""
    return filter_sos(audio, signal.butter(order, hertz, "high", fs=SAMPLE_RATE, output="sos"))


def lowpass(audio, hertz, order=2):
    """Butterworth low-pass."""
    return filter_sos(audio, signal.butter(order, min(hertz, 21_000), "low", fs=SAMPLE_RATE, output="sos"))


def bell(hertz: float, gain_db: float, q: float = 0.8):
    """Peaking filter as one second-order section (Bristow-Johnson's formulas)."""
    a = 10 ** (gain_db / 40)
    w = 2 * np.pi * min(hertz, 20_000) / SAMPLE_RATE
    alpha = np.sin(w) / (2 * q)
    b = np.array([1 + alpha * a, -2 * np.cos(w), 1 - alpha * a])
    den = np.array([1 + alpha / a, -2 * np.cos(w), 1 - alpha / a])
    return np.concatenate([b / den[0], den / den[0]])


def shelf(hertz: float, gain_db: float, high: bool):
    """Low or high shelf as one second-order section."""
    a = 10 ** (gain_db / 40)
    w = 2 * np.pi * hertz / SAMPLE_RATE
    c, alpha = np.cos(w), np.sin(w) / np.sqrt(2)
    s = 1.0 if high else -1.0
    root = 2 * np.sqrt(a) * alpha
    b = np.array(
        [
            a * ((a + 1) + s * (a - 1) * c + root),
            -s * 2 * a * ((a - 1) + s * (a + 1) * c),
            a * ((a + 1) + s * (a - 1) * c - root),
        ]
    )
    den = np.array(
        [(a + 1) - s * (a - 1) * c + root, s * 2 * ((a - 1) - s * (a + 1) * c), (a + 1) - s * (a - 1) * c - root]
    )
    return np.concatenate([b / den[0], den / den[0]])


def random_eq(audio: np.ndarray, rng: np.random.Generator, amount: float = 4.0) -> np.ndarray:
    """Two shelves and one or two bells of up to ±`amount` dB."""
    sections = [
        shelf(rng.uniform(80, 300), rng.uniform(-amount, amount), False),
        shelf(rng.uniform(3000, 9000), rng.uniform(-amount, amount), True),
    ]
    for _ in range(rng.integers(1, 3)):
        sections.append(
            bell(np.exp(rng.uniform(np.log(150), np.log(7000))), rng.uniform(-amount, amount), rng.uniform(0.5, 2.0))
        )
    return filter_sos(audio, sections)


def convolve(audio: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Convolution cut to the audio's length; a stereo response makes mono audio stereo."""
    if response.ndim == 2 and audio.ndim == 1:
        audio = stereo(audio)
    if response.ndim == 1 and audio.ndim == 2:
        response = response[:, None]
    return signal.oaconvolve(audio, response, axes=0)[: len(audio)].astype(F32)
