"""Songs as notes: what the arrangers make, what MIDI files hold, and what the instruments play."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import mido
import numpy as np

START, LENGTH, KEY, VELOCITY, MUTE = range(5)
"""Columns of a note array: seconds, seconds, MIDI key (fractions allowed), 1-127, palm mute 0-1."""

DRUMS_CHANNEL = 9
BASS_PROGRAMS = frozenset(range(32, 40))
VOICE_PROGRAMS = frozenset((52, 53, 54, 85, 91, 94))
"""General MIDI programs that imitate voices; "other" must hold none."""
SOUND_EFFECTS = frozenset(range(120, 128))


@dataclass
class Part:
    """One instrument's notes through a whole song."""

    role: str
    """`drums`, `bass` or `other`."""
    program: int
    """General MIDI program; for drums, the drum bank's program."""
    notes: np.ndarray
    """`[n, 5]`, see the column names of this module."""
    name: str = ""
    style: str = ""
    """Style of playing that the arranger had in mind: `power`, `strum`, `pick`, `lead`, `pad`, `comp`, `arp`, `stab`,
    or empty."""
    bends: np.ndarray | None = None
    """`[m, 2]`: seconds, semitones; steps."""


@dataclass
class Song:
    """Parts that belong together, and what is known about them."""

    parts: list[Part]
    tempo: float
    key: int
    minor: bool
    bars: np.ndarray
    """Start of every bar in seconds, and the end of the last."""
    sources: list[str] = field(default_factory=list)
    genre: str = ""
    swing: float = 0.0

    @property
    def length(self) -> float:
        """Seconds up to the end of the last note."""
        ends = [p.notes[:, START].max() + 1.0 if len(p.notes) else 0.0 for p in self.parts]
        return float(max([self.bars[-1] if len(self.bars) else 0.0, *ends]))


def note_array(rows) -> np.ndarray:
    """Rows of 4 or 5 numbers as a note array sorted by start."""
    rows = [tuple(r) + (0.0,) * (5 - len(r)) for r in rows]
    notes = np.array(rows, dtype=np.float64).reshape(-1, 5)
    return notes[np.argsort(notes[:, START], kind="stable")]


def humanise(notes: np.ndarray, rng: np.random.Generator, timing: float, loudness: float) -> np.ndarray:
    """Notes with jittered starts (normal, `timing` seconds) and velocities (normal, `loudness` steps).

    Players drift rather than jump, so half of the timing error is a slow walk.
    """
    if not len(notes):
        return notes
    out = notes.copy()
    drift = np.cumsum(rng.normal(0.0, 1.0, len(out)))
    drift -= np.linspace(drift[0], drift[-1], len(out))
    drift *= 0.7 * timing / (np.std(drift) + 1e-9)
    out[:, START] = np.maximum(0.0, out[:, START] + drift + rng.normal(0.0, 0.7 * timing, len(out)))
    out[:, VELOCITY] = np.clip(out[:, VELOCITY] + rng.normal(0.0, loudness, len(out)), 1, 127)
    return out[np.argsort(out[:, START], kind="stable")]


MAJOR_PROFILE = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR_PROFILE = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])


def estimate_key(parts: list[Part]) -> tuple[int, bool]:
    """Tonic (0-11) and whether minor, from the time each pitch class sounds (Krumhansl's profiles)."""
    weight = np.zeros(12)
    for part in parts:
        if part.role != "drums" and len(part.notes):
            np.add.at(weight, part.notes[:, KEY].astype(int) % 12, np.minimum(part.notes[:, LENGTH], 2.0))
    scores = [
        (np.corrcoef(np.roll(profile, tonic), weight + 1e-6 * np.arange(12))[0, 1], tonic, minor)
        for minor, profile in ((False, MAJOR_PROFILE), (True, MINOR_PROFILE))
        for tonic in range(12)
    ]
    _, tonic, minor = max(scores)
    return int(tonic), bool(minor)


