"""Drummers' playing, recorded as notes, on recorded kits, into dataset kind `grooves` (stem `drums`).

Timing and velocities are people's (Groove MIDI), the sounds recorded; what is drawn is the kit, a drum of another kit
in its place now and then, and how it is mixed.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..data.dataset import SAMPLE_RATE, read_dataset, write_item
from ..data.fetch import SourceError
from ..data.repositories import Repositories
from ..data.sources import Source, source
from ..instruments import effects as fx
from ..instruments.kits.folders import KITS, kit_folder, recorded_kit
from ..instruments.kits.hydrogen import HYDROGEN, hydrogen_kit
from ..instruments.kits.kit import Kit, borrow
from ..instruments.kits.mapped import muldjord_kit
from ..instruments.kits.sound import mix_drums, play_kit
from ..instruments.midi import KEY, START, read_midi
from ..instruments.sampling import SampleCache

DEV_DRUMMERS = frozenset({"drummer9", "drummer10"})
"""Held out, on kits that are held out."""

MODULE_KEYS = {22: 42, 26: 46, 58: 43}
"""Keys of the drum module that General MIDI gives to something else: edges of the hi-hat, rim of the floor tom."""

SECONDS = (40.0, 75.0)

_ELECTRONIC = re.compile(r"hiphop|dance|funk|pop")


@dataclass(frozen=True)
class Performance:
    """One recording of a drummer."""

    name: str
    drummer: str
    style: str
    seconds: float


class Performances:
    """The archive of performances, and how to read one."""

    def __init__(self, shared: Path):
        path = Path(shared) / "groove-midi" / "groove-midi.zip"
        if not path.is_file():
            raise SourceError(f"{path} is missing: pass the folder that holds groove-midi as --shared")
        self.archive = zipfile.ZipFile(path)
        (table,) = (name for name in self.archive.namelist() if name.endswith("info.csv"))
        rows = csv.DictReader(io.StringIO(self.archive.read(table).decode()))
        prefix = table[: -len("info.csv")]
        every = [Performance(prefix + r["midi_filename"], r["drummer"], r["style"], float(r["duration"])) for r in rows]
        self.all = [one for one in every if one.name in self.archive.NameToInfo]

    def of(self, split: str) -> list[Performance]:
        """Performances of a split's drummers; short ones (fills) are left to `notes` to join."""
        return [one for one in self.all if (one.drummer in DEV_DRUMMERS) == (split == "dev") and one.seconds > 4.0]

    def notes(self, one: Performance, begin: float, seconds: float) -> np.ndarray:
        """Notes `[n, 5]` of a stretch, with General MIDI's keys, the first within half a second of 0."""
        song, _ = read_midi(io.BytesIO(self.archive.read(one.name)))
        rows = [part.notes for part in song.parts if part.role == "drums"]
        notes = np.concatenate(rows) if rows else np.zeros((0, 5))
        notes = notes[(notes[:, START] >= begin) & (notes[:, START] < begin + seconds)].copy()
        for there, here in MODULE_KEYS.items():
            notes[notes[:, KEY] == there, KEY] = here
        notes[:, START] -= begin
        return notes[np.argsort(notes[:, START], kind="stable")]


class Kits:
    """Recorded kits of a split that can be had."""

    def __init__(self, cache: Path, instruments: Path | None, repositories: Repositories | None, permissive: bool):
        self.cache, self.instruments, self.repositories, self.permissive = cache, instruments, repositories, permissive
        self.folders = {name: kit_folder(name, instruments, repositories) for name in KITS}

    def names(self, split: str, whole: bool = True) -> list[str]:
        """Kits, or with `whole` False sets of single drums, of a split."""
        found = [n for n, k in KITS.items() if k.whole == whole and self.folders[n] and self._fits(k.source, split)]
        if whole:
            found += [n for n, (package, _) in HYDROGEN.items() if self._fits(f"{package}/{n}", split)]
            if self.instruments is not None and (Path(self.instruments) / "muldjordkit").is_dir():
                found += ["muldjordkit"] * self._fits("muldjordkit", split)
        return found

    def _fits(self, name: str, split: str) -> bool:
        entry = source(name)
        return entry.split == split and (entry.permissive or not self.permissive)

    def read(self, name: str, rng: np.random.Generator) -> Kit:
        """A kit by name."""
        if name in KITS:
            return recorded_kit(name, self.folders[name], rng)
        if name == "muldjordkit":
            return muldjord_kit(self.instruments, rng)
        return hydrogen_kit(name, self.cache, rng)

    def character(self, name: str) -> str:
        """How a kit sounds: `rock`, `electronic`, `hands`."""
        return KITS[name].character if name in KITS else HYDROGEN.get(name, ("", "rock"))[1]


