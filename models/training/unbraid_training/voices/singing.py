"""Sung takes from any voice: WORLD parameters of its syllables, put on a melody and resynthesised.

The vowel's stable middle is stretched, consonants keep their length, pitch follows the melody the
way singers do (glides, scoops, late vibrato, drift), and the spectral envelope is changed into that
of another singer: vocal tract length, timbre, effort, singer's formant, breath, roughness.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pyworld
from scipy.ndimage import gaussian_filter1d, uniform_filter1d
from scipy.signal import butter, sosfilt

from ..data.audio import fade
from ..data.dataset import SAMPLE_RATE
from .character import Singer
from .melody import Melody, Phrase
from .phrasing import pitch_curve, place, smooth_noise, spoken_curve
from .vocoder import BINS, FRAME_S, FREQUENCIES, Material, Syllable

NEPER_PER_DB = np.log(10.0) / 10.0
"""Natural logarithm of power per decibel."""


@dataclass
class Take:
    """A sung take."""

    audio: np.ndarray
    """float32 `[samples]`."""
    pitch: np.ndarray
    """Target fundamental in Hz per frame of `FRAME_S`; 0 where nothing voiced is sung."""
    details: dict = field(default_factory=dict)


def _warp_index(singer: Singer) -> tuple[np.ndarray, np.ndarray]:
    """For each bin, the lower source bin and the weight of the next: the vocal-tract warp."""
    low, middle, high = singer.tract
    factor = np.interp(FREQUENCIES, [0, 400, 1800, 4500, 22_050], [low, low, middle, high, high])
    source = np.minimum(FREQUENCIES / factor, FREQUENCIES[-2]) / FREQUENCIES[1]
    index = np.minimum(source.astype(int), BINS - 2)
    return index, (source - index).astype(np.float32)


def _warped(envelope: np.ndarray, singer: Singer) -> np.ndarray:
    index, weight = _warp_index(singer)
    return envelope[:, index] * (1 - weight) + envelope[:, index + 1] * weight


def _at(frames: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Rows at fractional positions, linear in between."""
    low = np.clip(position.astype(int), 0, len(frames) - 2)
    weight = np.clip(position - low, 0.0, 1.0).astype(np.float32)[:, None]
    return frames[low] * (1 - weight) + frames[low + 1] * weight


