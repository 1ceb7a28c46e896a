"""Reads folders of songs as stems, such as those that a run is scored on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from ..model.layout import STEMS

SUFFIXES = (".flac", ".wav", ".ogg")
"""Of stems, in the order in which they are looked for."""


def song_folders(folders: list[Path]) -> Iterator[Path]:
    """Folders of songs: each of `folders` that holds sound itself, else what folders are in it, sorted."""
    for folder in folders:
        inside = sorted(folder.iterdir())
        if any(path.suffix in SUFFIXES for path in inside):
            yield folder
        else:
            yield from (path for path in inside if path.is_dir())


def read_song(folder: Path, seconds: float | None = None, any_rate: bool = False) -> dict[str, np.ndarray]:
    """Stems `[samples, 2]` of a song folder; missing ones are silence; mono becomes stereo.

    With `any_rate` samples are taken as they are at other rates than 44,100 Hz too, as the plug-in takes them.
    """
    stems = {}
    for stem in STEMS:
        for suffix in SUFFIXES:
            path = (folder / stem).with_suffix(suffix)
            if path.exists():
                audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
                if rate != 44_100 and not any_rate:
                    raise SystemExit(f"{path}: {rate} Hz; development songs must be 44,100 Hz")
                stems[stem] = audio if audio.shape[1] == 2 else np.repeat(audio[:, :1], 2, axis=1)
    if not stems:
        raise SystemExit(f"{folder}: no vocals/drums/bass/other in flac, wav or ogg")
    length = max(len(a) for a in stems.values())
    out = {}
    for stem in STEMS:
        audio = stems.get(stem, np.zeros((length, 2), dtype=np.float32))
        out[stem] = np.pad(audio, ((0, length - len(audio)), (0, 0)))
    if seconds is not None and length > seconds * 44_100:
        # The loudest part of the singer: silence would say little.
        size = int(seconds * 44_100)
        power = np.concatenate([[0.0], np.cumsum((out["vocals"] ** 2).sum(1))])
        starts = np.arange(0, length - size, 44_100)
        at = int(starts[np.argmax(power[starts + size] - power[starts])])
        out = {stem: a[at : at + size] for stem, a in out.items()}
    return out
