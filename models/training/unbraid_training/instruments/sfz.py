"""Recorded instruments described by SFZ maps: a reader for the opcodes that matter, and a player."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..data.dataset import SAMPLE_RATE
from ..data.fetch import SourceError
from .effects import db
from .midi import KEY, LENGTH, MUTE, START, VELOCITY
from .sampling import F32, SampleCache, resample

_TOKEN = re.compile(r"<(\w+)>|(\w+)=((?:(?!\s+\w+=|\s*<).)*)")


@dataclass
class Region:
    """One sample and the notes that it answers to."""

    sample: Path
    low_key: int = 0
    high_key: int = 127
    centre: float = 60.0
    low_velocity: int = 0
    high_velocity: int = 127
    low_random: float = 0.0
    high_random: float = 1.0
    sequence: int = 1
    release: float = 0.05
    gain_db: float = 0.0
    loop: tuple[int, int] | None = None


@dataclass
class Instrument:
    """A set of regions from one map."""

    name: str
    regions: list[Region]
    transpose: int = 0
    """Semitones added to a note's key before the map is asked (some maps are written an octave up)."""
    keys: dict[int, list[Region]] = field(default_factory=dict)

    def __post_init__(self):
        for region in self.regions:
            for key in range(region.low_key, region.high_key + 1):
                self.keys.setdefault(key, []).append(region)
        if not self.keys:
            raise SourceError(f"map of {self.name} has no playable region; get its folder again")
        self.low, self.high = min(self.keys), max(self.keys)
        self.layered = len({r.low_velocity for r in self.regions}) > 1

    def pick(self, key: int, velocity: float, rng: np.random.Generator) -> Region:
        """A region for this note: the layer by velocity, among its alternatives at random."""
        near = self.keys.get(key)
        if near is None:
            near = self.keys[min(self.keys, key=lambda k: abs(k - key))]
        fits = [r for r in near if r.low_velocity <= velocity <= r.high_velocity]
        if not fits:
            fits = near
        return fits[rng.integers(len(fits))]


def read_sfz(
    path: Path,
    transpose: int = 0,
    keys: tuple[int, int] = (0, 127),
    name: str | None = None,
    given: dict[str, str] | None = None,
) -> Instrument:
    """Reads a map. `given` has values of symbols (`$dir`) and controllers (`cc100`) that stand before the map's own.

    Left out are regions triggered by release or by a controller, those of key switches and controller positions that
    are not the map's own first ones, those outside `keys` (of the map), and those whose sample is not there.
    """
    levels: dict[str, dict[str, str]] = {}
    regions: list[Region] = []
    missing: list[Path] = []
    order = ("global", "master", "group", "region")
    current: str | None = None
    given = given or {}
    text = _expand(Path(path), {symbol: value for symbol, value in given.items() if symbol.startswith("$")})
    state = _defaults(text) | {control: float(value) for control, value in given.items() if control[0] != "$"}

    def close():
        if current == "region":
            merged = {k: v for level in order for k, v in levels.get(level, {}).items()}
            region = _region(merged, path.parent, levels.get("control", {}), state)
            if region and not region.sample.is_file():
                missing.append(region.sample)
            elif region and region.high_key >= keys[0] and region.low_key <= keys[1]:
                region.low_key, region.high_key = max(region.low_key, keys[0]), min(region.high_key, keys[1])
                regions.append(region)

    for header, opcode, value in _TOKEN.findall(text):
        if header:
            close()
            current = header
            levels[header] = {**levels.get("control", {})} if header == "control" else {}
            if header in order:
                for below in order[order.index(header) + 1 :]:
                    levels.pop(below, None)
        elif current:
            levels[current][opcode] = value.strip()
    close()
    if missing and not regions:
        raise SourceError(f"sample {missing[0]} of map {path} is missing; get its folder again")
    return Instrument(name or path.parent.name, regions, transpose)


def _expand(path: Path, symbols: dict[str, str]) -> str:
    """A map's text with includes, definitions and comments resolved, in the order in which they come: a symbol may be
    defined again before the same file is included again."""
    return "\n".join(_lines(Path(path), Path(path).parent, symbols, 0))


_DIRECTIVE = re.compile(r'#include\s+"([^"]+)"|#define\s+(\$\w+)\s+(\S+)')