def sing_phrase(
    rng: np.random.Generator,
    material: Material,
    syllables: list[Syllable],
    phrase: Phrase,
    singer: Singer,
    effort: float = 0.0,
    spoken: bool = False,
) -> tuple[int, np.ndarray, np.ndarray]:
    """One phrase: (first frame in the take, samples, target fundamental in Hz per frame).

    `effort` in dB: louder is also brighter. `spoken` keeps the source's intonation (rap).
    """
    placed = place(rng, phrase, syllables, tempo_follow=0.25 if spoken else 1.0)
    sounding = placed.position >= 0
    count = len(sounding)
    # Positions inside silences are filled so that edges can be faded on real frames.
    known = np.flatnonzero(sounding)
    position = np.interp(np.arange(count), known, placed.position[known])
    nearest = placed.position[known][np.searchsorted(known, np.arange(count)).clip(0, len(known) - 1)]
    position = np.where(sounding, position, nearest)
    if spoken:
        curve = spoken_curve(rng, material, singer, position)
        curve = curve + 0.03 * smooth_noise(rng, count, 0.02)
    else:
        curve = pitch_curve(rng, phrase, singer, placed.first, count)
    if singer.rough > 0.1:
        curve = curve + singer.rough * (0.25 * rng.standard_normal(count) + 0.25 * smooth_noise(rng, count, 0.03))
    voiced = (material.pitch[np.round(position).astype(int).clip(0, len(material.pitch) - 1)] > 0) & sounding
    hertz = 440.0 * 2.0 ** ((np.clip(curve, 36.0, 84.0) - 69.0) / 12.0)
    pitch = np.where(voiced, hertz, 0.0)

    envelope = _at(material.envelope, position)
    noise = _at(material.aperiodicity, position)
    if singer.bandwidth < 15_000:
        _extend(envelope, noise, singer.bandwidth, voiced)
    index, weight = _warp_index(singer)
    noise = noise[:, index] * (1 - weight) + noise[:, index + 1] * weight
    # The larynx rises with pitch and is never quite still: between two slightly different tracts.
    near = _warped(envelope, replace(singer, tract=tuple(0.98 * value for value in singer.tract)))
    far = _warped(envelope, replace(singer, tract=tuple(1.02 * value for value in singer.tract)))
    blend = np.clip(0.5 + 0.3 * smooth_noise(rng, count, 0.1) + 0.06 * (curve - np.mean(curve)), 0.0, 1.0)
    envelope = near + (far - near) * blend.astype(np.float32)[:, None]

    # Effort follows level and pitch within the phrase: louder and higher notes are brighter.
    push = effort + np.clip(gaussian_filter1d(placed.gain, 8), -12.0, 12.0) * 0.35 + 0.15 * (curve - np.mean(curve))
    octaves = np.clip(np.log2(np.maximum(FREQUENCIES, 1.0) / 1000.0), -1.0, 3.0)
    bump = np.exp(-0.5 * ((FREQUENCIES - 2900.0 * singer.tract[1]) / 450.0) ** 2)
    voicing = uniform_filter1d(voiced.astype(float), 5)
    shape = (singer.tilt + 0.25 * push)[:, None] * octaves[None, :]
    shape += (singer.formant * (1 + 0.08 * push) * voicing)[:, None] * bump[None, :]
    shape += singer.colour[None, :]
    # Unvoiced sounds (s, t, sh) keep their own brightness.
    # Harmonics move through formants as pitch swings, and breath pressure swings along.
    swing = curve - gaussian_filter1d(curve, 30)
    gain = placed.gain + 0.8 * effort + np.clip(3.0 * swing, -2.0, 2.0)
    flutter = 0.5 * smooth_noise(rng, count, 0.06) + 0.3 * smooth_noise(rng, count, 0.01)
    decibels = shape * (0.35 + 0.65 * voicing)[:, None] + (gain + flutter)[:, None]
    power = np.exp(np.minimum(envelope + decibels * NEPER_PER_DB, 12.0))
    _tame_consonants(power, voicing, voiced & (placed.vowel > 0.5))
    edges = gaussian_filter1d(_edges(sounding), 1.0)
    power *= (edges**2)[:, None]

    inside = placed.vowel * voicing
    exponent = 1.0 + (singer.breath - 1.0) * inside
    noise = np.clip(noise, 1e-4, 0.9999) ** exponent[:, None]
    if singer.rough > 0.1:
        floor = singer.rough * 0.75 * np.clip((FREQUENCIES - 300.0) / 2500.0, 0.15, 1.0)
        noise = np.maximum(noise, floor[None, :] * (0.7 + 0.3 * voicing)[:, None])
    audio = pyworld.synthesize(
        np.ascontiguousarray(pitch),
        np.ascontiguousarray(np.maximum(power, 1e-16), dtype=np.float64),
        np.ascontiguousarray(np.clip(noise, 0.0, 1.0), dtype=np.float64),
        SAMPLE_RATE,
        FRAME_S * 1000.0,
    )
    if singer.rough > 0.1:
        audio = _roughen(rng, audio, pitch, singer.rough)
    return placed.first, audio, pitch


def _tame_consonants(power: np.ndarray, voicing: np.ndarray, vowels: np.ndarray) -> None:
    """Holds s, sh and bursts to what they are beside sustained vowels, in place: in speech they are louder."""
    if not vowels.any():
        return
    reference = float(np.median(power[vowels].sum(axis=1)))
    unvoiced = voicing < 0.5
    excess = power.sum(axis=1) / np.where(unvoiced, 0.3 * reference, 2.0 * reference)
    power *= (np.maximum(excess, 1.0) ** -0.8)[:, None]
    # Sibilants that were taken for voiced, or sit inside transitions.
    sharp = FREQUENCIES > 4500.0
    excess = power[:, sharp].sum(axis=1) / (0.15 * reference)
    power[:, sharp] *= (np.maximum(uniform_filter1d(excess, 3), 1.0) ** -0.8)[:, None]


