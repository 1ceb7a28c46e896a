"""Sung takes from any voice: WORLD parameters of its syllables, put on a melody and resynthesised.

The vowel's stable middle is stretched, consonants keep their length, pitch follows the melody the
way singers do (glides, scoops, late vibrato, drift), and the spectral envelope is changed into that
of another singer: vocal tract length, timbre, effort, singer's formant, breath, roughness.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pyworld
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d, uniform_filter1d
from scipy.signal import butter, sosfilt

from ..data.audio import fade
from ..data.dataset import SAMPLE_RATE
from .melody import Melody, Note, Phrase, compose
from .vocoder import BINS, FRAME_S, FREQUENCIES, Material, Syllable

NEPER_PER_DB = np.log(10.0) / 10.0
"""Natural logarithm of power per decibel."""

STYLES = ("pop", "ballad", "belt", "breathy", "rap", "raspy", "scream")
STYLE_WEIGHTS = (0.36, 0.14, 0.16, 0.08, 0.10, 0.11, 0.05)


@dataclass(frozen=True)
class Singer:
    """Sound of a singer; drawn anew for each take, so that one speaker becomes many singers."""

    tract: tuple[float, float, float]
    """Frequency warp of the envelope at low, middle and high frequencies; above 1 is a shorter vocal tract."""
    colour: np.ndarray
    """Static timbre per bin, dB."""
    tilt: float
    """dB per octave above 1 kHz added at middle effort."""
    formant: float
    """Height of the singer's formant near 3 kHz, dB."""
    breath: float
    """Exponent on the aperiodicity: below 1 breathier than the source, above 1 clearer."""
    vibrato_rate: float
    """Hz."""
    vibrato_depth: float
    """Peak, semitones."""
    glide: float
    """Seconds from one note to the next."""
    scoop: float
    """Probability that a note is approached from below."""
    drift: float
    """Slow intonation error, semitones RMS."""
    rough: float
    """0–1: sub-harmonics, noise and irregular pitch of a strained voice."""
    drive: float
    """Saturation of the finished sound, dB into a soft limit; 0 is none."""
    low: float
    """Lowest note, MIDI."""
    high: float
    """Highest note, MIDI."""
    bandwidth: float = 20_000.0
    """Highest frequency the recording holds, Hz; the envelope above is made up."""
    speech_pitch: float = 50.0
    """MIDI pitch of the voice at rest: where rhythmic speech lies."""

    def twin(self, rng: np.random.Generator) -> Singer:
        """The same singer once more, or one much like them: for doubles and harmonies."""
        shift = 1.0 + rng.normal(0, 0.02)
        return replace(
            self,
            tract=tuple(value * shift for value in self.tract),
            vibrato_rate=self.vibrato_rate * (1 + rng.normal(0, 0.05)),
            vibrato_depth=self.vibrato_depth * rng.uniform(0.5, 1.1),
            drift=self.drift * rng.uniform(0.9, 1.6),
            breath=self.breath * rng.uniform(0.8, 1.05),
        )


def draw_singer(
    rng: np.random.Generator, speech_hz: float, style: str, sung: bool = False, bandwidth: float = 20_000.0
) -> Singer:
    """A singer made from a voice whose median pitch is `speech_hz`.

    `sung` says that the source is singing already: its median pitch is then in the middle of the
    range, and stronger warps are drawn, as one recorded singer has to become many.
    """
    source = 69.0 + 12.0 * np.log2(speech_hz / 440.0)
    warp = float(np.exp(rng.normal(0.0, 0.13 if sung else 0.09)))
    if sung and speech_hz < 300 and rng.random() < 0.5:
        warp = rng.uniform(0.78, 0.9)
    warp = float(np.clip(warp, 0.78, 1.22))
    # A shorter tract goes with a higher voice; about 12 semitones per 25 % of length.
    speech = source + 14.0 * np.log2(warp) / np.log2(1.25) * 0.75
    centre = speech if sung else speech + rng.uniform(2.0, 8.0)
    if sung:
        centre += rng.uniform(-4.0, 3.0)
    if style in ("belt", "raspy"):
        centre += rng.uniform(1.0, 4.0)
    centre = float(np.clip(centre, 49.0, 70.0))
    half = rng.uniform(5.0, 8.5)
    tract = tuple(float(np.clip(warp * (1 + rng.normal(0, 0.03)), 0.76, 1.25)) for _ in range(3))
    knots = np.linspace(0, np.log2(1 + 20_000 / 300), 11)
    scale = np.log2(1 + FREQUENCIES / 300)
    colour = PchipInterpolator(knots, rng.normal(0, 1.8, len(knots)))(np.minimum(scale, knots[-1]))
    by_style = {
        #          tilt, formant, breath, vibrato, rough, drive
        "pop": (0.5, 4.0, 1.05, 0.30, 0.0, 0.0),
        "ballad": (-0.5, 3.0, 0.95, 0.40, 0.0, 0.0),
        "belt": (2.0, 8.0, 1.3, 0.45, 0.05, 2.0),
        "breathy": (-1.5, 1.0, 0.55, 0.15, 0.0, 0.0),
        "rap": (1.0, 4.0, 1.0, 0.0, 0.03, 1.0),
        "raspy": (2.2, 6.0, 0.85, 0.20, 0.5, 6.0),
        "scream": (3.0, 5.0, 0.6, 0.1, 1.0, 10.0),
    }
    tilt, formant, breath, vibrato, rough, drive = by_style[style]
    return Singer(
        tract=tract,
        colour=colour,
        tilt=tilt + rng.normal(0, 0.8),
        formant=max(0.0, formant + rng.normal(0, 2.0)),
        breath=float(np.clip(breath * np.exp(rng.normal(0, 0.15)), 0.35, 2.0)),
        vibrato_rate=rng.uniform(4.7, 6.6),
        vibrato_depth=float(np.clip(vibrato * rng.lognormal(0, 0.5), 0.0, 0.9)) if rng.random() < 0.85 else 0.0,
        glide=rng.uniform(0.05, 0.14),
        scoop=rng.uniform(0.05, 0.45),
        drift=rng.uniform(0.08, 0.25),
        rough=float(np.clip(rough * rng.uniform(0.5, 1.4), 0.0, 1.0)),
        drive=max(0.0, drive * rng.uniform(0.5, 1.5)),
        low=max(45.0, centre - half),
        high=min(76.0, centre + half),
        bandwidth=bandwidth,
        speech_pitch=float(np.clip(speech + rng.uniform(-1.0, 3.0), 40.0, 66.0)),
    )


