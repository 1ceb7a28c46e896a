"""Recordings at any speed: samples between samples. On a GPU `interpolation_triton.py` follows the same rule."""

from __future__ import annotations

import numpy as np
import torch

from .catalogue import GUARD

TAPS, PHASES = GUARD, 256
"""Samples that one interpolated sample is made of, and fractions of a sample that are told apart."""


def interpolation_table() -> np.ndarray:
    """`[PHASES, TAPS]`: windowed sinc functions, one row per fraction of a sample."""
    at = np.arange(TAPS)[None] - (TAPS // 2 - 1) - np.arange(PHASES)[:, None] / PHASES
    table = np.sinc(at * 0.97) * 0.5 * (1 + np.cos(np.pi * np.clip(at / (TAPS / 2), -1, 1)))
    return (table / table.sum(1, keepdims=True)).astype(np.float32)


def look_up(sound, table, offset, length, start, speed, level, samples: int):
    """`[N, 2, samples]`: recordings at their speeds, float32.

    `sound` int16 and one-dimensional; `offset` `[N, 2]` the first sample of either channel in it, `length` its samples,
    `start` the position of the first sample made, `speed` the distance of two, `level` the factor: `[N]` each.
    """
    position = torch.arange(samples, device=sound.device, dtype=torch.float64) * speed[:, None] + start[:, None]
    whole = torch.floor(position)
    phase = ((position - whole) * PHASES).to(torch.int64)
    first = whole.to(torch.int64) - (TAPS // 2 - 1)
    total = 0.0
    for k in range(TAPS):
        # Beyond its ends a recording has silence.
        at = torch.minimum(torch.clamp(first + k, min=-1), length[:, None])
        total = total + table[phase, k][:, None] * sound[offset[:, :, None] + at[:, None]].to(torch.float32)
    return total * level[:, None, None]
