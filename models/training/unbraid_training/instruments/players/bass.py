"""Bass parts: synthesizers, electric and double basses, amplifiers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .. import effects as fx
from .. import synths
from ..midi import KEY, Part, Song
from ..sampling import F32
from ..sfz import play
from .studio import Palette, Scene, font_part, kick_times

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
            kicks = kick_times(song)
            if len(kicks):
                audio = synths.side_chain(audio, kicks, rng.uniform(0.3, 0.95), rng.uniform(0.1, 0.28))
        palette.note("generated")
        return audio, f"synth {kind}"
    acoustic = part.program == 32 or song.genre in ("folk", "country", "blues") and rng.random() < 0.35
    family = "double bass" if acoustic else "bass"
    if not acoustic and (heavy or part.style in ("funk", "root16")) and rng.random() < 0.1:
        family = "dirty bass" if palette.family("dirty bass") else "bass"
    name = palette.pick(family, rng) if rng.random() < 0.8 else None
    if name:
        instrument = palette.studio.recorded(name)
        audio = fx.mono(play(instrument, notes, samples, palette.studio.samples, rng, 4.0, bends=part.bends))
    else:
        program = (
            part.program
            if part.program in range(32, 40) and rng.random() < 0.6
            else int(rng.choice([32] if acoustic else [33, 34, 33, 34, 35, 36, 37]))
        )
        audio, name = font_part(replace(part, notes=notes), program, palette, samples, rng, dry=True)
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
