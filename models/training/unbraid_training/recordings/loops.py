"""Recorded loops of one stem, repeated, sliced and processed into takes, into dataset kind `loops`.

python -m unbraid_training.recordings.loops --data DIR --hours H --seed S
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..data.dataset import SAMPLE_RATE, write_item
from ..data.fetch import debian_package
from ..data.sources import source
from ..errors import run
from ..instruments import effects as fx
from ..instruments.sampling import SampleCache, resample


@dataclass(frozen=True)
class Loop:
    """A sound file that holds a whole number of bars of one stem."""

    package: str
    file: str
    stem: str
    split: str = "train"


_SONIC = "usr/share/sonic-pi/samples/loop_{}.flac"
_LMMS = "usr/share/lmms/samples/{}.ogg"

LOOPS = (
    *(
        Loop("sonic-pi-samples", _SONIC.format(n), "drums")
        for n in ("amen", "amen_full", "breakbeat", "compus", "industrial")
    ),
    Loop("sonic-pi-samples", _SONIC.format("tabla"), "drums", "dev"),
    *(
        Loop("lmms-common", _LMMS.format(f"beats/{n}"), "drums")
        for n in (
            "909beat01",
            "break01",
            "break02",
            "electro_beat01",
            "electro_beat02",
            "house_loop01",
            "jungle01",
            "rave_kick01",
            "rave_hihat01",
            "rave_snare01",
        )
    ),
    Loop("lmms-common", _LMMS.format("beats/break03"), "drums", "dev"),
    *(
        Loop("lmms-common", _LMMS.format(f"bassloops/{n}"), "bass")
        for n in ("briff01", "tb303_01", "techno_bass01", "rave_bass02")
    ),
    Loop("lmms-common", _LMMS.format("bassloops/techno_bass02"), "bass", "dev"),
    *(
        Loop("lmms-common", _LMMS.format(f"bassloops/{n}"), "other")
        for n in ("techno_synth01", "techno_synth02", "techno_synth03", "techno_synth04")
    ),
)
"""Loops that hold nothing but their stem (others of these packages mix bass or tones into the beat)."""


def take(audio: np.ndarray, stem: str, rng: np.random.Generator, seconds: float) -> np.ndarray:
    """A loop as a take of about `seconds`: other speed, slices swapped now and then, processed."""
    rate = float(rng.uniform(0.82, 1.25))
    audio = resample(audio, rate, int(len(audio) / rate))
    if rng.random() < 0.35:
        audio = fx.mono(audio)
    slices = int(rng.choice([8, 16]))
    size = max(1, len(audio) // slices)
    fade = np.ones(size, dtype=np.float32)
    edge = min(64, size // 4)
    if edge:
        fade[:edge] = np.linspace(0, 1, edge)
        fade[-edge:] = np.linspace(1, 0, edge)
    chop = float(rng.choice([0.0, 0.15, 0.4])) if stem == "drums" else float(rng.choice([0.0, 0.1]))
    pieces = []
    total = 0
    while total < seconds * SAMPLE_RATE:
        if rng.random() < 0.5 and chop > 0:
            for i in range(slices):
                which = int(rng.integers(slices)) if rng.random() < chop else i
                piece = audio[which * size : (which + 1) * size]
                piece = piece * (fade if piece.ndim == 1 else fade[:, None])
                if rng.random() < chop * 0.1:
                    piece = piece * np.float32(0.0)
                pieces.append(piece)
                total += len(piece)
        else:
            pieces.append(audio)
            total += len(audio)
    out = np.concatenate(pieces)
    if rng.random() < 0.7:
        out = fx.random_eq(out, rng, 4.0)
    if rng.random() < 0.6:
        out = fx.compressor(out, rng.uniform(1.5, 5), rng.uniform(4, 16))
    if rng.random() < 0.4:
        out = fx.saturate(out, rng.uniform(0, 10))
    if stem != "bass" and rng.random() < 0.4:
        out = fx.reverb(out, rng, float(rng.uniform(0.2, 1.2)), rng.uniform(-24, -10), wide=bool(rng.random() < 0.6))
    out = fx.limiter(out, rng.uniform(10, 18))
    peak = float(np.abs(out).max())
    return out * np.float32(fx.db(-6.0) / max(peak, 1e-6))


def build(
    root: Path,
    cache: Path,
    instruments: Path | None,
    hours: float,
    seed: int,
    workers: int = 1,
    permissive: bool = False,
    log=print,
) -> int:
    """Writes takes until this seed has `hours` of them; returns how many were made now.

    `instruments` and `workers` are there so that every builder is called alike; loops need neither.
    """
    del instruments, workers
    loops = [loop for loop in LOOPS if source(loop.package).permissive or not permissive]
    sounds = SampleCache()
    have, made, number = 0.0, 0, 0
    while have < hours * 3600:
        loop = loops[number % len(loops)]
        name = f"loop-{seed:03d}-{number:04d}-{Path(loop.file).stem.replace('_', '-')}"
        number += 1
        folder = Path(root) / "loops" / name
        if (folder / "meta.json").exists():
            have += len(np.load(folder / f"{loop.stem}.npy", mmap_mode="r")) / SAMPLE_RATE
            continue
        rng = np.random.default_rng([seed, number])
        audio = take(
            sounds.load(debian_package(loop.package, cache) / loop.file), loop.stem, rng, float(rng.uniform(35, 60))
        )
        meta = {**source(loop.package).meta(loop.split), "details": {"file": Path(loop.file).name}}
        write_item(root, "loops", name, {loop.stem: audio}, meta)
        have += len(audio) / SAMPLE_RATE
        made += 1
    log(f"loops: {made} takes made, {have / 3600:.2f} h of seed {seed}")
    return made


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--hours", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--permissive", action="store_true", help="only CC0 loops")
    options = parser.parse_args()
    build(options.data, options.cache or options.data, None, options.hours, options.seed, permissive=options.permissive)


if __name__ == "__main__":
    run(main)