@dataclass
class Take:
    """A sung take."""

    audio: np.ndarray
    """float32 `[samples]`."""
    pitch: np.ndarray
    """Target fundamental in Hz per frame of `FRAME_S`; 0 where nothing voiced is sung."""
    details: dict = field(default_factory=dict)


def _smooth_noise(rng: np.random.Generator, count: int, seconds: float) -> np.ndarray:
    """Gaussian noise with deviation 1, smooth over about `seconds`."""
    sigma = max(1.0, seconds / FRAME_S)
    # Padded, so that short stretches are not all of one sign more than they should.
    noise = gaussian_filter1d(rng.standard_normal(count + int(8 * sigma)), sigma)
    return noise[int(4 * sigma) : int(4 * sigma) + count] * np.sqrt(2.0 * np.sqrt(np.pi) * sigma)


@dataclass
class _Placed:
    """Frames of one phrase before synthesis."""

    first: int
    """Frame of the take at which the phrase begins."""
    position: np.ndarray
    """Frame of the material per frame, fractional; −1 where there is silence."""
    gain: np.ndarray
    """dB per frame."""
    vowel: np.ndarray
    """0–1: how far inside a stretched vowel."""


def _place(rng: np.random.Generator, phrase: Phrase, syllables: list[Syllable], tempo_follow: float = 1.0) -> _Placed:
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
    return _Placed(first, position, gain, vowel)


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
    path = (start + end) / 2.0 + np.clip(_smooth_noise(rng, middle, 0.12) * 0.5, -1, 1) * reach * window
    centre_in = np.linspace(start, (start + end) / 2.0, edge, endpoint=False)
    centre_out = np.linspace((start + end) / 2.0, end, edge)
    return np.clip(np.concatenate([centre_in, path, centre_out]), start, end)


def _pitch_curve(rng: np.random.Generator, phrase: Phrase, singer: Singer, first: int, count: int) -> np.ndarray:
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
    rate = singer.vibrato_rate * (1 + 0.05 * _smooth_noise(rng, count, 0.25))
    phase = 2 * np.pi * np.cumsum(rate) * FRAME_S + rng.uniform(0, 2 * np.pi)
    curve = curve + singer.vibrato_depth * vibrato * np.sin(phase) * (1 + 0.15 * _smooth_noise(rng, count, 0.3))
    curve = curve + singer.drift * _smooth_noise(rng, count, 0.25) * 0.7
    curve = curve + 0.03 * _smooth_noise(rng, count, 0.02)
    return curve


