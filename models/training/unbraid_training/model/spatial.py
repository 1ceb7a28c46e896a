"""The spatial filter of the engine (`crates/engine/src/spatial.rs`), frame by frame: masks made into filters across the
two channels, by the multichannel Wiener filter of the stems' shares and of their covariances between the channels."""

from __future__ import annotations

import math

import numpy as np

from .layout import STEMS, Layout

SECONDS = 3.5
"""Time constant of the covariances."""
REACH = 2
"""Bins on either side over which a frame's powers are summed."""
DIAGONAL = 0.003
"""What is added to the diagonal of the mixture's covariance, as a share of its trace."""
LEAST = 1e-9
SILENT = 1e-15

_RATE = 44_100
F32 = np.float32


class SpatialFilter:
    """Covariances of a stream: left, right and across, `[4, F]` each."""

    def __init__(self, layout: Layout):
        bins = layout.bins
        self.decay = F32(math.exp(-layout.hop / _RATE / SECONDS))
        self.scale = F32(2.0 / bins)
        self.left, self.right = np.zeros((2, len(STEMS), bins), F32)
        self.across = np.zeros((len(STEMS), bins), np.complex64)

    def separate(self, x: np.ndarray, masks: np.ndarray) -> np.ndarray:
        """Spectra `[4, 2, F]` of the stems, which sum to the frame `x` `[2, F]`, by `masks` `[4, 2, F]`."""
        largest = np.maximum(np.abs(x.real), np.abs(x.imag)).max(0)
        sounds = largest * self.scale >= SILENT
        u = np.where(sounds, x / np.where(sounds, largest, 1), 0)
        left, right = (np.square(u.real) + np.square(u.imag)).astype(F32)
        power = left + right
        by_power = np.where(sounds, 1 / np.where(sounds, power, 1), 0).astype(F32)
        left, right, across = left * by_power, right * by_power, u[0] * np.conj(u[1]) * by_power
        weight = np.minimum(np.sqrt(power) * largest * self.scale, 1).astype(F32)
        self.left = self.decay * self.left + _near(left * (masks[:, 0] ** 2 * weight))
        self.right = self.decay * self.right + _near(right * (masks[:, 1] ** 2 * weight))
        self.across = self.decay * self.across + _near(across * (masks[:, 0] * masks[:, 1] * weight))

        share = masks[:, 0] * left + masks[:, 1] * right
        share = share / np.maximum(self.left + self.right, np.finfo(F32).tiny)
        one, two, both = self.left * share, self.right * share, self.across * share
        total = [one.sum(0), two.sum(0), both.sum(0)]
        diagonal = F32(DIAGONAL) * (total[0] + total[1]) + F32(LEAST)
        a, b, c = total[0] + diagonal, total[1] + diagonal, total[2]
        inverse = 1 / (a * b - np.square(c.real) - np.square(c.imag))
        z = (b * x[0] - c * x[1]) * inverse, (a * x[1] - np.conj(c) * x[0]) * inverse
        out = np.stack([one * z[0] + both * z[1], np.conj(both) * z[0] + two * z[1]], axis=1)
        return (out + (x - out.sum(0)) * masks).astype(np.complex64)


def _near(values: np.ndarray) -> np.ndarray:
    """Sums over each bin and its neighbours, `[4, F]`."""
    padded = np.pad(values, ((0, 0), (REACH, REACH)))
    return sum(padded[:, at : at + values.shape[1]] for at in range(2 * REACH + 1))
