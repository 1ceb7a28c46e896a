"""Players of parts: chooses instrument, amplifier and place in the stereo picture, and renders it.

Every choice respects a `Palette`: the split and whether only permissive sources may be used.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..data.fetch import SourceError
from ..data.sources import Source, source
from . import effects as fx
from . import drumming_sound, kits, recorded_kits, synths
from .drawn_kit import drawn_kit
from .hydrogen import HYDROGEN, hydrogen_kit
from .midi import KEY, LENGTH, MUTE, SOUND_EFFECTS, START, VOICE_PROGRAMS, Part, Song, humanise
from .sampling import F32, SampleCache
from .sfz import Instrument, play, read_sfz
from .soundfonts import FONTS, FontPlayer

RECORDED = {
    # name: (folder, map pattern, semitones added before the map is asked, keys of the map, split or None for the
    # source's)
    "growlybass": ("growlybass", "growlybass_clean.sfz", 12, (33, 76), None),
    "growlybass-dirty": ("growlybass", "growlybass_vicious.sfz", 12, (33, 76), None),
    "double-bass": ("double-bass", "*pizz.sfz", 0, (20, 62), None),
    "bass-finger": ("electric-bass-yr", "Finger*.sfz", 0, (20, 60), "train"),
    "bass-pick": ("electric-bass-yr", "Picked*.sfz", 0, (20, 60), "dev"),
    "emilyguitar": ("emilyguitar", "emily_clean.sfz", 0, (35, 89), None),
    "spanish-guitar": ("spanish-guitar", "*.sfz", 0, (29, 90), None),
    "upright-piano": ("upright-piano", "*.sfz", 0, (0, 127), None),
}
"""Recorded instruments that the builder can use."""

STRUMMED = (24, 25)
REPLACEMENTS = (48, 49, 50, 89, 90, 95, 16, 19, 51)
"""Programs that play a part meant for a General MIDI voice."""


@dataclass
class Studio:
    """Everything loaded once per process."""

    cache: Path
    instruments: Path | None
    fonts: FontPlayer = field(init=False)
    samples: SampleCache = field(default_factory=SampleCache)
    loaded: dict[str, Instrument] = field(default_factory=dict)

    def __post_init__(self):
        self.fonts = FontPlayer(self.cache)

    def recorded(self, name: str) -> Instrument:
        """A recorded instrument by its name in `RECORDED`."""
        if name not in self.loaded:
            folder, pattern, transpose, keys, _ = RECORDED[name]
            maps = sorted((Path(self.instruments) / folder).glob(pattern))
            if not maps:
                raise SourceError(
                    f"{self.instruments}/{folder} holds no map {pattern}; "
                    "clone it from GitHub (see the README) or leave out --instruments"
                )
            self.loaded[name] = read_sfz(maps[0], transpose, keys, folder)
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
        """True where a recorded instrument is installed and allowed."""
        folder, _, _, _, split = RECORDED[name]
        there = self.studio.instruments is not None and (Path(self.studio.instruments) / folder).is_dir()
        return there and self.allows(folder, split)

    def font(self, rng: np.random.Generator, drums: bool = False) -> str:
        """Name of a bank that this song may use."""
        names, odds = [], []
        for name, font in FONTS.items():
            if not self.allows(font.package) or not (drums or font.melodic):
                continue
            names.append(name)
            odds.append(
                {
                    "opl3-soundfont": 0.25,
                    "csound-soundfont": 0.35 if not drums else 0.15,
                    "musescore-general-soundfont": 1.2,
                }.get(name, 1.0)
            )
        odds = np.array(odds)
        name = names[rng.choice(len(names), p=odds / odds.sum())]
        self.note(FONTS[name].package)
        return name


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


# Drums


def play_drums(
    part: Part, song: Song, palette: Palette, scene: Scene, samples: int, rng: np.random.Generator
) -> tuple[np.ndarray, str]:
    """Drum stem and the kit's name."""
    studio = palette.studio
    styles = part.style.split() or ["rock", "rock", "electronic"]
    style = str(styles[rng.integers(len(styles))])
    if rng.random() < 0.12:
        style = str(rng.choice(["rock", "electronic"]))
    notes = part.notes
    dry_mono = scene.width == 0.0 or rng.random() < 0.15
    spread = 0.0 if dry_mono else scene.width * float(rng.choice([0.3, 0.7, 1.0]))
    kit = None
    font_chance = {"brush": 0.95, "jazz": 0.8, "rock": 0.22, "electronic": 0.15, "hands": 0.3}[style]
    if rng.random() >= font_chance:
        kit = _choose_kit(style, palette, rng)
    if kit is not None:
        palette.note(kit.source)
        buses = drumming_sound.play_kit(kit, notes, samples, studio.samples, rng, spread=spread)
        name = kit.name
    else:
        font = palette.font(rng, drums=True)
        programs = FONTS[font].drum_programs
        prefer = {"brush": (40, 32), "jazz": (32, 40), "electronic": (24, 25), "rock": (0, 8, 16)}.get(style, (0, 8))
        able = [p for p in prefer if p in programs] or [programs[0]]
        program = int(able[rng.integers(len(able))]) if style != "brush" or 40 not in programs else 40
        bus = studio.fonts.render(font, program, kits.drum_notes_only(notes), samples, drums=True)
        buses = {"other": fx.width(bus, spread)} if spread > 0 else {"other": fx.stereo(fx.mono(bus))}
        name = f"{font}:{program}"
        if fx.active_rms(buses["other"]) == 0.0:
            return np.zeros(samples, dtype=F32), name
    audio = drumming_sound.mix_drums(buses, rng, dry_mono)
    if not len(audio):
        audio = np.zeros(samples, dtype=F32)
    return audio, name