def _edges(sounding: np.ndarray) -> np.ndarray:
    """Amplitude per frame that closes syllables softly where silence follows or precedes."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], sounding.astype(int), [0]))))
    amplitude = np.zeros(len(sounding))
    for left, right in zip(edges[::2], edges[1::2], strict=True):
        span = right - left
        rise, fall = min(4, span // 3), min(36, span // 3)
        shape = np.ones(span)
        shape[:rise] = (np.arange(rise) + 0.5) / max(rise, 1)
        shape[span - fall :] = np.cos(0.5 * np.pi * ((np.arange(fall) + 0.5) / max(fall, 1)) ** 1.5)
        amplitude[left:right] = shape
    return amplitude


def _extend(envelope: np.ndarray, noise: np.ndarray, bandwidth: float, voiced: np.ndarray) -> None:
    """Fills the envelope above a recording's bandwidth, in place: falling for vowels, flatter for consonants."""
    edge = int(0.93 * bandwidth / FREQUENCIES[1])
    level = envelope[:, edge - 24 : edge].mean(axis=1)
    octaves = np.log2(FREQUENCIES[edge:] / FREQUENCIES[edge])
    slope = np.where(voiced, -22.0, -9.0)
    envelope[:, edge:] = level[:, None] + slope[:, None] * NEPER_PER_DB * octaves[None, :]
    noise[:, edge:] = np.maximum(noise[:, edge - 24 : edge].mean(axis=1), 0.7)[:, None]


def _roughen(rng: np.random.Generator, audio: np.ndarray, pitch: np.ndarray, amount: float) -> np.ndarray:
    """Every second (or third) glottal cycle weaker, in patches, as in a strained or growling voice."""
    at = np.arange(len(audio)) / (SAMPLE_RATE * FRAME_S)
    frames = np.arange(len(pitch))
    hertz = np.interp(at, frames, np.where(pitch > 0, pitch, 120.0))
    phase = 2 * np.pi * np.cumsum(hertz) / SAMPLE_RATE
    patch = np.clip(0.5 + 0.6 * smooth_noise(rng, len(pitch), 0.08), 0.0, 1.0)
    depth = np.interp(at, frames, patch) * amount * 0.7
    divisor = 2.0 if rng.random() < 0.75 else 3.0
    wobble = np.interp(at, frames, 0.8 * smooth_noise(rng, len(pitch), 0.03))
    audio = audio * (1.0 + depth * np.cos(phase / divisor + wobble)) / (1.0 + 0.5 * depth)
    if amount > 0.5:
        flutter = np.interp(at, frames, np.abs(rng.standard_normal(len(pitch))))
        audio = audio * (1.0 - 0.35 * (amount - 0.5) * flutter.clip(0, 2))
    return audio


def _breath(rng: np.random.Generator, material: Material, singer: Singer, seconds: float) -> np.ndarray:
    """An audible intake of breath: noise through the open vocal tract of the same singer."""
    count = max(8, int(seconds / FRAME_S))
    vowels = [frame for s in material.syllables[:40] for frame in (s.stable, s.release - 1)]
    mean = material.envelope[vowels].mean(axis=0)
    index, weight = _warp_index(singer)
    mean = mean[index] * (1 - weight) + mean[index + 1] * weight
    # Breath noise has no glottal roll-off: about 9 dB per octave brighter than the voiced envelope, low end thin.
    octaves = np.log2(np.maximum(FREQUENCIES, 60.0) / 1000.0)
    tilt = np.where(octaves < 0, 12.0, 7.0) * np.clip(octaves, -4.0, 3.0)
    shape = mean + (tilt + singer.colour) * NEPER_PER_DB
    if singer.bandwidth < 15_000:
        edge = int(0.93 * singer.bandwidth / FREQUENCIES[1])
        shape[edge:] = shape[edge - 24 : edge].mean() - 12 * NEPER_PER_DB * np.log2(
            FREQUENCIES[edge:] / FREQUENCIES[edge]
        )
    shape -= np.log(np.mean(np.exp(shape - shape.max()))) + shape.max()
    rise = np.linspace(0, 1, count)
    contour = np.sin(np.pi * rise**0.7) ** 1.3
    power = np.exp(shape)[None, :] * (contour**2)[:, None] + 1e-16
    audio = pyworld.synthesize(np.zeros(count), power, np.ones((count, BINS)), SAMPLE_RATE, FRAME_S * 1000.0)
    peak = np.sqrt(np.mean(audio**2)) + 1e-9
    return fade(audio / peak, 200, 400)


