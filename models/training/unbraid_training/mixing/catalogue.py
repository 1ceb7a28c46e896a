"""Index of the recordings to draw from: one entry for each recording of a stem. In packed archives all of it is in
memory; of a dataset on disk an entry is looked at when it is first drawn."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ..data.dataset import ACTIVE, SAMPLE_RATE, loudness, read_dataset
from ..data.pack import BLOCK, Excerpt, block_levels
from ..errors import UserError
from ..model.layout import STEMS

ACCOMPANIMENT = "accompaniment"
"""Name of a finished instrumental among the stems."""

GUARD = 8
"""Silent samples around every recording in memory, so that what is looked up beyond its ends is silence."""

PROBES = 60
"""Blocks of half a second by which a recording on disk is judged."""


class Catalogue:
    """The index; how loud an entry is, and where it sounds, is known to its two kinds below."""

    def __init__(self):
        self.lengths: list[int] = []
        """Samples of each entry."""
        self.by_stem: dict[str, dict[str, list[int]]] = {stem: {} for stem in (*STEMS, ACCOMPANIMENT)}
        """Entries by stem and kind."""
        self.songs: list[dict[str, int]] = []
        """Entries by stem, of real songs."""
        self.backings: list[dict[str, int]] = []
        """Entries by stem, of arrangements."""
        self.estimated: list[dict[str, int]] = []
        """Entries by stem, of real songs whose voice a separator found."""
        self.sources: list[frozenset[str]] = []
        """Sources of each entry."""
        self.licences: set[str] = set()
        self.items = 0

    def add(self, kind: str, stems: dict[str, int], licence: str, source: str = "") -> dict[str, int]:
        """New entries for an item whose stems are as long as `stems` says; their numbers by stem. `source` names the
        item's, separated by `; `."""
        first = len(self.lengths)
        entries = {stem: first + n for n, stem in enumerate(stems)}
        self.lengths += stems.values()
        self.sources += [frozenset(source.split("; "))] * len(stems)
        for stem, entry in entries.items():
            self.by_stem[stem].setdefault(kind, []).append(entry)
        groups = {"multitrack": self.songs, "backing": self.backings}
        if kind in groups and entries:
            groups[kind].append(entries)
        if kind == "estimates" and {"vocals", ACCOMPANIMENT} <= set(entries):
            self.estimated.append(entries)
        self.licences |= set(licence.split("; "))
        self.items += 1
        return entries

    @property
    def hours(self) -> float:
        """Of all entries."""
        return sum(self.lengths) / SAMPLE_RATE / 3600

    def require_stems(self, place: str, remedy: str) -> None:
        """Raises `UserError` where a stem has no recording at all."""
        for stem in STEMS:
            if not self.by_stem[stem]:
                raise UserError(f"{place} has no {stem}; {remedy}")

    def without(self, left_out: Iterable[str]) -> Catalogue:
        """The same recordings, but none that holds one of the sources `left_out` is drawn; `singers` leaves out all
        that are named `singers/…`. Raises `UserError` where a name fits no recording."""
        left_out = list(left_out)
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        have = {name for names in self.sources for name in names}
        for name in left_out:
            if not any(_is_of(one, name) for one in have):
                raise UserError(f"no recording is of source {name}, which is to be left out; there are {sorted(have)}")
        kept = [not any(_is_of(one, name) for one in names for name in left_out) for names in self.sources]

        def drawn(entries: list[int]) -> list[int]:
            return [entry for entry in entries if kept[entry]]

        copy.by_stem = {
            stem: {kind: some for kind, entries in kinds.items() if (some := drawn(entries))}
            for stem, kinds in self.by_stem.items()
        }
        copy.songs = [song for song in self.songs if all(kept[entry] for entry in song.values())]
        copy.backings = [song for song in self.backings if all(kept[entry] for entry in song.values())]
        copy.estimated = [song for song in self.estimated if all(kept[entry] for entry in song.values())]
        copy.require_stems("the dataset", f"leave out fewer sources than {', '.join(left_out)}")
        return copy

    def level(self, entry: int) -> float:
        """RMS of the entry's active parts, full scale 1."""
        raise NotImplementedError

    def active(self, entry: int) -> np.ndarray:
        """First samples of half seconds in which the entry sounds."""
        raise NotImplementedError


