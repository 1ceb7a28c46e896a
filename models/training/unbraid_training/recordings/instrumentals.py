"""Real finished mixes that hold no voice, into dataset kind `instrumental` (stem `accompaniment`).

The tracks are soundtracks of free games and instrumental metal. Which ones hold singing, choirs or
spoken samples was judged by name and with an offline two-stem separator; the doubtful ones
are left out by `VOICE`, because a voice inside it teaches the network to ignore voices.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..data.audio import decode, frame_levels
from ..data.dataset import SAMPLE_RATE, read_item, write_item
from ..data.fetch import debian_package
from ..data.sources import Source, source

VOICE = frozenset(
    {
        "hyperrogue-music-hr-domina-mountain",
        "nexuiz-music-digital-pursuit",
        "singularity-music-media-threat",
        "singularity-music-through-space",
        "ufoai-music-crystan-geosphere03",
        "ufoai-music-crystan-geosphere04",
        "ufoai-music-dawn",
        "ufoai-music-dbsea",
        "ufoai-music-turinitalym",
        "ufoai-music-van-mission2",
        "ufoai-music-van-mission3",
        "warzone2100-music-menu-enhanced",
        "warzone2100-music-track1",
        "warzone2100-music-track11",
        "warzone2100-music-track12",
        "warzone2100-music-track17",
        "warzone2100-music-track23",
        "warzone2100-music-track27",
        "warzone2100-music-track8",
        "warzone2100-music-track9",
        "wesnoth-1.16-music-battle-epic",
        "wesnoth-1.16-music-breaking-the-chains",
        "wesnoth-1.16-music-elf-land",
        "wesnoth-1.16-music-heroes-rite",
        "wesnoth-1.16-music-nunc-dimittis",
        "wesnoth-1.16-music-return-to-wesnoth",
        "wesnoth-1.16-music-suspense",
        "wesnoth-1.16-music-the-king-is-dead",
        "wesnoth-1.16-music-traveling-minstrels",
        "wesnoth-1.16-music-weight-of-revenge",
    }
)
"""Names of items left out: voice, choir or speech in them, or sounds too close to it to be sure.

