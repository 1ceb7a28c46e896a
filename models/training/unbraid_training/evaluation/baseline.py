"""A separator without learning, to be measured against: what plain signal processing gets out of a mix.

Harmonic and percussive sounds are told apart by median filters (Fitzgerald, "Harmonic/Percussive Separation using
Median Filtering", DAFx 2010): percussive sounds are vertical lines in a spectrogram, harmonic ones horizontal. What is
harmonic and low is called bass; what is harmonic, in the voice's range and equally loud on both sides is called vocals
(centre extraction); what remains is called other. The four masks sum to one at every point, so the stems sum to the
mixture.

numpy and scipy only.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import median_filter
from scipy.signal import ShortTimeFFT
from scipy.signal.windows import hann

from ..model.layout import STEMS

FFT = 4096
HOP = 1024

HARMONIC_S = 0.4
"""Length of the median filter along time, in seconds: longer than drum hits, shorter than notes."""

PERCUSSIVE_HZ = 330.0
"""Length of the median filter along frequency, in Hz: wider than partials, narrower than the spectrum of a hit."""

BASS_HZ = 220.0
"""Where bass ends: the harmonic mask is divided evenly here."""

DRUMS_SHARE, BASS_SHARE, VOCALS_SHARE = 0.7, 0.8, 0.45
"""How much of a point goes to a stem that it seems to belong to. The rules are often wrong, and a wrong point costs
twice: with whole points (1, 1, 1) the mean over real songs is 0.8 dB lower."""

VOICE_HZ = (200.0, 8000.0)
"""The range in which centre sounds count as vocals."""

CENTRE_WIDTH = 0.35
"""Relative difference between the sides at which a point is no longer taken for the centre."""


def _crossover(frequencies: np.ndarray, edge: float, order: int = 4) -> np.ndarray:
    """Power response of a low-pass: 1 far below ``edge``, 0.5 at it, 0 far above."""
    return 1.0 / (1.0 + (frequencies / edge) ** (2 * order))


def masks(spectrum: np.ndarray, rate: int) -> np.ndarray:
    """Four masks ``[4, F, T]`` in the order of the stems, from a stereo spectrum ``[2, F, T]``; they sum to one."""
    frequencies = np.fft.rfftfreq(FFT, 1.0 / rate)[:, None]
    magnitude = np.abs(spectrum)
    level = magnitude.mean(axis=0)

    along_time = max(3, round(HARMONIC_S * rate / HOP) | 1)
    along_frequency = max(3, round(PERCUSSIVE_HZ * FFT / rate) | 1)
    harmonic = median_filter(level, size=(1, along_time), mode="nearest") ** 2
    percussive = median_filter(level, size=(along_frequency, 1), mode="nearest") ** 2
    drums = DRUMS_SHARE * percussive / np.maximum(harmonic + percussive, 1e-20)

    bass = BASS_SHARE * _crossover(frequencies, BASS_HZ)
    difference = np.abs(spectrum[0] - spectrum[1]) / np.maximum(magnitude.sum(axis=0), 1e-10)
    centre = np.clip(1.0 - difference / CENTRE_WIDTH, 0.0, 1.0)
    voice = VOCALS_SHARE * (1.0 - _crossover(frequencies, VOICE_HZ[0])) * _crossover(frequencies, VOICE_HZ[1]) * centre

    rest = 1.0 - drums
    vocals = rest * (1.0 - bass) * voice
    return np.stack([vocals, drums, rest * bass, rest * (1.0 - bass) * (1.0 - voice)])


def transform(rate: int) -> ShortTimeFFT:
    """The transform that the baseline and the oracle work in; its inverse is exact."""
    return ShortTimeFFT(hann(FFT, sym=False), HOP, fs=rate, fft_mode="onesided")


def separate(mixture: np.ndarray, rate: int) -> dict[str, np.ndarray]:
    """Takes a stereo mixture ``[T, 2]`` apart into stems ``[T, 2]`` that sum to it."""
    mixture = np.asarray(mixture, dtype=np.float64)
    if mixture.ndim != 2 or mixture.shape[1] != 2:
        raise ValueError(f"need a stereo mixture [T, 2], got shape {mixture.shape}")
    stft = transform(rate)
    spectrum = stft.stft(mixture.T)
    return {
        stem: stft.istft(mask[None] * spectrum, k1=len(mixture)).T for stem, mask in zip(STEMS, masks(spectrum, rate))
    }


def oracle(references: dict[str, np.ndarray], rate: int) -> dict[str, np.ndarray]:
    """The best that soft masks of this kind could do if the stems were known: ratio masks per channel.

    Each stem's magnitude over the sum of all magnitudes, applied to the mixture. References have one shape.
    """
    stft = transform(rate)
    spectra = {stem: stft.stft(np.asarray(audio, dtype=np.float64).T) for stem, audio in references.items()}
    mixture = sum(spectra.values())
    length = len(next(iter(references.values())))
    total = np.maximum(sum(np.abs(spectrum) for spectrum in spectra.values()), 1e-20)
    estimates = {}
    for stem in STEMS:
        if stem in spectra:
            estimates[stem] = stft.istft(np.abs(spectra[stem]) / total * mixture, k1=length).T
        else:
            estimates[stem] = np.zeros((length, 2))
    return estimates
