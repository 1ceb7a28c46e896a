"""Recorded instruments: where their maps lie, what they can play, who is held out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ...data.fetch import SourceError
from ...data.repositories import Repositories
from ...data.sources import source
from ..sfz import Instrument, Region, note_number, read_sfz


@dataclass(frozen=True)
class Recorded:
    """A recorded instrument."""

    source: str
    """Its name in the catalogue."""
    map: str
    """Pattern of its SFZ map, or with `/` at the end a folder of files that are named after their notes."""
    family: str
    """What it plays: `bass`, `double bass`, `electric guitar`, `nylon guitar`, `steel guitar`, `piano` and so on."""
    transpose: int = 0
    """Semitones added before the map is asked."""
    keys: tuple[int, int] = (0, 127)
    """Keys of the map that are notes of the instrument."""
    split: str | None = None
    """Where it is not the source's."""
    given: tuple[tuple[str, str], ...] = ()
    """Symbols and controllers that the map leaves to who loads it, as `read_sfz` takes them."""


_SHINY = (("$sample_dir", "../Samples"),)

RECORDED: dict[str, Recorded] = {
    "growlybass": Recorded("growlybass", "growlybass_clean.sfz", "bass", 12, (33, 76)),
    "growlybass-dirty": Recorded("growlybass", "growlybass_vicious.sfz", "dirty bass", 12, (33, 76)),
    "bass-finger": Recorded("electric-bass-yr", "Finger*.sfz", "bass", 0, (20, 60), "train"),
    "bass-pick": Recorded("electric-bass-yr", "Picked*.sfz", "bass", 0, (20, 60), "dev"),
    "fashionbass": Recorded("fashionbass", "fashionbass_clean.sfz", "bass", 0, (23, 67)),
    "swagbass": Recorded("swagbass", "swagbass_clean.sfz", "bass", 0, (23, 69)),
    "swagbass-shiny": Recorded("swagbass", "swagbass_shiny.sfz", "bass", 0, (23, 69)),
    "bass-vi-spaghetti": Recorded("karoryfer.pastabass", "spaghetti.sfz", "bass", 12, (33, 90)),
    "bass-vi-linguine": Recorded("karoryfer.pastabass", "linguine.sfz", "bass", 12, (33, 90)),
    "bass-vi-fetuccine": Recorded("karoryfer.pastabass", "fetuccine.sfz", "bass", 12, (33, 90)),
    "bass-vi-tagliatelle": Recorded("karoryfer.pastabass", "tagliatelle.sfz", "bass", 12, (33, 90)),
    "discord-bass": Recorded("Discord-SFZ-GM-Bank", "Discord GM/Melodic/034-Electric Bass (finger).sfz", "bass"),
    "double-bass": Recorded("double-bass", "*pizz.sfz", "double bass", 0, (20, 62)),
    "meatbass": Recorded("karoryfer.meatbass", "Programs/04_pizz.sfz", "double bass", 0, (24, 67)),
    "sneakybass": Recorded("karoryfer.sneakybass", "Programs/02-sneakybass_pluck.sfz", "double bass", 12, (33, 76)),
    "emilyguitar": Recorded("emilyguitar", "emily_clean.sfz", "electric guitar", 0, (35, 89)),
    "shinyguitar": Recorded("shinyguitar", "Programs/main.sfz", "electric guitar", 0, (35, 89), None, _SHINY),
    "shinyguitar-microphone": Recorded("shinyguitar", "Programs/main.sfz", "steel guitar", 0, (35, 89), None, (*_SHINY, ("cc100", "127"))),
    "black-guitar": Recorded("black-and-green-guitars/black", "Programs/07-black_twang.sfz", "electric guitar"),
    "green-guitar": Recorded("black-and-green-guitars/green", "Programs/04-green_twang.sfz", "electric guitar"),
    "spanish-guitar": Recorded("spanish-guitar", "*.sfz", "nylon guitar", 0, (29, 90)),
    "bainter-guitar": Recorded("samples-alex-bainter/guitars", "samples/acoustic-guitar/", "steel guitar"),
    "discord-steel": Recorded("Discord-SFZ-GM-Bank", "Discord GM/Melodic/026-Acoustic Guitar (steel).sfz", "steel guitar"),
    "ganjo": Recorded("ganjo", "ganjo.sfz", "banjo"),
    "horse-pulse": Recorded("Karoryfer.HorsePulse", "Programs/03-pluck.sfz", "sitar", 0, (38, 66)),
    "sitar": Recorded("Discord-SFZ-GM-Bank", "Discord GM/Melodic/105-Sitar.sfz", "sitar"),
    "upright-piano": Recorded("upright-piano", "*.sfz", "piano"),
    "splendid-grand": Recorded("SplendidGrandPiano", "Splendid Grand Piano.sfz", "piano"),
    "vsco2-piano": Recorded("samples-alex-bainter/vsco2", "samples/vsco2-piano-mf/", "piano"),
    "cp80": Recorded("GregSullivan.E-Pianos/cp80", "CP80/CP80.sfz", "electric piano"),
    "pianet": Recorded("GregSullivan.E-Pianos/pianet", "Pianet T/Pianet T.sfz", "electric piano"),
    "wurlitzer": Recorded("GregSullivan.E-Pianos/wurlitzer", "Wurlitzer EP200/Wurlitzer EP200.sfz", "electric piano"),
    "discord-rhodes": Recorded("Discord-SFZ-GM-Bank", "Discord GM/Melodic/005-Electric Piano 1.sfz", "electric piano"),
    "weresax": Recorded("karoryfer.weresax", "Programs/Sax.sfz", "saxophone"),
    "mtg-alto": Recorded("MTG.SoloSax", "MTG Solo Saxophones/MTG Alto Sax.sfz", "saxophone", 0, (49, 81)),
    "mtg-tenor": Recorded("MTG.SoloSax", "MTG Solo Saxophones/MTG Tenor Sax.sfz", "saxophone", 0, (44, 76)),
    "mtg-soprano": Recorded("MTG.SoloSax", "MTG Solo Saxophones/MTG Soprano Sax.sfz", "saxophone", 0, (56, 88)),
    "mtg-baritone": Recorded("MTG.SoloSax", "MTG Solo Saxophones/MTG Baritone Sax.sfz", "low saxophone", 0, (36, 69)),
    "vcsl-tenor": Recorded("samples-alex-bainter/vsco2", "samples/vcsl-tenor-sax-vib/", "saxophone", -12),
    "ixox-flute": Recorded("Ixox.Flute", "Ixox Flute.sfz", "flute"),
    "vsco2-flute": Recorded("samples-alex-bainter/vsco2", "samples/vsco2-flute-susvib/", "flute", -12),
    "bassoon": Recorded("EthanWiner.Soundfonts", "Ethan Winer Collection/Ethan's Bassoon.sfz", "bassoon"),
    "winer-cello": Recorded("EthanWiner.Soundfonts", "Ethan Winer Collection/Ethan's Cello.sfz", "cello"),
    "vsco2-cello": Recorded("samples-alex-bainter/vsco2", "samples/vsco2-cello-susvib-f/", "cello", -12),
    "vsco2-cellos": Recorded("samples-alex-bainter/vsco2", "samples/vsco2-cellos-susvib-mp/", "strings", -12),
    "vsco2-violin": Recorded("samples-alex-bainter/vsco2", "samples/vsco2-violin-arcvib/", "violin"),
    "vsco2-violins": Recorded("samples-alex-bainter/vsco2", "samples/vsco2-violins-susvib/", "strings", -12),
    "discord-tremolo": Recorded("Discord-SFZ-GM-Bank", "Discord GM/Melodic/045-Tremolo Strings.sfz", "tremolo strings"),
    "discord-pizzicato": Recorded("Discord-SFZ-GM-Bank", "Discord GM/Melodic/046-Pizzicato Strings.sfz", "pizzicato"),
    "vsco2-trumpet": Recorded("samples-alex-bainter/vsco2", "samples/vsco2-trumpet-sus-f/", "trumpet", -12),
    "vsco2-trumpet-soft": Recorded("samples-alex-bainter/vsco2", "samples/vsco2-trumpet-sus-mf/", "trumpet", -12),
    "vsco2-trombone": Recorded("samples-alex-bainter/vsco2", "samples/vsco2-trombone-sus-mf/", "trombone", -12),
    "vsco2-tuba": Recorded("samples-alex-bainter/vsco2", "samples/vsco2-tuba-sus-mf/", "tuba", -12),
    "war-tuba": Recorded("karoryfer.war-tuba", "Programs/2-solo-poly.sfz", "tuba"),
    "vsco2-harp": Recorded("samples-alex-bainter/vsco2", "samples/vsco2-harp/", "harp"),
    "vsco2-marimba": Recorded("samples-alex-bainter/vsco2", "samples/vsco2-marimba/", "marimba", -12),
    "vcsl-vibraphone": Recorded("samples-alex-bainter/vsco2", "samples/vcsl-vibraphone-soft-mallets-mp/", "vibraphone", -12),
    "vsco2-glockenspiel": Recorded("samples-alex-bainter/vsco2", "samples/vsco2-glock/", "glockenspiel"),
}  # fmt: skip
"""Recorded instruments that the builder can use."""

