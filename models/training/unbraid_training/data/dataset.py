"""The dataset: built stems on disk, as memory-mapped int16 arrays with their origin beside them.

An *item* is a folder `<root>/<kind>/<name>/` that holds one `.npy` file per stem, int16 of shape
`[samples, channels]` (1 or 2 channels, 44,100 Hz), and `meta.json`. All stems of an item are
aligned and equally long. Kinds:

=============== ==================================================================
`backing`       rendered arrangements: `drums`, `bass`, `other` (any may be absent)
`multitrack`    real songs as stems: `vocals`, `drums`, `bass`, `other`
`singing`       `vocals`: sung takes, dry
`speech`        `vocals`: spoken takes, dry
`instrumental`  `accompaniment`: real finished mixes that hold no voice
`loops`         one of `drums`, `bass`, `other`: recorded single-stem material
`notes`         `vocals`: held notes and syllables as singers sang them
`phrases`       `vocals`: sung words, shouts and growls as they were recorded
`played`        one of `drums`, `bass`, `other`: parts that people played or programmed
`grooves`       `drums`: drummers' playing, recorded as notes, on recorded kits
`mixes`         `mixture`: real songs with a voice, whose stems are not known
`estimates`     stems as a separator heard them: `vocals` and `accompaniment` of a song, or
                one of `drums`, `bass`, `other` (`training.estimates`)
=============== ==================================================================

`meta.json` always has `source` (package or folder name), `licence` (SPDX-like), `permissive`
(bool: CC0/MIT/Apache/BSD/CC-BY alone), `split` (`train` or `dev`, by source, never by time inside
one); optional: `tempo_bpm`, `key` (pitch class 0-11 of the tonic), `minor` (bool), `details`.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SAMPLE_RATE = 44_100
"""Sample rate of everything in the dataset, in Hz."""

ACTIVE = 1e-3
"""RMS of a block that counts as sound, full scale 1."""

KINDS = (
    "backing",
    "multitrack",
    "singing",
    "speech",
    "instrumental",
    "loops",
    "notes",
    "phrases",
    "played",
    "grooves",
    "mixes",
    "estimates",
)
REQUIRED_META = ("source", "licence", "permissive", "split")


def write_item(root: Path, kind: str, name: str, stems: dict[str, np.ndarray], meta: dict) -> Path:
    """Writes one item; `stems` are float arrays `[samples]` or `[samples, channels]`, full scale ±1.

    Louder material is scaled down as a whole item, so that it never clips and stays aligned in
    level. The item appears under its final name only when it is complete, so that a build that was
    stopped can be started again.
    """
    if kind not in KINDS:
        raise ValueError(f"kind {kind!r} is none of {', '.join(KINDS)}")
    missing = [key for key in REQUIRED_META if key not in meta]
    if missing:
        raise ValueError(f"{kind}/{name}: meta lacks {', '.join(missing)}")
    length = max(len(audio) for audio in stems.values())
    peak = max(float(np.max(np.abs(audio), initial=0.0)) for audio in stems.values())
    scale = 32_000.0 / max(peak, 1.0)
    final = Path(root) / kind / name
    partial = final.with_name(final.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for stem, audio in stems.items():
        audio = np.asarray(audio, dtype=np.float32)
        if audio.ndim == 1:
            audio = audio[:, None]
        samples = np.zeros((length, audio.shape[1]), dtype=np.int16)
        samples[: len(audio)] = np.round(audio * scale).astype(np.int16)
        np.save(partial / f"{stem}.npy", samples)
    (partial / "meta.json").write_text(json.dumps(meta, indent=1) + "\n")
    shutil.rmtree(final, ignore_errors=True)
    partial.rename(final)
    return final


def loudness(levels: np.ndarray) -> float:
    """RMS of the active parts of a stem, from the RMS `levels` of blocks of it: the 75th percentile of those that
    sound."""
    active = levels[levels > ACTIVE]
    return float(np.percentile(active, 75)) if len(active) else ACTIVE


@dataclass
class Item:
    """One item of the dataset, its arrays still on disk."""

    path: Path
    kind: str
    meta: dict
    stems: dict[str, np.ndarray]

    @property
    def name(self) -> str:
        """Folder name of the item."""
        return self.path.name

    @property
    def length(self) -> int:
        """Samples per stem."""
        return min(len(audio) for audio in self.stems.values())


def stem_name(name: str) -> str:
    """A stem's name, from that of a file: datasets and packed parts of 0.5.0 and before call the accompaniment
    `rest`."""
    return "accompaniment" if name == "rest" else name


def read_item(folder: Path) -> Item | None:
    """The item in a folder, memory-mapped; None where there is none, or not a whole one."""
    meta = folder / "meta.json"
    if folder.name.endswith(".partial") or not meta.is_file():
        return None
    stems = {stem_name(file.stem): np.load(file, mmap_mode="r") for file in sorted(folder.glob("*.npy"))}
    return Item(folder, folder.parent.name, json.loads(meta.read_text()), stems)


def read_dataset(root: Path, kinds=KINDS, split: str | None = None, permissive: bool = False) -> list[Item]:
    """All complete items, sorted by path; memory-mapped, so this is cheap.

    `permissive` keeps only items whose licence is permissive (see the module's text).
    """
    folders = (path.parent for kind in kinds for path in sorted((Path(root) / kind).glob("*/meta.json")))
    items = (item for folder in folders if (item := read_item(folder)))
    return [i for i in items if split in (None, i.meta["split"]) and (i.meta["permissive"] or not permissive)]
