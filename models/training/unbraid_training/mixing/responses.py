"""Random responses that stems go through: rooms, and short ones that stand for amplifiers, bodies and throats."""

from __future__ import annotations

import numpy as np
import scipy.fft
import scipy.ndimage

from ..data.dataset import SAMPLE_RATE
from .planner import RANDOM_FIRS, ROOMS


def responses(seed: int, length: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Random responses `[1, size]` and rooms `[2, size]`, all of unit energy; rooms no longer than `length`."""
    rng = np.random.default_rng([seed, 78])
    firs = [random_fir(rng)[None] for _ in range(RANDOM_FIRS)]
    rng = np.random.default_rng([seed, 77])
    return firs, [room(rng, length) for _ in range(ROOMS)]


def spectrum(response: np.ndarray, length: int) -> np.ndarray:
    """`[channels, bins]` complex64 of a response, filled up with zeros to `length` samples."""
    return scipy.fft.rfft(response, n=length, axis=1).astype(np.complex64)


def room(rng: np.random.Generator, length: int) -> np.ndarray:
    """Response `[2, at most length]` of a room: early reflections, and a tail whose highs die earlier than its lows."""
    rt60 = float(np.exp(rng.uniform(np.log(0.15), np.log(2.4))))
    size = int(min(rt60 * 1.1, 2.0) * SAMPLE_RATE)
    t = np.arange(size) / SAMPLE_RATE
    noise = rng.standard_normal((2, size)).astype(np.float32)
    if rng.random() < 0.35:
        noise[1] = noise[0]  # a mono reverb
    tail = noise * np.exp(-6.9 * t / rt60)
    dark = scipy.ndimage.uniform_filter1d(tail, int(rng.integers(3, 12)), axis=1)
    mix = np.clip(t / rt60 * rng.uniform(0.6, 2.0), 0, 1)
    tail = tail * (1 - mix) + dark * mix
    delay = int(rng.uniform(0, 0.04) * SAMPLE_RATE)
    response = np.zeros((2, min(max(delay + size, int(0.05 * SAMPLE_RATE) + 1), length)), dtype=np.float32)
    response[:, delay : delay + size] = tail[:, : response.shape[1] - delay]
    for _ in range(int(rng.integers(3, 9))):
        at = int(rng.uniform(0.003, 0.05) * SAMPLE_RATE)
        response[:, at] += rng.normal(0, 4.0, 2) * np.exp(-6.9 * at / SAMPLE_RATE / rt60)
    return response / np.sqrt((response**2).sum(axis=1, keepdims=True))


def random_fir(rng: np.random.Generator) -> np.ndarray:
    """A short, decaying response of noise and a few resonances, as wood, cones and throats have them."""
    decay = np.exp(rng.uniform(np.log(0.001), np.log(0.03)))
    t = np.arange(int(decay * 1.1 * SAMPLE_RATE) + 8) / SAMPLE_RATE
    response = rng.standard_normal(len(t)) * np.exp(-6.9 * t / decay)
    for _ in range(int(rng.integers(0, 4))):
        hertz = np.exp(rng.uniform(np.log(70), np.log(5000)))
        response += rng.normal(0, 2) * np.sin(2 * np.pi * hertz * t) * np.exp(-6.9 * t / decay)
    return (response / np.sqrt(np.sum(response**2))).astype(np.float32)
