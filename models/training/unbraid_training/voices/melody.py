"""Vocal melodies: phrases on a tempo grid, from a few motifs that come back, in one key."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10)


@dataclass(frozen=True)
class Note:
    """One note of a melody."""

    start: float
    """Seconds from the start of the take; the vowel begins here."""
    length: float
    """Seconds until the voice leaves it."""
    pitch: float
    """MIDI note number."""
    syllable: bool
    """False where the syllable of the note before is carried on."""


@dataclass(frozen=True)
class Phrase:
    """Notes sung in one breath."""

    notes: tuple[Note, ...]
    lyric: int
    """Phrases with the same number are sung on the same words."""


@dataclass(frozen=True)
class Melody:
    """A whole take."""

    tempo_bpm: float
    tonic: int
    """Pitch class, 0 = C."""
    minor: bool
    phrases: tuple[Phrase, ...]

    def shifted(self, steps: int) -> Melody:
        """The same melody so many steps of its scale higher: a harmony part."""
        scale = _scale_notes(self.tonic, self.minor)

        def move(pitch: float) -> float:
            index = int(np.argmin(np.abs(scale - pitch)))
            return float(scale[int(np.clip(index + steps, 0, len(scale) - 1))])

        phrases = [
            replace(phrase, notes=tuple(replace(note, pitch=move(note.pitch)) for note in phrase.notes))
            for phrase in self.phrases
        ]
        return replace(self, phrases=tuple(phrases))


def _scale_notes(tonic: int, minor: bool) -> np.ndarray:
    steps = np.array(MINOR if minor else MAJOR)
    return np.concatenate([12 * octave + tonic + steps for octave in range(1, 9)]).astype(float)


@dataclass(frozen=True)
class _Motif:
    beats: tuple[tuple[float, float], ...]
    """(start, length) of each note in beats."""
    steps: tuple[int, ...]
    """Scale steps relative to the centre of the motif."""
    carried: tuple[bool, ...]
    span: float
    """Beats until the next motif may begin: whole bars."""


def _rhythm(rng: np.random.Generator, beats: float, density: float) -> list[tuple[float, float]]:
    """Note lengths that fill `beats`; density 0 is slow (halves, quarters), 1 fast (eighths, sixteenths)."""
    lengths = np.array([0.25, 0.5, 0.75, 1.0, 1.5, 2.0])
    slow = np.array([0.0, 0.35, 0.08, 0.4, 0.1, 0.07])
    fast = np.array([0.36, 0.5, 0.07, 0.07, 0.0, 0.0])
    weights = (1 - density) * slow + density * fast
    weights = weights / weights.sum()
    notes = []
    at = float(rng.choice([0.0, 0.0, 0.5, 1.0, 0.25]))
    while at < beats - 0.24:
        length = float(rng.choice(lengths, p=weights))
        if length == 0.25:
            # Sixteenths come in pairs, otherwise every later note would lie off the beat.
            for _ in range(2):
                notes.append((at, 0.25))
                at += 0.25
            continue
        if rng.random() < 0.06 and notes:
            at += 0.5
            continue
        notes.append((at, min(length, beats - at)))
        at += length
    return [(start, length) for start, length in notes if start < beats]


def _motif(rng: np.random.Generator, tempo: float, density: float, lift: int) -> _Motif:
    bars = int(rng.choice([1, 2])) if tempo < 95 else 2 if tempo < 140 else int(rng.choice([2, 3, 4]))
    total = 4.0 * bars
    sung = total - float(rng.choice([0.5, 1.0, 1.0, 1.5, 2.0]))
    rhythm = _rhythm(rng, sung, density)
    while len(rhythm) < 4:
        density = min(1.0, density + 0.1)
        rhythm = _rhythm(rng, sung, density)
    # The last note of a phrase is held.
    start, _ = rhythm[-1]
    rhythm[-1] = (start, max(sung - start, float(rng.choice([0.5, 1.0, 2.0]))))
    if rhythm[-1][0] + rhythm[-1][1] > total - 0.25:
        total += 4.0
    steps = []
    position = int(rng.integers(-2, 3)) + lift
    for _ in rhythm:
        steps.append(position)
        draw = rng.random()
        if draw < 0.24:
            move = 0
        elif draw < 0.78:
            move = int(rng.choice([-1, 1]))
        elif draw < 0.92:
            move = int(rng.choice([-2, 2]))
        else:
            move = int(rng.choice([-4, -3, 3, 4, 5]))
        # Back towards the centre the further out it is.
        if rng.random() < abs(position - lift) / 7.0:
            move = -abs(move) if position > lift else abs(move)
        position = int(np.clip(position + move, lift - 5, lift + 6))
    steps[-1] = min((0, 2, 4, -3, -5, 7), key=lambda chord: abs(chord - steps[-1]))
    carried = [False] + [bool(rng.random() < 0.08 and a != b) for a, b in zip(steps[1:], steps[:-1], strict=True)]
    return _Motif(tuple(rhythm), tuple(steps), tuple(carried), total)


def _varied(rng: np.random.Generator, motif: _Motif) -> _Motif:
    """The same motif with another ending or one scale step away, as singers repeat a line."""
    steps = list(motif.steps)
    draw = rng.random()
    if draw < 0.4:
        steps[-1] = int(rng.choice([0, 2, 4, -3]))
        if len(steps) > 2:
            steps[-2] = steps[-1] + int(rng.choice([-1, 1, 2]))
    elif draw < 0.6:
        shift = int(rng.choice([-1, 1, 2]))
        steps = [step + shift for step in steps]
    return replace(motif, steps=tuple(steps))


def compose(rng: np.random.Generator, low: float, high: float, seconds: float, density: float | None = None) -> Melody:
    """A melody of about `seconds` within the MIDI range `low`–`high`.

    Sections of two motifs with repeats; the chorus lies higher and comes back with the same words.
    `density` 0–1 says how busy it is (drawn when None).
    """
    tempo = float(np.clip(rng.normal(108, 28), 58, 176))
    if density is None:
        density = float(np.clip(rng.beta(2.4, 1.8) * (1.3 - (tempo - 60) / 200), 0.0, 1.0))
    tonic, minor = int(rng.integers(12)), bool(rng.random() < 0.45)
    scale = _scale_notes(tonic, minor)
    centre = (low + high) / 2.0 + rng.uniform(-2, 2)
    roots = [i for i, note in enumerate(scale) if (note - tonic) % 12 == 0]
    root = min(roots, key=lambda i: abs(scale[i] - centre))
    verse = [_motif(rng, tempo, density, 0), _motif(rng, tempo, density, int(rng.integers(-1, 2)))]
    chorus = [_motif(rng, tempo, density * 0.9, int(rng.integers(1, 4))), _motif(rng, tempo, density, 2)]
    beat = 60.0 / tempo
    at = float(rng.choice([0.0, 2.0, 4.0]))
    phrases: list[Phrase] = []
    lyric = 0
    while at * beat < seconds:
        for section in ("verse", "chorus"):
            order = [0, 1, 0, 1] if rng.random() < 0.6 else [0, 0, 1, 0]
            for line, which in enumerate(order):
                source = (verse if section == "verse" else chorus)[which]
                motif = source if rng.random() < 0.35 else _varied(rng, source)
                notes = []
                for (start, length), step, carried in zip(motif.beats, motif.steps, motif.carried, strict=True):
                    pitch = scale[int(np.clip(root + step, 0, len(scale) - 1))]
                    while pitch > high:
                        pitch -= 12.0
                    while pitch < low:
                        pitch += 12.0
                    held = length * (1.0 if length < 1.0 else rng.uniform(0.85, 1.0))
                    notes.append(Note((at + start) * beat, held * beat, float(pitch), not carried))
                number = 1000 + line if section == "chorus" else lyric
                lyric += 1
                phrases.append(Phrase(tuple(notes), number))
                at += motif.span
                if at * beat >= seconds:
                    return Melody(tempo, tonic, minor, tuple(phrases))
            if rng.random() < 0.5:
                at += float(rng.choice([2.0, 4.0]))
    return Melody(tempo, tonic, minor, tuple(phrases))
