"""The catalogue of everything the training data is built from: where it comes from and under which licence.

Builders take their meta data from here and the model card prints it, so a source that is not in
the catalogue cannot reach the dataset. Licences are those that the packages' own copyright files and
the repositories' own licence files give for the audio that is used (not for their code); where one
package carries several, it has one entry per licence, named `package/part`.
"""

from __future__ import annotations

from pathlib import Path

from .dataset import SAMPLE_RATE, read_dataset
from .origins.entry import Source
from .origins.instruments import INSTRUMENTS
from .origins.kits import KITS
from .origins.notes import NOTES
from .origins.recorded import RECORDED
from .origins.singers import SINGERS
from .origins.songs import SONGS
from .origins.voices import VOICES

CATALOGUE: tuple[Source, ...] = SONGS + VOICES + SINGERS + NOTES + INSTRUMENTS + RECORDED + KITS


def source(name: str) -> Source:
    """The catalogue's entry of that name."""
    for entry in CATALOGUE:
        if entry.name == name:
            return entry
    raise KeyError(f"source {name!r} is not in the catalogue: add it to data/origins with its licence")


def used(dataset: Path) -> dict[str, float]:
    """Hours of a dataset's items per source, for the model card; songs of several sources count for each."""
    totals: dict[str, float] = {}
    for item in read_dataset(dataset):
        for name in item.meta["source"].split("; "):
            totals[name] = totals.get(name, 0.0) + item.length / SAMPLE_RATE / 3600.0
    return dict(sorted(totals.items()))


def markdown_table() -> str:
    """The catalogue as a Markdown table, for the model card."""
    lines = [
        "| source | from | used for | licence | permissive | split | what |",
        "|---|---|---|---|---|---|---|",
    ]
    for entry in CATALOGUE:
        free = "yes" if entry.permissive else "no"
        kinds = ", ".join(entry.kinds)
        origin = (
            f"[{entry.origin}](https://github.com/{entry.repository.split('@')[0]})"
            if entry.repository
            else entry.origin
        )
        credit = f"; {entry.credit}" if entry.credit else ""
        lines.append(
            f"| {entry.name} | {origin} | {kinds} | {entry.licence} | {free} | {entry.split} | {entry.note}{credit} |"
        )
    return "\n".join(lines)


PREFACE = """# Sources

All that the catalogue (`training/unbraid_training/data/origins`) holds, with licence, split and credit, as
`python -m unbraid_training.data.sources` prints it. Recordings of split `dev` are held out and in no network.
Hours are in [pool.md](pool.md); what each network heard is in [README.md](README.md#data-and-licences).
"""


if __name__ == "__main__":
    print(PREFACE + "\n" + markdown_table())
