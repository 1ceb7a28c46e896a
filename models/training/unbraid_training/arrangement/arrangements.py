"""Arrangements: accompaniments compiled by `mma` over random songs, and songs that people wrote as MIDI."""

from __future__ import annotations

import io
import os
import re
import struct
import subprocess
import sys
import tempfile
import zlib
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..data.fetch import SourceError, debian_package
from ..data.sources import source
from ..instruments.midi import SOUND_EFFECTS, Part, Song, humanise, read_midi
from . import compose, drumming, harmony

_MAJOR_LIBRARIES = ("stdlib", "casio", "kara", "yamaha", "pflib", "zoom", "alexis")
_NOT_MUSIC = frozenset(("metronome", "metronome3", "metronome6", "metronome68", "none", "count", "ending", "intro"))


class Accompanist:
    """The `mma` program of its unpacked Debian package."""

    def __init__(self, cache: Path):
        root = debian_package("mma", cache) / "usr"
        self.home, self.program = root / "share/mma", root / "bin/mma"
        self.environment = {**os.environ, "MMA_HOME": str(self.home)}
        if not (self.home / "lib/stdlib/.mmaDB").exists():
            self._run(["-G"], "building its groove index")
        self.styles = self._styles()

    def _run(self, arguments: list[str], doing: str) -> None:
        done = subprocess.run(
            [sys.executable, str(self.program), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            raise SourceError(
                f"mma failed while {doing}: {(done.stdout + done.stderr).strip()[-400:]}; "
                "delete unpacked/mma to unpack it again"
            )

    def _styles(self) -> dict[str, list[str]]:
        """Style (library/file) to the grooves that it defines."""
        styles = {}
        for library in _MAJOR_LIBRARIES:
            for path in sorted((self.home / "lib" / library).glob("*.mma")):
                text = path.read_text(encoding="latin-1")
                grooves = re.findall(r"^\s*DefGroove\s+([^\s;,]+)", text, re.MULTILINE | re.IGNORECASE)
                if grooves and path.stem.lower() not in _NOT_MUSIC:
                    styles[f"{library}/{path.stem}"] = grooves
        if not styles:
            raise SourceError(f"no styles below {self.home}/lib; delete unpacked/mma to unpack it again")
        return styles

    def style_split(self, style: str) -> str:
        """`dev` for one style in twelve, by its name."""
        return "dev" if zlib.crc32(style.encode()) % 12 == 0 else "train"

    def song(self, rng: np.random.Generator, seconds: float, split: str) -> Song:
        """Compiles a random song; raises `SourceError` when mma cannot (some grooves refuse some songs)."""
        names = [s for s in self.styles if self.style_split(s) == split]
        weights = np.array([_weight(n) for n in names])
        style = names[rng.choice(len(names), p=weights / weights.sum())]
        grooves = self.styles[style]
        by = {k: [g for g in grooves if g.lower().endswith(k)] for k in ("intro", "end", "fill")}
        body = [g for g in grooves if not re.search(r"(intro|end|fill)\d*$", g, re.IGNORECASE)] or grooves
        verse = body[rng.integers(len(body))]
        chorus = body[rng.integers(len(body))]
        text = (self.home / "lib" / f"{style}.mma").read_text(encoding="latin-1")
        signature = re.search(r"^\s*TimeSig\s+(\d+)[/ ](\d+)", text, re.MULTILINE | re.IGNORECASE)
        beats = (
            int(re.search(r"^\s*Time\s+(\d+)", text, re.MULTILINE | re.IGNORECASE)[1])
            if re.search(r"^\s*Time\s+(\d+)", text, re.MULTILINE | re.IGNORECASE)
            else 4
        )
        low, high = _tempo_range(style)
        tempo = float(rng.uniform(low, high))
        if signature and signature[2] == "8":
            tempo = min(tempo, 110.0)
        key = int(rng.integers(12))
        idiom = str(rng.choice(_idioms(style)))
        chords, plan = compose.plan_song(rng, (idiom,), key, seconds, beats * 60 / tempo)
        lines = [f"Tempo {tempo:.1f}", f"Groove {verse}", "AllTracks RTime 4", "AllTracks RVolume 8"]
        current = verse
        for bar, (chord, entry) in enumerate(zip(chords, plan)):
            wanted = chorus if entry["section"] in ("chorus", "solo") else verse
            if bar == len(chords) - 1 and by["end"]:
                wanted = by["end"][rng.integers(len(by["end"]))]
            elif entry["last"] and by["fill"] and rng.random() < 0.6:
                wanted = by["fill"][rng.integers(len(by["fill"]))]
            if wanted != current:
                lines.append(f"Groove {wanted}")
                current = wanted
            lines.append(f"MidiMark bar{bar}")
            lines.append(f"{bar + 1} {chord.name}")
        lines.append(f"MidiMark bar{len(chords)}")
        with tempfile.TemporaryDirectory() as folder:
            score, output = Path(folder) / "song.mma", Path(folder) / "song.mid"
            score.write_text("\n".join(lines) + "\n")
            self._run(["-f", str(output), str(score)], f"compiling a song in style {style}")
            song, marks = read_midi(output, marks=True)
        bars = np.array([marks[f"bar{i}"] for i in range(len(chords) + 1) if f"bar{i}" in marks])
        if len(bars) < 4:
            raise SourceError(f"mma gave no bar marks for style {style}; its package may have changed")
        if len(bars) == len(chords):
            bars = np.append(bars, 2 * bars[-1] - bars[-2])
        song.bars, song.tempo, song.key, song.minor = bars, tempo, key, harmony.idiom_is_minor(idiom)
        song.genre, song.sources = f"mma {style}", ["mma"]
        song.parts = _merge(song.parts)
        return self._complete(song, chords, plan, beats, rng)

    def _complete(self, song: Song, chords, plan, beats: int, rng: np.random.Generator) -> Song:
        """Adds what mma leaves out: a melody half of the time, missing bass, guitars where there is little else."""
        count = min(len(chords), len(song.bars) - 1)
        frame = compose.Frame(
            song.bars[: count + 1],
            chords[:count],
            plan[:count],
            song.key,
            song.minor,
            max(2, min(beats, 6)),
            0.0,
            40,
            riffs={},
        )
        others = [p for p in song.parts if p.role == "other"]
        roles = {p.role for p in song.parts}
        if "bass" not in roles and rng.random() < 0.9:
            style = str(rng.choice(["root8", "root4", "walkup", "sustain"]))
            song.parts.append(
                Part("bass", 33, humanise(compose.bass_line(style, frame, rng), rng, 0.008, 3.0), style, style)
            )
        if "drums" not in roles and rng.random() < 0.7 and beats == 4:
            name = str(rng.choice(["rock", "pop", "brush_ballad", "country", "hard_rock"]))
            style = drumming.STYLES[name]
            song.parts.append(
                Part(
                    "drums",
                    0,
                    humanise(drumming.play_style(style, frame.bars, frame.plan, rng), rng, style.timing, 3.0),
                    name,
                    " ".join(style.kit),
                )
            )
        missing = max(0, int(rng.integers(1, 3)) - len(others))
        for _ in range(missing + int(rng.random() < 0.3)):
            name = str(
                rng.choice(
                    ["powerstrum", "strum_clean", "strum", "pick", "crunch", "organ", "piano", "pad", "riff", "funk"]
                )
            )
            song.parts.append(compose.layer_part(name, frame, rng, 0.008))
        if rng.random() < 0.55:
            song.parts.append(compose.lead_part(frame, rng, ("guitar", "wind", "string", "key", "synth"), 0.008))
        return song


def _merge(parts: list[Part]) -> list[Part]:
    """One drum part and one bass part; tracks of the same program together; voices and noises replaced or dropped
    later."""
    out: dict[tuple, Part] = {}
    for part in parts:
        slot = (
            ("drums",)
            if part.role == "drums"
            else ("bass",)
            if part.role == "bass"
            else ("other", part.program, part.name)
        )
        if slot in out:
            joined = np.concatenate([out[slot].notes, part.notes])
            out[slot].notes = joined[np.argsort(joined[:, 0], kind="stable")]
        else:
            out[slot] = part
    return list(out.values())


def _weight(style: str) -> float:
    """Odds of a style: rock, pop and country before dance-hall and latin."""
    name = style.lower()
    if re.search(
        r"rock|pop|beat|metal|mtl|hrk|punk|country|cntry|folk|ballad|funk|rb|rnb|soul|blues|bluegrass|western|ska|trance|house|techno|dnb|hiphop|trip|thr|motown|shuffle|boneym|twist",
        name,
    ):
        return 3.0
    if re.search(r"waltz|march|polka|tango|rumba|rhumba|foxtrot|quickstep", name):
        return 0.6
    return 1.0


def _tempo_range(style: str) -> tuple[float, float]:
    name = style.lower()
    if re.search(r"ballad|slow|bolero|beguine|hymn|lullaby|spiritual", name):
        return 60, 100
    if re.search(r"dnb|punk|polka|bluegrass|quickstep|fast|bebop|thr|zydeco", name):
        return 130, 190
    return 84, 165


def _idioms(style: str) -> tuple[str, ...]:
    name = style.lower()
    if "blues" in name or "boogie" in name or "boggie" in name:
        return ("blues", "rock")
    if re.search(r"metal|mtl|hrk|thr|punk", name):
        return ("metal", "rock", "modal")
    if re.search(r"country|cntry|folk|bluegrass|western|polka", name):
        return ("country", "pop")
    if re.search(r"trance|house|techno|dnb|trip|hiphop|dance", name):
        return ("minor_pop", "vamp", "pop")
    return ("pop", "rock", "soul", "minor_pop", "country", "modal")


# Human-made MIDI

HUMAN = ("freedoom", "openttd-openmsx", "planetblupi-music-midi")
"""Packages of MIDI songs."""


@lru_cache(maxsize=4)
def human_files(cache: Path) -> tuple[tuple[str, str, bytes], ...]:
    """All songs as (package, name, MIDI file); Freedoom's lie inside its game archives."""
    found: dict[bytes, tuple[str, str, bytes]] = {}
    for package in HUMAN:
        root = debian_package(package, cache)
        for path in sorted(root.rglob("*.mid")):
            data = path.read_bytes()
            found.setdefault(data, (package, path.stem, data))
        for path in sorted(root.rglob("*.wad")):
            data = path.read_bytes()
            count, offset = struct.unpack("<ii", data[4:12])
            for i in range(count):
                start, size, name = struct.unpack("<ii8s", data[offset + 16 * i : offset + 16 * i + 16])
                if data[start : start + 4] == b"MThd":
                    song = data[start : start + size]
                    found.setdefault(
                        song, (package, path.stem + "-" + name.rstrip(bytes(1)).decode("ascii", "replace"), song)
                    )
    return tuple(found.values())


def human_song(cache: Path, rng: np.random.Generator, seconds: float, split: str, permissive: bool) -> Song:
    """A segment of about `seconds` from a random human-made song, transposed and at its own or a near tempo."""
    files = [
        f
        for f in human_files(Path(cache))
        if source(f[0]).split == split and (source(f[0]).permissive or not permissive)
    ]
    if not files:
        raise SourceError(
            f"no human-made MIDI for split {split}, permissive {permissive}; choose another kind of arrangement"
        )
    package, name, data = files[rng.integers(len(files))]
    song, _ = read_midi(io.BytesIO(data))
    speed = float(rng.uniform(0.88, 1.14))
    shift = int(rng.integers(-3, 4))
    length = song.length
    begin = float(rng.uniform(0, max(0.0, length - seconds * speed)))
    parts = []
    for part in _merge_bass(song.parts):
        if part.program in SOUND_EFFECTS and part.role != "drums":
            continue
        notes = part.notes[(part.notes[:, 0] >= begin) & (part.notes[:, 0] < begin + seconds * speed)].copy()
        if not len(notes):
            continue
        notes[:, 0] = (notes[:, 0] - begin) / speed + 0.05
        notes[:, 1] /= speed
        if part.role != "drums":
            notes[:, 2] += shift
        if part.bends is not None:
            part.bends = _bends_from(part.bends, begin, speed)
        part.notes = humanise(notes, rng, float(rng.choice([0.0, 0.004, 0.008])), 3.0)
        parts.append(part)
    song.parts = parts
    song.tempo, song.key = song.tempo / speed, (song.key + shift) % 12
    song.bars = np.array([0.0, max((p.notes[:, 0].max() + 1 for p in parts), default=0.0)])
    song.genre, song.sources = f"midi {name}", [package]
    return song


def _bends_from(bends: np.ndarray, begin: float, speed: float) -> np.ndarray:
    """Bends of a segment that starts at `begin`: of those before it only the last still holds."""
    times = (bends[:, 0] - begin) / speed + 0.05
    first = max(0, int(np.searchsorted(times, 0.0, side="right")) - 1)
    return np.column_stack([np.maximum(times[first:], 0.0), bends[first:, 1]])


def _merge_bass(parts: list[Part]) -> list[Part]:
    """Parts with the drums and the basses of several tracks joined."""
    for part in parts:
        if part.role != "drums":
            part.name = str(part.program)
    return _merge(parts)
