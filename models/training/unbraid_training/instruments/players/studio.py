"""What players share: the loaded instruments, which of them a song may use, and its room."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...data.fetch import SourceError
from ...data.repositories import Repositories
from ...data.sources import Source, source
from .. import effects as fx
from ..kits.folders import kit_folder
from ..midi import KEY, START, Part, Song
from ..sampling import SampleCache
from ..sfz import Instrument
from ..soundfonts import FONTS, FontPlayer
from .recorded import RECORDED, instrument_folder, read_recorded


@dataclass
class Studio:
    """Everything loaded once per process."""

    cache: Path
    instruments: Path | None
    repositories: Repositories | None = None
    fonts: FontPlayer = field(init=False)
    samples: SampleCache = field(default_factory=SampleCache)
    loaded: dict[str, Instrument] = field(default_factory=dict)
    folders: dict[str, Path | None] = field(default_factory=dict)

    def __post_init__(self):
        self.fonts = FontPlayer(self.cache, self.repositories)

    def folder(self, name: str) -> Path | None:
        """Folder of a recorded instrument; None where it cannot be had."""
        if name not in self.folders:
            self.folders[name] = instrument_folder(name, self.instruments, self.repositories)
        return self.folders[name]

    def kit(self, name: str) -> Path | None:
        """Folder of a recorded kit; None where it cannot be had."""
        slot = f"kit {name}"
        if slot not in self.folders:
            self.folders[slot] = kit_folder(name, self.instruments, self.repositories)
        return self.folders[slot]

    def recorded(self, name: str) -> Instrument:
        """A recorded instrument by its name in `RECORDED`."""
        if name not in self.loaded:
            folder = self.folder(name)
            if folder is None:
                raise SourceError(
                    f"recordings of {name} are not here; clone {RECORDED[name].source} from GitHub (see the README) or "
                    "leave out --instruments"
                )
            self.loaded[name] = read_recorded(name, folder)
        return self.loaded[name]


@dataclass
class Palette:
    """Instruments that a song may use."""

    studio: Studio
    permissive: bool
    split: str
    used: dict[str, Source] = field(default_factory=dict)

    def note(self, name: str) -> None:
        """Records a source of the song, by its name in the catalogue."""
        self.used[name] = source(name)

    def allows(self, name: str, split: str | None = None) -> bool:
        """True where a source of the catalogue suits this song's split and licence."""
        entry = source(name)
        return (entry.permissive or not self.permissive) and (split or entry.split) == self.split

    def has(self, name: str) -> bool:
        """True where a recorded instrument is allowed and to be had."""
        entry = RECORDED[name]
        return self.allows(entry.source, entry.split) and self.studio.folder(name) is not None

    def family(self, family: str) -> list[str]:
        """Recorded instruments of a family that this song may use."""
        return [name for name, entry in RECORDED.items() if entry.family == family and self.has(name)]

    def pick(self, family: str, rng: np.random.Generator) -> str | None:
        """One of them: first whose, then which of their instruments; None where there is none."""
        names = self.family(family)
        if not names:
            return None
        sources = list(dict.fromkeys(RECORDED[name].source for name in names))
        chosen = sources[int(rng.integers(len(sources)))]
        names = [name for name in names if RECORDED[name].source == chosen]
        name = names[int(rng.integers(len(names)))]
        self.note(chosen)
        return name

    def captures(self) -> Path | None:
        """Folder of captured amplifiers; None where this song may not use them or they cannot be had."""
        studio = self.studio
        if studio.repositories is None or not self.allows("NeuralPi"):
            return None
        if "captures" not in studio.folders:
            studio.folders["captures"] = studio.repositories.have("NeuralPi")
        return studio.folders["captures"]

    def font(self, rng: np.random.Generator, drums: bool = False) -> str:
        """Name of a bank that this song may use."""
        names, odds = [], []
        for name, font in FONTS.items():
            if (
                not self.allows(font.package)
                or not (font.drums if drums else font.melodic)
                or not self.studio.fonts.has(name)
            ):
                continue
            names.append(name)
            odds.append(
                {
                    "opl3-soundfont": 0.25,
                    "csound-soundfont": 0.35 if not drums else 0.15,
                    "musescore-general-soundfont": 1.2,
                    "generaluser-gs": 1.6,
                }.get(name, 1.0)
            )
        odds = np.array(odds)
        name = names[rng.choice(len(names), p=odds / odds.sum())]
        self.note(FONTS[name].package)
        return name

    def preset(self, program: int, rng: np.random.Generator) -> tuple[str, int, str]:
        """A bank that this song may use, one of its presets for a program, and the name of both."""
        font = self.font(rng)
        banks = self.studio.fonts.banks(font, program) or [0]
        bank = banks[int(rng.integers(len(banks)))]
        return font, bank, f"{font}:{program}" + (f".{bank}" if bank else "")


@dataclass
class Scene:
    """Sound of a whole song: room and width common to its players."""

    width: float
    """0 everything dry and mono, 1 wide."""
    room: float
    wet_db: float

    @staticmethod
    def draw(rng: np.random.Generator) -> Scene:
        """A third of the songs are mono throughout."""
        width = float(rng.choice([0.0, 0.35, 0.7, 1.0], p=[0.3, 0.15, 0.25, 0.3]))
        return Scene(width, float(np.exp(rng.uniform(np.log(0.3), np.log(2.6)))), float(rng.uniform(-24, -8)))


def kick_times(song: Song) -> np.ndarray:
    """Starts of a song's bass drums, seconds."""
    for part in song.parts:
        if part.role == "drums":
            return part.notes[np.isin(part.notes[:, KEY], (35, 36)), START]
    return np.zeros(0)


def font_part(part: Part, program: int, palette: Palette, samples: int, rng, dry: bool) -> tuple[np.ndarray, str]:
    """A part played by a bank."""
    font, bank, name = palette.preset(int(program), rng)
    audio = palette.studio.fonts.render(font, int(program), part.notes, samples, bends=part.bends, bank=bank)
    return (fx.mono(audio) if dry else audio), name
