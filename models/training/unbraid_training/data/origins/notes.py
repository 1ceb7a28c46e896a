"""Notes: arrangements, MIDI that people wrote or played, what this package computes itself; and amplifiers."""

from __future__ import annotations

from .entry import Source

NOTES: tuple[Source, ...] = (
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
    Source(
        "groove-midi",
        "folder",
        ("grooves",),
        "CC-BY-4.0",
        True,
        "mixed",
        "Groove MIDI Dataset (Gillick et al., 2019): ten drummers' playing as notes; two drummers are held out",
        "zharry29/drums-with-llm@476adbc938a6",
        "Groove MIDI Dataset by Google LLC",
    ),
    Source(
        "NeuralPi",
        "git",
        ("backing",),
        "GPL-3.0-only",
        False,
        "train",
        "captures of a Blues Junior, an HT-40 and a TS9 by GuitarML: what guitars are played through",
        "GuitarML/NeuralPi@8cf91089f2e58f30ebfd15a094307e8e736e5077",
        "NeuralPi by GuitarML (Keith Bloemer)",
    ),
)