def draw_kit(kits: Kits, style: str, split: str, rng: np.random.Generator) -> tuple[Kit, list[Source]]:
    """A kit for a style, and the sources in it; a third of the kits have drums of another."""
    names = kits.names(split)
    if not names:
        raise SourceError(f"there is no recorded kit of split {split}; pass --shared or --mirrors")
    odds = np.array([_odds(kits.character(name), style) * (1.0 if name in HYDROGEN else 2.5) for name in names])
    kit = kits.read(names[int(rng.choice(len(names), p=odds / odds.sum()))], rng)
    used = [kit.source]
    donors = kits.names(split, whole=False) + [name for name in names if kits.character(name) != "hands"]
    if donors and rng.random() < 0.35:
        half = kits.names(split, whole=False)
        name = (
            half[int(rng.integers(len(half)))]
            if half and rng.random() < 0.5
            else donors[int(rng.integers(len(donors)))]
        )
        donor = kits.read(name, rng)
        for role in ("snare", "snare2", "stick") if name in half else (str(rng.choice(["kick", "snare", "closed"])),):
            borrow(kit, donor, role)
        used.append(donor.source)
    return kit, [source(name) for name in dict.fromkeys(used)]


def _odds(character: str, style: str) -> float:
    if character == "hands":
        return 0.05
    return (0.5 if _ELECTRONIC.search(style) else 0.12) if character == "electronic" else 1.0


def build(
    dataset: Path,
    cache: Path,
    shared: Path,
    repositories: Repositories | None,
    hours: float,
    permissive: bool = False,
    seed: int = 0,
) -> int:
    """Writes items until the dataset holds `hours` of grooves; returns how many were written now. One item in sixteen
    is held out: other drummers on other kits. Items that exist are kept."""
    performances = Performances(shared)
    instruments = Path(shared) / "instruments"
    kits = Kits(Path(cache), instruments if instruments.is_dir() else None, repositories, permissive)
    samples = SampleCache()
    have = sum(item.length for item in read_dataset(dataset, ["grooves"], permissive=permissive)) / SAMPLE_RATE
    number, written = 0, 0
    splits = [split for split in ("train", "dev") if kits.names(split)]
    while have < hours * 3600:
        split = "dev" if number % 16 == 15 and "dev" in splits else "train"
        name = f"groove-{seed}-{number:05d}{'-free' if permissive else ''}"
        rng = np.random.default_rng([seed, number, 31])
        number += 1
        if (Path(dataset) / "grooves" / name).is_dir():
            continue
        notes, played = _stretch(performances, split, rng)
        kit, used = draw_kit(kits, played[0].style, split, rng)
        audio = render(notes, kit, samples, rng)
        if audio is None:
            continue
        used = [source("groove-midi"), *used]
        meta = {
            "source": "; ".join(one.name for one in used),
            "licence": "; ".join(sorted({one.licence for one in used})),
            "permissive": all(one.permissive for one in used),
            "split": split,
            "details": {"kit": kit.name, "drummer": played[0].drummer, "styles": [one.style for one in played]},
        }
        write_item(Path(dataset), "grooves", name, {"drums": audio}, meta)
        have += len(audio) / SAMPLE_RATE
        written += 1
    return written


def _stretch(performances: Performances, split: str, rng: np.random.Generator) -> tuple[np.ndarray, list[Performance]]:
    """Notes of about `SECONDS`: a stretch of one performance, short ones of the same drummer joined."""
    choices = performances.of(split)
    wanted = float(rng.uniform(*SECONDS))
    weights = np.array([min(one.seconds, wanted) for one in choices])
    first = choices[int(rng.choice(len(choices), p=weights / weights.sum()))]
    rows, played, at, one = [], [], 0.0, first
    same = [other for other in choices if other.drummer == first.drummer]
    while at < wanted:
        begin = float(rng.uniform(0, max(0.0, one.seconds - wanted)))
        length = min(one.seconds - begin, wanted - at)
        notes = performances.notes(one, begin, length)
        notes[:, START] += at
        rows.append(notes)
        played.append(one)
        at += length + float(rng.uniform(0.1, 0.6))
        one = same[int(rng.integers(len(same)))]
    return np.concatenate(rows), played


def render(notes: np.ndarray, kit: Kit, cache: SampleCache, rng: np.random.Generator) -> np.ndarray | None:
    """A performance on a kit, mixed, peak near −3 dB; None where nothing sounds."""
    if not len(notes):
        return None
    samples = int((notes[:, START].max() + 2.5) * SAMPLE_RATE)
    dry_mono = rng.random() < 0.25
    spread = 0.0 if dry_mono else float(rng.choice([0.3, 0.7, 1.0]))
    buses = play_kit(kit, notes, samples, cache, rng, dynamics=float(rng.uniform(0.6, 1.4)), spread=spread)
    audio = mix_drums(buses, rng, dry_mono)
    if not len(audio) or not np.isfinite(audio).all() or fx.active_rms(audio) < 1e-5:
        return None
    audio = fx.limiter(audio, float(rng.uniform(12, 22)))
    return (audio * np.float32(fx.db(-3.0) / np.abs(audio).max())).astype(np.float32)