def _choose_kit(style: str, palette: Palette, rng: np.random.Generator) -> kits.Kit | None:
    studio = palette.studio
    choices = []
    for name, (package, character) in HYDROGEN.items():
        if character == style and palette.allows(f"{package}/{name}"):
            choices.append((name, {"ForzeeStereo": 2.0, "circAfrique v4": 0.5}.get(name, 1.0)))
    if palette.split == "train":
        if style == "rock" and studio.instruments is not None and (Path(studio.instruments) / "muldjordkit").is_dir():
            choices.append(("muldjordkit", 3.5))
        if style in ("rock", "electronic"):
            choices.append(("sonic-pi", 1.0))
    if style == "electronic":
        choices.append(("drawn", 2.5))
    if not choices:
        return None
    odds = np.array([c[1] for c in choices])
    name = choices[rng.choice(len(choices), p=odds / odds.sum())][0]
    kit = _kit(name, palette, rng)
    if palette.split == "train" and rng.random() < 0.2:
        donor = drawn_kit(rng) if rng.random() < 0.5 else recorded_kits.sonic_pi_kit(studio.cache, rng)
        palette.note(donor.source)
        for role in ("kick", "snare", "clap"):
            if rng.random() < 0.5:
                kits.borrow(kit, donor, role)
    return kit


def _kit(name: str, palette: Palette, rng) -> kits.Kit:
    if name == "muldjordkit":
        return recorded_kits.muldjord_kit(palette.studio.instruments, rng)
    if name == "sonic-pi":
        return recorded_kits.sonic_pi_kit(palette.studio.cache, rng)
    if name == "drawn":
        return drawn_kit(rng)
    return hydrogen_kit(name, palette.studio.cache, rng)


# Bass

_SYNTH_BASSES = {
    "808": ("808", "808", "sub"),
    "sub": ("sub", "808"),
    "reese": ("reese",),
    "offbeat": ("saw", "square", "acid", "fm"),
    "synth16": ("saw", "acid", "square", "fm"),
    "synth8": ("saw", "square", "fm", "reese"),
}


