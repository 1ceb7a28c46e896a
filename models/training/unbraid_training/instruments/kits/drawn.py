"""Drums computed from oscillators and noise."""

from __future__ import annotations

import numpy as np
from scipy import signal

from ...data.dataset import SAMPLE_RATE
from ..sampling import F32
from .kit import Kit, Layer, Pad


def drawn_kit(rng: np.random.Generator) -> Kit:
    """Analogue-style drums computed with random settings."""
    kit = Kit("drawn", "generated", "electronic")

    def t(seconds):
        return np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE

    def noise(seconds, low, high):
        x = rng.standard_normal(round(seconds * SAMPLE_RATE))
        return signal.sosfilt(signal.butter(2, [low, min(high, 20_000)], "band", fs=SAMPLE_RATE, output="sos"), x)

    def store(role, audio, volume=1.0):
        audio = np.asarray(audio, dtype=F32)
        fade = min(400, len(audio))
        audio[-fade:] *= np.linspace(1, 0, fade, dtype=F32)
        kit.pads[role] = Pad([Layer(0, 1, [audio / max(np.abs(audio).max(), 1e-6)])], volume)

    x = t(rng.uniform(0.25, 0.9))
    base, sweep, speed = rng.uniform(40, 62), rng.uniform(60, 400), rng.uniform(15, 70)
    phase = 2 * np.pi * np.cumsum(base + sweep * np.exp(-x * speed)) / SAMPLE_RATE
    kick = np.sin(phase) * np.exp(-x * rng.uniform(3, 14))
    kick += rng.uniform(0, 0.4) * np.exp(-x * 300) * rng.standard_normal(len(x))
    store("kick", np.tanh(kick * rng.uniform(1, 4)))

    x = t(rng.uniform(0.12, 0.4))
    body = np.sin(2 * np.pi * rng.uniform(160, 240) * x + 3 * np.exp(-x * 80)) * np.exp(-x * rng.uniform(15, 40))
    wires = noise(len(x) / SAMPLE_RATE, rng.uniform(300, 2000), rng.uniform(7000, 16_000))[: len(x)] * np.exp(
        -x * rng.uniform(9, 30)
    )
    store("snare", np.tanh((body * rng.uniform(0.3, 1) + wires * rng.uniform(0.6, 1.5)) * rng.uniform(1, 3)))

    x = t(0.35)
    bursts = sum(
        np.where(x >= d, np.exp(-(x - d) * (90 if d < 0.03 else rng.uniform(12, 30))), 0.0)
        for d in (0, 0.011, 0.022, 0.033)
    )
    store("clap", noise(0.35, rng.uniform(700, 1200), rng.uniform(2500, 8000))[: len(x)] * bursts)

    ratios = np.array([2.0, 3.0, 4.16, 5.43, 6.79, 8.21]) * rng.uniform(35, 60)
    for role, seconds, decay in (
        ("closed", 0.12, rng.uniform(30, 90)),
        ("open", 0.7, rng.uniform(5, 10)),
        ("crash", 2.2, rng.uniform(1.5, 3)),
        ("ride", 1.6, rng.uniform(2.5, 5)),
    ):
        x = t(seconds)
        metal = sum(signal.square(2 * np.pi * r * rng.uniform(0.98, 1.02) * 4 * x) for r in ratios)
        mixture = rng.uniform(0.1, 0.9)
        raw = mixture * metal / 6 + (1 - mixture) * rng.standard_normal(len(x))
        sos = signal.butter(
            3,
            rng.uniform(5000, 8500) if role != "crash" else rng.uniform(2500, 5000),
            "high",
            fs=SAMPLE_RATE,
            output="sos",
        )
        store(role, signal.sosfilt(sos, raw) * np.exp(-x * decay), 0.5)
    x = t(0.06)
    store("stick", np.sin(2 * np.pi * rng.uniform(1200, 2600) * x) * np.exp(-x * 90))
    for role, hertz in (("tom1", 180), ("tom2", 140), ("tom3", 110), ("tom4", 85)):
        x = t(0.5)
        f = hertz * rng.uniform(0.9, 1.1)
        store(
            role,
            np.sin(2 * np.pi * np.cumsum(f * (1 + 0.5 * np.exp(-x * 25))) / SAMPLE_RATE)
            * np.exp(-x * rng.uniform(6, 12)),
        )
    x = t(0.4)
    store("cowbell", (signal.square(2 * np.pi * 540 * x) + signal.square(2 * np.pi * 800 * x)) * np.exp(-x * 14), 0.5)
    x = t(0.08)
    store("shaker", noise(0.08, 5000, 14_000)[: len(x)] * np.sin(np.pi * x / 0.08) ** 2, 0.4)
    return kit
