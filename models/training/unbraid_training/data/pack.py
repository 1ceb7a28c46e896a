"""Packs an excerpt of every item of a dataset into a few small archives, to train where little can be carried to.

    python -m unbraid_training.data.pack OUT --data DATASET [--data DATASET …] --megabytes 60 --parts 3

`OUT` receives `part-0.zip`, `part-1.zip`, …: Ogg files with Opus, and `index.json`. Every part is a fair sample of the
whole, so that fewer parts are a smaller dataset. Items of split `dev` stay out. `unpack` reads parts back.

Opus knows 48 kHz only. Samples are handed to it as if they had that rate, and taken back the same way: nothing is
resampled, and what it leaves out above 20 kHz is then what lies above 18.4.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import run
from .dataset import ACTIVE, KINDS, SAMPLE_RATE, Item, loudness, read_dataset, stem_name

OPUS_RATE = 48_000

SECONDS = {
    "backing": 48.0,
    "multitrack": 170.0,
    "singing": 60.0,
    "speech": 60.0,
    "instrumental": 45.0,
    "loops": 30.0,
    "notes": 45.0,
    "phrases": 75.0,
    "played": 40.0,
    "grooves": 60.0,
    "estimates": 300.0,
}
"""Longest excerpt of an item, by kind. Many short excerpts teach more than a few long ones: songs repeat themselves."""

KILOBITS = {"drums": (36, 56), "bass": (24, 36), "other": (40, 56), "vocals": (32, 48), "accompaniment": (40, 56)}
"""Bit rate of a stem with one channel and with two."""

BLOCK = SAMPLE_RATE // 2


def block_levels(audio: np.ndarray) -> np.ndarray:
    """RMS of half-second blocks of int16 `audio` `[samples, channels]`, full scale 1."""
    count = max(len(audio) // BLOCK, 1)
    blocks = audio[: count * BLOCK].astype(np.float32).reshape(count, -1) / 32768.0
    return np.sqrt(np.mean(blocks**2, axis=1))


def excerpt_start(stems: Iterable[np.ndarray], seconds: float) -> int:
    """First sample of the excerpt in which the most stems, whose `block_levels` these are, sound for the longest."""
    blocks = int(seconds * SAMPLE_RATE) // BLOCK
    activity = sum(levels > 0.1 * loudness(levels) for levels in stems)
    if len(activity) <= blocks:
        return 0
    sums = np.convolve(activity, np.ones(blocks), mode="valid")
    return int(np.argmax(sums)) * BLOCK


def encode(samples: np.ndarray, kilobits: int) -> bytes:
    """Ogg Opus of int16 `samples` `[samples, channels]`."""
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "s16le",
        "-ar",
        str(OPUS_RATE),
        "-ac",
        str(samples.shape[1]),
        "-i",
        "-",
        "-c:a",
        "libopus",
        "-b:a",
        f"{kilobits}k",
        "-frame_duration",
        "60",
        "-f",
        "ogg",
        "-",
    ]
    return subprocess.run(
        command, input=np.ascontiguousarray(samples).tobytes(), capture_output=True, check=True
    ).stdout


def encoded(item: Item) -> tuple[dict, dict[str, bytes]]:
    """Index entry of an item and its files by stem."""
    length = min(int(SECONDS[item.kind] * SAMPLE_RATE), item.length)
    whole = {stem: block_levels(audio) for stem, audio in item.stems.items()}
    start = excerpt_start(whole.values(), SECONDS[item.kind])
    entry = {
        "kind": item.kind,
        "name": item.name,
        "source": item.meta["source"],
        "licence": item.meta["licence"],
        "length": length,
        "stems": {},
    }
    files = {}
    for stem, audio in item.stems.items():
        samples = np.asarray(audio[start : start + length])
        if block_levels(samples).max() <= ACTIVE:
            continue
        if samples.shape[1] == 2 and np.array_equal(samples[:, 0], samples[:, 1]):
            samples = samples[:, :1]
        # By the whole item's loudness a quiet excerpt stays quiet.
        entry["stems"][stem] = {"channels": samples.shape[1], "loudness": loudness(whole[stem])}
        files[stem] = encode(samples, KILOBITS[stem][samples.shape[1] - 1])
    return entry, files


def pack(
    out: Path, datasets: list[Path], megabytes: float, parts: int, seed: int, permissive: bool = False
) -> list[Path]:
    """Writes the parts and returns their paths; stops where they are full, or when every item is in."""
    rng = np.random.default_rng(seed)
    items = [item for root in datasets for item in read_dataset(root, tuple(SECONDS), "train", permissive)]
    # The same item may be in two datasets; and a shuffled order makes every part a fair sample.
    unique = list({(item.kind, item.name): item for item in items}.values())
    # What there is little of goes first, and into the first part: real songs.
    order = sorted(rng.permutation(len(unique)).tolist(), key=lambda i: unique[i].kind != "multitrack")
    out.mkdir(parents=True, exist_ok=True)
    paths = [out / f"part-{n}.zip" for n in range(parts)]
    archives = [zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) for path in paths]
    sizes, indices = [0] * parts, [[] for _ in range(parts)]
    with ThreadPoolExecutor(2) as threads:
        # A few ahead only: what does not fit is not worth encoding.
        jobs = [unique[i] for i in order]
        waiting = [threads.submit(encoded, item) for item in jobs[:6]]
        for number in range(len(jobs)):
            entry, files = waiting.pop(0).result()
            if number + 6 < len(jobs):
                waiting.append(threads.submit(encoded, jobs[number + 6]))
            size = sum(map(len, files.values())) + 500
            if min(sizes) > 0.98 * megabytes * 1e6:
                break
            n = 0 if entry["kind"] == "multitrack" else int(np.argmin(sizes))
            if not files or sizes[n] + size > megabytes * 1e6:
                continue
            sizes[n] += size
            for stem, data in files.items():
                name = f"{number:05}-{stem}.opus"
                archives[n].writestr(name, data)
                entry["stems"][stem]["file"] = name
            indices[n].append(entry)
    for archive, index in zip(archives, indices):
        archive.writestr("index.json", json.dumps(index))
        archive.close()
    return paths


@dataclass
class Excerpt:
    """One item of a packed dataset: int16 stems `[channels, samples]`, all equally long."""

    kind: str
    name: str
    stems: dict[str, np.ndarray]
    loudness: dict[str, float]
    licence: str
    source: str = ""


def _decoded(job: tuple[Path, dict]) -> Excerpt:
    import soundfile

    path, entry = job
    stems = {}
    with zipfile.ZipFile(path) as archive:
        for stem, stored in entry["stems"].items():
            audio, _ = soundfile.read(io.BytesIO(archive.read(stored["file"])), dtype="int16", always_2d=True)
            samples = np.zeros((stored["channels"], entry["length"]), dtype=np.int16)
            length = min(len(audio), entry["length"])
            samples[:, :length] = audio[:length].T
            stems[stem_name(stem)] = samples
    levels = {stem_name(stem): stored["loudness"] for stem, stored in entry["stems"].items()}
    return Excerpt(entry["kind"], entry["name"], stems, levels, entry["licence"], entry["source"])


def unpack(paths: list[Path], workers: int) -> Iterator[Excerpt]:
    """The excerpts of all parts, decoded by `workers` processes, at least one."""
    jobs = []
    for path in paths:
        with zipfile.ZipFile(path) as archive:
            jobs += [(path, entry) for entry in json.loads(archive.read("index.json"))]
    with ProcessPoolExecutor(max(workers, 1)) as processes:
        yield from processes.map(_decoded, jobs, chunksize=4)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--data",
        type=Path,
        action="append",
        required=True,
        help="dataset made by unbraid_training.build; may be given several times",
    )
    parser.add_argument("--megabytes", type=float, default=60.0, help="size of a part, at most")
    parser.add_argument("--parts", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--permissive", action="store_true", help="only CC0/MIT/Apache/BSD/CC-BY sources")
    args = parser.parse_args()
    for path in pack(args.out, args.data, args.megabytes, args.parts, args.seed, args.permissive):
        with zipfile.ZipFile(path) as archive:
            index = json.loads(archive.read("index.json"))
        hours = {kind: sum(e["length"] for e in index if e["kind"] == kind) / SAMPLE_RATE / 3600 for kind in KINDS}
        hours_of_kinds = ", ".join(f"{kind} {hours[kind]:.2f} h" for kind in KINDS)
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, {len(index)} items; {hours_of_kinds}")


if __name__ == "__main__":
    run(main)