def play_bass(
    part: Part, song: Song, palette: Palette, scene: Scene, samples: int, rng: np.random.Generator
) -> tuple[np.ndarray, str]:
    """Bass stem and what played it."""
    notes = part.notes.copy()
    notes[:, KEY] = np.where(notes[:, KEY] > 60, notes[:, KEY] - 12, notes[:, KEY])
    electronic = song.genre in (
        "house",
        "techno",
        "trance",
        "synthwave",
        "trap",
        "hiphop",
        "drum_and_bass",
        "disco",
        "pop",
    )
    synth_chance = 0.95 if part.style in _SYNTH_BASSES else 0.35 if electronic or part.program in (38, 39) else 0.06
    heavy = song.genre in ("rock", "hard_rock", "zeppelin", "punk", "metal", "extreme", "doom", "indie")
    if rng.random() < synth_chance:
        kind = str(rng.choice(_SYNTH_BASSES.get(part.style, ("saw", "square", "sub", "fm", "reese", "acid"))))
        audio = synths.line(notes, samples, rng, kind, part.bends)
        if kind in ("saw", "square", "reese", "acid", "fm") and rng.random() < 0.3:
            audio = fx.saturate(audio, rng.uniform(2, 12))
        if kind == "reese" and scene.width > 0 and rng.random() < 0.5:
            audio = fx.chorus(audio, rng)
        if electronic and rng.random() < 0.5:
            kicks = _kicks(song)
            if len(kicks):
                audio = synths.side_chain(audio, kicks, rng.uniform(0.3, 0.95), rng.uniform(0.1, 0.28))
        palette.note("generated")
        return audio, f"synth {kind}"
    acoustic = part.program == 32 or song.genre in ("folk", "country", "blues") and rng.random() < 0.35
    names = (
        [n for n in ("double-bass",) if palette.has(n)]
        if acoustic
        else [n for n in ("growlybass", "growlybass", "bass-finger", "bass-pick") if palette.has(n)]
    )
    if names and rng.random() < 0.72:
        name = names[rng.integers(len(names))]
        if name == "growlybass" and (heavy or part.style in ("funk", "root16")) and rng.random() < 0.35:
            name = "growlybass-dirty"
        audio = fx.mono(
            play(palette.studio.recorded(name), notes, samples, palette.studio.samples, rng, 4.0, bends=part.bends)
        )
        palette.note(RECORDED[name][0])
    else:
        font = palette.font(rng)
        program = (
            part.program
            if part.program in range(32, 40) and rng.random() < 0.6
            else int(rng.choice([32] if acoustic else [33, 34, 33, 34, 35, 36, 37]))
        )
        audio = fx.mono(palette.studio.fonts.render(font, program, notes, samples, bends=part.bends))
        name = f"{font}:{program}"
    dirt = rng.random()
    if dirt < (0.65 if heavy else 0.25):
        drive = rng.uniform(4, 34) if heavy else rng.uniform(2, 16)
        driven = fx.amplifier(audio, rng, drive, bass=True)
        if rng.random() < 0.6:
            clean = fx.level_to(fx.lowpass(audio, rng.uniform(150, 500), 2), -20.0)
            driven = driven * F32(rng.uniform(0.4, 1.0)) + clean * F32(rng.uniform(0.5, 1.2))
        audio, name = driven, name + f" drive {drive:.0f}"
    elif rng.random() < 0.3:
        audio = fx.lowpass(audio, rng.uniform(500, 2500), 1)
    if rng.random() < 0.7:
        audio = fx.compressor(audio, rng.uniform(2, 6), rng.uniform(6, 18), rng.uniform(5, 40), rng.uniform(80, 300))
    if rng.random() < 0.5:
        audio = fx.random_eq(audio, rng, 4.0)
    if scene.width > 0.3 and rng.random() < 0.08:
        audio = fx.chorus(audio, rng)
    elif acoustic and scene.width > 0 and rng.random() < 0.4:
        audio = fx.reverb(audio, rng, 0.5, rng.uniform(-26, -16), wide=True)
    return audio, name


def _kicks(song: Song) -> np.ndarray:
    for part in song.parts:
        if part.role == "drums":
            return part.notes[np.isin(part.notes[:, KEY], (35, 36)), START]
    return np.zeros(0)


# Everything else


