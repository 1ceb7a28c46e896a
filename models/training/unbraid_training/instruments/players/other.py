"""Everything but drums and bass: guitars, keys, synthesizers, and what banks have."""

from __future__ import annotations

import numpy as np

from .. import effects as fx
from .. import synths
from ..midi import KEY, SOUND_EFFECTS, START, VOICE_PROGRAMS, Part, Song
from ..sfz import play
from .guitars import clean_guitar, driven_guitar
from .recorded import FAMILIES
from .studio import Palette, Scene, font_part, kick_times

REPLACEMENTS = (48, 49, 50, 89, 90, 95, 16, 19, 51)
"""Programs that play a part meant for a General MIDI voice."""


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
        audio, name = driven_guitar(part, program, palette, scene, samples, rng, dry)
    elif program in range(24, 32) or program in (15, 104, 105, 106, 107):
        audio, name = clean_guitar(part, program, palette, samples, rng, dry)
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
        played = recorded_part(part, program, palette, samples, rng, dry)
        audio, name = played or font_part(part, program, palette, samples, rng, dry)
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


RINGING = frozenset((9, 11, 12, 45, 46))
"""Programs whose notes are struck or plucked and die away by themselves."""


def recorded_part(
    part: Part, program: int, palette: Palette, samples: int, rng, dry: bool
) -> tuple[np.ndarray, str] | None:
    """A part played by a recorded instrument, two times of three where there is one for the program; else None."""
    family = FAMILIES.get(program)
    if family is None or rng.random() > 0.67 or (name := palette.pick(family, rng)) is None:
        return None
    instrument = palette.studio.recorded(name)
    release = 0.25 if family == "piano" else 0.6 if program in RINGING else 0.15
    vibrato = float(rng.uniform(0.0, 0.3)) if part.style == "lead" and program not in RINGING else 0.0
    cache = palette.studio.samples
    audio = play(instrument, part.notes, samples, cache, rng, 2.0, vibrato, part.bends, release, program in RINGING)
    return (fx.mono(audio) if dry else audio), name


def _keys(part: Part, program: int, palette: Palette, samples: int, rng, dry: bool) -> tuple[np.ndarray, str]:
    played = recorded_part(part, program, palette, samples, rng, dry)
    if played is not None:
        return played
    if program in (4, 5) and rng.random() < 0.4:
        palette.note("generated")
        audio = synths.ToneBank("epiano", rng, False).play(part.notes, samples)
        if rng.random() < 0.5:
            audio = fx.tremolo(audio, rng.uniform(3, 7), rng.uniform(0.2, 0.7), not dry)
        if rng.random() < 0.3:
            audio = fx.saturate(audio, rng.uniform(0, 8))
        return audio, "epiano"
    return font_part(part, program, palette, samples, rng, dry)


def _synth(
    part: Part, program: int, song: Song, palette: Palette, samples: int, rng, dry: bool
) -> tuple[np.ndarray, str]:
    if rng.random() < 0.3:
        return font_part(part, program, palette, samples, rng, dry)
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
    if rng.random() < LAYERED:
        audio, kind = _layered(audio, kind, part, samples, rng, dry)
    if kind.split("+")[0] in ("saws", "pad", "square") and rng.random() < 0.4:
        audio = fx.sweep_lowpass(audio, synths.moving_cutoff(samples, rng), rng.uniform(0, 5))
    if song.genre in ("house", "techno", "trance", "pop", "disco", "drum_and_bass") and rng.random() < 0.45:
        kicks = kick_times(song)
        if len(kicks):
            audio = synths.side_chain(audio, kicks, rng.uniform(0.3, 0.9), rng.uniform(0.12, 0.3))
    if rng.random() < 0.3:
        audio = fx.chorus(audio, rng, rng.uniform(1, 4), not dry)
    return audio, f"synth {kind}"


LAYERED = 0.35
"""Share of synthesizer parts that are played by two or three sounds at once, as producers stack them."""


def _layered(
    audio: np.ndarray, kind: str, part: Part, samples: int, rng: np.random.Generator, dry: bool
) -> tuple[np.ndarray, str]:
    """The part with one or two more sounds, some an octave away, and what all of them are."""
    for _ in range(int(rng.integers(1, 3))):
        other = str(rng.choice(["saws", "pluck", "square", "bells", "pad", "strings"]))
        notes = part.notes.copy()
        notes[:, KEY] = np.clip(notes[:, KEY] + float(rng.choice([0.0, 0.0, 12.0, -12.0])), 24, 103)
        layer = fx.level_to(synths.ToneBank(other, rng, not dry).play(notes, samples), -20.0)
        audio = fx.add(fx.level_to(audio, -20.0), layer, fx.db(float(rng.uniform(-12, 0))))
        kind += f"+{other}"
    return audio, kind


def _overlaps(notes: np.ndarray) -> bool:
    """True where more than one note in ten sounds together with the next."""
    if len(notes) < 2:
        return False
    return bool(np.mean(np.diff(notes[:, START]) < 0.03) > 0.1)
