"""The catalogue of everything the training data is built from: where it comes from and under which licence.

Builders take their meta data from here and the model card prints it, so a source that is not in
the catalogue cannot reach the pool. Licences are those that the packages' own copyright files
give for the audio that is used (not for their code).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """One source of training data."""

    name: str
    """Package or folder name; the key of the catalogue and `source` in an item's meta data."""
    origin: str
    """`debian` (package), `pypi` (wheel) or `folder` (below the folder given as --shared)."""
    kinds: tuple[str, ...]
    """Pool kinds it is used for."""
    licence: str
    """SPDX-like expression over all that is used of it."""
    permissive: bool
    """CC0, MIT, Apache, BSD, public domain or CC BY alone."""
    split: str
    """`train`, `dev`, or `mixed` where parts of it (songs, speakers, kits) are held out."""
    note: str
    """What it is and which part is used."""

    def meta(self, split: str | None = None) -> dict:
        """The required keys of an item's meta data; `split` is needed where the source's own is `mixed`."""
        split = split or self.split
        if split not in ("train", "dev"):
            raise ValueError(f"source {self.name}: split {split!r} is neither train nor dev; name one for this item")
        return {"source": self.name, "licence": self.licence, "permissive": self.permissive, "split": split}


CATALOGUE: tuple[Source, ...] = (
    Source(
        "everything-is-free", "folder", ("multitrack",), "CC0-1.0", True, "mixed",
        "five songs as stems by Software-Entwicklungskit; Francium is held out",
    ),
)


def source(name: str) -> Source:
    """The catalogue's entry of that name."""
    for entry in CATALOGUE:
        if entry.name == name:
            return entry
    raise KeyError(f"source {name!r} is not in the catalogue: add it to sources.py with its licence")
