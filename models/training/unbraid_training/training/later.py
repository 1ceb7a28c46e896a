"""Packed data read by a process of its own while the networks compile, handed over in memory."""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from ..data.pack import unpack
from ..mixing.catalogue import PackedCatalogue

MEMORY = Path("/dev/shm")
"""Files here never touch a disk, where the system has such a folder."""

SOUND = "sound.npy"


class LaterParts:
    """Parts that are being read. To be made before anything of a device is in this process, of which the other is a
    copy."""

    def __init__(self, folder: Path | None, parts: list[Path], workers: int):
        """Reads `parts`; or, with a `folder`, those that lie in it as soon as a file `complete` lies beside them."""
        place = MEMORY if MEMORY.is_dir() else None
        # Gone with this process, too, if nobody takes what is in it.
        self.place = tempfile.TemporaryDirectory(dir=place, prefix="unbraid-")
        self.process = ProcessPoolExecutor(1)
        self.job = self.process.submit(_read, folder, parts, workers, Path(self.place.name))

    def catalogue(self) -> PackedCatalogue:
        """Waits until all is read; to be called once."""
        catalogue = self.job.result()
        catalogue.sound = np.load(Path(self.place.name) / SOUND)
        self.place.cleanup()
        self.process.shutdown()
        return catalogue


def _read(folder: Path | None, parts: list[Path], workers: int, place: Path) -> PackedCatalogue:
    """The index; the sound lies in a file in `place`."""
    if folder:
        while not (folder / "complete").exists():
            time.sleep(0.2)
        parts = sorted(folder.glob("part-*.zip"))
    catalogue = PackedCatalogue(unpack(parts, workers))
    np.save(place / SOUND, catalogue.sound)
    return catalogue.without_sound()
