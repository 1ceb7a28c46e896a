"""Guitar parts: pickups, amplifiers, double tracking."""

from __future__ import annotations

import numpy as np

from .. import effects as fx
from ..captures import captured_amplifier
from ..midi import LENGTH, MUTE, START, Part, humanise
from ..sampling import F32
from ..sfz import play
from .studio import Palette, Scene, font_part

STRUMMED = (24, 25)


def _guitar_signal(part: Part, palette: Palette, samples: int, rng, lead: bool) -> tuple[np.ndarray, str]:
    """Signal of a pickup: the recorded guitar, or a bank's clean guitar."""
    vibrato = float(rng.uniform(0.1, 0.5)) if lead else 0.0
    notes = part.notes
    name = palette.pick("electric guitar", rng) if rng.random() < 0.8 else None
    if name:
        bends = _slides(notes, rng) if lead and part.bends is None and rng.random() < 0.6 else part.bends
        instrument = palette.studio.recorded(name)
        return fx.mono(play(instrument, notes, samples, palette.studio.samples, rng, 4.0, vibrato, bends)), name
    program = int(rng.choice([27, 26, 25, 27]))
    font, bank, name = palette.preset(program, rng)
    short = notes.copy()
    short[:, LENGTH] = np.where(short[:, MUTE] > 0, np.minimum(short[:, LENGTH], 0.09), short[:, LENGTH])
    muted = short[:, MUTE] > 0.4
    audio = fx.mono(palette.studio.fonts.render(font, program, short[~muted], samples, bends=part.bends, bank=bank))
    if muted.any():
        audio = audio + fx.mono(palette.studio.fonts.render(font, 28, short[muted], samples))
    return audio, name


def _slides(notes: np.ndarray, rng) -> np.ndarray:
    """String bends into the longer notes of a solo: from a whole or half tone below."""
    rows = [(0.0, 0.0)]
    for note in notes:
        if note[LENGTH] > 0.25 and rng.random() < 0.3:
            depth, time = -float(rng.choice([1.0, 2.0])), float(rng.uniform(0.05, 0.18))
            for i in range(9):
                rows.append((note[START] + time * i / 8, depth * (1 - i / 8) ** 2))
    return np.array(sorted(rows))


def driven_guitar(
    part: Part, program: int, palette: Palette, scene: Scene, samples: int, rng, dry: bool
) -> tuple[np.ndarray, str]:
    """A guitar through an amplifier that is driven, once or twice."""
    lead = part.style == "lead"
    if program in (29, 30) and not part.notes[:, MUTE].any() and rng.random() < 0.18:
        # A bank's own distorted guitar, through a cabinet or straight.
        audio, name = font_part(part, program, palette, samples, rng, dry=False)
        if rng.random() < 0.5:
            audio = fx.amplifier(fx.mono(audio), rng, rng.uniform(0, 14))
        return audio, name
    crunch = part.style == "crunch" or (program == 29 and rng.random() < 0.5)
    drive = float(rng.uniform(10, 24) if crunch else rng.uniform(22, 48))
    signal, name = _guitar_signal(part, palette, samples, rng, lead)
    audio, device = _amplified(signal, palette, rng, drive)
    name += device
    if not dry and not lead and scene.width > 0.3 and rng.random() < 0.6:
        # Double tracking: the same part played again, by other fingers and perhaps another amplifier.
        again = Part(part.role, part.program, humanise(part.notes, rng, 0.006, 4.0), part.name, part.style, part.bends)
        twin_rng = np.random.default_rng(int(rng.integers(2**31)))
        second, _ = _guitar_signal(again, palette, samples, twin_rng, lead)
        second, _ = _amplified(second, palette, twin_rng, drive + twin_rng.uniform(-6, 6))
        side = F32(1.0 - scene.width * rng.uniform(0.7, 1.0))
        audio = np.stack([audio + side * second, second + side * audio], axis=1)
        name += " doubled"
    return audio, f"{name} drive {drive:.0f}"


CAPTURED = 0.5
"""Share of driven guitars that go through a captured amplifier, where there is one."""


def _amplified(signal: np.ndarray, palette: Palette, rng: np.random.Generator, drive: float) -> tuple[np.ndarray, str]:
    """A pickup's signal through an amplifier, captured or modelled, at −20 dBFS; and its name where it was captured."""
    root = palette.captures() if rng.random() < CAPTURED else None
    if root is None:
        return fx.amplifier(signal, rng, drive), ""
    palette.note("NeuralPi")
    audio, device = captured_amplifier(signal, root, rng, drive)
    audio = fx.lowpass(audio, rng.uniform(6000, 9500), 3)
    if rng.random() < 0.5:
        # Another loudspeaker, or place of the microphone.
        audio = fx.match_tone(audio, "driven guitar" if drive > 26 else "crunch guitar", rng, rng.uniform(0.2, 0.6))
    else:
        audio = fx.random_eq(audio, rng, 5.0)
    return fx.level_to(audio, -20.0), f" through {device}"


def clean_guitar(part: Part, program: int, palette: Palette, samples: int, rng, dry: bool) -> tuple[np.ndarray, str]:
    """An acoustic guitar, or an electric one that is hardly driven."""
    notes = part.notes
    acoustic = program in (24, 25, 15, 104, 105, 106, 107)
    if program == 28 and not notes[:, MUTE].any():
        notes = notes.copy()
        notes[:, MUTE] = 0.6
    family = "nylon guitar" if program == 24 or rng.random() < 0.3 else "steel guitar"
    if acoustic and program in STRUMMED and rng.random() < 0.65 and (name := palette.pick(family, rng)):
        instrument = palette.studio.recorded(name)
        audio = play(instrument, notes, samples, palette.studio.samples, rng, 4.0, release=0.15, bends=part.bends)
        audio = fx.mono(audio)
        if program != 24 or rng.random() < 0.4:
            audio = fx.match_tone(audio, "acoustic guitar", rng, rng.uniform(0.4, 0.9))
        return audio, name
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
    audio, name = font_part(
        Part(part.role, program, short, part.name, part.style, part.bends), program, palette, samples, rng, dry
    )
    if program in (24, 25, 26, 27, 28) and rng.random() < 0.6:
        audio = fx.match_tone(
            audio, "acoustic guitar" if program in (24, 25) else "clean guitar", rng, rng.uniform(0.4, 0.9)
        )
    return audio, name
