"""Real songs as stems into dataset kind `multitrack`: the folder `everything-is-free` (CC0), and what a user has.

A user's folder may be MUSDB18-HQ (`train/SONG/vocals.wav …`; `test` is held out), MoisesDB
(`SONG/STEM/*.wav`, one folder per instrument), or any folder of songs with `vocals`, `drums`, `bass`,
`other` files.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..data.audio import decode
from ..data.dataset import write_item
from ..data.fetch import SourceError
from ..data.sources import source
from ..model.layout import STEMS

DEV_SONGS = ("Francium",)
"""Songs kept for development scores; the rest trains."""

NOT_TRAINED_ON = {"Sodium": ("vocals",)}
"""Stems that are left out: *Sodium*'s voice goes through a vocoder whose carrier drones at 90 and 180 Hz. One of so few
real voices, it taught that a bass may be a voice: *Francium*'s bass was heard as one."""


def build(dataset: Path, shared: Path) -> None:
    """Writes one item per song folder below `<shared>/everything-is-free`; items that exist are kept.

    A song may lack stems: `other` or `bass` absent means that the song has none of it.
    """
    entry = source("everything-is-free")
    folder = Path(shared) / "everything-is-free"
    if not folder.is_dir():
        raise SourceError(f"{folder} is missing: pass the folder that holds everything-is-free as --shared")
    for song in sorted(path for path in folder.iterdir() if path.is_dir()):
        name = f"everything-is-free-{song.name.lower()}"
        if (Path(dataset) / "multitrack" / name).is_dir():
            continue
        wanted = [stem for stem in STEMS if stem not in NOT_TRAINED_ON.get(song.name, ())]
        stems = {stem: decode(song / f"{stem}.ogg", channels=2) for stem in wanted if (song / f"{stem}.ogg").is_file()}
        if not stems:
            raise SourceError(f"{song} holds none of {', '.join(stem + '.ogg' for stem in STEMS)}")
        length = max(len(audio) for audio in stems.values())
        stems = {stem: np.pad(audio, ((0, length - len(audio)), (0, 0))) for stem, audio in stems.items()}
        split = "dev" if song.name in DEV_SONGS else "train"
        write_item(Path(dataset), "multitrack", name, stems, {**entry.meta(split), "details": {"song": song.name}})


def build_bristol(dataset: Path, shared: Path) -> bool:
    """Writes Political Captain, of which voice and guitar are known; False where `shared` does not hold it."""
    folder = Path(shared) / "songs" / "bristol-7s-political-captain"
    files = {stem: found[0] for stem in ("vocals", "other") if (found := sorted(folder.glob(f"{stem}.*")))}
    if len(files) < 2:
        return False
    if not (Path(dataset) / "multitrack" / "bristol-7s-political-captain").is_dir():
        stems = {stem: decode(path) for stem, path in files.items()}
        write_item(dataset, "multitrack", "bristol-7s-political-captain", stems, source("songs/bristol-7s").meta())
    return True


SUFFIXES = (".wav", ".flac", ".ogg")

INSTRUMENTS = {"vocals": "vocals", "drums": "drums", "percussion": "drums", "bass": "bass"}
"""Stem of an instrument's folder in MoisesDB; guitars, keys, strings, winds and the rest are `other`."""

OWN_LICENCE = "LicenseRef-own-folder"
"""Licence noted for songs of a user's folder: theirs to know."""


def song_files(song: Path) -> dict[str, list[Path]]:
    """Audio files of every stem of one song folder; empty where the folder is not a song."""
    found: dict[str, list[Path]] = {}
    for path in sorted(song.iterdir()):
        if path.is_file() and path.suffix in SUFFIXES and path.stem in STEMS:
            found.setdefault(path.stem, []).append(path)
    if found:
        return found
    parts = [part for part in sorted(song.iterdir()) if part.is_dir() and any(part.glob("*.wav"))]
    if {part.name for part in parts} & set(INSTRUMENTS):
        for part in parts:
            found.setdefault(INSTRUMENTS.get(part.name, "other"), []).extend(sorted(part.glob("*.wav")))
    return found


def build_folder(dataset: Path, folder: Path) -> int:
    """Writes one item per song found at or below `folder`; how many there are. Items that exist are kept.

    Songs below a folder named `test` are held out. Raises `SourceError` where no song is found.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise SourceError(f"{folder} is not a folder; --songs wants one that holds songs as stems")
    count = 0
    for song in sorted(path for path in folder.glob("**/") if path.is_dir()):
        files = song_files(song)
        if not files:
            continue
        count += 1
        relative = song.relative_to(folder)
        name = "own-" + "-".join([folder.name, *relative.parts]).lower().replace(" ", "-")
        if (Path(dataset) / "multitrack" / name).is_dir():
            continue
        tracks = {stem: [decode(path, channels=2) for path in paths] for stem, paths in files.items()}
        length = max(len(audio) for layers in tracks.values() for audio in layers)
        stems = {}
        for stem, layers in tracks.items():
            total = np.zeros((length, 2), dtype=np.float32)
            for audio in layers:
                total[: len(audio)] += audio
            stems[stem] = total
        held_out = "test" in relative.parts
        meta = {
            "source": folder.name,
            "licence": OWN_LICENCE,
            "permissive": False,
            "split": "dev" if held_out else "train",
        }
        write_item(Path(dataset), "multitrack", name, stems, {**meta, "details": {"song": song.name}})
    if not count:
        raise SourceError(
            f"{folder} holds no song: expected SONG/vocals.wav, drums.wav, bass.wav, other.wav (MUSDB18-HQ) or "
            "SONG/vocals/*.wav … (MoisesDB); MUSDB18's .stem.mp4 files have to be decoded first"
        )
    return count
