"""Packed data read by a process of its own while the networks compile, handed over in memory."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from pathlib import Path

import numpy as np

from ..data.pack import unpack
from ..mixing.catalogue import PackedCatalogue

MEMORY = Path("/dev/shm")
"""Files that never touch a disk, where the system has such a folder."""


@dataclasses.dataclass
class Parcel:
    """A catalogue on its way between two processes: its index, and the file of its sound."""

    index: PackedCatalogue
    sound: Path


def read_later(folder: Path | None, parts: list[Path], workers: int) -> Parcel:
    """Reads `parts`; or, with a `folder`, waits until a file `complete` lies there, and reads the parts in it."""
    if folder:
        while not (folder / "complete").exists():
            time.sleep(0.2)
        parts = sorted(folder.glob("part-*.zip"))
    catalogue = PackedCatalogue(unpack(parts, workers))
    place = MEMORY if MEMORY.is_dir() else None
    with tempfile.NamedTemporaryFile(dir=place, prefix="unbraid-", suffix=".npy", delete=False) as file:
        np.save(file, catalogue.sound)
    return Parcel(catalogue.without_sound(), Path(file.name))


def receive(parcel: Parcel) -> PackedCatalogue:
    """The catalogue with its sound; the file is gone afterwards."""
    parcel.index.sound = np.load(parcel.sound)
    parcel.sound.unlink()
    return parcel.index