def sing(
    rng: np.random.Generator, material: Material, melody: Melody, singer: Singer, style: str, lyrics: dict | None = None
) -> Take:
    """Sings `melody` with the syllables of `material`, dry and mono, at about −20 dB RMS while singing.

    `lyrics` maps the phrases' lyric numbers to syllable lists; it is filled on the way and may be
    handed on, so that doubles and harmonies sing the same words.
    """
    lyrics = {} if lyrics is None else lyrics
    end = max(note.start + note.length for phrase in melody.phrases for note in phrase.notes)
    total = int((end + 0.8) * SAMPLE_RATE)
    audio = np.zeros(total)
    pitch = np.zeros(int(total / (SAMPLE_RATE * FRAME_S)) + 1)
    cursor = int(rng.integers(len(material.syllables)))
    rolling = 0.0
    previous_end = 0.0
    effort = float(rng.normal(0.0, 1.5))
    for phrase in melody.phrases:
        needed = sum(note.syllable for note in phrase.notes)
        if phrase.lyric not in lyrics:
            picks = [material.syllables[(cursor + i) % len(material.syllables)] for i in range(needed)]
            cursor = (cursor + needed) % len(material.syllables)
            lyrics[phrase.lyric] = picks
        picks = lyrics[phrase.lyric]
        picks = [picks[i % len(picks)] for i in range(needed)]
        push = effort + float(rng.normal(0, 1.2)) + (2.0 if phrase.lyric >= 1000 else 0.0)
        first, sound, hertz = sing_phrase(rng, material, picks, phrase, singer, push, spoken=style == "rap")
        level = np.sqrt(np.mean(sound[np.abs(sound) > 0.05 * np.abs(sound).max()] ** 2) + 1e-12)
        # Phrases come from different recordings: their levels are brought near each other, not made equal.
        sound = sound * (0.1 / level) * 10.0 ** ((0.8 * push + rng.normal(0, 1.0)) / 20.0)
        begin = round(first * FRAME_S * SAMPLE_RATE)
        _add(audio, sound, begin)
        start = max(0, first)
        stop = min(len(pitch), first + len(hertz))
        pitch[start:stop] = np.maximum(pitch[start:stop], hertz[start - first : stop - first])
        gap = phrase.notes[0].start - previous_end
        if gap > 0.45 and rng.random() < 0.75:
            seconds = float(np.clip(rng.uniform(0.18, 0.5), 0.1, gap - 0.25))
            breath = _breath(rng, material, singer, seconds) * 0.1 * 10.0 ** (rng.uniform(-30.0, -16.0) / 20.0)
            _add(audio, breath, int((phrase.notes[0].start - seconds - rng.uniform(0.12, 0.22)) * SAMPLE_RATE))
        previous_end = phrase.notes[-1].start + phrase.notes[-1].length
        rolling = max(rolling, level)
    audio = sosfilt(butter(2, 55.0, "highpass", fs=SAMPLE_RATE, output="sos"), audio)
    if singer.drive > 0.3:
        drive = 10.0 ** (singer.drive / 20.0) / 0.25
        audio = np.tanh(audio * drive) / drive
        audio *= 10.0 ** (0.5 * singer.drive / 20.0)
    return Take(audio.astype(np.float32), pitch)


def _add(target: np.ndarray, sound: np.ndarray, begin: int) -> None:
    start, stop = max(0, begin), min(len(target), begin + len(sound))
    if stop > start:
        target[start:stop] += sound[start - begin : stop - begin]
