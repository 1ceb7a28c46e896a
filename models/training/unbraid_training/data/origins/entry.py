"""One entry of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

ORIGINS = ("debian", "pypi", "folder", "git", "none")


@dataclass(frozen=True)
class Source:
    """One source of training data."""

    name: str
    """Key of the catalogue and `source` in an item's meta data: the package, folder or repository, followed by `/part`
    where parts of one have different licences or splits."""
    origin: str
    """`debian` (package), `pypi` (wheel), `folder` (below the folder given as --shared), `git` (repository) or `none`
    (made here)."""
    kinds: tuple[str, ...]
    """Dataset kinds it is used for."""
    licence: str
    """SPDX-like expression over all that is used of it."""
    permissive: bool
    """CC0, MIT, Apache, BSD, public domain or CC BY alone, or terms that ask for no more than a credit."""
    split: str
    """`train`, `dev`, or `mixed` where parts of it (songs, speakers, kits) are held out."""
    note: str
    """Description: contents, makers, and the part that is used."""
    repository: str = ""
    """`owner/name@commit` on GitHub where the recordings are published, if they are."""
    credit: str = ""
    """Words that its licence asks to be shown."""

    @property
    def package(self) -> str:
        """Name of the Debian package, wheel, folder or repository."""
        return self.name.split("/")[0]

    def meta(self, split: str | None = None) -> dict:
        """The required keys of an item's meta data; `split` is needed where the source's own is `mixed`."""
        split = split or self.split
        if split not in ("train", "dev"):
            raise ValueError(f"source {self.name}: split {split!r} is neither train nor dev; name one for this item")
        return {"source": self.name, "licence": self.licence, "permissive": self.permissive, "split": split}