The criterion: excerpts of 11.5 s all over the track through Spleeter's two-stem network; its vocals within
9 dB of the mixture in one excerpt, within 10.5 dB in two, or within 15 dB in the median.
"""

DEV_TRACKS = frozenset({"fretsonfire-songs-sectoid-feelings"})
"""Items held out one by one; `singularity-music` is held out as a whole by the catalogue."""

SHORTEST_S = 40.0
QUIET_DB = -45.0
"""A frame of 0.5 s below this level (dB RMS) counts as silent; tracks silent for most of the time are left out."""


@dataclass(frozen=True)
class Track:
    """One piece of music: its item name, its catalogue entry and how to load it (stereo, 44.1 kHz)."""

    name: str
    source: Source
    load: Callable[[], np.ndarray]


def _slug(text: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in text.lower()).strip("-")


def _ufo_part(stem: str) -> str:
    if stem.startswith(("David", "azrael", "karlmacklin", "van_")):
        return "ufoai-music/cc-by"
    if stem.startswith(("Crystan", "Marine", "TheThings", "dynamictest", "returnjourney")):
        return "ufoai-music/cc-by-sa"
    if stem in ("alBasrahM", "greecei", "turinItalyM"):
        return "ufoai-music/public-domain"
    return "ufoai-music/gpl"


def _game_music(cache: Path) -> Iterator[tuple[str, Source, Path]]:
    """(title, catalogue entry, file) of every ready-mixed track; archives are unpacked beside the package."""
    archives = {
        "nexuiz-music": ("usr/share/games/nexuiz/data/music.pk3", lambda stem: "nexuiz-music"),
        "ufoai-music": ("usr/share/games/ufoai/base/0music.pk3", _ufo_part),
    }
    for package, (archive, part) in archives.items():
        root = debian_package(package, cache)
        folder = root / "tracks"
        if not folder.is_dir():
            partial = root / "tracks.partial"
            with zipfile.ZipFile(root / archive) as opened:
                opened.extractall(partial)
            partial.rename(folder)
        for path in sorted(folder.rglob("*.ogg")):
            yield path.stem, source(part(path.stem)), path
    folders = {
        "wesnoth-1.16-music": ("usr/share/games/wesnoth/1.16/data/core/music", lambda path: "wesnoth-1.16-music"),
        "warzone2100-music": (
            "usr/share/games/warzone2100/music/albums",
            lambda path: (
                "warzone2100-music/original"
                if path.parent.name == "original_soundtrack" or path.stem == "track3_enhanced"
                else "warzone2100-music/legacy"
            ),
        ),
        "singularity-music": ("usr/share/games/singularity/music", lambda path: "singularity-music"),
        "hyperrogue-music": ("usr/share/hyperrogue/music", lambda path: "hyperrogue-music"),
    }
    for package, (folder, part) in folders.items():
        root = debian_package(package, cache) / folder
        for path in sorted(p for p in root.rglob("*") if p.suffix in (".ogg", ".opus")):
            yield path.stem, source(part(path)), path


def _sum_of(paths: list[Path]) -> np.ndarray:
    parts = [decode(path, channels=2) for path in paths]
    total = np.zeros((max(len(part) for part in parts), 2), dtype=np.float32)
    for part in parts:
        total[: len(part)] += part
    return total


def tracks(cache: Path, permissive: bool = False) -> list[Track]:
    """Every track that may be used, without those named in `VOICE`; nothing is decoded yet."""
    found = [
        Track(f"{entry.package}-{_slug(title)}", entry, lambda path=path: decode(path, channels=2))
        for title, entry, path in _game_music(cache)
    ]
    # The sister package by the band Muldjord is not used: the separator hears voice (growls) in its backing tracks.
    package = "fretsonfire-songs-sectoid"
    songs = debian_package(package, cache) / "usr/share/games/fretsonfire/data/songs"
    for backing in sorted(songs.glob("*/*/song.ogg")):
        paths = [backing, backing.with_name("guitar.ogg")]
        name = f"{package}-{_slug(backing.parent.name)}"
        found.append(Track(name, source(package), lambda paths=paths: _sum_of(paths)))
    return [track for track in found if track.name not in VOICE and (track.source.permissive or not permissive)]


def mostly_silent(audio: np.ndarray) -> bool:
    """True where more than half of the time is below `QUIET_DB`."""
    return float(np.mean(frame_levels(audio, SAMPLE_RATE // 2) < QUIET_DB)) > 0.5


def build(dataset: Path, cache: Path, hours: float = 10.0, permissive: bool = False) -> None:
    """Writes items until the kind holds `hours`, round robin over the sources so that all are present.

    Tracks shorter than `SHORTEST_S` or mostly silent are left out; items that exist are kept.
    """
    queues: dict[str, list[Track]] = {}
    for track in tracks(cache, permissive):
        queues.setdefault(track.source.name, []).append(track)
    ordered = []
    for position in range(max(map(len, queues.values()), default=0)):
        ordered += [queue[position] for queue in queues.values() if position < len(queue)]
    seconds = 0.0
    for track in ordered:
        if seconds >= hours * 3600:
            break
        if (item := read_item(Path(dataset) / "instrumental" / track.name)) is not None:
            seconds += item.length / SAMPLE_RATE
            continue
        audio = track.load()
        if len(audio) < SHORTEST_S * SAMPLE_RATE or mostly_silent(audio):
            continue
        split = "dev" if track.name in DEV_TRACKS else None
        if track.source.split == "mixed":
            split = split or "train"
        write_item(Path(dataset), "instrumental", track.name, {"accompaniment": audio}, track.source.meta(split))
        seconds += len(audio) / SAMPLE_RATE