def play_other(
    part: Part, song: Song, palette: Palette, scene: Scene, samples: int, rng: np.random.Generator
) -> tuple[np.ndarray, str] | None:
    """One other part, levelled to −20 dBFS, and what played it; None where it must not be heard."""
    program = part.program
    if program in SOUND_EFFECTS:
        return None
    if program in VOICE_PROGRAMS:
        program = int(rng.choice(REPLACEMENTS))
    notes = part.notes
    dry = scene.width == 0.0 or rng.random() < 0.25
    lead = part.style == "lead"
    place = 0.0 if dry or (lead and rng.random() < 0.6) else float(rng.uniform(-1, 1)) * scene.width
    if part.style in ("drive", "crunch") or program in (29, 30):
        audio, name = _driven_guitar(part, program, song, palette, scene, samples, rng, dry)
    elif program in range(24, 32) or program in (15, 104, 105, 106, 107):
        audio, name = _clean_guitar(part, program, palette, scene, samples, rng, dry)
    elif program in range(8):
        audio, name = _keys(part, program, palette, samples, rng, dry)
    elif (
        program in range(80, 104)
        or (program in (38, 39, 50, 51, 62, 63, 55) and rng.random() < 0.7)
        or (part.style in ("arp", "pad", "stab") and rng.random() < 0.35)
    ):
        audio, name = _synth(part, program, song, palette, samples, rng, dry)
    elif program in (16, 17, 18) and rng.random() < 0.5:
        bank = synths.ToneBank("organ", rng, False, 4.0)
        audio, name = bank.play(notes, samples), "organ"
        if rng.random() < 0.6:
            audio = fx.tremolo(fx.chorus(audio, rng, 1.5, not dry), rng.uniform(5, 7), rng.uniform(0.1, 0.5), not dry)
        if rng.random() < 0.4:
            audio = fx.saturate(audio, rng.uniform(2, 12))
        palette.note("generated")
    else:
        audio, name = _font_part(part, program, palette, samples, rng, dry)
    if fx.active_rms(audio) == 0.0:
        return None
    if dry:
        audio = fx.mono(audio)
    audio = fx.highpass(audio, rng.uniform(30, 160), 1)
    if rng.random() < 0.5:
        audio = fx.random_eq(audio, rng, 4.0)
    if rng.random() < 0.3:
        audio = fx.compressor(audio, rng.uniform(1.5, 4), rng.uniform(4, 14))
    if lead and rng.random() < 0.5 or rng.random() < 0.12:
        beat = 60.0 / max(song.tempo, 40)
        audio = fx.echo(
            audio,
            beat * float(rng.choice([0.5, 0.75, 1.0])),
            rng.uniform(0.1, 0.5),
            rng.uniform(-20, -8),
            not dry and rng.random() < 0.5,
        )
    if not dry:
        if audio.ndim == 2:
            audio = fx.width(audio, float(rng.uniform(0.3, 1.2)) * max(scene.width, 0.3))
        audio = fx.pan(audio, place)
        if rng.random() < 0.75:
            audio = fx.reverb(audio, rng, scene.room, scene.wet_db + rng.uniform(-6, 6), wide=True)
    elif rng.random() < 0.35:
        audio = fx.reverb(audio, rng, scene.room, scene.wet_db + rng.uniform(-6, 2), wide=False)
    return fx.level_to(audio, -20.0), name


def _guitar_signal(part: Part, palette: Palette, samples: int, rng, lead: bool) -> tuple[np.ndarray, str]:
    """Signal of a pickup: the recorded guitar, or a bank's clean guitar."""
    vibrato = float(rng.uniform(0.1, 0.5)) if lead else 0.0
    notes = part.notes
    if palette.has("emilyguitar") and rng.random() < 0.72:
        palette.note("emilyguitar")
        bends = _slides(notes, rng) if lead and part.bends is None and rng.random() < 0.6 else part.bends
        return fx.mono(
            play(
                palette.studio.recorded("emilyguitar"), notes, samples, palette.studio.samples, rng, 4.0, vibrato, bends
            )
        ), "emilyguitar"
    font = palette.font(rng)
    short = notes.copy()
    short[:, LENGTH] = np.where(short[:, MUTE] > 0, np.minimum(short[:, LENGTH], 0.09), short[:, LENGTH])
    muted = short[:, MUTE] > 0.4
    program = int(rng.choice([27, 26, 25, 27]))
    audio = fx.mono(palette.studio.fonts.render(font, program, short[~muted], samples, bends=part.bends))
    if muted.any():
        audio = audio + fx.mono(palette.studio.fonts.render(font, 28, short[muted], samples))
    return audio, f"{font}:{program}"


