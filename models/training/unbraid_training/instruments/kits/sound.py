"""A drum part played on a kit, and its drums mixed to one track."""

from __future__ import annotations

import numpy as np

from ...data.dataset import SAMPLE_RATE
from .. import effects as fx
from ..midi import KEY, START, VELOCITY
from ..sampling import F32, SampleCache, resample
from .kit import GM_ROLES, GROUPS, PLACES, Blend, Kit, Layer, Pad


class _Voice:
    """A pad tuned and damped for one song, its samples resampled once."""

    def __init__(self, pad: Pad, cache: SampleCache, tune: float, damp: float | None, volume: float):
        self.pad, self.cache, self.tune, self.damp, self.volume = pad, cache, tune, damp, volume
        self.ready: dict[int, np.ndarray] = {}

    def sample(self, layer: Layer, which: int) -> np.ndarray:
        source = layer.samples[which]
        key = id(source) if isinstance(source, np.ndarray) else source
        if (key, layer.pitch) not in self.ready:
            audio = self._read(source)[: 8 * SAMPLE_RATE]
            rate = self.tune * 2 ** (layer.pitch / 12)
            if abs(rate - 1) > 1e-3:
                audio = resample(audio, rate, int(len(audio) / rate))
            if self.damp is not None:
                t = np.arange(len(audio), dtype=F32) / SAMPLE_RATE
                curve = np.exp(-np.maximum(t - 0.02, 0) / F32(self.damp))
                keep = min(len(audio), int(SAMPLE_RATE * (0.02 + 7 * self.damp)))
                audio = (audio * (curve if audio.ndim == 1 else curve[:, None]))[:keep]
            self.ready[(key, layer.pitch)] = audio
        return self.ready[(key, layer.pitch)]

    def _read(self, source) -> np.ndarray:
        if isinstance(source, np.ndarray):
            return source
        if isinstance(source, Blend):
            return blended([(self.cache.load(path), gain) for path, gain in source.parts])
        return self.cache.load(source)


def blended(parts: list[tuple[np.ndarray, float]]) -> np.ndarray:
    """The sum of signals that begin together, each with a gain in dB."""
    total = np.zeros((max(len(audio) for audio, _ in parts), 2), dtype=F32)
    for audio, gain in parts:
        total[: len(audio)] += fx.stereo(audio) * F32(fx.db(gain))
    return total[:, 0] if np.array_equal(total[:, 0], total[:, 1]) else total


