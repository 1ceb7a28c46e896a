"""Backing songs: an arrangement rendered to aligned drums, bass and other stems, written to the dataset.

    python -m unbraid_training.arrangement.backing --data DIR [--instruments DIR] --hours H --seed S --skip-existing

Song number n of a seed is always the same song, whatever was built before.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from pathlib import Path

import numpy as np

from ..data.dataset import SAMPLE_RATE, write_item
from ..data.fetch import SourceError
from ..data.repositories import Repositories
from ..errors import run
from ..instruments import effects as fx
from ..instruments.midi import Song
from ..instruments.players.bass import play_bass
from ..instruments.players.drums import play_drums
from ..instruments.players.other import play_other
from ..instruments.players.studio import Palette, Scene, Studio
from . import arrangements, compose

DEVELOPMENT_SHARE = 0.05
PERMISSIVE_SHARE = 0.32
SECONDS = (90.0, 150.0)

_GENRE_ODDS = {
    "rock": 3,
    "hard_rock": 3,
    "zeppelin": 1.5,
    "punk": 1.5,
    "metal": 3,
    "extreme": 1,
    "doom": 1,
    "country": 2.5,
    "folk": 1.5,
    "ballad": 1.5,
    "pop": 3,
    "indie": 2,
}


def choose_song(rng: np.random.Generator, accompanist, cache: Path, split: str, permissive: bool) -> Song:
    """An arrangement: made up here, compiled by mma, or written by people."""
    seconds = float(rng.uniform(*SECONDS))
    kind = rng.random()
    if kind < 0.56:
        names = list(compose.GENRES)
        odds = np.array([_GENRE_ODDS.get(n, 1.0) for n in names])
        return compose.compose(rng, names[rng.choice(len(names), p=odds / odds.sum())], seconds)
    if kind < 0.84:
        for _ in range(6):
            try:
                return accompanist.song(rng, seconds, split)
            except SourceError:
                continue  # some grooves refuse some songs; another style will do
        raise SourceError("mma refused six songs in a row; delete unpacked/mma to unpack it again")
    if split == "dev" and permissive:
        permissive = False
    return arrangements.human_song(cache, rng, seconds, split, permissive)


def render(song: Song, palette: Palette, rng: np.random.Generator) -> tuple[dict[str, np.ndarray], dict]:
    """Stems of a song in natural balance, the loudest peak near −6 dBFS, and how they were made."""
    samples = int((min(song.length, SECONDS[1] + 8) + 1.5) * SAMPLE_RATE)
    scene = Scene.draw(rng)
    stems: dict[str, np.ndarray] = {}
    how: dict = {"genre": song.genre, "width": scene.width, "parts": []}
    quiet_drums = 0.0
    others = [p for p in song.parts if p.role == "other"]
    if len(others) > 5:
        ranked = sorted(others, key=lambda p: -float(p.notes[:, 1].sum()))
        others = ranked[: int(rng.integers(3, 6))]
    for part in song.parts:
        if part.role == "drums":
            audio, name = play_drums(part, song, palette, scene, samples, rng)
            how["parts"].append(f"drums {part.name}: {name}")
            if "brush" in part.style or part.name in ("cross_stick", "hands"):
                quiet_drums = float(rng.uniform(0, 9))
            _mix(stems, "drums", audio)
        elif part.role == "bass":
            audio, name = play_bass(part, song, palette, scene, samples, rng)
            how["parts"].append(f"bass {part.style or part.program}: {name}")
            _mix(stems, "bass", audio)
    total = None
    for part in others:
        played = play_other(part, song, palette, scene, samples, rng)
        if played is None:
            continue
        audio, name = played
        how["parts"].append(f"other {part.style}/{part.name or part.program}: {name}")
        gain = fx.db(float(np.clip(rng.normal(2.0 if part.style in ("lead", "drive") else 0.0, 3.0), -6, 6)))
        total = audio * np.float32(gain) if total is None else fx.add(total, audio, gain)
    if total is not None:
        if rng.random() < 0.25:
            total = fx.compressor(total, rng.uniform(1.5, 3), rng.uniform(4, 10))
        stems["other"] = total
    targets = {
        "drums": -21.0 - quiet_drums + rng.normal(0, 2.5),
        "bass": -21.5 + rng.normal(0, 2.5),
        "other": -20.5 + rng.normal(0, 2.5),
    }
    out = {}
    for stem, audio in stems.items():
        if fx.active_rms(audio) < 1e-5 or not np.isfinite(audio).all():
            continue
        audio = fx.limiter(
            audio, {"drums": rng.uniform(12, 20), "bass": rng.uniform(8, 15), "other": rng.uniform(10, 17)}[stem]
        )
        audio = fx.level_to(audio, targets[stem])
        if audio.ndim == 2 and np.max(np.abs(audio[:, 0] - audio[:, 1])) < 1e-4:
            audio = fx.mono(audio)
        out[stem] = audio
    if out:
        peak = max(float(np.abs(a).max()) for a in out.values())
        gain = np.float32(fx.db(-6.0) / peak)
        out = {stem: _fade(audio * gain) for stem, audio in out.items()}
    return out, how


def _mix(stems: dict, stem: str, audio: np.ndarray) -> None:
    stems[stem] = audio if stem not in stems else fx.add(stems[stem], audio)


def _fade(audio: np.ndarray) -> np.ndarray:
    n = min(len(audio), SAMPLE_RATE // 2)
    ramp = np.linspace(1, 0, n, dtype=np.float32)
    audio = audio.astype(np.float32)
    audio[-n:] *= ramp if audio.ndim == 1 else ramp[:, None]
    return audio


def item_name(seed: int, number: int, only_permissive: bool = False) -> str:
    """Folder name of song `number` of a seed."""
    return f"{'free-' if only_permissive else ''}song-{seed:03d}-{number:05d}"


_WORKSHOP: dict = {}


def _workshop(
    cache: Path, instruments: Path | None, repositories: Repositories | None
) -> tuple[Studio, arrangements.Accompanist]:
    """The process's loaded instruments."""
    slot = (str(cache), str(instruments), repositories and str(repositories.folder))
    if slot not in _WORKSHOP:
        _WORKSHOP[slot] = (Studio(Path(cache), instruments, repositories), arrangements.Accompanist(Path(cache)))
    return _WORKSHOP[slot]


