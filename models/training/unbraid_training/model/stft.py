"""STFT as the engine does it: frame k holds the newest `fft` samples after hop k+1 has arrived."""

from __future__ import annotations

import numpy as np
import scipy.fft

from .layout import Layout


def spectra(audio: np.ndarray, layout: Layout) -> np.ndarray:
    """Spectra `[..., frames, bins]` complex64 of `audio` `[..., samples]`, zeros before the start.

    `samples // hop` frames; no normalisation, so a full-scale sine reaches the window's sum / 2.
    """
    hop, fft = layout.hop, layout.fft
    frames = audio.shape[-1] // hop
    lead = np.zeros((*audio.shape[:-1], fft - hop), dtype=np.float32)
    padded = np.concatenate([lead, audio[..., : frames * hop].astype(np.float32)], axis=-1)
    view = np.lib.stride_tricks.sliding_window_view(padded, fft, axis=-1)[..., ::hop, :]
    return scipy.fft.rfft(view * layout.windows()[0].astype(np.float32), axis=-1)


def overlap_add(spectrum: np.ndarray, layout: Layout) -> np.ndarray:
    """Signal `[..., frames·hop]` of `spectrum` `[..., frames, bins]`, aligned with the input.

    The engine emits the same samples `fft` (symmetric) or `2·hop` (asymmetric) later; here that
    delay is taken out. The last `synthesis_length − hop` samples lack the frames to come.
    """
    hop, fft = layout.hop, layout.fft
    frames = spectrum.shape[-2]
    blocks = scipy.fft.irfft(spectrum, n=fft, axis=-1) * layout.windows()[1].astype(np.float32)
    out = np.zeros((*spectrum.shape[:-2], fft + (frames - 1) * hop), dtype=np.float32)
    for k in range(frames):
        out[..., k * hop : k * hop + fft] += blocks[..., k, :]
    return out[..., fft - hop :]
