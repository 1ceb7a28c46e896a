"""Played and programmed parts, each recorded alone, into dataset kind `played` (stems `drums`, `bass`, `other`)."""

from __future__ import annotations

from pathlib import Path

from ..data.audio import decode, probe
from ..data.dataset import write_item
from ..data.fetch import SourceError
from ..data.sources import source

STEMS = ("drums", "bass", "other")

SHORTEST_S = 3.0
"""Shorter files are single sounds."""


def build(dataset: Path, shared: Path, permissive: bool = False) -> int:
    """Writes an item for each file in `<shared>/played/STEM`; returns how many there are. Items that exist are kept."""
    folder = Path(shared) / "played"
    if not folder.is_dir():
        raise SourceError(f"{folder} is missing: pass the folder that holds played as --shared")
    count = 0
    for stem in STEMS:
        entry = source(f"played/{stem}")
        if permissive and not entry.permissive:
            continue
        for path in sorted(p for p in (folder / stem).glob("*") if p.suffix in (".opus", ".ogg", ".wav", ".flac")):
            if probe(path)["duration"] < SHORTEST_S:
                continue
            count += 1
            name = f"played-{stem}-{path.stem.lower()}"
            if (Path(dataset) / "played" / name).is_dir():
                continue
            write_item(
                Path(dataset), "played", name, {stem: decode(path)}, {**entry.meta(), "details": {"file": path.name}}
            )
    return count
