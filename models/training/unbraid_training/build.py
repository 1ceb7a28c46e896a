"""Builds the whole dataset with one command::

    python -m unbraid_training.build --data DIR --shared DIR [--mirrors DIR] [--only KIND …] [--hours-singing 4] …

Everything that exists is kept, so a build that was stopped goes on where it was. Debian packages are
downloaded into `DIR/debs` and unpacked into `DIR/unpacked`; public repositories are cloned at the commit that the
catalogue names, into `DIR/repositories`. What cannot be had is named and left out.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from .data.dataset import KINDS
from .data.fetch import SourceError
from .data.hours import summary
from .data.repositories import HOST, Repositories
from .errors import run

BUILT = tuple(kind for kind in KINDS if kind != "estimates")
"""Kinds that are built here; estimates need a separator (`training.estimates`)."""

HOURS = {
    "--hours-backing": 8.0,
    "--hours-singing": 4.0,
    "--hours-speech": 1.5,
    "--hours-instrumental": 10.0,
    "--hours-loops": 2.0,
    "--hours-notes": 3.0,
    "--hours-phrases": 2.0,
    "--hours-grooves": 3.0,
}
"""Options, and default hours, of the kinds of which there may be more or less."""


def main(arguments: list[str] | None = None) -> None:
    """Command line entry; see `--help`."""
    parser = argparse.ArgumentParser(prog="unbraid_training.build", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the dataset, made if absent")
    parser.add_argument("--cache", type=Path, help="folder of packages and repositories; default: the dataset's")
    parser.add_argument(
        "--shared",
        type=Path,
        help="folder that holds everything-is-free, instruments, singers, played, groove-midi, songs and "
        "sung-syllables, as far as had",
    )
    parser.add_argument(
        "--mirrors", type=Path, help="folder of clones of public repositories (OWNER+NAME or NAME), asked before GitHub"
    )
    parser.add_argument("--no-clone", action="store_true", help="take repositories from --mirrors alone")
    parser.add_argument(
        "--songs",
        type=Path,
        action="append",
        default=[],
        help="one's own folder of songs as stems, such as MUSDB18-HQ or MoisesDB; may be given several times",
    )
    parser.add_argument("--only", nargs="+", choices=BUILT, default=list(BUILT), help="kinds to build; default: all")
    for option, hours in HOURS.items():
        parser.add_argument(option, type=float, default=hours, help=f"default: {hours:g}")
    parser.add_argument("--permissive", action="store_true", help="only CC0, MIT, Apache, BSD and CC BY sources")
    parser.add_argument("--seed", type=int, default=0, help="another seed gives other takes and arrangements")
    options = parser.parse_args(arguments)
    options.data.mkdir(parents=True, exist_ok=True)
    options.cache = options.cache or options.data
    options.repositories = Repositories(options.cache, options.mirrors, None if options.no_clone else HOST)
    for kind in BUILT:
        if kind not in options.only:
            continue
        began = time.monotonic()
        _build(kind, options)
        print(f"{kind}: done in {time.monotonic() - began:.0f} s", flush=True)
    for reason in options.repositories.missing.values():
        print(f"left out: {reason}", flush=True)
    print(summary(options.data))


def _build(kind: str, options: argparse.Namespace) -> None:
    # Imported here: each kind needs packages and tools that a build of the others does not.
    dataset, cache, shared, repositories = options.data, options.cache, options.shared, options.repositories
    permissive, seed = options.permissive, options.seed
    if kind == "multitrack":
        from .recordings import multitrack

        if shared is None:
            print("multitrack: left out, --shared is not given", flush=True)
        else:
            multitrack.build(dataset, shared)
            if not permissive and not multitrack.build_bristol(dataset, shared):
                print(f"left out: {shared}/songs/bristol-7s-political-captain is missing", flush=True)
        for folder in options.songs:
            print(f"multitrack: {multitrack.build_folder(dataset, folder)} songs in {folder}", flush=True)
    elif kind == "instrumental":
        from .recordings import instrumentals

        instrumentals.build(dataset, cache, options.hours_instrumental, permissive)
    elif kind == "singing":
        from .voices import takes

        takes.build_singing(dataset, cache, shared, options.hours_singing, permissive, seed, repositories=repositories)
    elif kind == "speech":
        from .voices import recorded, takes

        recorded.build(dataset, shared, repositories, kind, options.hours_speech / 4, permissive, seed)
        takes.build_speech(dataset, cache, shared, options.hours_speech, permissive, seed)
    elif kind in ("notes", "phrases"):
        from .voices import recorded

        hours = options.hours_notes if kind == "notes" else options.hours_phrases
        recorded.build(dataset, shared, repositories, kind, hours, permissive, seed)
    elif kind == "backing":
        from .arrangement import backing

        # Each song notes in its meta data whether all it uses is permissive; `read_dataset` then selects.
        instruments = shared and shared / "instruments"
        backing.build(dataset, cache, instruments, options.hours_backing, seed, repositories=repositories)
    elif kind == "loops":
        from .recordings import guitars, loops

        guitars.build(dataset, cache, permissive)
        loops.build(dataset, cache, None, options.hours_loops, seed, permissive=permissive)
    elif kind == "played":
        from .recordings import played

        _named(kind, shared, lambda: played.build(dataset, shared, permissive))
    elif kind == "mixes":
        from .recordings import mixes

        _named(kind, shared, lambda: mixes.build(dataset, shared, permissive))
    elif kind == "grooves":
        from .recordings import grooves

        hours = options.hours_grooves
        _named(kind, shared, lambda: grooves.build(dataset, cache, shared, repositories, hours, permissive, seed))


def _named(kind: str, shared: Path | None, build) -> None:
    """Builds a kind that needs a folder below --shared, or says that it is left out and why."""
    if shared is None:
        print(f"{kind}: left out, --shared is not given", flush=True)
        return
    try:
        build()
    except SourceError as error:
        print(f"{kind}: left out, {error}", flush=True)


if __name__ == "__main__":
    run(main)