def play_kit(
    kit: Kit,
    notes: np.ndarray,
    samples: int,
    cache: SampleCache,
    rng: np.random.Generator,
    dynamics: float | None = None,
    spread: float | None = None,
) -> dict[str, np.ndarray]:
    """Plays GM drum notes on a kit: float32 `[samples, 2]` for each group of drums that sounds.

    Groups are `kick`, `snare`, `hat`, `cymbal`, `tom`, `other`. `spread` scales the stereo places (0 keeps
    everything in the middle), `dynamics` is the exponent from velocity to amplitude.
    """
    spread = rng.choice([0.0, 0.4, 1.0]) if spread is None else spread
    dynamics = rng.uniform(0.8, 2.0) if dynamics is None else dynamics
    mirror = rng.choice([-1.0, 1.0])
    tuning = {
        g: 2 ** (rng.normal(0, s) / 12)
        for g, s in (("kick", 1.5), ("snare", 1.2), ("tom", 1.5), ("hat", 1.0), ("cymbal", 0.8), ("other", 0.5))
    }
    damping = {g: (rng.uniform(*r) if rng.random() < p else None) for g, r, p in
               (("kick", (0.08, 0.3), 0.35), ("snare", (0.06, 0.25), 0.3), ("tom", (0.12, 0.4), 0.4),
                ("hat", (0.1, 0.5), 0.1), ("cymbal", (0.5, 1.5), 0.2), ("other", (0.2, 0.5), 0.1))}  # fmt: skip
    levels = {g: fx.db(rng.normal(0, 2.0)) for g in tuning}
    voices: dict[str, _Voice | None] = {}
    buses: dict[str, np.ndarray] = {}
    open_hat: tuple[int, int, np.ndarray] | None = None
    for note in notes:
        role = GM_ROLES.get(int(note[KEY]))
        if role is None:
            continue
        if role not in voices:
            pad = kit.pad(role)
            group = GROUPS.get(role, "other")
            voices[role] = (
                None
                if pad is None
                else _Voice(pad, cache, float(tuning[group]), damping[group], pad.volume * levels[group])
            )
        voice = voices[role]
        if voice is None:
            continue
        group = GROUPS.get(role, "other")
        v = float(np.clip(note[VELOCITY] / 127, 0.02, 1.0))
        layers = voice.pad.layers
        drawn = np.clip(v + rng.normal(0, 0.04 if len(layers) > 1 else 0.0), 0, 0.999)
        index = max((i for i, l in enumerate(layers) if l.low <= drawn), default=0)
        layer = layers[index]
        audio = voice.sample(layer, int(rng.integers(len(layer.samples))))
        start = int(note[START] * SAMPLE_RATE)
        if start >= samples or not len(audio):
            continue
        softer = dynamics * (0.5 if len(layers) > 3 else 1.0)
        gain = v**softer * layer.gain * voice.volume * fx.db(rng.normal(0, 0.7))
        if group not in buses:
            buses[group] = np.zeros((samples, 2), dtype=F32)
        bus = buses[group]
        place = (
            spread
            * mirror
            * (voice.pad.place if voice.pad.place else PLACES.get(role, 0.0) if audio.ndim == 1 else 0.0)
        )
        angle = (np.clip(place, -1, 1) + 1) * np.pi / 4
        gains = np.array([np.cos(angle), np.sin(angle)], dtype=F32) * F32(np.sqrt(2) * gain)
        if role in ("closed", "pedal", "open") and open_hat is not None:
            began, ended, tail = open_hat
            if began < start < ended:
                # A closing hat silences the open one: take the rest of its sound back, faded over 20 ms.
                rest = tail[start - began :]
                fade = np.minimum(1.0, np.arange(len(rest), dtype=F32) / 900.0)
                bus[start : start + len(rest)] -= rest * fade[:, None]
            open_hat = None
        placed = fx.stereo(audio[: samples - start]) * gains
        bus[start : start + len(placed)] += placed
        if role == "open":
            open_hat = (start, start + len(placed), placed)
    return buses


def mix_drums(buses: dict[str, np.ndarray], rng: np.random.Generator, dry_mono: bool) -> np.ndarray:
    """Drum groups to one track: group tone, room, bus compression and saturation, each by chance."""
    total = None
    room_send = None
    sends = {"kick": 0.15, "snare": 1.0, "tom": 0.8, "cymbal": 0.5, "hat": 0.3, "other": 0.6}
    for group, bus in buses.items():
        if rng.random() < 0.5:
            bus = fx.random_eq(bus, rng, 4.0)
        if group in ("kick", "snare") and rng.random() < 0.35:
            bus = fx.compressor(bus, rng.uniform(2, 5), rng.uniform(6, 16), rng.uniform(5, 25), rng.uniform(50, 150))
        total = bus.copy() if total is None else total + bus
        part = fx.mono(bus) * F32(sends[group])
        room_send = part if room_send is None else room_send + part
    if total is None:
        return np.zeros(0, dtype=F32)
    if dry_mono:
        total = fx.mono(total)
    elif rng.random() < 0.75:
        seconds = float(np.exp(rng.uniform(np.log(0.2), np.log(1.8))))
        wet = fx.convolve(room_send, fx.room_response(int(rng.integers(12)), round(seconds, 1), True))
        if rng.random() < 0.3:
            wet = fx.compressor(wet, 6, 20, 3, 80)
        total = fx.add(total, fx.level_to(wet, 20 * np.log10(max(fx.active_rms(total), 1e-6)) + rng.uniform(-20, -6)))
    if rng.random() < 0.7:
        total = fx.compressor(total, rng.uniform(1.5, 4), rng.uniform(4, 14), rng.uniform(3, 30), rng.uniform(60, 250))
    if rng.random() < 0.5:
        total = fx.saturate(total, rng.uniform(-2, 8))
    if rng.random() < 0.4:
        total = fx.random_eq(total, rng, 3.0)
    return total