def _lines(path: Path, root: Path, symbols: dict[str, str], depth: int) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise SourceError(f"SFZ map {path} cannot be read ({error}); get its folder again") from error
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    out = []
    for line in text.splitlines():
        line = line.split("//")[0]
        at = 0
        for match in _DIRECTIVE.finditer(line):
            out.append(_substituted(line[at : match.start()], symbols))
            at = match.end()
            if match[2]:
                symbols[match[2]] = _substituted(match[3], symbols)
            elif depth < 8:
                # Paths are relative to the outermost map.
                out += _lines(root / _substituted(match[1], symbols).replace("\\", "/"), root, symbols, depth + 1)
        out.append(_substituted(line[at:], symbols))
    return out


def _substituted(text: str, symbols: dict[str, str]) -> str:
    if "$" in text:
        # The longest name first: `$KEYS` is not `$KEY` and an S.
        for symbol in sorted(symbols, key=len, reverse=True):
            text = text.replace(symbol, symbols[symbol])
    return text


_NOTES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}


def note_number(text: str) -> int:
    """MIDI key of a number or a name such as `c#4` (60 is C4); raises `ValueError` for anything else."""
    match = re.fullmatch(r"([a-gA-G])([#b]?)(-?\d+)", text.strip())
    if match is None:
        return int(float(text))
    return _NOTES[match[1].lower()] + {"#": 1, "b": -1, "": 0}[match[2]] + 12 * (int(match[3]) + 1)


def _defaults(text: str) -> dict[str, float]:
    """Controllers' first positions, `cc7` and so on, and the key switch that a map begins with, `sw`."""
    found = {f"cc{n}": float(v) for n, v in re.findall(r"\bset_cc(\d+)=([\d.]+)", text)}
    found |= {f"cc{n}": 127 * float(v) for n, v in re.findall(r"\bset_hdcc(\d+)=([\d.]+)", text)}
    switches = re.findall(r"\bsw_default=(\S+)", text)
    lasts = re.findall(r"\bsw_last=(\S+)", text)
    if switches or lasts:
        found["sw"] = min(map(note_number, switches or lasts))
    return found


def _number(opcodes, name, default):
    """An opcode as a number, `default` where absent."""
    return float(opcodes.get(name, default))


def _sounds(opcodes: dict[str, str], state: dict[str, float]) -> bool:
    """True where a region answers to a plain note with controllers and key switch as the map begins."""
    if "sample" not in opcodes or opcodes["sample"].startswith("*"):
        return False
    if opcodes.get("trigger", "attack") not in ("attack", "first") or "sw_down" in opcodes:
        return False
    if "sw_last" in opcodes and note_number(opcodes["sw_last"]) != state.get("sw"):
        return False
    for name, value in opcodes.items():
        if re.match(r"(on|start)_(lo|hi)(hd)?cc\d+$", name):
            return False
        if (match := re.fullmatch(r"(lo|hi)cc(\d+)", name)) and int(match[2]) < 128:
            now = state.get(f"cc{match[2]}", 0.0)
            if (match[1] == "lo" and now < float(value)) or (match[1] == "hi" and now > float(value)):
                return False
    return True


def _region(opcodes: dict[str, str], folder: Path, control: dict[str, str], state: dict[str, float]) -> Region | None:
    if not _sounds(opcodes, state):
        return None
    shift = int(_number(control, "note_offset", 0)) + 12 * int(_number(control, "octave_offset", 0))
    key = opcodes.get("key")
    low = note_number(opcodes.get("lokey", key or "0")) + shift
    high = note_number(opcodes.get("hikey", key or "127")) + shift
    if high < low or high < 0:
        return None
    keycentre = note_number(opcodes.get("pitch_keycenter", key or "60"))
    centre = keycentre + shift - _number(opcodes, "transpose", 0) - _number(opcodes, "tune", 0) / 100
    loop = None
    if opcodes.get("loop_mode") in ("loop_continuous", "loop_sustain") and "loop_end" in opcodes:
        loop = (int(opcodes.get("loop_start", 0)), int(opcodes["loop_end"]))
    return Region(
        folder / (control.get("default_path", "") + opcodes["sample"]).replace("\\", "/"),
        max(low, 0), min(high, 127), centre,
        int(opcodes.get("lovel", 0)), int(opcodes.get("hivel", 127)),
        _number(opcodes, "lorand", 0), _number(opcodes, "hirand", 1),
        int(opcodes.get("seq_position", 1)), _number(opcodes, "ampeg_release", 0.05),
        _number(opcodes, "volume", 0), loop,
    )  # fmt: skip


