"""Banks published as a script for each instrument (WebAudioFont), made into one SoundFont.

A script holds the zones of one instrument: keys, pitch, loop, and the sample as MP3. Their envelopes are not published,
so held notes of struck and plucked instruments are given a decay.
"""

from __future__ import annotations

import base64
import io
import re
import struct
from dataclasses import dataclass
from math import gcd
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from ..data.fetch import SourceError

_ZONE = re.compile(r"\{\s*midi:.*?\n\t\t\}", re.DOTALL)
_FIELD = re.compile(r"(\w+):('[^']*'|[-\d.]+|true|false)")

_DECAYING = {
    **dict.fromkeys(range(8), 9.0),
    **dict.fromkeys(range(8, 16), 4.0),
    **dict.fromkeys(range(24, 29), 6.0),
    **dict.fromkeys(range(32, 38), 7.0),
    **dict.fromkeys((45, 46, 47), 4.0),
    **dict.fromkeys(range(104, 109), 4.0),
    **dict.fromkeys(range(112, 120), 3.0),
}
"""Seconds in which a held note of a General MIDI program falls by 100 dB."""


@dataclass(frozen=True)
class Zone:
    """One sample and the keys that it answers to."""

    low: int
    high: int
    pitch: float
    """Key at which the sample sounds as recorded."""
    loop: tuple[int, int] | None
    rate: int
    sound: str
    """The sample, base64 of MP3."""


def read_zones(text: str) -> list[Zone]:
    """Zones of an instrument's script."""
    zones = []
    for body in _ZONE.findall(text):
        fields = dict(_FIELD.findall(body))
        loop = int(fields["loopStart"]), int(fields["loopEnd"])
        detune = 100 * float(fields["coarseTune"]) + float(fields["fineTune"])
        zones.append(
            Zone(
                max(0, int(fields["keyRangeLow"])), min(127, int(fields["keyRangeHigh"])),
                (float(fields["originalPitch"]) - detune) / 100, loop if loop[1] - loop[0] > 8 else None,
                int(fields["sampleRate"]), fields["file"].strip("'"),
            )
        )  # fmt: skip
    return zones


