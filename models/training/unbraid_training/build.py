"""Builds the whole dataset with one command::

    python -m unbraid_training.build --data DIR --shared DIR [--only KIND …] [--hours-singing 4] …

Everything that exists is kept, so a build that was stopped goes on where it was. Debian packages are
downloaded into `DIR/debs` and unpacked into `DIR/unpacked`.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path

from .data.dataset import KINDS, SAMPLE_RATE, read_dataset
from .errors import run


def main(arguments: list[str] | None = None) -> None:
    """Command line entry; see `--help`."""
    parser = argparse.ArgumentParser(prog="unbraid_training.build", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the dataset, made if absent")
    parser.add_argument(
        "--shared",
        type=Path,
        help="folder that holds everything-is-free, instruments and sung-syllables, as far as had",
    )
    parser.add_argument(
        "--songs",
        type=Path,
        action="append",
        default=[],
        help="one's own folder of songs as stems, such as MUSDB18-HQ or MoisesDB; may be given several times",
    )
    parser.add_argument("--only", nargs="+", choices=KINDS, default=list(KINDS), help="kinds to build; default: all")
    parser.add_argument("--hours-singing", type=float, default=4.0)
    parser.add_argument("--hours-speech", type=float, default=1.5)
    parser.add_argument("--hours-instrumental", type=float, default=10.0)
    parser.add_argument("--hours-backing", type=float, default=8.0)
    parser.add_argument("--hours-loops", type=float, default=2.0)
    parser.add_argument("--permissive", action="store_true", help="only CC0, MIT, Apache, BSD and CC BY sources")
    parser.add_argument("--seed", type=int, default=0, help="another seed gives other takes and arrangements")
    options = parser.parse_args(arguments)
    options.data.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        if kind not in options.only:
            continue
        began = time.monotonic()
        _build(kind, options)
        print(f"{kind}: done in {time.monotonic() - began:.0f} s", flush=True)
    print(summary(options.data))


def _build(kind: str, options: argparse.Namespace) -> None:
    # Imported here: each kind needs packages and tools that a build of the others does not.
    dataset, shared = options.data, options.shared
    if kind == "multitrack":
        from .recordings import multitrack

        if shared is None:
            print("multitrack: left out, --shared is not given", flush=True)
        else:
            multitrack.build(dataset, shared)
        for folder in options.songs:
            print(f"multitrack: {multitrack.build_folder(dataset, folder)} songs in {folder}", flush=True)
    elif kind == "instrumental":
        from .recordings import instrumentals

        instrumentals.build(dataset, dataset, options.hours_instrumental, options.permissive)
    elif kind == "singing":
        from .voices import takes

        takes.build_singing(dataset, dataset, shared, options.hours_singing, options.permissive, options.seed)
    elif kind == "speech":
        from .voices import takes

        takes.build_speech(dataset, dataset, shared, options.hours_speech, options.permissive, options.seed)
    elif kind == "backing":
        from .arrangement import backing

        # Each song notes in its meta data whether all it uses is permissive; `read_dataset` then selects.
        backing.build(dataset, dataset, shared and shared / "instruments", options.hours_backing, options.seed)
    elif kind == "loops":
        from .recordings import guitars, loops

        guitars.build(dataset, dataset, options.permissive)
        loops.build(dataset, dataset, None, options.hours_loops, options.seed, permissive=options.permissive)


def summary(data: Path) -> str:
    """Hours and disk per kind and source, as text; songs of several sources count for each of them."""
    totals: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for item in read_dataset(data):
        hours = item.length / SAMPLE_RATE / 3600.0
        size = sum(array.nbytes for array in item.stems.values()) / 1e9
        for name in ("", *item.meta["source"].split("; ")):
            entry = totals[(item.kind, name)]
            entry[0] += hours
            entry[1] += hours if item.meta["split"] == "dev" else 0.0
            entry[2] += size
    lines = [f"{'kind':13} {'source':40} {'hours':>7} {'of it dev':>9} {'GB':>6}"]
    for (kind, name), (hours, held_out, size) in sorted(totals.items()):
        lines.append(f"{kind:13} {name or 'all':40} {hours:7.2f} {held_out:9.2f} {size:6.1f}")
    return "\n".join(lines)


if __name__ == "__main__":
    run(main)