def play(
    instrument: Instrument,
    notes: np.ndarray,
    samples: int,
    cache: SampleCache,
    rng: np.random.Generator,
    detune_cents: float = 3.0,
    vibrato: float = 0.0,
    bends: np.ndarray | None = None,
    release: float | None = None,
    let_ring: bool = False,
) -> np.ndarray:
    """Plays notes; returns float32 `[samples]`, or `[samples, 2]` where the recordings are stereo.

    `vibrato` is the depth in semitones on notes longer than 0.35 s. Muted notes (column `MUTE`)
    are cut short and darkened, as by the heel of the hand.
    """
    out: np.ndarray | None = None
    vibrato_rate = rng.uniform(4.8, 6.4)
    for note in notes:
        key = note[KEY] + instrument.transpose
        region = instrument.pick(round(key), note[VELOCITY], rng)
        sample = cache.load(region.sample)
        if not len(sample):
            continue
        if out is None:
            out = np.zeros((samples, 2) if sample.ndim == 2 else samples, dtype=F32)
        start = int(note[START] * SAMPLE_RATE)
        if start >= samples:
            continue
        mute = note[MUTE]
        fade = release if release is not None else float(np.clip(region.release, 0.02, 0.6))
        hold = note[LENGTH] if not let_ring else max(note[LENGTH], 2.5)
        hold_samples = max(32, int(hold * SAMPLE_RATE))
        fade_samples = max(64, int(fade * SAMPLE_RATE))
        length = min(hold_samples + fade_samples, samples - start)
        rate = 2.0 ** ((key - region.centre + rng.normal(0, detune_cents) / 100) / 12)
        shift = None
        if bends is not None:
            shift = _bend_curve(bends, note[START], length)
        if vibrato > 0 and note[LENGTH] > 0.35:
            t = np.arange(length) / SAMPLE_RATE
            wave = vibrato * np.clip((t - 0.15) / 0.3, 0, 1) * np.sin(2 * np.pi * vibrato_rate * t)
            shift = wave if shift is None else shift + wave
        audio = resample(sample, rate if shift is None else rate * 2.0 ** (shift / 12), length)
        if region.loop and len(audio) < length and shift is None:
            audio = _looped(sample, rate, length, region.loop)
        gain = db(region.gain_db)
        if instrument.layered:
            top = region.high_velocity
            gain *= db(-4.0 * np.clip((top - note[VELOCITY]) / max(1, top - region.low_velocity), 0, 1))
        else:
            gain *= (note[VELOCITY] / 127) ** 1.2
        audio = audio * F32(gain)
        if mute > 0:
            t = np.arange(len(audio), dtype=F32) / SAMPLE_RATE
            envelope = np.exp(-t / F32(0.035 + 0.12 * (1 - mute) + 0.03 * rng.random()))
            dark = audio.copy()
            dark[1:] = 0.5 * (audio[1:] + audio[:-1])
            dark[3:] = 0.5 * (dark[3:] + dark[:-3])
            audio = dark * (envelope if audio.ndim == 1 else envelope[:, None])
        if len(audio) > hold_samples:
            tail = np.exp(-5.0 * np.arange(len(audio) - hold_samples, dtype=F32) / fade_samples)
            audio[hold_samples:] *= tail if audio.ndim == 1 else tail[:, None]
        close = min(64, len(audio))
        if close:
            ramp = np.linspace(1, 0, close, dtype=F32)
            audio[-close:] *= ramp if audio.ndim == 1 else ramp[:, None]
        out[start : start + len(audio)] += audio
    return np.zeros(samples, dtype=F32) if out is None else out


def _bend_curve(bends: np.ndarray, start: float, length: int) -> np.ndarray:
    """Bend in semitones for each sample from `start` seconds on."""
    times = start + np.arange(0, length, 64) / SAMPLE_RATE
    index = np.searchsorted(bends[:, 0], times, side="right") - 1
    coarse = np.where(index >= 0, bends[np.maximum(index, 0), 1], 0.0)
    return np.repeat(coarse, 64)[:length]


def _looped(sample: np.ndarray, rate: float, length: int, loop: tuple[int, int]) -> np.ndarray:
    """A note longer than its recording: the loop repeated before resampling."""
    first, last = loop
    last = min(last, len(sample) - 1)
    if last - first < 400:
        return resample(sample, rate, length)
    pieces, have, need = [sample[:last]], last, int(length * rate) + 8
    while have < need:
        pieces.append(sample[first:last])
        have += last - first
    return resample(np.concatenate(pieces), rate, length)
