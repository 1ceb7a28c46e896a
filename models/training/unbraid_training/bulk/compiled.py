"""Code that PyTorch and Triton compiled, kept from one lent machine to the next.

Their caches are folders that they find by two variables of the environment. Here both lie in one folder, which is
filled from an archive before anything is compiled, and packed into one afterwards. What is in them is found by a
hash of what was compiled, of the versions and of the device: on another one it is not found, and compiled anew.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from pathlib import Path

VARIABLES = {"TORCHINDUCTOR_CACHE_DIR": "inductor", "TRITON_CACHE_DIR": "triton"}

SWITCHES = {"TORCHINDUCTOR_FX_GRAPH_CACHE": "1", "TORCHINDUCTOR_AUTOGRAD_CACHE": "1"}
"""Usual in PyTorch by now; said, since all depends on them."""


class CompiledCode:
    """The folder of both caches; to be made before anything is compiled."""

    def __init__(self, archive: Path | None):
        """Fills it from `archive`, where there is one already."""
        self.place = tempfile.TemporaryDirectory(prefix="unbraid-compiled-", ignore_cleanup_errors=True)
        self.folder = Path(self.place.name)
        self.files = 0
        """That were taken along."""
        if archive and archive.exists():
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(self.folder)
                self.files = len(packed.namelist())
        wanted = {name: str(self.folder / part) for name, part in VARIABLES.items()} | SWITCHES
        self.before = {name: os.environ.get(name) for name in wanted}
        os.environ |= wanted

    def pack(self, archive: Path) -> int:
        """Writes all of it into `archive`; its bytes."""
        partial = archive.with_suffix(".partial")
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as packed:
            for path in sorted(self.folder.rglob("*")):
                # Locks and half-written files are nothing to anybody else.
                if path.is_file() and not path.name.endswith((".lock", ".tmp")):
                    packed.write(path, path.relative_to(self.folder))
        partial.replace(archive)
        return archive.stat().st_size

    def close(self) -> None:
        """Takes the folder away, and what names it."""
        for name, value in self.before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self.place.cleanup()
