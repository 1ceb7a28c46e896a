"""Debian packages as data sources: downloaded by name, unpacked beside the dataset, never installed."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ..errors import UserError


class SourceError(UserError):
    """A source is not to be had; the message names it and the remedy."""


def debian_package(name: str, cache: Path) -> Path:
    """Folder with the unpacked files of Debian package `name` (its root is `/` of the package).

    Downloads once into `cache/debs`, unpacks once into `cache/unpacked/<name>`. Needs `apt-get` and
    `dpkg-deb`, no root.
    """
    target = Path(cache).resolve() / "unpacked" / name
    if target.is_dir():
        return target
    debs = Path(cache).resolve() / "debs"
    debs.mkdir(parents=True, exist_ok=True)
    files = sorted(debs.glob(f"{name}_*.deb"))
    if not files:
        done = subprocess.run(["apt-get", "download", name], cwd=debs, capture_output=True, check=False, text=True)
        files = sorted(debs.glob(f"{name}_*.deb"))
        if done.returncode != 0 or not files:
            raise SourceError(
                f"Debian package {name} could not be downloaded: {done.stderr.strip() or 'no file arrived'}; "
                "run `apt-get update` and check that the machine uses Debian's package sources"
            )
    partial = target.with_name(name + ".partial")
    partial.mkdir(parents=True, exist_ok=True)
    subprocess.run(["dpkg-deb", "-x", str(files[-1]), str(partial)], check=True)
    partial.rename(target)
    return target
