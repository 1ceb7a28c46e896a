"""Studio effects for the data builder: amplifiers, cabinets, rooms, compressors, width.

Audio is float32, `[samples]` (mono) or `[samples, 2]`, full scale ±1, 44,100 Hz.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage, signal

from ..data.audio import db
from ..data.dataset import SAMPLE_RATE
from .amplifiers import amplifier, cabinet, match_tone, minimum_phase
from .filters import (
    F32,
    active_rms,
    add,
    bell,
    convolve,
    filter_sos,
    highpass,
    level_to,
    lowpass,
    mono,
    pan,
    random_eq,
    shelf,
    stereo,
    width,
)
from .rooms import reverb, room_response

__all__ = [
    "F32",
    "active_rms",
    "add",
    "amplifier",
    "bell",
    "cabinet",
    "chorus",
    "compressor",
    "convolve",
    "db",
    "echo",
    "filter_sos",
    "highpass",
    "level_to",
    "limiter",
    "lowpass",
    "match_tone",
    "minimum_phase",
    "mono",
    "pan",
    "random_eq",
    "reverb",
    "room_response",
    "saturate",
    "shelf",
    "stereo",
    "sweep_lowpass",
    "tremolo",
    "width",
]
"""Everything that players need, under one name."""


def _spread(values: np.ndarray, step: int, length: int) -> np.ndarray:
    """One value a block as one a sample, in straight lines."""
    values = values.astype(F32)
    following = np.append(values[1:], values[-1])
    ramp = np.arange(step, dtype=F32) / step
    curve = (values[:, None] + (following - values)[:, None] * ramp).reshape(-1)
    return np.concatenate([curve, np.full(max(0, length - len(curve)), values[-1], dtype=F32)])[:length]


def compressor(
    audio: np.ndarray, ratio: float, below_peak_db: float, attack_ms: float = 10.0, release_ms: float = 120.0
) -> np.ndarray:
    """Feed-forward compressor; the threshold lies `below_peak_db` under the loudest block. Makeup keeps the active
    level."""
    step = 64
    length = len(audio) // step * step
    if length == 0:
        return audio
    before = active_rms(audio)
    if before == 0.0:
        return audio
    blocks = np.abs(mono(audio)[:length]).reshape(-1, step).max(axis=1)
    fast = signal.lfilter([1 - np.exp(-step / (attack_ms * 44.1))], [1, -np.exp(-step / (attack_ms * 44.1))], blocks)
    pole = np.exp(-step / (release_ms * 44.1))
    slow = signal.lfilter([1 - pole], [1, -pole], np.maximum(fast, 0))
    envelope = np.maximum(fast, slow)
    over = 20 * np.log10(np.maximum(envelope, 1e-6)) - (20 * np.log10(envelope.max() + 1e-9) - below_peak_db)
    gain = 10 ** (-np.maximum(over, 0.0) * (1 - 1 / ratio) / 20)
    curve = _spread(gain, step, len(audio))
    out = audio * (curve if audio.ndim == 1 else curve[:, None])
    return out * F32(before / max(active_rms(out), 1e-9))


def limiter(audio: np.ndarray, crest_db: float) -> np.ndarray:
    """Peaks held to `crest_db` over the active level by a look-ahead gain; the level is kept.

    Recorded stems have been through this many times; bare samples would leave the loudness to single peaks.
    """
    rms = active_rms(audio)
    step = 64
    length = len(audio) // step * step
    if rms == 0.0 or length == 0:
        return audio
    ceiling = rms * db(crest_db)
    loud = (
        np.abs(audio[:length]) if audio.ndim == 1 else np.maximum(np.abs(audio[:length, 0]), np.abs(audio[:length, 1]))
    )
    needed = np.minimum(1.0, ceiling / np.maximum(loud.reshape(-1, step).max(axis=1), 1e-9))
    held = ndimage.uniform_filter1d(ndimage.minimum_filter1d(needed, 9), 5)
    pole = np.exp(-step / (60.0 * 44.1))
    slow = 1.0 - signal.lfilter([1 - pole], [1, -pole], 1.0 - held)
    gain = np.minimum(held, slow)
    curve = _spread(gain, step, len(audio))
    return np.clip(audio * (curve if audio.ndim == 1 else curve[:, None]), -ceiling, ceiling).astype(F32)


def saturate(audio: np.ndarray, drive_db: float) -> np.ndarray:
    """Soft clipping around the loudest peaks; level kept."""
    rms = active_rms(audio)
    if rms == 0.0:
        return audio
    gain = F32(db(drive_db) * 0.12 / rms)
    out = np.tanh(audio * gain)
    return out * F32(rms / max(active_rms(out), 1e-9))


def chorus(audio: np.ndarray, rng: np.random.Generator, depth_ms: float = 2.5, wide: bool = True) -> np.ndarray:
    """Mono audio with one or two slowly swept copies; stereo when `wide`."""
    source = mono(audio)
    time = np.arange(len(source), dtype=np.float64)
    base = rng.uniform(5, 18) * 44.1
    rate = rng.uniform(0.2, 1.6)
    copies = []
    for phase in (0.0, np.pi / 2):
        delay = base + depth_ms * 44.1 * (1 + np.sin(2 * np.pi * rate * time / SAMPLE_RATE + phase)) / 2
        position = np.maximum(time - delay, 0.0)
        whole = position.astype(np.int64)
        part = (position - whole).astype(F32)
        after = np.minimum(whole + 1, len(source) - 1)
        copies.append(source[whole] * (1 - part) + source[after] * part)
    mix = F32(rng.uniform(0.4, 0.9))
    if not wide:
        return source + mix * copies[0]
    return np.stack([source + mix * copies[0], source + mix * copies[1]], axis=1)


def echo(audio: np.ndarray, seconds: float, feedback: float, wet_db: float, ping_pong: bool = False) -> np.ndarray:
    """Repeating delay, each repeat darker."""
    step = max(1, int(seconds * SAMPLE_RATE))
    out = stereo(audio).copy() if ping_pong else audio.copy()
    repeat = lowpass(mono(audio), 6000, 1) if ping_pong else lowpass(audio, 6000, 1)
    gain, side = db(wet_db), 0
    for count in range(1, 8):
        offset = step * count
        if offset >= len(audio) or gain < 0.01:
            break
        if ping_pong:
            out[offset:, side] += repeat[:-offset] * F32(gain)
            side = 1 - side
        else:
            out[offset:] += repeat[:-offset] * F32(gain)
        gain *= feedback
    return out


def tremolo(audio: np.ndarray, hertz: float, depth: float, wide: bool = False) -> np.ndarray:
    """Swept level; `wide` sweeps the two sides against each other."""
    swing = (np.sin(2 * np.pi * hertz * np.arange(len(audio)) / SAMPLE_RATE) * 0.5 * depth).astype(F32)
    if wide:
        return stereo(audio) * np.stack([1 - depth / 2 + swing, 1 - depth / 2 - swing], axis=1).astype(F32)
    curve = F32(1 - depth / 2) + swing
    return audio * (curve if audio.ndim == 1 else curve[:, None])


def sweep_lowpass(audio: np.ndarray, cutoff: np.ndarray, resonance: float = 0.0) -> np.ndarray:
    """Low-pass whose cut-off (hertz, per sample) moves: a blend between seven fixed filters."""
    grid = np.geomspace(120, 14_000, 7)
    place = np.clip(np.interp(np.log(np.maximum(cutoff, 20)), np.log(grid), np.arange(7)), 0, 6).astype(F32)
    out = np.zeros_like(audio)
    for i, hertz in enumerate(grid):
        weight = np.maximum(0.0, 1.0 - np.abs(place - i)).astype(F32)
        if not weight.any():
            continue
        sos = signal.butter(2, hertz, fs=SAMPLE_RATE, output="sos")
        if resonance > 0:
            sos = np.vstack([sos, bell(hertz, resonance, 2.5)])
        layer = filter_sos(audio, sos)
        out += layer * (weight if audio.ndim == 1 else weight[:, None])
    return out
