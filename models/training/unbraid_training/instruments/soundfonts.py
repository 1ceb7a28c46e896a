"""SoundFont banks played by FluidSynth (its library, without effects)."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..data.dataset import SAMPLE_RATE
from ..data.fetch import SourceError, debian_package
from ..data.repositories import Repositories
from . import webfont
from .midi import KEY, LENGTH, START, VELOCITY


@dataclass(frozen=True)
class Font:
    """A bank and the package (key of the catalogue in `sources`) that holds it."""

    package: str
    file: str
    """The bank in a Debian package, or the name of a collection of scripts in a repository (`webfont`)."""
    melodic: bool = True
    drum_programs: tuple[int, ...] = (0,)
    drum_bank: int = 128
    banks: int = 1
    """Banks of melodic presets at most, numbered from 0; not every program is in each."""
    drums: bool = True
    scripts: bool = False


FONTS = {
    f.package if f.melodic else f.package + "/" + Path(f.file).stem: f
    for f in (
        Font("fluid-soundfont-gm", "usr/share/sounds/sf2/FluidR3_GM.sf2", drum_programs=(0, 8, 16, 24, 25, 32, 40)),
        Font(
            "musescore-general-soundfont",
            "usr/share/sounds/sf3/MuseScore_General_Full.sf3",
            drum_programs=(0, 8, 16, 24, 25, 32, 40),
        ),
        Font("csound-soundfont", "usr/share/sounds/sf2/sf_GMbank.sf2"),
        Font("opl3-soundfont", "usr/share/sounds/sf2/OPL-3_FM_128M.sf2"),
        Font("timgm6mb-soundfont", "usr/share/sounds/sf2/TimGM6mb.sf2", drum_programs=(0, 8, 16, 25, 32, 40)),
        Font("generaluser-gs", "GeneralUserGS_sf2_file", banks=10, drums=False, scripts=True),
        Font("avldrums.lv2-soundfont", "usr/share/sounds/sf2/Black_Pearl_4_LV2.sf2", melodic=False, drum_bank=0),
        Font("avldrums.lv2-soundfont", "usr/share/sounds/sf2/Red_Zeppelin_4_LV2.sf2", melodic=False, drum_bank=0),
    )
}


class FontPlayer:
    """One synthesizer that holds every bank asked for; not for use by several threads."""

    def __init__(self, cache: Path, repositories: Repositories | None = None):
        try:
            import fluidsynth
        except ImportError as error:
            raise SourceError(
                f"FluidSynth's library or its Python binding is missing ({error}); "
                "install Debian's libfluidsynth3 (package `fluidsynth` brings it) and PyPI's pyfluidsynth"
            ) from error
        self.cache, self.repositories = Path(cache), repositories
        self.synth = fluidsynth.Synth(
            gain=0.5,
            samplerate=float(SAMPLE_RATE),
            channels=16,
            **{
                "synth.reverb.active": 0,
                "synth.chorus.active": 0,
                "synth.polyphony": 192,
                "synth.dynamic-sample-loading": 1,
            },
        )
        self._write = fluidsynth.cfunc(
            "fluid_synth_write_float",
            ctypes.c_int,
            ("synth", ctypes.c_void_p, 1),
            ("length", ctypes.c_int, 1),
            ("left", ctypes.c_void_p, 1),
            ("left_offset", ctypes.c_int, 1),
            ("left_step", ctypes.c_int, 1),
            ("right", ctypes.c_void_p, 1),
            ("right_offset", ctypes.c_int, 1),
            ("right_step", ctypes.c_int, 1),
        )
        self.loaded: dict[str, int] = {}

    def has(self, name: str) -> bool:
        """True where a bank can be had."""
        font = FONTS[name]
        return not font.scripts or (self.repositories is not None and self.repositories.have(font.package) is not None)

    def banks(self, name: str, program: int) -> list[int]:
        """Banks of a font that hold a melodic program."""
        number = self.font_id(name)
        return [bank for bank in range(FONTS[name].banks) if self.synth.sfpreset_name(number, bank, program)]

    def font_id(self, name: str) -> int:
        """FluidSynth's number of a bank, loading it on first use."""
        if name not in self.loaded:
            font = FONTS[name]
            if font.scripts:
                scripts = self.repositories.path(font.package) / "sound"
                path = webfont.bank(scripts, font.file, self.cache / "banks" / f"{font.package}.sf2")
            else:
                path = debian_package(font.package, self.cache) / font.file
            number = self.synth.sfload(str(path))
            if number < 0:
                raise SourceError(
                    f"SoundFont {path} cannot be loaded; "
                    f"delete its folder under unpacked/ to unpack {font.package} again"
                )
            self.loaded[name] = number
        return self.loaded[name]

    def render(
        self,
        name: str,
        program: int,
        notes: np.ndarray,
        samples: int,
        drums: bool = False,
        bends: np.ndarray | None = None,
        bank: int = 0,
    ) -> np.ndarray:
        """One part, float32 `[samples, 2]`, as the bank pans it; level arbitrary."""
        channel = 9 if drums else 0
        synth = self.synth
        bank = FONTS[name].drum_bank if drums else bank
        if synth.program_select(channel, self.font_id(name), bank, program) != 0:
            synth.program_select(channel, self.font_id(name), bank, 0)
        synth.cc(channel, 121, 0)
        synth.cc(channel, 7, 110)
        synth.cc(channel, 11, 127)
        events = []
        for note in notes:
            start = int(note[START] * SAMPLE_RATE) // 64
            end = max(start + 1, int((note[START] + note[LENGTH]) * SAMPLE_RATE) // 64)
            key, velocity = round(note[KEY]), int(np.clip(note[VELOCITY], 1, 127))
            if not 0 <= key <= 127:
                continue
            if drums:
                end = start + max(end - start, 30)
            events.append((start, 1, key, velocity))
            events.append((end, 0, key, 0))
        if bends is not None:
            span = max(2.0, float(np.ceil(np.abs(bends[:, 1]).max())))
            for control, value in ((101, 0), (100, 0), (6, int(span)), (38, 0)):
                synth.cc(channel, control, value)
            events += [(int(t * SAMPLE_RATE) // 64, 2, int(s / span * 8191), 0) for t, s in bends]
        events.sort()
        out = np.zeros((samples, 2), dtype=np.float32)
        address = out.ctypes.data
        at = 0
        for block, kind, value, velocity in events:
            until = min(block * 64, samples)
            if until > at:
                self._write(synth.synth, until - at, address, 2 * at, 2, address, 2 * at + 1, 2)
                at = until
            if at >= samples:
                break
            if kind == 1:
                synth.noteon(channel, value, velocity)
            elif kind == 0:
                synth.noteoff(channel, value)
            else:
                synth.pitch_bend(channel, value)
        if at < samples:
            self._write(synth.synth, samples - at, address, 2 * at, 2, address, 2 * at + 1, 2)
        synth.pitch_bend(channel, 0)
        synth.all_notes_off(channel)
        synth.all_sounds_off(channel)
        return out
