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


def read_sfz(path: Path, transpose: int = 0, keys: tuple[int, int] = (0, 127), name: str | None = None) -> Instrument:
    """Reads a map; regions triggered by release, by key switches or outside `keys` (of the map) are left out."""
    text = _expand(Path(path))
    levels: dict[str, dict[str, str]] = {}
    regions: list[Region] = []
    order = ("global", "master", "group", "region")
    current: str | None = None

    def close():
        if current == "region":
            merged = {k: v for level in order for k, v in levels.get(level, {}).items()}
            region = _region(merged, path.parent, levels.get("control", {}).get("default_path", ""))
            if region and region.high_key >= keys[0] and region.low_key <= keys[1]:
                region.low_key, region.high_key = max(region.low_key, keys[0]), min(region.high_key, keys[1])
                regions.append(region)

    for header, opcode, value in _TOKEN.findall(text):
        if header:
            close()
            current = header
            levels[header] = {}
            if header in order:
                for below in order[order.index(header) + 1 :]:
                    levels.pop(below, None)
        elif current:
            levels[current][opcode] = value.strip()
    close()
    return Instrument(name or path.parent.name, regions, transpose)


def _expand(path: Path, depth: int = 0) -> str:
    """A map's text with includes, definitions and comments resolved."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise SourceError(f"SFZ map {path} cannot be read ({error}); get its folder again") from error
    text = re.sub(r"//[^\n]*", "", text)
    if depth < 8:
        text = re.sub(
            r'#include\s+"([^"]+)"', lambda m: _expand(path.parent / m[1].replace("\\", "/"), depth + 1), text
        )
    for symbol, value in re.findall(r"#define\s+(\$\w+)\s+(\S+)", text):
        text = re.sub(rf"#define\s+{re.escape(symbol)}\s+\S+", "", text).replace(symbol, value)
    return text


def _number(opcodes, name, default):
    """An opcode as a number, `default` where absent."""
    return float(opcodes.get(name, default))


def _region(opcodes: dict[str, str], folder: Path, prefix: str) -> Region | None:
    if "sample" not in opcodes or opcodes.get("trigger", "attack") not in ("attack", "first"):
        return None
    if "sw_last" in opcodes or "sw_down" in opcodes:
        return None
    key = opcodes.get("key")
    low = int(opcodes.get("lokey", key or 0))
    high = int(opcodes.get("hikey", key or 127))
    if high < low:
        return None
    centre = (
        _number(opcodes, "pitch_keycenter", key or 60)
        - _number(opcodes, "transpose", 0)
        - _number(opcodes, "tune", 0) / 100
    )
    loop = None
    if opcodes.get("loop_mode") in ("loop_continuous", "loop_sustain") and "loop_end" in opcodes:
        loop = (int(opcodes.get("loop_start", 0)), int(opcodes["loop_end"]))
    return Region(
        folder / (prefix + opcodes["sample"]).replace("\\", "/"),
        low, high, centre,
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
