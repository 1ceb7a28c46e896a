"""Synthesizers of our own: tones baked once per pitch and played as samples, and gliding lines.

Everything here is computed from oscillators and so carries no licence.
"""

from __future__ import annotations

import numpy as np

from ..data.dataset import SAMPLE_RATE
from . import effects as fx
from .midi import KEY, LENGTH, START, VELOCITY

F32 = np.float32


def hertz(key) -> np.ndarray:
    """Frequency of a MIDI key."""
    return 440.0 * 2.0 ** ((np.asarray(key, dtype=np.float64) - 69.0) / 12.0)


def _edge(phase: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Correction that rounds a sawtooth's edge (polynomial band-limited step)."""
    out = np.zeros_like(phase)
    near = phase < step
    x = phase[near] / step[near] if step.ndim else phase[near] / step
    out[near] = x + x - x * x - 1.0
    near = phase > 1.0 - step
    x = (phase[near] - 1.0) / (step[near] if step.ndim else step)
    out[near] = x * x + x + x + 1.0
    return out


def oscillator(shape: str, frequency: np.ndarray, start_phase: float = 0.0, duty: float = 0.5) -> np.ndarray:
    """`saw`, `square`, `sine` or `triangle` at a frequency per sample (hertz), nearly free of aliases."""
    step = np.asarray(frequency, dtype=np.float64) / SAMPLE_RATE
    phase = (start_phase + np.cumsum(step)) % 1.0
    if shape == "sine":
        return np.sin(2 * np.pi * phase).astype(F32)
    if shape == "triangle":
        return (4.0 * np.abs(phase - 0.5) - 1.0).astype(F32)
    saw = 2.0 * phase - 1.0 - _edge(phase, step)
    if shape == "saw":
        return saw.astype(F32)
    shifted = (phase + duty) % 1.0
    return (saw - (2.0 * shifted - 1.0 - _edge(shifted, step))).astype(F32)


class ToneBank:
    """A polyphonic synthesizer with settings drawn once; each pitch is computed once and replayed.

    Kinds: `saws` (detuned), `pad`, `pluck`, `bells` (frequency modulation), `epiano`, `organ`, `strings`, `square`.
    """

    def __init__(self, kind: str, rng: np.random.Generator, wide: bool, seconds: float = 4.0):
        self.kind, self.wide, self.seconds = kind, wide, seconds
        self.seed = int(rng.integers(2**31))
        self.voices = int(rng.integers(2, 5)) if kind in ("saws", "pad", "strings") else 1
        self.detune = rng.uniform(4, 18)
        self.bright = rng.uniform(0.0, 1.0)
        self.decay = rng.uniform(0.15, 0.8)
        self.ratio = float(rng.choice([1.0, 2.0, 3.5, 7.0, 14.0]))
        self.index = rng.uniform(0.8, 5.0)
        self.duty = rng.uniform(0.1, 0.5)
        self.drawbars = rng.uniform(0, 1, 8) * (rng.random(8) < 0.6)
        self.drawbars[[0, 2]] = np.maximum(self.drawbars[[0, 2]], 0.5)
        self.attack = {"pad": rng.uniform(0.15, 0.7), "strings": rng.uniform(0.06, 0.3)}.get(
            kind, rng.uniform(0.002, 0.012)
        )
        self.release = {
            "pad": rng.uniform(0.3, 1.0),
            "strings": rng.uniform(0.15, 0.5),
            "bells": 0.6,
            "epiano": 0.25,
        }.get(kind, rng.uniform(0.03, 0.2))
        self.tones: dict[int, np.ndarray] = {}

    def tone(self, key: int) -> np.ndarray:
        """The sustained tone of one key, `[n]` or `[n, 2]`."""
        if key not in self.tones:
            rng = np.random.default_rng([self.seed, key])
            channels = [self._channel(key, rng) for _ in range(2 if self.wide and self.voices > 1 else 1)]
            audio = channels[0] if len(channels) == 1 else np.stack(channels, axis=1)
            self.tones[key] = (audio / max(fx.active_rms(audio), 1e-6) * 0.1).astype(F32)
        return self.tones[key]

    def _channel(self, key: int, rng: np.random.Generator) -> np.ndarray:
        n = int(self.seconds * SAMPLE_RATE)
        t = np.arange(n) / SAMPLE_RATE
        f = float(hertz(key))
        if self.kind == "organ":
            partials = (0.5, 1.5, 1, 2, 3, 4, 5, 6)
            tone = sum(
                d * np.sin(2 * np.pi * f * p * t + rng.uniform(0, 6))
                for d, p in zip(self.drawbars, partials)
                if d > 0 and f * p < 16_000
            )
            click = np.exp(-t * 200) * rng.standard_normal(n) * 0.05
            return (tone + click).astype(F32)
        if self.kind in ("bells", "epiano"):
            ratio = self.ratio
            fade = np.exp(-t * self.decay * 4)
            body = np.sin(2 * np.pi * f * t + self.index * 0.35 * np.exp(-t * 2) * np.sin(2 * np.pi * f * t))
            tine = (
                np.sin(2 * np.pi * f * t + self.index * fade * np.sin(2 * np.pi * f * ratio * t))
                if f * ratio < 14_000
                else 0.0
            )
            return ((body + 0.5 * tine) * np.exp(-t * (0.5 + self.decay))).astype(F32)
        shape = "square" if self.kind == "square" else "saw"
        total = np.zeros(n, dtype=F32)
        for _ in range(self.voices):
            cents = rng.uniform(-self.detune, self.detune)
            drift = 1 + 0.0008 * np.sin(2 * np.pi * rng.uniform(0.1, 0.9) * t + rng.uniform(0, 6))
            total += oscillator(shape, f * 2 ** (cents / 1200) * drift, rng.random(), self.duty)
        base = min(16_000.0, max(300.0, f * (1.5 + 14 * self.bright**2)))
        if self.kind == "pluck":
            cut = np.maximum(200.0, base * 2.5 * np.exp(-t / (0.05 + 0.3 * self.decay)) + f)
            return fx.sweep_lowpass(total, cut, 4.0) * np.exp(-t / self.decay).astype(F32)
        if self.kind == "strings":
            total = fx.filter_sos(total, [fx.bell(900, 3), fx.bell(2800, 4), fx.shelf(6500, -9, True)])
            return fx.highpass(total, 150, 1)
        return fx.lowpass(total, base, 2)

    def play(self, notes: np.ndarray, samples: int) -> np.ndarray:
        """Plays notes; `[samples]`, or `[samples, 2]` where this bank is wide and has several voices."""
        out = np.zeros((samples, 2) if self.wide and self.voices > 1 else samples, dtype=F32)
        attack = max(16, int(self.attack * SAMPLE_RATE))
        release = max(64, int(self.release * SAMPLE_RATE))
        rise = np.sin(np.linspace(0, np.pi / 2, attack)).astype(F32) ** 2
        fall = np.cos(np.linspace(0, np.pi / 2, release)).astype(F32) ** 2
        for note in notes:
            start = int(note[START] * SAMPLE_RATE)
            tone = self.tone(round(note[KEY]))
            hold = int(max(0.03, note[LENGTH]) * SAMPLE_RATE)
            length = min(hold + release, len(tone), samples - start)
            if length < 64:
                continue
            envelope = np.ones(length, dtype=F32)
            k = min(attack, length)
            envelope[:k] *= rise[:k]
            k = min(release, length)
            envelope[-k:] *= fall[-k:]
            envelope *= F32((note[VELOCITY] / 127) ** 1.2)
            out[start : start + length] += tone[:length] * (envelope if tone.ndim == 1 else envelope[:, None])
        return out


def line(
    notes: np.ndarray, samples: int, rng: np.random.Generator, kind: str, bends: np.ndarray | None = None
) -> np.ndarray:
    """A monophonic line with glides: `lead` (synthesizer solo) or basses `saw`, `square`, `sub`, `808`, `acid`,
    `reese`, `fm`.

    Later notes cut earlier ones off. Returns `[samples]`.
    """
    out_frequency = np.full(samples, 55.0)
    level = np.zeros(samples, dtype=F32)
    cutoff = np.zeros(samples, dtype=F32)
    notes = notes[np.argsort(notes[:, START])]
    attack = int(rng.uniform(0.002, 0.012) * SAMPLE_RATE)
    if kind == "lead":
        attack = int(rng.uniform(0.004, 0.04) * SAMPLE_RATE)
    glide = {"808": 0.09, "lead": rng.choice([0.0, 0.03, 0.08]), "acid": 0.05}.get(kind, rng.choice([0.0, 0.0, 0.02]))
    filter_decay = rng.uniform(0.06, 0.5)
    base_cut, peak_cut = np.exp(rng.uniform(np.log(150), np.log(900))), np.exp(rng.uniform(np.log(800), np.log(7000)))
    if kind == "lead":
        base_cut, peak_cut = rng.uniform(900, 3000), rng.uniform(2500, 9000)
    decay = rng.uniform(0.5, 1.6) if kind == "808" else rng.uniform(0.8, 6.0)
    release = 0.03 if kind != "808" else 0.1
    previous_end, previous_key = -1.0, None
    for i, note in enumerate(notes):
        start = int(note[START] * SAMPLE_RATE)
        length = note[LENGTH] if kind != "808" else max(note[LENGTH], 0.5)
        end = int((note[START] + length + release) * SAMPLE_RATE)
        if i + 1 < len(notes):
            end = min(end, int(notes[i + 1][START] * SAMPLE_RATE))
        end = min(end, samples)
        if end - start < 32:
            continue
        t = np.arange(end - start) / SAMPLE_RATE
        f = float(hertz(note[KEY]))
        curve = np.full(end - start, f)
        if glide > 0 and previous_key is not None and note[START] - previous_end < 0.08:
            curve = f * (float(hertz(previous_key)) / f) ** np.exp(-t / (glide / 2.5))
        if kind == "808":
            curve = curve * (1 + 1.5 * np.exp(-t * 90))
        if kind == "lead" and note[LENGTH] > 0.3:
            curve = curve * 2 ** (0.25 * np.clip((t - 0.2) / 0.2, 0, 1) * np.sin(2 * np.pi * 5.5 * t) / 12)
        out_frequency[start:end] = curve
        loud = (note[VELOCITY] / 127) ** 1.1
        envelope = np.exp(-t / decay) * loud
        k = min(attack, len(t))
        envelope[:k] *= np.linspace(0, 1, k)
        k = min(int(release * SAMPLE_RATE), len(t))
        envelope[-k:] *= np.linspace(1, 0, k)
        level[start:end] = envelope
        cutoff[start:end] = base_cut + (peak_cut - base_cut) * loud * np.exp(-t / filter_decay)
        previous_end, previous_key = note[START] + note[LENGTH], note[KEY]
    if bends is not None and len(bends):
        index = np.searchsorted(bends[:, 0], np.arange(0, samples, 64) / SAMPLE_RATE, side="right") - 1
        shift = np.where(index >= 0, bends[np.maximum(index, 0), 1], 0.0)
        out_frequency = out_frequency * 2 ** (np.repeat(shift, 64)[:samples] / 12)
    if kind in ("sub", "808"):
        x = oscillator("sine", out_frequency) * level
        return np.tanh(x * F32(rng.uniform(1.0, 5.0 if kind == "808" else 2.0))).astype(F32)
    if kind == "fm":
        modulator = oscillator("sine", out_frequency * float(rng.choice([1.0, 2.0, 3.0])))
        phase = np.cumsum(out_frequency) / SAMPLE_RATE
        return (np.sin(2 * np.pi * phase + rng.uniform(1, 4) * (cutoff / peak_cut) * modulator) * level).astype(F32)
    if kind == "reese":
        x = sum(
            oscillator("saw", out_frequency * 2 ** (c / 1200), rng.random())
            for c in (-rng.uniform(8, 25), 0.0, rng.uniform(8, 25))
        )
    elif kind == "square":
        x = oscillator("square", out_frequency, 0.0, rng.uniform(0.2, 0.5))
    elif kind == "lead":
        shape = str(rng.choice(["saw", "square", "saw"]))
        x = oscillator(shape, out_frequency) + F32(rng.uniform(0, 1)) * oscillator(
            shape, out_frequency * 2 ** (rng.uniform(4, 14) / 1200), 0.3
        )
    else:
        x = oscillator("saw", out_frequency)
    if rng.random() < 0.5 and kind != "lead":
        x = x + F32(rng.uniform(0.3, 0.8)) * oscillator("sine", out_frequency * float(rng.choice([0.5, 1.0])))
    x = fx.sweep_lowpass(
        x, cutoff + out_frequency * 0.7, rng.uniform(0, 12) if kind in ("acid", "lead") else rng.uniform(0, 5)
    )
    return (x * level).astype(F32)


def moving_cutoff(samples: int, rng: np.random.Generator) -> np.ndarray:
    """A slow filter movement for pads and arpeggios, in hertz."""
    points = rng.integers(3, 9)
    values = np.exp(rng.uniform(np.log(500), np.log(12_000), points))
    return np.interp(np.arange(samples), np.linspace(0, samples, points), values)


def side_chain(audio: np.ndarray, kicks: np.ndarray, depth: float, seconds: float) -> np.ndarray:
    """Ducks audio after every kick (start times in seconds), as dance records do."""
    curve = np.ones(len(audio), dtype=F32)
    n = int(seconds * SAMPLE_RATE)
    dip = (1 - depth * (1 - np.linspace(0, 1, n) ** 0.7)).astype(F32)
    for time in kicks:
        start = int(time * SAMPLE_RATE)
        piece = curve[start : start + n]
        np.minimum(piece, dip[: len(piece)], out=piece)
    return audio * (curve if audio.ndim == 1 else curve[:, None])
