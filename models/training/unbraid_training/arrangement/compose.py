"""Songs made up from scratch: a genre, a form, and a part for each player of a band."""

from __future__ import annotations

import numpy as np

from ..instruments.midi import Part, Song, humanise
from . import drumming
from .basslines import bass_line
from .form import Frame, bars_at, plan_song
from .genres import DISTORTED, GENRES, GUITAR_DRIVEN, LEADS, PROGRAMS
from .guitar_lines import guitar_part
from .harmony import Chord
from .keyboard_lines import chord_part, melody

__all__ = ["GENRES", "Frame", "bass_line", "compose", "layer_part", "lead_part", "plan_song", "thin_out"]


def layer_part(name: str, frame: Frame, rng: np.random.Generator, timing: float) -> Part:
    """One other part by its layer name (see `GENRES`)."""
    if name in ("fiddle", *PROGRAMS) and name not in (
        "strum",
        "strum_clean",
        "pick",
        "funk",
        "skank",
        "boogie",
        "steel",
    ):
        notes = chord_part(name, frame, rng)
        style = {"pad": "pad", "strings": "pad", "arp": "arp", "bells": "arp", "stab": "stab", "brass": "stab"}.get(
            name, "comp"
        )
    else:
        notes = guitar_part(name, frame, rng)
        style = "drive" if name in GUITAR_DRIVEN else "strum" if name in ("strum", "strum_clean") else "pick"
    if name == "crunch":
        style = "crunch"
    if name in ("octaves", "lead_riff"):
        style = "lead"
    programs = PROGRAMS.get(name, DISTORTED)
    notes = humanise(notes, rng, timing, 3.0)
    return Part("other", int(programs[rng.integers(len(programs))]), notes, name, style)


def lead_part(frame: Frame, rng: np.random.Generator, families, timing: float) -> Part:
    """A melody on an instrument of one of the families."""
    family = str(families[rng.integers(len(families))])
    programs = LEADS[family]
    names = sorted({e["section"] for e in frame.plan})
    sections = (
        {"solo"}
        if "solo" in names and rng.random() < 0.4
        else {str(n) for n in rng.permutation(names)[: rng.integers(1, len(names) + 1)]}
    )
    low = int(rng.integers(52, 68))
    notes = melody(frame, rng, frozenset(sections), low, low + 22)
    return Part("other", int(programs[rng.integers(len(programs))]), humanise(notes, rng, timing, 4.0), family, "lead")


def compose(rng: np.random.Generator, genre_name: str, seconds: float) -> Song:
    """A song of a genre, about `seconds` long."""
    genre = GENRES[genre_name]
    tempo = float(rng.uniform(*genre.tempo))
    drum_name = str(genre.drums[rng.integers(len(genre.drums))])
    beats = 4
    if genre_name in ("folk", "country", "ballad") and rng.random() < 0.12:
        beats, drum_name = 3, "waltz"
    style = drumming.STYLES[drum_name]
    key = int(rng.integers(12))
    if (
        genre.tuning < 40
        and rng.random() < 0.6
        or genre_name in ("hard_rock", "zeppelin", "punk")
        and rng.random() < 0.4
    ):
        key = int((genre.tuning + rng.choice([0, 0, 5, 3, 7])) % 12)
    chords, plan = plan_song(rng, genre.idioms, key, seconds, beats * 60 / tempo)
    bars = bars_at(rng, tempo, beats, len(chords), genre.timing > 0.002)
    minor = _is_minor(chords, key)
    swing = style.swing if style.swing >= 0.3 else genre.swing
    frame = Frame(bars, chords, plan, key, minor, beats, swing, genre.tuning, riffs={"moves": rng.random() < 0.5})
    drums = humanise(drumming.play_style(style, bars, plan, rng), rng, style.timing, 3.0)
    frame.kicks = drums[drums[:, 2] == 36, 0] if len(drums) else np.zeros(0)
    timing = genre.timing
    parts = []
    if rng.random() > 0.05:
        parts.append(Part("drums", 0, drums, drum_name, " ".join(style.kit)))
    if rng.random() > 0.06:
        bass_style = str(genre.basses[rng.integers(len(genre.basses))])
        parts.append(
            Part("bass", 33, humanise(bass_line(bass_style, frame, rng), rng, timing, 3.0), bass_style, bass_style)
        )
    layers = list(genre.layers[rng.integers(len(genre.layers))])
    if rng.random() < 0.15:
        layers = layers[:1]
    for name in layers:
        part = layer_part(name, frame, rng, timing)
        parts.append(thin_out(part, frame, rng))
    if rng.random() < 0.55:
        parts.append(lead_part(frame, rng, genre.leads, timing))
    return Song([p for p in parts if len(p.notes)], tempo, key, minor, bars, ["generated"], genre_name, swing)


def _is_minor(chords: list[Chord], key: int) -> bool:
    votes = [c.minor for c in chords if c.root == key]
    return sum(votes) * 2 > len(votes) if votes else False


def thin_out(part: Part, frame: Frame, rng: np.random.Generator) -> Part:
    """Lets a part rest in some sections, as bands do."""
    if rng.random() < 0.5:
        return part
    sections = sorted({e["section"] for e in frame.plan})
    if len(sections) < 2:
        return part
    resting = str(rng.choice(sections))
    for bar, entry in enumerate(frame.plan):
        if entry["section"] == resting:
            inside = (part.notes[:, 0] >= frame.bars[bar] - 0.02) & (part.notes[:, 0] < frame.bars[bar + 1] - 0.02)
            part.notes = part.notes[~inside]
    return part