def _slides(notes: np.ndarray, rng) -> np.ndarray:
    """String bends into the longer notes of a solo: from a whole or half tone below."""
    rows = [(0.0, 0.0)]
    for note in notes:
        if note[LENGTH] > 0.25 and rng.random() < 0.3:
            depth, time = -float(rng.choice([1.0, 2.0])), float(rng.uniform(0.05, 0.18))
            for i in range(9):
                rows.append((note[START] + time * i / 8, depth * (1 - i / 8) ** 2))
    return np.array(sorted(rows))


def _driven_guitar(
    part: Part, program: int, song: Song, palette: Palette, scene: Scene, samples: int, rng, dry: bool
) -> tuple[np.ndarray, str]:
    lead = part.style == "lead"
    if program in (29, 30) and not part.notes[:, MUTE].any() and rng.random() < 0.18:
        # A bank's own distorted guitar, through a cabinet or straight.
        font = palette.font(rng)
        audio = palette.studio.fonts.render(font, program, part.notes, samples, bends=part.bends)
        if rng.random() < 0.5:
            audio = fx.amplifier(fx.mono(audio), rng, rng.uniform(0, 14))
        return audio, f"{font}:{program}"
    crunch = part.style == "crunch" or (program == 29 and rng.random() < 0.5)
    drive = float(rng.uniform(10, 24) if crunch else rng.uniform(22, 48))
    signal, name = _guitar_signal(part, palette, samples, rng, lead)
    audio = fx.amplifier(signal, rng, drive)
    if not dry and not lead and scene.width > 0.3 and rng.random() < 0.6:
        # Double tracking: the same part played again, by other fingers and perhaps another amplifier.
        again = Part(part.role, part.program, humanise(part.notes, rng, 0.006, 4.0), part.name, part.style, part.bends)
        twin_rng = np.random.default_rng(int(rng.integers(2**31)))
        second, _ = _guitar_signal(again, palette, samples, twin_rng, lead)
        second = fx.amplifier(second, twin_rng, drive + twin_rng.uniform(-6, 6))
        side = F32(1.0 - scene.width * rng.uniform(0.7, 1.0))
        audio = np.stack([audio + side * second, second + side * audio], axis=1)
        name += " doubled"
    return audio, f"{name} drive {drive:.0f}"


def _clean_guitar(
    part: Part, program: int, palette: Palette, scene: Scene, samples: int, rng, dry: bool
) -> tuple[np.ndarray, str]:
    notes = part.notes
    acoustic = program in (24, 25, 15, 104, 105, 106, 107)
    if program == 28 and not notes[:, MUTE].any():
        notes = notes.copy()
        notes[:, MUTE] = 0.6
    if acoustic and program in STRUMMED and palette.has("spanish-guitar") and rng.random() < 0.45:
        palette.note("spanish-guitar")
        audio = fx.mono(
            play(
                palette.studio.recorded("spanish-guitar"),
                notes,
                samples,
                palette.studio.samples,
                rng,
                4.0,
                release=0.15,
                bends=part.bends,
            )
        )
        if program != 24 or rng.random() < 0.4:
            audio = fx.match_tone(audio, "acoustic guitar", rng, rng.uniform(0.4, 0.9))
        return audio, "spanish-guitar"
    if not acoustic and rng.random() < 0.75:
        signal, name = _guitar_signal(
            Part(part.role, program, notes, part.name, part.style, part.bends),
            palette,
            samples,
            rng,
            part.style == "lead",
        )
        drive = float(rng.uniform(0, 12))
        audio = fx.amplifier(signal, rng, drive) if rng.random() < 0.88 else signal
        kind = rng.random()
        if kind < 0.25:
            audio = fx.chorus(audio, rng, rng.uniform(1, 3.5), not dry)
        elif kind < 0.35:
            audio = fx.tremolo(audio, rng.uniform(3, 7), rng.uniform(0.3, 0.9), not dry and rng.random() < 0.4)
        return audio, f"{name} clean"
    short = notes.copy()
    short[:, LENGTH] = np.where(short[:, MUTE] > 0.4, np.minimum(short[:, LENGTH], 0.08), short[:, LENGTH])
    audio, name = _font_part(
        Part(part.role, program, short, part.name, part.style, part.bends), program, palette, samples, rng, dry
    )
    if program in (24, 25, 26, 27, 28) and rng.random() < 0.6:
        audio = fx.match_tone(
            audio, "acoustic guitar" if program in (24, 25) else "clean guitar", rng, rng.uniform(0.4, 0.9)
        )
    return audio, name


