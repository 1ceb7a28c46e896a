"""Where the recordings of people who sang lie: groups of files that one singer sang in one way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..data.repositories import Repositories
from ..data.sources import Source, source

AUDIO = (".wav", ".ogg", ".opus", ".flac", ".mp3", ".aif", ".aiff")


@dataclass(frozen=True)
class Group:
    """Recordings that belong together."""

    name: str
    """Of an item's folder: the source, and pitch, style or song."""
    source: Source
    files: tuple[Path, ...]
    kind: str
    """Dataset kind of the recordings as they are: `notes`, `phrases` or `speech`."""
    pitched: bool = False
    """Legato syllables on one pitch, to which another melody can be given."""
    syllables: int | None = None
    """Of each file, where known."""


def audio_files(folder: Path, pattern: str = "*") -> tuple[Path, ...]:
    """Sound files of a folder, sorted."""
    return tuple(sorted(path for path in folder.glob(pattern) if path.suffix.lower() in AUDIO))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def shared_singers(shared: Path) -> Iterator[Group]:
    """Singers below `shared/singers`, a folder for each pitch or style, and unaccompanied takes in `shared/songs`."""
    for entry in (e for e in _entries("folder") if e.package == "singers"):
        folder = Path(shared) / entry.name
        for part in sorted(path for path in folder.glob("*") if path.is_dir()):
            whispered = part.name.startswith("whisper")
            kind = "speech" if whispered else "notes"
            name = _slug(f"{entry.name.split('/')[1]} {part.name}")
            yield Group(name, entry, audio_files(part), kind, not whispered, 1 if "torone" in entry.name else None)
    takes = audio_files(Path(shared) / "songs" / "takes")
    if takes:
        yield Group("g0v-takes", source("songs/takes"), takes, "phrases")


def _entries(origin: str) -> list[Source]:
    from ..data.origins.singers import SINGERS

    return [entry for entry in SINGERS if entry.origin == origin]


_PRODUCER_SPACE = {
    "house": (r"shv_\w+", "phrases"),
    "trance": (r"etv_\w+_(adlib|phrase)", "phrases"),
    "shouts": (r"dvs\d", "phrases"),
    "whispers": (r"whisper", "speech"),
}
"""Folders of each part, as expressions; `computer`, `hollywood`, `scifi` and `sq` are perhaps synthetic."""


def _producer_space(root: Path, part: str) -> Iterator[Group]:
    entry = source(f"strudel-producer-space-samples/{part}")
    expression, kind = _PRODUCER_SPACE[part]
    songs: dict[str, list[Path]] = {}
    for folder in sorted(path for path in root.iterdir() if path.is_dir() and re.fullmatch(expression, path.name)):
        # Phrases and ad-libs of one key are one singer's.
        song = re.sub(r"_(adlib|phrase)$", "", folder.name)
        songs.setdefault(song, []).extend(audio_files(folder))
    for song, files in songs.items():
        yield Group(_slug(song), entry, tuple(files), kind)


def _orks(root: Path) -> Iterator[Group]:
    entry = source("karoryfer.272-merry-orks")
    for part in ("misc", "vowels", "dipthongs", "predrop"):
        yield Group(f"merry-orks-{part}", entry, audio_files(root / "samples" / part), "phrases")


_BERKLEE = (
    # Up to C6: more than what finds the pitch of other singers knows.
    ("female", "femalevoice_*", False),
    ("females", "femalevoices_*", False),
    ("male", "malevoice_*", True),
    ("males", "malevoices_*", False),
    ("hum", "vocal_hum_*", False),
    ("yells", "man_yelling_*", False),
    ("screams", "scream_[12]*", False),
)


def _berklee(root: Path) -> Iterator[Group]:
    entry = source("berklee-voices")
    for name, pattern, pitched in _BERKLEE:
        files = audio_files(root / "berklee", pattern)
        yield Group(f"berklee-{name}", entry, files, "notes", pitched, 1 if pitched else None)


def _solfege(root: Path, singer: str) -> Iterator[Group]:
    files = audio_files(root / "samples" / singer / "notes")
    yield Group(f"solfege-{singer}", source(f"solfege-samples/{singer}"), files, "notes", True, 1)


def _alys(root: Path) -> Iterator[Group]:
    entry = source("alys-utau")
    folder = root / "ALYS_DB_002_JPN_UTAU_COMPLETE"
    files = tuple(path for path in sorted(folder.rglob("*.wav")) if "breath" not in str(path).lower())
    yield Group("alys-utau", entry, files, "notes", True)


def repository_singers(repositories: Repositories) -> Iterator[Group]:
    """Singers out of public repositories; those that cannot be had are named and left out."""
    if root := repositories.have("strudel-producer-space-samples/house"):
        for part in _PRODUCER_SPACE:
            yield from _producer_space(root, part)
    if root := repositories.have("karoryfer.272-merry-orks"):
        yield from _orks(root)
    if root := repositories.have("berklee-voices"):
        yield from _berklee(root)
    if root := repositories.have("ErithacusVB"):
        yield Group("erithacus", source("ErithacusVB"), audio_files(root), "notes", True)
    if root := repositories.have("solfege-samples/chengu"):
        for singer in ("chengu", "jennifer"):
            yield from _solfege(root, singer)
    if root := repositories.have("samples-alex-bainter/hum"):
        files = audio_files(root / "samples", "alex-hum-*/*")
        yield Group("alex-hum", source("samples-alex-bainter/hum"), files, "notes")
    if root := repositories.have("alys-utau"):
        yield from _alys(root)


def singers(shared: Path | None, repositories: Repositories | None, permissive: bool = False) -> list[Group]:
    """Every group of recordings of singing that holds any; with `permissive` only those of permissive sources."""
    found: list[Group] = []
    if shared is not None:
        found += shared_singers(shared)
    if repositories is not None:
        found += repository_singers(repositories)
    return [group for group in found if group.files and (group.source.permissive or not permissive)]