def _samples(zone: Zone) -> np.ndarray:
    """The zone's sample as int16 at its own rate, at which the loop is counted."""
    audio, rate = soundfile.read(io.BytesIO(base64.b64decode(zone.sound)), dtype="float32", always_2d=True)
    audio = audio.mean(axis=1)
    if rate != zone.rate:
        common = gcd(rate, zone.rate)
        audio = resample_poly(audio, zone.rate // common, rate // common)
    return np.clip(np.rint(audio * 32767), -32768, 32767).astype("<i2")


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _list(name: bytes, *chunks: bytes) -> bytes:
    return _chunk(b"LIST", name + b"".join(chunks))


def _timecents(seconds: float) -> int:
    return round(1200 * np.log2(seconds))


# Generators of the SoundFont 2 specification.
_KEYS, _VOLUME_DECAY, _VOLUME_SUSTAIN, _VOLUME_RELEASE = 43, 36, 37, 38
_INSTRUMENT, _SAMPLE, _MODE, _ROOT, _COARSE, _FINE = 41, 53, 54, 58, 51, 52
_RELEASE_S = 0.2


def _zone_generators(zone: Zone, program: int, sample: int) -> list[tuple[int, int]]:
    root = int(np.clip(round(zone.pitch), 0, 127))
    coarse, fine = divmod(round(100 * (root - zone.pitch)) + 50, 100)
    generators = [(_KEYS, zone.low | zone.high << 8), (_VOLUME_RELEASE, _timecents(_RELEASE_S))]
    if zone.loop and program in _DECAYING:
        generators += [(_VOLUME_DECAY, _timecents(_DECAYING[program])), (_VOLUME_SUSTAIN, 1000)]
    generators += [(_COARSE, coarse), (_FINE, fine - 50), (_ROOT, root), (_MODE, 1 if zone.loop else 0)]
    return [*generators, (_SAMPLE, sample)]


def write_bank(instruments: dict[tuple[int, int], list[Zone]], path: Path) -> None:
    """Writes instruments by bank and program as a SoundFont 2 file. Equal samples are kept once."""
    sounds: list[np.ndarray] = []
    headers, presets, preset_bags, preset_generators = [], [], [], []
    heads, bags, generators = [], [], []
    known: dict[tuple[str, tuple[int, int] | None], int] = {}
    at = 0
    gap = np.zeros(46, "<i2")
    for (bank, program), zones in sorted(instruments.items()):
        name = f"{bank}:{program}".encode()
        presets.append(struct.pack("<20sHHHIII", name, program, bank, len(preset_bags), 0, 0, 0))
        preset_bags.append(struct.pack("<HH", len(preset_generators), 0))
        preset_generators.append(struct.pack("<HH", _INSTRUMENT, len(heads)))
        heads.append(struct.pack("<20sH", name, len(bags)))
        for zone in zones:
            key = (zone.sound, zone.loop)
            if key not in known:
                audio = _samples(zone)
                first, last = zone.loop or (0, len(audio))
                known[key] = len(headers)
                place = [at, at + len(audio), at + first, at + min(last, len(audio))]
                headers.append(struct.pack("<20sIIIIIBbHH", str(len(headers)).encode(), *place, zone.rate, 60, 0, 0, 1))
                sounds += [audio, gap]
                at += len(audio) + len(gap)
            bags.append(struct.pack("<HH", len(generators), 0))
            for generator, amount in _zone_generators(zone, program, known[key]):
                generators.append(struct.pack("<HH", generator, amount & 0xFFFF))
    presets.append(struct.pack("<20sHHHIII", b"EOP", 0, 0, len(preset_bags), 0, 0, 0))
    preset_bags.append(struct.pack("<HH", len(preset_generators), 0))
    heads.append(struct.pack("<20sH", b"EOI", len(bags)))
    bags.append(struct.pack("<HH", len(generators), 0))
    headers.append(struct.pack("<20sIIIIIBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0))
    modulator, generator = b"\0" * 10, b"\0" * 4
    info = _list(
        b"INFO", _chunk(b"ifil", struct.pack("<HH", 2, 1)), _chunk(b"isng", b"EMU8000\0"), _chunk(b"INAM", b"bank\0\0")
    )
    data = _list(b"sdta", _chunk(b"smpl", b"".join(sound.tobytes() for sound in sounds)))
    hydra = _list(
        b"pdta",
        _chunk(b"phdr", b"".join(presets)), _chunk(b"pbag", b"".join(preset_bags)), _chunk(b"pmod", modulator),
        _chunk(b"pgen", b"".join(preset_generators) + generator), _chunk(b"inst", b"".join(heads)),
        _chunk(b"ibag", b"".join(bags)), _chunk(b"imod", modulator), _chunk(b"igen", b"".join(generators) + generator),
        _chunk(b"shdr", b"".join(headers)),
    )  # fmt: skip
    partial = path.with_suffix(".partial")
    partial.write_bytes(_chunk(b"RIFF", b"sfbk" + info + data + hydra))
    partial.replace(path)


_BASSES = range(32, 40)


def _whole(program: int, zones: list[Zone]) -> bool:
    """True where every key answers that a part of the program may ask for: some scripts hold a few keys only."""
    keys = {key for zone in zones for key in range(zone.low, zone.high + 1)}
    return keys.issuperset(range(28, 56) if program in _BASSES else range(40, 77))


def bank(scripts: Path, collection: str, path: Path) -> Path:
    """The bank at `path`, made of the scripts `NNNV_COLLECTION.js` (program, variant) if it is not there yet.

    The variants of a program are its presets in the banks 0, 1 and so on. Raises `SourceError` where there is none.
    """
    if path.is_file():
        return path
    instruments: dict[tuple[int, int], list[Zone]] = {}
    known: set[tuple[int, frozenset[str]]] = set()
    for script in sorted(scripts.glob(f"*_{collection}.js")):
        match = re.match(r"(\d{3})(\d+)_", script.name)
        if match is None:
            continue
        program, zones = int(match[1]), read_zones(script.read_text(encoding="utf-8"))
        sounds = (program, frozenset(zone.sound for zone in zones))
        if program < 128 and sounds not in known and _whole(program, zones):
            known.add(sounds)
            instruments[sum(one[0] == program for one in known) - 1, program] = zones
    if not instruments:
        raise SourceError(f"{scripts} holds no instruments of {collection}; get the folder again")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bank(instruments, path)
    return path
