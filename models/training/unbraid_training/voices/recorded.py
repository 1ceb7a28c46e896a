"""Recordings of singing as they are, one after the other: dataset kinds `notes` (held notes and syllables), `phrases`
(sung words, shouts, growls) and, for whispers, `speech`.

Nothing is done to a recording but cutting off its silence and bringing it to a usual level.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np

from ..data.audio import active_regions, decode, fade, probe, rms
from ..data.dataset import SAMPLE_RATE, read_dataset, write_item
from ..data.repositories import Repositories
from .singers import Group, singers

LEVEL = 0.1
"""RMS that the sounding parts of a recording are brought to, full scale 1."""

SECONDS = 60.0
"""Length of an item, about."""

GAPS = {"notes": (0.05, 0.5), "phrases": (0.15, 1.6), "speech": (0.2, 1.2)}
"""Shortest and longest pause between two recordings, seconds."""

SPREAD_DB = {"notes": 2.5, "phrases": 1.5, "speech": 2.0}
"""Standard deviation of recordings' levels around `LEVEL`."""


def cut(path: Path) -> np.ndarray | None:
    """A recording from its first sound to its last, `[samples, channels]`, at `LEVEL`; None where it has none."""
    if probe(path)["sample_rate"] < 22_050:
        return None
    audio = decode(path)
    regions = active_regions(audio, below_peak_db=45.0, gap_s=1e9)
    if not regions:
        return None
    start, end = regions[0][0], regions[-1][1]
    audio = fade(audio[start:end], 200, 600)
    if len(audio) < 0.08 * SAMPLE_RATE:
        return None
    loud = np.concatenate([audio[a:b] for a, b in active_regions(audio, below_peak_db=25.0, pad_s=0.0)])
    if np.array_equal(audio[:, :1], audio[:, 1:]):
        audio = audio[:, :1]
    return audio * np.float32(LEVEL / max(rms(loud), 1e-4))


def strung(recordings: list[np.ndarray], kind: str, rng: np.random.Generator) -> np.ndarray:
    """Recordings one after the other with pauses between, `[samples, channels]`."""
    channels = max(audio.shape[1] for audio in recordings)
    pieces = []
    for audio in recordings:
        gain = np.float32(10 ** (rng.normal(0.0, SPREAD_DB[kind]) / 20))
        pieces.append(
            np.broadcast_to(audio * gain, (len(audio), channels)) if audio.shape[1] != channels else audio * gain
        )
        pieces.append(np.zeros((int(rng.uniform(*GAPS[kind]) * SAMPLE_RATE), channels), dtype=np.float32))
    return np.concatenate(pieces)


def build(
    dataset: Path,
    shared: Path | None,
    repositories: Repositories | None,
    kind: str,
    hours: float,
    permissive: bool = False,
    seed: int = 0,
) -> int:
    """Writes items until the dataset holds `hours` of recordings of this kind as they are, or all are used; returns how
    many were written. Every recording is used once, groups take turns. Items that exist are kept."""
    if kind not in GAPS:
        raise ValueError(f"kind {kind!r} is none of {', '.join(GAPS)}")
    groups = [group for group in singers(shared, repositories, permissive) if group.kind == kind]
    queues = {group: _order(group, seed) for group in groups}
    have = sum(
        item.length for item in read_dataset(dataset, [kind], permissive=permissive) if item.name.startswith("sung-")
    )
    written, part = 0, 0
    while queues and have < hours * 3600 * SAMPLE_RATE:
        for group in list(queues):
            if have >= hours * 3600 * SAMPLE_RATE:
                break
            name = f"sung-{seed}-{group.name}-{part:03d}"
            recordings, length = [], 0
            while queues[group] and length < SECONDS * SAMPLE_RATE:
                audio = cut(queues[group].pop(0))
                if audio is not None:
                    recordings.append(audio)
                    length += len(audio)
            if not queues[group]:
                del queues[group]
            if not recordings or (Path(dataset) / kind / name).is_dir():
                continue
            rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
            audio = strung(recordings, kind, rng)
            peak = float(np.abs(audio).max())
            meta = {**group.source.meta(), "details": {"voice": group.name, "recordings": len(recordings)}}
            write_item(Path(dataset), kind, name, {"vocals": audio * np.float32(min(1.0, 0.97 / peak))}, meta)
            have += len(audio)
            written += 1
        part += 1
    return written


def _order(group: Group, seed: int) -> list[Path]:
    """A group's files: phrases of a song as they follow one another, others shuffled."""
    if group.kind == "phrases":
        return list(group.files)
    order = np.random.default_rng([seed, zlib.crc32(group.name.encode())]).permutation(len(group.files))
    return [group.files[i] for i in order]
