"""Real songs as stems: the folder `everything-is-free` (CC0) into pool kind `multitrack`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .audio import decode
from .fetch import SourceError
from .pool import write_item
from .sources import source

STEMS = ("vocals", "drums", "bass", "other")
DEV_SONGS = ("Francium",)
"""Songs kept for development scores; the rest trains."""


def build(pool: Path, shared: Path) -> None:
    """Writes one item per song folder below `<shared>/everything-is-free`; items that exist are kept.

    A song may lack stems: `other` or `bass` absent means that the song has none of it.
    """
    entry = source("everything-is-free")
    folder = Path(shared) / "everything-is-free"
    if not folder.is_dir():
        raise SourceError(f"{folder} is missing: pass the folder that holds everything-is-free as --shared")
    for song in sorted(path for path in folder.iterdir() if path.is_dir()):
        name = f"everything-is-free-{song.name.lower()}"
        if (Path(pool) / "multitrack" / name).is_dir():
            continue
        stems = {stem: decode(song / f"{stem}.ogg", channels=2) for stem in STEMS if (song / f"{stem}.ogg").is_file()}
        if not stems:
            raise SourceError(f"{song} holds none of {', '.join(stem + '.ogg' for stem in STEMS)}")
        length = max(len(audio) for audio in stems.values())
        stems = {stem: np.pad(audio, ((0, length - len(audio)), (0, 0))) for stem, audio in stems.items()}
        split = "dev" if song.name in DEV_SONGS else "train"
        write_item(Path(pool), "multitrack", name, stems, {**entry.meta(split), "details": {"song": song.name}})
