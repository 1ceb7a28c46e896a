"""Real songs with a voice of which no stems are known, into dataset kind `mixes` (stem `mixture`).

Mixtures for training are never made of them: they are for what learns without stems, such as a separator's estimates,
and for listening.
"""

from __future__ import annotations

from pathlib import Path

from ..data.audio import decode
from ..data.dataset import write_item
from ..data.fetch import SourceError
from ..data.sources import Source, source

SOURCES = ("josh-woodward", "kellee-maize", "stefan-kartenberg", "wilcox", "steven-bryant")


def _source(path: Path) -> Source | None:
    """The catalogue's entry of a file, told by how its name begins."""
    return next((source(f"songs/{name}") for name in SOURCES if path.stem.startswith(name)), None)


def build(dataset: Path, shared: Path, permissive: bool = False) -> int:
    """Writes an item for each song in `<shared>/songs`; returns how many there are. Items that exist are kept; files
    that the catalogue does not know are named and left out."""
    folder = Path(shared) / "songs"
    if not folder.is_dir():
        raise SourceError(f"{folder} is missing: pass the folder that holds songs as --shared")
    count = 0
    for path in sorted(p for p in folder.glob("*") if p.suffix in (".ogg", ".opus", ".wav", ".flac")):
        entry = _source(path)
        if entry is None:
            print(f"left out: {path} is not in the catalogue", flush=True)
        elif entry.permissive or not permissive:
            count += 1
            if not (Path(dataset) / "mixes" / path.stem).is_dir():
                write_item(Path(dataset), "mixes", path.stem, {"mixture": decode(path, channels=2)}, entry.meta())
    return count
