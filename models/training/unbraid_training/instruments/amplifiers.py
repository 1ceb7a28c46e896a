"""Amplifiers, cabinets, and the long-term tone of recorded guitars and basses."""

from __future__ import annotations

import numpy as np
from scipy import signal

from ..data.audio import db
from ..data.dataset import SAMPLE_RATE
from .filters import F32, active_rms, bell, convolve, filter_sos, level_to, mono, shelf


def minimum_phase(magnitude: np.ndarray, taps: int) -> np.ndarray:
    """Minimum-phase response whose half spectrum has `magnitude` (length a power of two plus one)."""
    full = np.concatenate([magnitude, magnitude[-2:0:-1]])
    cepstrum = np.fft.ifft(np.log(np.maximum(full, 1e-5))).real
    n = len(cepstrum)
    fold = np.zeros(n)
    fold[0] = fold[n // 2] = 1.0
    fold[1 : n // 2] = 2.0
    response = np.fft.ifft(np.exp(np.fft.fft(cepstrum * fold))).real[:taps]
    return (response * np.cos(np.linspace(0, np.pi / 2, taps)) ** 0.5).astype(F32)


def cabinet(rng: np.random.Generator, bass: bool = False) -> np.ndarray:
    """Response of a loudspeaker cabinet and its microphone, drawn at random; unity loudness at mid."""
    if bass:
        points = [
            (20, -24),
            (40, rng.uniform(-8, -2)),
            (80, rng.uniform(0, 4)),
            (200, 0),
            (500, rng.uniform(-5, 0)),
            (1200, rng.uniform(-5, 2)),
            (2500, rng.uniform(-4, 4)),
            (4000, rng.uniform(-14, -3)),
            (7000, rng.uniform(-36, -18)),
            (20_000, -60),
        ]
    else:
        presence = rng.uniform(1800, 3600)
        edge = rng.uniform(4300, 6500)
        points = [
            (20, -30),
            (60, rng.uniform(-18, -9)),
            (rng.uniform(95, 130), rng.uniform(1, 6)),
            (240, rng.uniform(-2, 2)),
            (450, rng.uniform(-6, 0)),
            (900, rng.uniform(-4, 1)),
            (presence, rng.uniform(2, 8)),
            (edge, rng.uniform(-6, 2)),
            (edge * 1.4, rng.uniform(-24, -12)),
            (11_000, rng.uniform(-36, -24)),
            (20_000, -50),
        ]
    size = 4096
    hertz = np.fft.rfftfreq(2 * size, 1 / SAMPLE_RATE)
    curve = np.interp(np.log(hertz + 5), np.log([p[0] for p in points]), [p[1] for p in points])
    ripple = np.zeros_like(curve)
    for _ in range(14):
        centre, spread = np.log(np.exp(rng.uniform(np.log(150), np.log(9000)))), rng.uniform(0.03, 0.15)
        ripple += rng.normal(0, 2.2) * np.exp(-0.5 * ((np.log(hertz + 5) - centre) / spread) ** 2)
    return minimum_phase(10 ** ((curve + ripple) / 20), 2048)


TONES = {
    # (hertz, dB) of long-term spectra: what recorded tracks of the kind look like, from bass to air.
    "driven guitar": ((60, -10), (100, -2), (160, -1), (250, -4), (400, -9), (630, -12), (1000, -13), (1600, -12), (2500, -14), (4000, -17), (5000, -22), (6300, -33), (8000, -43), (10_000, -49), (12_500, -59), (16_000, -74)),
    "crunch guitar": ((60, -14), (100, -4), (160, 0), (250, -2), (400, -5), (630, -8), (1000, -10), (1600, -12), (2500, -14), (4000, -20), (5000, -26), (6300, -35), (8000, -45), (10_000, -53), (12_500, -62), (16_000, -76)),
    "clean guitar": ((60, -18), (100, -5), (160, -1), (250, 0), (400, -3), (630, -6), (1000, -9), (1600, -13), (2500, -17), (4000, -23), (5000, -27), (6300, -33), (8000, -40), (10_000, -46), (12_500, -53), (16_000, -64)),
    "acoustic guitar": ((60, -16), (100, -4), (160, 0), (250, -1), (400, -4), (630, -8), (1000, -12), (1600, -14), (2500, -16), (4000, -19), (5000, -21), (6300, -24), (8000, -27), (10_000, -31), (12_500, -37), (16_000, -47)),
    "driven bass": ((40, -6), (60, 0), (100, -1), (160, -4), (250, -10), (400, -16), (630, -18), (1000, -20), (1600, -23), (2500, -27), (4000, -36), (5000, -43), (6300, -50), (8000, -58), (12_500, -75), (16_000, -85)),
}  # fmt: skip
_BANDS = np.array(
    [
        40,
        60,
        80,
        100,
        125,
        160,
        200,
        250,
        315,
        400,
        500,
        630,
        800,
        1000,
        1250,
        1600,
        2000,
        2500,
        3150,
        4000,
        5000,
        6300,
        8000,
        10_000,
        12_500,
        16_000,
    ],
    dtype=float,
)


def match_tone(
    audio: np.ndarray, kind: str, rng: np.random.Generator, amount: float = 0.8, limit: float = 14.0
) -> np.ndarray:
    """Brings the long-term spectrum nearer to a tone of `TONES`, each time a few dB different.

    Samples recorded straight from the pickup are much duller than tracks on records are.
    """
    points = TONES[kind]
    if active_rms(audio) == 0.0:
        return audio
    hertz, power = signal.welch(mono(audio), SAMPLE_RATE, nperseg=8192)
    have = np.array([10 * np.log10(power[(hertz >= b / 1.15) & (hertz < b * 1.15)].mean() + 1e-14) for b in _BANDS])
    wander = np.cumsum(rng.normal(0, 1.1, len(_BANDS)))
    want = np.interp(np.log(_BANDS), np.log([p[0] for p in points]), [p[1] for p in points]) + wander - wander.mean()
    weight = 10 ** (np.maximum(want, -30) / 20)
    change = want - have
    change -= np.average(change, weights=weight)
    change = np.clip(change * amount, -limit, limit)
    grid = np.fft.rfftfreq(4096, 1 / SAMPLE_RATE)
    curve = np.interp(np.log(grid + 1.0), np.log(_BANDS), change)
    return convolve(audio, minimum_phase(10 ** (curve / 20), 1536))


def amplifier(audio: np.ndarray, rng: np.random.Generator, drive_db: float, bass: bool = False) -> np.ndarray:
    """Mono signal through a pickup-to-microphone chain: tightening filters, two clipping stages, tone, cabinet.

    `drive_db` 0 is clean, 20 crunch, 40 and more high gain. Clips at twice the rate, because the
    products above the band would fold back audibly.
    """
    rms = active_rms(audio)
    if rms == 0.0:
        return audio
    x = audio * F32(0.1 / rms)
    sections = [
        *signal.butter(
            1,
            rng.uniform(20, 40) if bass else rng.uniform(60, 110) + 2.0 * max(drive_db - 20, 0),
            "high",
            fs=SAMPLE_RATE,
            output="sos",
        )
    ]
    sections.append(bell(rng.uniform(600, 1100), rng.uniform(0, 6) if drive_db > 12 else 0.0, 0.6))
    # The pickup's resonance and the bright channel: what reaches the clipping stages is not as dull as a direct signal.
    sections.append(bell(rng.uniform(2200, 4200), rng.uniform(2, 10) if not bass else rng.uniform(0, 6), 0.7))
    if drive_db > 12 and not bass:
        sections.append(shelf(1500, rng.uniform(0, 9), True))
    x = filter_sos(x, sections)
    if drive_db > 12 and rng.random() < 0.5:
        # Hum-free hiss of a gain stage; without it the pauses are digitally black.
        x = x + rng.standard_normal(len(x), dtype=F32) * F32(db(-rng.uniform(66, 92)) * 0.1)
    if drive_db > 3.0:
        x = signal.resample_poly(x, 2, 1).astype(F32)
        bias = F32(rng.uniform(0.05, 0.35))
        x = np.tanh(x * F32(db(drive_db * 0.6)) + bias) - np.tanh(bias)
        nyquist_scale = 2.0
        sos = signal.butter(
            1, [30 / nyquist_scale, rng.uniform(6000, 9000) / nyquist_scale], "band", fs=SAMPLE_RATE, output="sos"
        )
        x = signal.sosfilt(sos, x).astype(F32)
        x = np.tanh(x * F32(db(drive_db * 0.4) * rng.uniform(0.8, 1.4)))
        x = signal.resample_poly(x, 1, 2).astype(F32)[: len(audio)]
    tone = [
        shelf(180, rng.uniform(-4, 4), False),
        bell(rng.uniform(450, 900), rng.uniform(-7, 4), 0.7),
        shelf(2600, rng.uniform(-3, 5), True),
    ]
    x = convolve(filter_sos(x, tone), cabinet(rng, bass))
    if bass:
        x = match_tone(x, "driven bass", rng, rng.uniform(0.2, 0.8), 10.0) if drive_db > 8 else x
    else:
        x = match_tone(
            x,
            "driven guitar" if drive_db > 26 else "crunch guitar" if drive_db > 9 else "clean guitar",
            rng,
            rng.uniform(0.6, 0.95),
        )
    return level_to(x, -20.0)