def _keys(part: Part, program: int, palette: Palette, samples: int, rng, dry: bool) -> tuple[np.ndarray, str]:
    if program in (0, 1, 2, 3) and palette.has("upright-piano") and rng.random() < 0.4:
        palette.note("upright-piano")
        return play(
            palette.studio.recorded("upright-piano"),
            part.notes,
            samples,
            palette.studio.samples,
            rng,
            1.5,
            release=0.25,
        ), "upright-piano"
    if program in (4, 5) and rng.random() < 0.4:
        palette.note("generated")
        audio = synths.ToneBank("epiano", rng, False).play(part.notes, samples)
        if rng.random() < 0.5:
            audio = fx.tremolo(audio, rng.uniform(3, 7), rng.uniform(0.2, 0.7), not dry)
        if rng.random() < 0.3:
            audio = fx.saturate(audio, rng.uniform(0, 8))
        return audio, "epiano"
    return _font_part(part, program, palette, samples, rng, dry)


def _synth(
    part: Part, program: int, song: Song, palette: Palette, samples: int, rng, dry: bool
) -> tuple[np.ndarray, str]:
    if rng.random() < 0.3:
        return _font_part(part, program, palette, samples, rng, dry)
    palette.note("generated")
    polyphonic = _overlaps(part.notes)
    if not polyphonic and (part.style == "lead" or program in range(80, 88)) and rng.random() < 0.7:
        audio = synths.line(part.notes, samples, rng, "lead", part.bends)
        if rng.random() < 0.3:
            audio = fx.amplifier(audio, rng, rng.uniform(0, 20))
        return audio, "synth lead"
    if part.style == "pad" or program in range(88, 96) or program in (48, 49, 50, 51):
        kind = str(rng.choice(["pad", "strings", "saws", "pad"]))
    elif part.style == "arp":
        kind = str(rng.choice(["pluck", "square", "bells", "saws", "pluck"]))
    else:
        kind = str(rng.choice(["saws", "pluck", "square", "bells"]))
    audio = synths.ToneBank(kind, rng, not dry).play(part.notes, samples)
    if kind in ("saws", "pad", "square") and rng.random() < 0.4:
        audio = fx.sweep_lowpass(audio, synths.moving_cutoff(samples, rng), rng.uniform(0, 5))
    if song.genre in ("house", "techno", "trance", "pop", "disco", "drum_and_bass") and rng.random() < 0.45:
        kicks = _kicks(song)
        if len(kicks):
            audio = synths.side_chain(audio, kicks, rng.uniform(0.3, 0.9), rng.uniform(0.12, 0.3))
    if rng.random() < 0.3:
        audio = fx.chorus(audio, rng, rng.uniform(1, 4), not dry)
    return audio, f"synth {kind}"


def _overlaps(notes: np.ndarray) -> bool:
    """True where more than one note in ten sounds together with the next."""
    if len(notes) < 2:
        return False
    return bool(np.mean(np.diff(notes[:, START]) < 0.03) > 0.1)


def _font_part(part: Part, program: int, palette: Palette, samples: int, rng, dry: bool) -> tuple[np.ndarray, str]:
    font = palette.font(rng)
    audio = palette.studio.fonts.render(font, int(program), part.notes, samples, bends=part.bends)
    return (fx.mono(audio) if dry else audio), f"{font}:{program}"