def _spoken_curve(rng: np.random.Generator, material: Material, singer: Singer, position: np.ndarray) -> np.ndarray:
    """The source's own intonation moved to the singer's speaking pitch, MIDI per frame."""
    voiced = material.pitch > 0
    log_pitch = np.interp(np.arange(len(voiced)), np.flatnonzero(voiced), np.log2(material.pitch[voiced]))
    relative = 12.0 * (log_pitch - np.log2(material.median_pitch))
    relative = gaussian_filter1d(np.clip(relative, -7, 9), 4)
    curve = np.interp(np.maximum(position, 0.0), np.arange(len(relative)), relative)
    curve = gaussian_filter1d(curve, 3)
    return singer.speech_pitch + rng.uniform(0.5, 1.1) * curve


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
    placed = _place(rng, phrase, syllables, tempo_follow=0.25 if spoken else 1.0)
    sounding = placed.position >= 0
    count = len(sounding)
    # Positions inside silences are filled so that edges can be faded on real frames.
    known = np.flatnonzero(sounding)
    position = np.interp(np.arange(count), known, placed.position[known])
    nearest = placed.position[known][np.searchsorted(known, np.arange(count)).clip(0, len(known) - 1)]
    position = np.where(sounding, position, nearest)
    if spoken:
        curve = _spoken_curve(rng, material, singer, position)
        curve = curve + 0.03 * _smooth_noise(rng, count, 0.02)
    else:
        curve = _pitch_curve(rng, phrase, singer, placed.first, count)
    if singer.rough > 0.1:
        curve = curve + singer.rough * (0.25 * rng.standard_normal(count) + 0.25 * _smooth_noise(rng, count, 0.03))
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
    blend = np.clip(0.5 + 0.3 * _smooth_noise(rng, count, 0.1) + 0.06 * (curve - np.mean(curve)), 0.0, 1.0)
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
    flutter = 0.5 * _smooth_noise(rng, count, 0.06) + 0.3 * _smooth_noise(rng, count, 0.01)
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
    patch = np.clip(0.5 + 0.6 * _smooth_noise(rng, len(pitch), 0.08), 0.0, 1.0)
    depth = np.interp(at, frames, patch) * amount * 0.7
    divisor = 2.0 if rng.random() < 0.75 else 3.0
    wobble = np.interp(at, frames, 0.8 * _smooth_noise(rng, len(pitch), 0.03))
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


def perform(
    rng: np.random.Generator,
    material: Material,
    seconds: float,
    sung: bool = False,
    bandwidth: float = 20_000.0,
    style: str | None = None,
    doubles: bool | None = None,
) -> tuple[np.ndarray, dict]:
    """A whole take by one voice: (audio, meta data: `tempo_bpm`, `key`, `minor`, `details`).

    Mono `[samples]`; with `doubles` (one in five when None) stereo `[samples, 2]` with doubled and
    harmony parts added to the lead.
    """
    if style is None:
        style = str(rng.choice(STYLES, p=STYLE_WEIGHTS))
    if style == "rap" and sung:
        style = "pop"
    singer = draw_singer(rng, material.median_pitch, style, sung, bandwidth)
    density = {"ballad": 0.15, "rap": 1.0}.get(style)
    melody = compose(rng, singer.low, singer.high, seconds, density)
    lyrics: dict = {}
    lead = sing(rng, material, melody, singer, style, lyrics)
    parts = ["lead"]
    audio = lead.audio
    if doubles is None:
        doubles = rng.random() < 0.2
    if doubles:
        audio, parts = _with_doubles(rng, material, melody, singer, style, lyrics, lead.audio)
    level = np.sqrt(np.mean(audio[np.abs(audio) > 1e-3] ** 2) + 1e-12)
    audio = audio * min(0.1 / level, 0.97 / max(float(np.abs(audio).max()), 1e-6))
    details = {
        "style": style,
        "parts": parts,
        "tract": [round(value, 3) for value in singer.tract],
        "range": [round(singer.low, 1), round(singer.high, 1)],
    }
    meta = {"tempo_bpm": round(melody.tempo_bpm, 2), "key": melody.tonic, "minor": melody.minor, "details": details}
    return audio.astype(np.float32), meta


def _with_doubles(rng, material, melody, singer, style, lyrics, lead) -> tuple[np.ndarray, list[str]]:
    """The lead in the centre and two to four further voices around it, stereo."""
    layouts = [
        [("double", 0), ("double", 0)],
        [("harmony", 2)],
        [("double", 0), ("harmony", 2)],
        [("harmony", 2), ("harmony", -3)],
        [("double", 0), ("double", 0), ("harmony", 2), ("harmony", 4)],
        [("octave", -7), ("double", 0)],
    ]
    layout = layouts[int(rng.integers(len(layouts)))]
    # Backing voices often sing in the chorus alone.
    chorus_only = rng.random() < 0.5 and any(phrase.lyric >= 1000 for phrase in melody.phrases)
    part_melody = melody
    if chorus_only:
        part_melody = replace(melody, phrases=tuple(p for p in melody.phrases if p.lyric >= 1000))
    total = np.stack([lead, lead], axis=1) * np.sqrt(0.5)
    spread = rng.uniform(0.3, 1.0)
    for index, (_, steps) in enumerate(layout):
        moved = part_melody.shifted(steps) if steps and style != "rap" else part_melody
        twin = singer.twin(rng)
        sound = sing(rng, material, moved, twin, style, lyrics).audio
        pan = spread * (1 if index % 2 else -1) * rng.uniform(0.7, 1.0) if len(layout) > 1 else rng.uniform(-0.4, 0.4)
        angle = (pan + 1.0) * np.pi / 4.0
        gain = 10.0 ** (rng.uniform(-10.0, -3.0) / 20.0)
        size = min(len(sound), len(total))
        total[:size, 0] += sound[:size] * gain * np.cos(angle)
        total[:size, 1] += sound[:size] * gain * np.sin(angle)
    return total, ["lead", *(kind for kind, _ in layout)]
