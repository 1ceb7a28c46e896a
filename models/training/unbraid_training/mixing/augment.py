"""Augmentation of single stems and of the sum; numpy float32, `[channels, samples]`.

Everything linear on a stem (equaliser, room, varispeed) happens in one pass through the frequency
domain, which is what makes the loader fast enough for one core.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
import scipy.ndimage

from ..data.dataset import SAMPLE_RATE


def chain_length(seconds: float) -> int:
    """Samples that one stem's chain works on: a piece of `seconds`, a tenth for varispeed, and a lead-in that fills reverbs."""
    return scipy.fft.next_fast_len(int(seconds * SAMPLE_RATE * 1.1) + 22_000, real=True)


def db(value: float) -> float:
    """Amplitude factor of a level in dB."""
    return float(10.0 ** (value / 20.0))


def envelope(audio: np.ndarray, attack_s: float, release_s: float, step: int = 64) -> np.ndarray:
    """Level envelope `[samples]` of the louder channel: peaks of `step` samples, smoothed one-sidedly."""
    mono = np.abs(audio).max(axis=0)
    blocks = mono[: len(mono) // step * step].reshape(-1, step).max(axis=1)
    rise = np.exp(-step / (attack_s * SAMPLE_RATE))
    fall = np.exp(-step / (release_s * SAMPLE_RATE))
    level, out = 0.0, np.empty(len(blocks), dtype=np.float32)
    for i, x in enumerate(blocks.tolist()):
        k = rise if x > level else fall
        level = k * level + (1.0 - k) * x
        out[i] = level
    return np.interp(np.arange(len(mono)), (np.arange(len(out)) + 0.5) * step, out).astype(np.float32)


def compression_gain(audio, threshold, ratio, attack_s=0.005, release_s=0.12) -> np.ndarray:
    """Gain curve `[samples]` of a feed-forward compressor; `threshold` is a linear amplitude."""
    level = envelope(audio, attack_s, release_s)
    over = np.maximum(level / threshold, 1.0)
    return over ** (1.0 / ratio - 1.0)


def limiter_gain(mixture: np.ndarray, ceiling: float) -> np.ndarray:
    """Gain curve `[samples]` of a look-ahead limiter that keeps the sum below about `ceiling`."""
    step = 64
    peaks = np.abs(mixture).max(axis=0)
    blocks = peaks[: len(peaks) // step * step].reshape(-1, step).max(axis=1)
    wanted = np.minimum(1.0, ceiling / np.maximum(blocks, 1e-6))
    held = scipy.ndimage.minimum_filter1d(wanted, 25)
    smooth = scipy.ndimage.uniform_filter1d(held, 25)
    return np.interp(np.arange(len(peaks)), (np.arange(len(smooth)) + 0.5) * step, smooth).astype(np.float32)


def drive(audio: np.ndarray, amount_db: float, asymmetry: float) -> np.ndarray:
    """Soft clipping with make-up, so that the level stays about as it was."""
    before = np.sqrt(np.mean(audio**2)) + 1e-6
    pushed = np.tanh(audio * (db(amount_db) * 0.2 / before) + asymmetry) - np.tanh(asymmetry)
    return (pushed * (before / (np.sqrt(np.mean(pushed**2)) + 1e-6))).astype(np.float32)


class Rooms:
    """A bank of synthetic stereo reverbs, kept as spectra of `length` samples."""

    def __init__(self, count: int, seed: int, length: int):
        self.length = length
        rng = np.random.default_rng([seed, 77])
        self.spectra = []
        for _ in range(count):
            rt60 = float(np.exp(rng.uniform(np.log(0.15), np.log(2.4))))
            size = int(min(rt60 * 1.1, 2.0) * SAMPLE_RATE)
            t = np.arange(size) / SAMPLE_RATE
            noise = rng.standard_normal((2, size)).astype(np.float32)
            if rng.random() < 0.35:
                noise[1] = noise[0]  # a mono reverb
            tail = noise * np.exp(-6.9 * t / rt60)
            # Highs die earlier than lows: one-pole low-pass whose corner falls along the tail.
            dark = scipy.ndimage.uniform_filter1d(tail, int(rng.integers(3, 12)), axis=1)
            mix = np.clip(t / rt60 * rng.uniform(0.6, 2.0), 0, 1)
            tail = tail * (1 - mix) + dark * mix
            delay = int(rng.uniform(0, 0.04) * SAMPLE_RATE)
            response = np.zeros((2, length), dtype=np.float32)
            response[:, delay : delay + size] = tail[:, : length - delay]
            for _ in range(int(rng.integers(3, 9))):
                at = int(rng.uniform(0.003, 0.05) * SAMPLE_RATE)
                response[:, at] += rng.normal(0, 4.0, 2) * np.exp(-6.9 * at / SAMPLE_RATE / rt60)
            response /= np.sqrt((response**2).sum(axis=1, keepdims=True))
            self.spectra.append(scipy.fft.rfft(response, axis=1).astype(np.complex64))


def equaliser(rng: np.random.Generator, bins: int, depth_db: float) -> np.ndarray:
    """Smooth random magnitude curve `[bins]`: cosine-interpolated points on an octave scale, shelves, cuts."""
    points = rng.normal(0.0, depth_db / 2.0, 9)
    tilt = rng.normal(0.0, depth_db / 8.0)
    octave = np.log2(np.maximum(np.arange(bins) * (SAMPLE_RATE / 2 / (bins - 1)), 20.0) / 20.0)
    curve = np.interp(octave, np.linspace(0, 10.2, 9), points) + tilt * (octave - 5.0)
    gain = 10.0 ** (curve / 20.0)
    if rng.random() < 0.12:
        corner = rng.uniform(40, 250)
        gain *= 1.0 / (1.0 + (corner / (20.0 * 2**octave)) ** 4)
    if rng.random() < 0.15:
        corner = rng.uniform(3_500, 16_000)
        gain *= 1.0 / np.sqrt(1.0 + (20.0 * 2**octave / corner) ** 8)
    return gain.astype(np.float32)


def linear_chain(
    audio: np.ndarray,
    rng: np.random.Generator,
    rooms: Rooms,
    eq_db: float,
    wet: float,
    echo: float,
    speed: float,
) -> np.ndarray:
    """Equaliser, room, echo and varispeed of `[channels, rooms.length]` in one spectral pass.

    `wet` and `echo` are amplitudes beside the dry signal; `speed` > 1 raises pitch and tempo. A wet
    mono signal becomes stereo. The result has about `rooms.length / speed` samples.
    """
    spectrum = scipy.fft.rfft(audio.astype(np.float32), n=rooms.length, axis=1)
    bins = spectrum.shape[1]
    if eq_db > 0.0:
        spectrum = spectrum * equaliser(rng, bins, eq_db)
    if wet > 0.0:
        room = rooms.spectra[int(rng.integers(len(rooms.spectra)))]
        spectrum = spectrum * (1.0 + wet * room)
    if echo > 0.0:
        delay = rng.uniform(0.08, 0.55) * SAMPLE_RATE / rooms.length
        angle = np.exp(-2j * np.pi * delay * np.arange(bins)).astype(np.complex64)
        spectrum = spectrum * (1.0 + echo * angle + echo**2 * angle * angle)
    length = rooms.length
    if abs(speed - 1.0) > 1e-3:
        length = scipy.fft.next_fast_len(int(rooms.length / speed) // 2 * 2, real=True)
        length += length % 2
        wanted = length // 2 + 1
        if wanted <= bins:
            spectrum = spectrum[:, :wanted]
        else:
            spectrum = np.pad(spectrum, ((0, 0), (0, wanted - bins)))
    return scipy.fft.irfft(spectrum, n=length, axis=1) * np.float32(length / rooms.length)


def to_stereo(audio: np.ndarray, rng: np.random.Generator, pan_spread: float) -> np.ndarray:
    """`[2, samples]`: pans mono, changes the width of stereo (a quarter ends as mono), sometimes swaps sides."""
    if audio.shape[0] == 1:
        pan = float(np.clip(rng.normal(0.0, pan_spread), -1, 1))
        angle = (pan + 1) * np.pi / 4
        return np.concatenate([audio * (np.cos(angle) * 2**0.5), audio * (np.sin(angle) * 2**0.5)])
    mid, side = (audio[0] + audio[1]) * 0.5, (audio[0] - audio[1]) * 0.5
    draw = rng.random()
    width = 0.0 if draw < 0.25 else (1.0 if draw < 0.55 else rng.uniform(0.2, 1.6))
    left, right = mid + width * side, mid - width * side
    balance = db(rng.normal(0.0, 1.0))
    out = np.stack([left * balance, right / balance])
    return out[::-1].copy() if rng.random() < 0.5 else out