def _is_of(source: str, name: str) -> bool:
    return source == name or source.startswith(name + "/")


class PackedCatalogue(Catalogue):
    """Of packed excerpts; `sound` holds them one after the other."""

    def __init__(self, excerpts: Iterable[Excerpt]):
        super().__init__()
        self.offsets: list[tuple[int, int]] = []
        """First sample of an entry's left and right channel in `sound`; the same of a mono entry."""
        self.levels: list[float] = []
        self.active_starts: list[np.ndarray] = []
        guard = np.zeros(GUARD, dtype=np.int16)
        parts, at = [guard], GUARD
        for excerpt in excerpts:
            lengths = {stem: audio.shape[1] for stem, audio in excerpt.stems.items()}
            self.add(excerpt.kind, lengths, excerpt.licence, excerpt.source)
            for stem, audio in excerpt.stems.items():
                firsts = []
                for channel in audio:
                    parts += [channel, guard]
                    firsts.append(at)
                    at += len(channel) + GUARD
                self.offsets.append((firsts[0], firsts[-1]))
                levels, loud = block_levels(audio.T), excerpt.loudness[stem]
                self.levels.append(max(loud, ACTIVE))
                self.active_starts.append(BLOCK * np.flatnonzero(levels > max(ACTIVE, 0.15 * loud)))
        self.require_stems("the packed data", "pack all kinds, and more: python -m unbraid_training.data.pack")
        self.sound = np.concatenate(parts)
        """All recordings, int16."""

    def without_sound(self) -> PackedCatalogue:
        """A copy for worker processes."""
        copy = object.__new__(PackedCatalogue)
        copy.__dict__.update({name: value for name, value in self.__dict__.items() if name != "sound"})
        return copy

    def level(self, entry: int) -> float:
        return self.levels[entry]

    def active(self, entry: int) -> np.ndarray:
        return self.active_starts[entry]


class MappedCatalogue(Catalogue):
    """Of one split of a dataset on disk; `arrays` are memory-mapped."""

    def __init__(self, root: Path, permissive: bool = False, split: str = "train"):
        super().__init__()
        self.arrays: list[np.ndarray] = []
        """Int16 `[samples, channels]` of each entry."""
        remedy = f"build it first: python -m unbraid_training.build --data {root}"
        if not Path(root).is_dir():
            raise UserError(f"there is no dataset {root}; {remedy}")
        for item in read_dataset(root, split=split, permissive=permissive):
            stems = {stem: audio for stem, audio in item.stems.items() if stem in self.by_stem}
            lengths = {stem: len(audio) for stem, audio in stems.items()}
            self.add(item.kind, lengths, item.meta["licence"], item.meta["source"])
            self.arrays += stems.values()
        self.require_stems(f"split {split} of the dataset {root}", remedy)
        self._judged: dict[int, tuple[float, np.ndarray]] = {}

    def _judge(self, entry: int) -> tuple[float, np.ndarray]:
        if entry not in self._judged:
            audio = self.arrays[entry]
            starts = np.linspace(0, max(len(audio) - BLOCK, 0), PROBES).astype(int)
            levels = np.array([block_levels(audio[s : s + BLOCK])[0] for s in starts])
            level = loudness(levels)
            self._judged[entry] = level, starts[levels > max(ACTIVE, 0.15 * level)]
        return self._judged[entry]

    def level(self, entry: int) -> float:
        return self._judge(entry)[0]

    def active(self, entry: int) -> np.ndarray:
        return self._judge(entry)[1]
