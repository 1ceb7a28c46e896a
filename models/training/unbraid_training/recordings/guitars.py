"""Recorded electric guitars of two free rhythm-game song sets, into dataset kind `loops` (stem `other`).

Each song comes as `guitar.ogg` and the rest, so the guitar alone is real, amplified and mixed: what
rendered "other" lacks most.
"""

from __future__ import annotations

from pathlib import Path

from ..data.audio import decode
from ..data.dataset import write_item
from ..data.fetch import debian_package
from ..data.sources import source

PACKAGES = ("fretsonfire-songs-sectoid", "fretsonfire-songs-muldjord")
DEV_SONGS = frozenset({"feelings"})
"""Held out, as in `instrumentals`."""


def build(dataset: Path, cache: Path, permissive: bool = False) -> None:
    """Writes one item per song; items that exist are kept."""
    for package in PACKAGES:
        entry = source(package)
        if permissive and not entry.permissive:
            continue
        songs = debian_package(package, cache) / "usr/share/games/fretsonfire/data/songs"
        for path in sorted(songs.glob("*/*/guitar.ogg")):
            title = path.parent.name.lower().replace(" ", "-").replace("_", "-")
            name = f"{package}-guitar-{title}"
            if (Path(dataset) / "loops" / name / "meta.json").exists():
                continue
            meta = {
                "source": package,
                "licence": entry.licence,
                "permissive": entry.permissive,
                "split": "dev" if title in DEV_SONGS else "train",
            }
            write_item(dataset, "loops", name, {"other": decode(path, channels=2)}, meta)
