"""How a phrase is sung: syllables laid under notes, dynamics, and the pitch that a singer aims at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from .character import Singer
from .melody import Note, Phrase
from .vocoder import FRAME_S, Material, Syllable


def smooth_noise(rng: np.random.Generator, count: int, seconds: float) -> np.ndarray:
    """Gaussian noise with deviation 1, smooth over about `seconds`."""
    sigma = max(1.0, seconds / FRAME_S)
    # Padded, so that short stretches are not all of one sign more than they should.
    noise = gaussian_filter1d(rng.standard_normal(count + int(8 * sigma)), sigma)
    return noise[int(4 * sigma) : int(4 * sigma) + count] * np.sqrt(2.0 * np.sqrt(np.pi) * sigma)


@dataclass
class Placed:
    """Frames of one phrase before synthesis."""

    first: int
    """Frame of the take at which the phrase begins."""
    position: np.ndarray
    """Frame of the material per frame, fractional; −1 where there is silence."""
    gain: np.ndarray
    """dB per frame."""
    vowel: np.ndarray
    """0–1: how far inside a stretched vowel."""


def place(rng: np.random.Generator, phrase: Phrase, syllables: list[Syllable], tempo_follow: float = 1.0) -> Placed:
    """Lays syllables under the notes; `tempo_follow` < 1 lets vowels keep more of their own length (rhythmic
    speech)."""
    groups: list[list[Note]] = []
    for note in phrase.notes:
        if note.syllable or not groups:
            groups.append([note])
        else:
            groups[-1].append(note)
    lead = 0.35
    first = int(np.floor((phrase.notes[0].start - lead) / FRAME_S))
    count = int(np.ceil((phrase.notes[-1].start + phrase.notes[-1].length + 0.5) / FRAME_S)) - first
    position = np.full(count, -1.0)
    gain = np.zeros(count)
    vowel = np.zeros(count)
    used = syllables[: len(groups)]
    reference = float(np.mean([s.level for s in used]))
    arc = rng.uniform(1.0, 4.0)
    length = phrase.notes[-1].start + phrase.notes[-1].length - phrase.notes[0].start
    mean_pitch = float(np.mean([note.pitch for note in phrase.notes]))
    centres, levels = [], []
    free = 0
    # Onsets first: the vowel, not the consonant, lies on the beat.
    beats = [round(g[0].start / FRAME_S) - first + int(rng.normal(0, 2.0)) for g in groups]
    onsets = [min(s.stable - s.start, 44) for s in used]
    for index, (group, syllable) in enumerate(zip(groups, used, strict=False)):
        onset = onsets[index]
        begin = beats[index] - max(0, onset - 5)
        stop = round((group[-1].start + group[-1].length) / FRAME_S) - first
        if index + 1 < len(used):
            stop = min(stop, beats[index + 1] - max(0, onsets[index + 1] - 5))
        begin = max(begin, free)
        if stop - begin < 8:
            stop = begin + 8
        total = stop - begin
        coda = min(syllable.end - syllable.release, 40)
        natural = syllable.release - syllable.stable
        if tempo_follow < 1.0:
            natural_total = onset + coda + int(natural * (1 + 1.5 * tempo_follow))
            total = min(total, max(natural_total, 8))
            stop = begin + total
        # Consonants keep their length unless the note is too short for them.
        squeeze = min(1.0, 0.7 * total / max(1, onset + coda))
        head, tail = int(onset * squeeze), int(coda * squeeze)
        middle = total - head - tail
        path = np.concatenate(
            [
                np.linspace(syllable.stable - onset, syllable.stable, head, endpoint=False),
                _wander(rng, syllable.stable, syllable.release - 1, middle),
                np.linspace(syllable.release - 1, syllable.release - 1 + coda, tail),
            ]
        )
        stop = min(begin + len(path), count)
        position[begin:stop] = path[: stop - begin]
        inside = np.zeros(total)
        inside[head : head + middle] = 1.0
        vowel[begin:stop] = inside[: stop - begin]
        where = (group[0].start - phrase.notes[0].start) / max(length, 0.1)
        level = 0.85 * (reference - syllable.level) + arc * np.sin(np.pi * np.clip(where, 0, 1)) + rng.normal(0, 1.2)
        level += 0.22 * (float(np.mean([note.pitch for note in group])) - mean_pitch)
        centres.append(begin + head + middle / 2)
        levels.append(level)
        free = stop
    gain += np.interp(np.arange(count), centres, levels)
    gain += _swells(rng, groups[: len(used)], position >= 0, first)
    vowel = uniform_filter1d(vowel, 9)
    return Placed(first, position, gain, vowel)


def _swells(rng: np.random.Generator, groups: list[list[Note]], sounding: np.ndarray, first: int) -> np.ndarray:
    """Dynamics inside notes, dB per frame: held notes swell or fade, and die away where silence follows."""
    gain = np.zeros(len(sounding))
    for group in groups:
        begin = int(group[0].start / FRAME_S) - first
        stop = int((group[-1].start + group[-1].length) / FRAME_S) - first
        begin, stop = max(begin, 0), min(stop, len(gain))
        if stop - begin < 30:
            continue
        time = np.linspace(0.0, 1.0, stop - begin)
        depth = rng.uniform(0.0, 3.5)
        shape = [np.sin(np.pi * time) - 0.5, time - 0.5, 0.5 - time, 0.5 - time**2][int(rng.integers(4))]
        gain[begin:stop] += depth * shape
    # Attacks and releases of voices are tens of milliseconds long and not alike.
    edges = np.flatnonzero(np.diff(np.concatenate(([0], sounding.astype(int), [0]))))
    for left, right in zip(edges[::2], edges[1::2], strict=True):
        fall = min(int(rng.uniform(0.08, 0.35) / FRAME_S), (right - left) // 2)
        gain[right - fall : right] -= rng.uniform(10.0, 30.0) * np.linspace(0.0, 1.0, fall) ** 1.3
        rise = min(int(rng.uniform(0.01, 0.09) / FRAME_S), (right - left) // 4)
        gain[left : left + rise] -= rng.uniform(4.0, 16.0) * np.linspace(1.0, 0.0, rise)
    return gain


def _wander(rng: np.random.Generator, start: int, end: int, count: int) -> np.ndarray:
    """`count` positions from `start` to `end` that never stand still, so that a stretched vowel stays alive."""
    natural = end - start
    if count <= 0:
        return np.zeros(0)
    if count <= 1.4 * natural or natural < 2:
        return np.linspace(start, end, count)
    edge = min(natural // 2, count // 3)
    middle = count - 2 * edge
    reach = 0.5 * natural - edge + 0.35 * natural
    window = np.minimum(1.0, np.minimum(np.arange(middle), np.arange(middle)[::-1]) / max(1.0, 0.15 * middle))
    path = (start + end) / 2.0 + np.clip(smooth_noise(rng, middle, 0.12) * 0.5, -1, 1) * reach * window
    centre_in = np.linspace(start, (start + end) / 2.0, edge, endpoint=False)
    centre_out = np.linspace((start + end) / 2.0, end, edge)
    return np.clip(np.concatenate([centre_in, path, centre_out]), start, end)


def pitch_curve(rng: np.random.Generator, phrase: Phrase, singer: Singer, first: int, count: int) -> np.ndarray:
    """The pitch a singer aims at, MIDI per frame, glides, scoops, vibrato and drift included."""
    time = (first + np.arange(count)) * FRAME_S
    curve = np.full(count, phrase.notes[0].pitch)
    vibrato = np.zeros(count)
    previous = None
    for note in phrase.notes:
        offset = rng.normal(0, 0.06)
        target = note.pitch + offset
        glide = singer.glide * rng.uniform(0.7, 1.4)
        if previous is not None:
            # Larger intervals take longer; the glide is centred a little before the beat.
            glide = min(glide * (0.8 + 0.06 * abs(target - previous)), 0.45 * note.length + 0.02)
        progress = np.clip((time - (note.start - 0.6 * glide)) / max(glide, 0.01), 0.0, 1.0)
        blend = progress * progress * (3.0 - 2.0 * progress)
        origin = curve if previous is not None else np.full(count, target)
        curve = origin + (target - origin) * blend
        if note.syllable and rng.random() < singer.scoop * (1.6 if previous is None else 0.7):
            depth, span = rng.uniform(0.5, 2.2), rng.uniform(0.06, 0.16)
            lag = np.clip((time - note.start + 0.03) / span, 0.0, None)
            curve = curve - depth * np.exp(-2.5 * lag) * (time > note.start - 0.12) * np.clip(
                (time - note.start + 0.12) / 0.06, 0, 1
            )
        elif previous is not None and abs(target - previous) > 0.5 and rng.random() < 0.4:
            # A slight overshoot, as the larynx swings into place.
            swing = np.clip((time - note.start) / 0.09, 0.0, None)
            curve = curve + np.sign(target - previous) * rng.uniform(0.1, 0.35) * swing * np.exp(1.0 - swing) * (
                time < note.start + note.length
            )
        delay = rng.uniform(0.1, 0.35)
        if note.length > delay + 0.15 and singer.vibrato_depth > 0:
            onset = np.clip((time - note.start - delay) / rng.uniform(0.15, 0.4), 0.0, 1.0)
            release = np.clip((note.start + note.length - time) / 0.1, 0.0, 1.0)
            vibrato = np.maximum(vibrato, onset * release * rng.uniform(0.6, 1.2))
        previous = target
    last = phrase.notes[-1]
    if rng.random() < 0.3:
        fall = np.clip((time - (last.start + last.length - 0.18)) / 0.25, 0.0, 1.5)
        curve = curve - rng.uniform(0.5, 3.0) * fall**2
    rate = singer.vibrato_rate * (1 + 0.05 * smooth_noise(rng, count, 0.25))
    phase = 2 * np.pi * np.cumsum(rate) * FRAME_S + rng.uniform(0, 2 * np.pi)
    curve = curve + singer.vibrato_depth * vibrato * np.sin(phase) * (1 + 0.15 * smooth_noise(rng, count, 0.3))
    curve = curve + singer.drift * smooth_noise(rng, count, 0.25) * 0.7
    curve = curve + 0.03 * smooth_noise(rng, count, 0.02)
    return curve


def spoken_curve(rng: np.random.Generator, material: Material, singer: Singer, position: np.ndarray) -> np.ndarray:
    """The source's own intonation moved to the singer's speaking pitch, MIDI per frame."""
    voiced = material.pitch > 0
    log_pitch = np.interp(np.arange(len(voiced)), np.flatnonzero(voiced), np.log2(material.pitch[voiced]))
    relative = 12.0 * (log_pitch - np.log2(material.median_pitch))
    relative = gaussian_filter1d(np.clip(relative, -7, 9), 4)
    curve = np.interp(np.maximum(position, 0.0), np.arange(len(relative)), relative)
    curve = gaussian_filter1d(curve, 3)
    return singer.speech_pitch + rng.uniform(0.5, 1.1) * curve
