"""Drum parts: the kit is chosen by style."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .. import effects as fx
from ..kits.drawn import drawn_kit
from ..kits.folders import KITS, recorded_kit
from ..kits.hydrogen import HYDROGEN, hydrogen_kit
from ..kits.kit import Kit, borrow, drum_notes_only
from ..kits.mapped import muldjord_kit, sonic_pi_kit
from ..kits.sound import mix_drums, play_kit
from ..midi import Part, Song
from ..sampling import F32
from ..soundfonts import FONTS
from .studio import Palette, Scene


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
        buses = play_kit(kit, notes, samples, studio.samples, rng, spread=spread)
        name = kit.name
    else:
        font = palette.font(rng, drums=True)
        programs = FONTS[font].drum_programs
        prefer = {"brush": (40, 32), "jazz": (32, 40), "electronic": (24, 25), "rock": (0, 8, 16)}.get(style, (0, 8))
        able = [p for p in prefer if p in programs] or [programs[0]]
        program = int(able[rng.integers(len(able))]) if style != "brush" or 40 not in programs else 40
        bus = studio.fonts.render(font, program, drum_notes_only(notes), samples, drums=True)
        buses = {"other": fx.width(bus, spread)} if spread > 0 else {"other": fx.stereo(fx.mono(bus))}
        name = f"{font}:{program}"
        if fx.active_rms(buses["other"]) == 0.0:
            return np.zeros(samples, dtype=F32), name
    audio = mix_drums(buses, rng, dry_mono)
    if not len(audio):
        audio = np.zeros(samples, dtype=F32)
    return audio, name


def _choose_kit(style: str, palette: Palette, rng: np.random.Generator) -> Kit | None:
    studio = palette.studio
    choices = []
    for name, (package, character) in HYDROGEN.items():
        if character == style and palette.allows(f"{package}/{name}"):
            choices.append((name, {"ForzeeStereo": 2.0, "circAfrique v4": 0.5}.get(name, 1.0)))
    for name, entry in KITS.items():
        if entry.whole and entry.character == style and palette.allows(entry.source) and studio.kit(name):
            choices.append((name, 2.0 if style == "rock" else 1.0))
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
        donor = _donor(style, palette, rng)
        palette.note(donor.source)
        for role in ("kick", "snare", "clap", "snare2", "stick"):
            if rng.random() < 0.5:
                borrow(kit, donor, role)
    return kit


def _donor(style: str, palette: Palette, rng: np.random.Generator) -> Kit:
    """A kit whose drums take the place of another's."""
    single = [n for n, k in KITS.items() if not k.whole and palette.allows(k.source) and palette.studio.kit(n)]
    if single and style != "electronic" and rng.random() < 0.6:
        return _kit(single[int(rng.integers(len(single)))], palette, rng)
    return drawn_kit(rng) if rng.random() < 0.5 else sonic_pi_kit(palette.studio.cache, rng)


def _kit(name: str, palette: Palette, rng: np.random.Generator) -> Kit:
    if name in KITS:
        return recorded_kit(name, palette.studio.kit(name), rng)
    if name == "muldjordkit":
        return muldjord_kit(palette.studio.instruments, rng)
    if name == "sonic-pi":
        return sonic_pi_kit(palette.studio.cache, rng)
    if name == "drawn":
        return drawn_kit(rng)
    return hydrogen_kit(name, palette.studio.cache, rng)
