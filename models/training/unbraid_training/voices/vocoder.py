"""Voices as WORLD parameters, cut into syllables that a melody can be put on."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pyworld
from scipy.ndimage import uniform_filter1d
from scipy.signal import find_peaks

from ..data.dataset import SAMPLE_RATE

FRAME_S = 0.005
"""Time between two analysis frames, in seconds."""

FFT = 2048
BINS = FFT // 2 + 1
FREQUENCIES = np.arange(BINS) * (SAMPLE_RATE / FFT)
"""Frequency of each bin of an envelope, in Hz."""

PITCH_FLOOR = 65.0
PITCH_CEILING = 800.0


@dataclass(frozen=True)
class Syllable:
    """Frame positions of one syllable: `start` ≤ `stable` < `release` ≤ `end`.

    From `start` to `stable` it is consonant and transition, from `stable` to `release` the middle of
    the vowel, which may be stretched, from `release` to `end` the way out.
    """

    start: int
    stable: int
    release: int
    end: int
    level: float
    """Level of the stable part, dB."""


@dataclass
class Material:
    """Analysed voice, ready to be sung: frames of several utterances one after the other."""

    pitch: np.ndarray
    """Fundamental in Hz per frame; 0 where unvoiced."""
    envelope: np.ndarray
    """Natural logarithm of the power envelope, `[frames, BINS]`, float32."""
    aperiodicity: np.ndarray
    """Share of noise in the amplitude, 0–1, `[frames, BINS]`, float32."""
    syllables: list[Syllable]

    @property
    def median_pitch(self) -> float:
        """Median fundamental of the voiced frames, in Hz."""
        return float(np.median(self.pitch[self.pitch > 0]))


def analyse(audio: np.ndarray, steady_syllables: int | None = None) -> Material | None:
    """Analyses one utterance (mono, 44.1 kHz); None where it holds no usable syllable.

    `steady_syllables` says that the utterance is sung legato in about so many syllables of equal
    length; they are then separated by change of spectrum instead of dips in level.
    """
    audio = np.ascontiguousarray(audio, dtype=np.float64)
    if len(audio) < SAMPLE_RATE // 10:
        return None
    period = FRAME_S * 1000.0
    # A trace of noise: exact digital silence makes the envelope estimate collapse.
    audio = audio + 1e-6 * np.random.default_rng(0).standard_normal(len(audio))
    coarse, times = pyworld.dio(audio, SAMPLE_RATE, f0_floor=PITCH_FLOOR, f0_ceil=PITCH_CEILING, frame_period=period)
    pitch = _clean_voicing(pyworld.stonemask(audio, coarse, times, SAMPLE_RATE))
    if np.count_nonzero(pitch) < 8:
        return None
    power = pyworld.cheaptrick(audio, pitch, times, SAMPLE_RATE, fft_size=FFT)
    aperiodicity = pyworld.d4c(audio, pitch, times, SAMPLE_RATE, threshold=0.0, fft_size=FFT)
    envelope = np.log(np.maximum(power, 1e-16)).astype(np.float32)
    if steady_syllables is None:
        syllables = _spoken_syllables(pitch, power)
    else:
        syllables = _legato_syllables(pitch, power, envelope, steady_syllables)
    if not syllables:
        return None
    return Material(pitch, envelope, aperiodicity.astype(np.float32), syllables)


def join(parts: list[Material]) -> Material:
    """Several utterances as one material; syllables keep their order."""
    syllables = []
    offset = 0
    for part in parts:
        for s in part.syllables:
            shifted = (s.start + offset, s.stable + offset, s.release + offset, s.end + offset)
            syllables.append(Syllable(*shifted, s.level))
        offset += len(part.pitch)
    return Material(
        np.concatenate([part.pitch for part in parts]),
        np.concatenate([part.envelope for part in parts]),
        np.concatenate([part.aperiodicity for part in parts]),
        syllables,
    )


def _clean_voicing(pitch: np.ndarray) -> np.ndarray:
    """Closes gaps of voicing up to 15 ms and drops voiced islands under 25 ms: both are estimation errors."""
    pitch = pitch.copy()
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (pitch > 0).astype(int), [0]))))
    runs = list(zip(edges[::2], edges[1::2], strict=True))
    for (_, left), (right, _) in itertools.pairwise(runs):
        if right - left <= 3 and 0.75 < pitch[right] / pitch[left - 1] < 1.33:
            pitch[left:right] = np.interp(np.arange(left, right), [left - 1, right], [pitch[left - 1], pitch[right]])
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (pitch > 0).astype(int), [0]))))
    for left, right in zip(edges[::2], edges[1::2], strict=True):
        if right - left < 5:
            pitch[left:right] = 0.0
    return pitch


def _vowel_level(power: np.ndarray) -> np.ndarray:
    """Level in dB of the band where vowels are strong (200–3,500 Hz), smoothed over 25 ms."""
    band = (FREQUENCIES > 200) & (FREQUENCIES < 3500)
    return uniform_filter1d(10.0 * np.log10(power[:, band].sum(axis=1) + 1e-12), 5)


def _bands(envelope: np.ndarray) -> np.ndarray:
    """Envelope in 24 bands of equal width on a mel-like scale up to 8 kHz, dB."""
    edges = 700.0 * (10.0 ** (np.linspace(0.06, 1.095, 25)) - 1.0)
    index = np.searchsorted(FREQUENCIES, edges)
    return np.stack([envelope[:, a : max(b, a + 1)].mean(axis=1) for a, b in itertools.pairwise(index)], axis=1) * (
        10.0 / np.log(10.0)
    )


def _stable_part(
    peak: int, left: int, right: int, pitch: np.ndarray, level: np.ndarray, bands: np.ndarray, reach: int = 40
) -> tuple[int, int] | None:
    """The stretch around `peak` whose level and spectrum stay near the peak's; None if under 25 ms.

    It goes at most `reach` frames to either side.
    """
    reference = bands[max(left, peak - 1) : peak + 2].mean(axis=0)
    shape = bands - bands.mean(axis=1, keepdims=True)
    target = reference - reference.mean()

    def like(frame: int) -> bool:
        if pitch[frame] <= 0 or abs(level[frame] - level[peak]) > 5.0:
            return False
        return float(np.sqrt(np.mean((shape[frame] - target) ** 2))) < 4.5

    first = last = peak
    while first > max(left, peak - reach) and like(first - 1):
        first -= 1
    while last < min(right, peak + reach) - 1 and like(last + 1):
        last += 1
    return (first, last + 1) if last + 1 - first >= 5 else None


def _spoken_syllables(pitch: np.ndarray, power: np.ndarray) -> list[Syllable]:
    level = _vowel_level(power)
    voiced_level = np.where(pitch > 0, level, level.min())
    peaks, _ = find_peaks(voiced_level, distance=18, prominence=2.5, height=voiced_level.max() - 24.0)
    if not len(peaks):
        peaks = np.array([int(np.argmax(voiced_level))])
    bands = _bands(np.log(np.maximum(power, 1e-16)))
    loudest = level.max()
    cuts = [_edge(level, peaks[0], -1, loudest)]
    cuts += [int(a + np.argmin(level[a:b])) for a, b in itertools.pairwise(peaks)]
    cuts.append(_edge(level, peaks[-1], 1, loudest))
    syllables = []
    start = cuts[0]
    for peak, end in zip(peaks, cuts[1:], strict=True):
        stable = _stable_part(int(peak), start, end, pitch, level, bands)
        if stable is not None:
            mean = float(level[stable[0] : stable[1]].mean())
            syllables.append(Syllable(min(start, stable[0]), stable[0], stable[1], max(end, stable[1]), mean))
        start = end
    return syllables


def _edge(level: np.ndarray, peak: int, step: int, loudest: float) -> int:
    """Where an utterance begins or ends: the last frame from `peak` outwards before 12 frames under −38 dB."""
    frame, edge, quiet = int(peak), int(peak), 0
    while 0 <= frame < len(level) and quiet < 12:
        if level[frame] > loudest - 38.0:
            edge, quiet = frame, 0
        else:
            quiet += 1
        frame += step
    return int(np.clip(edge + 4 * step, 0, len(level)))


def _legato_syllables(pitch: np.ndarray, power: np.ndarray, envelope: np.ndarray, count: int) -> list[Syllable]:
    level = _vowel_level(power)
    bands = uniform_filter1d(_bands(envelope), 5, axis=0)
    active = np.flatnonzero((level > level.max() - 30.0) & (pitch > 0))
    first, last = int(active[0]), int(active[-1])
    span = 8
    change = np.zeros(len(level))
    change[span:-span] = np.sqrt(np.mean((bands[2 * span :] - bands[: -2 * span]) ** 2, axis=1))
    change = uniform_filter1d(change, 5)
    spacing = max(20, int(0.55 * (last - first) / max(count, 1)))
    peaks, properties = find_peaks(change[first : last + 1], distance=spacing, height=3.0)
    strongest = np.sort(peaks[np.argsort(properties["peak_heights"])[::-1][: max(count - 1, 1)]]) + first
    cuts = [_edge(level, first, -1, level.max()), *strongest.tolist(), _edge(level, last, 1, level.max())]
    syllables = []
    for start, end in itertools.pairwise(cuts):
        if end - start < 16:
            continue
        inner = np.where(pitch[start:end] > 0, change[start:end] - 0.3 * level[start:end], np.inf)
        margin = (end - start) // 5
        inner[:margin] = np.inf
        inner[len(inner) - margin :] = np.inf
        if not np.isfinite(inner).any():
            continue
        stable = _stable_part(start + int(np.argmin(inner)), start, end, pitch, level, bands, reach=160)
        if stable is not None:
            mean = float(level[stable[0] : stable[1]].mean())
            syllables.append(Syllable(min(start, stable[0]), stable[0], stable[1], max(end, stable[1]), mean))
    return syllables