def read_midi(file, marks: bool = False) -> tuple[Song, dict[str, float]]:
    """Reads a MIDI file (path or binary file object) as a song, and the times of its marker texts.

    One part per channel, program and track name. Sustain pedal, volume and expression become note
    lengths and velocities, pitch bends are kept in semitones. Key and bars are estimated where the
    file says nothing.
    """
    midi = (
        mido.MidiFile(filename=file, clip=True)
        if isinstance(file, (str, Path))
        else mido.MidiFile(file=file, clip=True)
    )
    events = []
    for index, track in enumerate(midi.tracks):
        tick, name = 0, ""
        for order, message in enumerate(track):
            tick += message.time
            if message.type == "track_name":
                name = message.name
            events.append((tick, index, order, name, message))
    events.sort(key=lambda e: e[:3])

    tempo, last_tick, now = 500_000, 0, 0.0
    bar_ticks = []
    tempos, texts = [], {}
    program = [0] * 16
    volume, expression, pedal = [100] * 16, [127] * 16, [False] * 16
    bend_range = [2.0] * 16
    sounding: dict[tuple[int, int], list] = {}
    held: dict[int, list] = {}
    rows: dict[tuple, list] = {}
    bends: dict[int, list] = {}
    rpn = [(127, 127)] * 16

    def finish(note, end):
        start, key, velocity, place = note
        rows.setdefault(place, []).append((start, max(0.02, end - start), key, velocity))

    for tick, index, _, name, message in events:
        now += mido.tick2second(tick - last_tick, midi.ticks_per_beat, tempo)
        last_tick = tick
        kind = message.type
        if kind == "set_tempo":
            tempo = message.tempo
            tempos.append((now, tempo))
        elif kind == "time_signature":
            bar_ticks.append((tick, message.numerator * 4 / message.denominator))
        elif kind in ("marker", "text", "cue_marker") and marks:
            texts.setdefault(message.text.strip(), now)
        elif kind == "program_change":
            program[message.channel] = message.program
        elif kind == "control_change":
            c, value = message.channel, message.value
            if message.control == 7:
                volume[c] = value
            elif message.control == 11:
                expression[c] = value
            elif message.control == 101:
                rpn[c] = (value, rpn[c][1])
            elif message.control == 100:
                rpn[c] = (rpn[c][0], value)
            elif message.control == 6 and rpn[c] == (0, 0):
                bend_range[c] = float(min(24, max(1, value)))
            elif message.control == 64:
                pedal[c] = value >= 64
                if not pedal[c]:
                    for note in held.pop(c, []):
                        finish(note, now)
        elif kind == "pitchwheel":
            bends.setdefault(message.channel, []).append((now, message.pitch / 8192 * bend_range[message.channel]))
        elif kind in ("note_on", "note_off"):
            c, key = message.channel, message.note
            before = sounding.pop((c, key), None)
            if before is not None:
                if pedal[c] and c != DRUMS_CHANNEL:
                    held.setdefault(c, []).append(before)
                else:
                    finish(before, now)
            if kind == "note_on" and message.velocity > 0:
                loud = message.velocity * (volume[c] / 100) ** 0.5 * (expression[c] / 127) ** 0.7
                place = (c, program[c], name or str(index))
                sounding[(c, key)] = [now, key, float(np.clip(loud, 1, 127)), place]
    for note in list(sounding.values()) + [n for notes in held.values() for n in notes]:
        finish(note, min(now, note[0] + 4.0))

    parts = []
    for (channel, number, name), notes in rows.items():
        if channel == DRUMS_CHANNEL:
            role = "drums"
        elif number in BASS_PROGRAMS or name.lower().startswith(("bass", "walk")):
            role = "bass"
        else:
            role = "other"
        bend = None
        if role != "drums" and channel in bends and max(abs(b) for _, b in bends[channel]) > 0.05:
            bend = np.array(bends[channel])
        parts.append(Part(role, number, note_array(notes), name, bends=bend))

    mean_tempo = _mean_tempo(tempos, now)
    key, minor = estimate_key(parts)
    return Song(parts, mean_tempo, key, minor, _bars(bar_ticks, tempos, now)), texts


def _mean_tempo(tempos, end) -> float:
    """Tempo in beats a minute that holds for the longest part of the file."""
    if not tempos:
        return 120.0
    held = {}
    for (start, tempo), (stop, _) in zip(tempos, [*tempos[1:], (max(end, tempos[-1][0] + 1e-3), 0)]):
        held[tempo] = held.get(tempo, 0.0) + stop - start
    return float(mido.tempo2bpm(max(held, key=held.get)))


def _bars(signatures, tempos, end) -> np.ndarray:
    """Bar starts in seconds under the file's first signature and its main tempo."""
    beats = signatures[0][1] if signatures else 4
    step = beats * 60.0 / _mean_tempo(tempos, end)
    return np.arange(0.0, end + step, step)
