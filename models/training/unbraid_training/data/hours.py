"""Hours of a dataset by kind, stem, source, singer, kit, instrument and licence, before and after.

    python -m unbraid_training.data.hours DATASET [--before DATASET]

prints Markdown tables. A song of several sources or instruments counts for each of them.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from pathlib import Path

from ..errors import run
from .dataset import SAMPLE_RATE, Item, read_dataset

Hours = dict[str, dict[str, list[float]]]
"""Table, row: hours in all, and of them held out."""


def _instruments(item: Item) -> tuple[set[str], set[str]]:
    """Kits and instruments of an arrangement or groove, from the notes of how it was made."""
    details = item.meta.get("details", {})
    kits, instruments = ({details["kit"]} if "kit" in details else set()), set()
    for part in details.get("parts", []) if item.kind == "backing" else []:
        head, _, player = part.partition(": ")
        player = re.sub(r" (drive \d+|clean|doubled|through .*)", "", player).strip()
        player = player.split("+")[0]
        (kits if head.startswith("drums") else instruments).add(player)
    return kits, instruments


def tables(dataset: Path) -> Hours:
    """Hours by table and row; [hours, hours held out]."""
    found: Hours = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    for item in read_dataset(dataset):
        hours = item.length / SAMPLE_RATE / 3600.0
        kits, instruments = _instruments(item)
        voice = item.meta.get("details", {}).get("voice")
        rows = {
            "kind": {item.kind},
            "stem": set(item.stems),
            "source": set(item.meta["source"].split("; ")),
            "licence": set(item.meta["licence"].split("; ")),
            "singer": {voice} if voice else set(),
            "kit": kits,
            "instrument": instruments,
        }
        for table, names in rows.items():
            for name in names:
                entry = found[table][name]
                entry[0] += hours
                entry[1] += hours if item.meta["split"] == "dev" else 0.0
    return found


def report(after: Path, before: Path | None = None) -> str:
    """The tables as Markdown, largest first, with the number of rows of each in its heading."""
    new, old = tables(after), tables(before) if before else {}
    lines = []
    for table in ("kind", "stem", "source", "singer", "kit", "instrument", "licence"):
        rows, earlier = new.get(table, {}), old.get(table, {})
        names = sorted(set(rows) | set(earlier), key=lambda name: (-rows.get(name, [0.0])[0], name))
        count = f"{len(earlier)} before, {len(rows)} after" if before else f"{len(rows)}"
        heads = [table, *(["hours before"] if before else []), "hours", "of them held out"]
        lines += [f"### By {table} ({count})", "", f"| {' | '.join(heads)} |", f"|---|{'---:|' * (len(heads) - 1)}"]
        for name in names:
            hours, held = rows.get(name, [0.0, 0.0])
            was = [f"{earlier.get(name, [0.0])[0]:.2f}"] if before else []
            lines.append(f"| {' | '.join([name, *was, f'{hours:.2f}', f'{held:.2f}'])} |")
        lines.append("")
    return "\n".join(lines)


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


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--before", type=Path, help="dataset to compare with")
    options = parser.parse_args()
    print(report(options.dataset, options.before))


if __name__ == "__main__":
    run(main)