def build_song(
    root: Path,
    cache: Path,
    instruments: Path | None,
    repositories: Repositories | None,
    only_permissive: bool,
    seed: int,
    number: int,
) -> float:
    """Makes and writes one song; returns its seconds (0 if the draw was empty and nothing was written)."""
    studio, accompanist = _workshop(Path(cache), instruments, repositories)
    rng = np.random.default_rng([seed, number])
    split = "dev" if rng.random() < DEVELOPMENT_SHARE and not only_permissive else "train"
    permissive = split == "train" and (rng.random() < PERMISSIVE_SHARE or only_permissive)
    palette = Palette(studio, permissive, split)
    song = choose_song(rng, accompanist, Path(cache), split, permissive)
    for name in song.sources:
        palette.note(name)
    stems, how = render(song, palette, rng)
    if not stems:
        return 0.0
    used = sorted(palette.used.values(), key=lambda s: s.name)
    meta = {
        "source": "; ".join(s.name for s in used),
        "licence": "; ".join(sorted({s.licence for s in used})),
        "permissive": all(s.permissive for s in used),
        "split": split,
        "tempo_bpm": round(song.tempo, 2),
        "key": int(song.key),
        "minor": bool(song.minor),
        "details": {**how, "note": "notes compiled by mma are not covered by its licence"}
        if "mma" in song.sources
        else how,
    }
    write_item(root, "backing", item_name(seed, number, only_permissive), stems, meta)
    return max(len(a) for a in stems.values()) / SAMPLE_RATE


def _task(arguments) -> tuple[int, float]:
    return arguments[-1], build_song(*arguments)


def build(
    root: Path,
    cache: Path,
    instruments: Path | None,
    hours: float,
    seed: int,
    workers: int = 1,
    skip_existing: bool = True,
    permissive: bool = False,
    log=print,
    repositories: Repositories | None = None,
) -> int:
    """Builds songs until `hours` of this seed are there; returns how many were made now.

    `permissive` makes every song from permissive sources alone (other songs, under other names).
    `workers` processes render songs side by side. A song that exists is kept unless `skip_existing` is False.
    """
    root = Path(root)
    made, have, number, began = 0, 0.0, 0, time.monotonic()
    started = 0.0
    pending: list = []
    processes = multiprocessing.get_context("spawn").Pool(workers) if workers > 1 else None
    try:
        while have < hours * 3600:
            path = root / "backing" / item_name(seed, number, permissive)
            if skip_existing and (path / "meta.json").exists():
                first = next(path.glob("*.npy"))
                have += len(np.load(first, mmap_mode="r")) / SAMPLE_RATE
                number += 1
                continue
            tasks = [(root, cache, instruments, repositories, permissive, seed, number + i) for i in range(workers)]
            pending = processes.map(_task, tasks) if processes else [_task(t) for t in tasks]
            number += workers
            for index, seconds in pending:
                have += seconds
                started += seconds
                made += seconds > 0
                if index % 10 == 0:
                    spent = time.monotonic() - began
                    log(
                        f"backing {item_name(seed, index, permissive)}: {have / 3600:.2f} h, "
                        f"{started / max(spent, 1e-6):.1f} times real time"
                    )
    finally:
        if processes:
            processes.terminate()
    return made


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        help="root of the dataset; also the cache of packages unless --cache is given",
    )
    parser.add_argument("--cache", type=Path, help="folder with debs/ and unpacked/")
    parser.add_argument(
        "--instruments",
        type=Path,
        help="folder with the recorded instruments (SFZ); without it banks and synthesizers play everything",
    )
    parser.add_argument("--mirrors", type=Path, help="folder of clones of public repositories, asked before GitHub")
    parser.add_argument("--hours", type=float, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument(
        "--permissive", action="store_true", help="only CC0, MIT, Apache, BSD, CC BY and public-domain sources"
    )
    parser.add_argument("--skip-existing", action="store_true", help="keep songs that are already there")
    options = parser.parse_args()
    build(
        options.data,
        options.cache or options.data,
        options.instruments,
        options.hours,
        options.seed,
        options.workers,
        options.skip_existing,
        options.permissive,
        lambda line: print(line, flush=True),
        Repositories(options.cache or options.data, options.mirrors),
    )


if __name__ == "__main__":
    run(main)