FAMILIES: dict[int, str] = {
    **dict.fromkeys(range(4), "piano"),
    **dict.fromkeys((4, 5), "electric piano"),
    9: "glockenspiel",
    11: "vibraphone",
    12: "marimba",
    40: "violin",
    42: "cello",
    44: "tremolo strings",
    45: "pizzicato",
    46: "harp",
    48: "strings",
    49: "strings",
    56: "trumpet",
    57: "trombone",
    58: "tuba",
    61: "trombone",
    **dict.fromkeys((64, 65, 66), "saxophone"),
    67: "low saxophone",
    70: "bassoon",
    73: "flute",
    104: "sitar",
    105: "banjo",
}
"""Family that plays a General MIDI program; guitars and basses have players of their own."""


def instrument_folder(name: str, instruments: Path | None, repositories: Repositories | None) -> Path | None:
    """Folder of a recorded instrument's source; None where it is not to be had."""
    entry = source(RECORDED[name].source)
    if entry.origin == "folder":
        folder = None if instruments is None else Path(instruments) / entry.package
        return folder if folder is not None and folder.is_dir() else None
    return None if repositories is None else repositories.have(entry.name)


def read_recorded(name: str, folder: Path) -> Instrument:
    """Reads a recorded instrument from the folder of its source."""
    entry = RECORDED[name]
    if entry.map.endswith("/"):
        return Instrument(name, named_notes(folder / entry.map), entry.transpose)
    maps = sorted(folder.glob(entry.map.replace("[", "[[]")))
    if not maps:
        raise SourceError(f"{folder} holds no map {entry.map}; get the folder again, or leave its source out")
    return read_sfz(maps[0], entry.transpose, entry.keys, name, dict(entry.given))


_NAMED = re.compile(r"([a-g])(sharp|flat)?(-?\d)(_\d+)?")


def named_notes(folder: Path) -> list[Region]:
    """Regions of files that are named after their notes, `asharp3.wav`; each plays the keys nearest to it."""
    found: dict[int, list[Path]] = {}
    for path in sorted(folder.glob("*")):
        if path.suffix.lower() in (".wav", ".ogg", ".flac") and (match := _NAMED.fullmatch(path.stem.lower())):
            accent = {"sharp": "#", "flat": "b", None: ""}[match[2]]
            found.setdefault(note_number(match[1] + accent + match[3]), []).append(path)
    keys = sorted(found)
    regions = []
    for at, key in enumerate(keys):
        low = (keys[at - 1] + key) // 2 + 1 if at else max(0, key - 5)
        high = (key + keys[at + 1]) // 2 if at + 1 < len(keys) else min(127, key + 5)
        regions += [Region(path, low, high, float(key)) for path in found[key]]
    return regions
