"""Lossy codecs: most songs that reach the plug-in have been through one.

A codec is not linear, so that there is no decoded *stem*: the mixture is coded, and what that changed
is distributed over the stems bin by bin, in the ratio of their powers. Their sum is the decoded
mixture exactly.
"""

from __future__ import annotations

import io

import numpy as np
import torch
from torch.nn import functional as F

from ..data.dataset import SAMPLE_RATE
from ..model.layout import Layout

CODECS = {
    "mp3": ("mp3", "libmp3lame", (96, 128, 128, 160, 192, 256, 320)),
    "aac": ("mp4", "aac", (96, 128, 160, 192, 256)),
}
"""Container, encoder, and bit rates in kbit/s (some twice: they are met more often)."""

RATES = [(codec, kilobits) for codec, (_, _, rates) in CODECS.items() for kilobits in rates]
"""Codecs and rates that a plan chooses from, by number."""


def round_trip(audio: np.ndarray, codec: str, kilobits: int) -> np.ndarray:
    """`audio` `[2, samples]`, 44,100 Hz, full scale ±1, coded and decoded; same shape, in time with the input.

    The containers carry what encoders put before the first sample, and the decoder leaves it out.
    """
    # Here, since a machine that is lent for training alone may lack it.
    import av

    container, encoder, _ = CODECS[codec]
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(encoder, rate=SAMPLE_RATE, layout="stereo")
        stream.bit_rate = kilobits * 1000
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(audio, dtype=np.float32), format="fltp", layout="stereo"
        )
        frame.sample_rate = SAMPLE_RATE
        frame.pts = 0
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            output.mux(packet)
    file.seek(0)
    with av.open(file, format=container) as source:
        parts = [frame.to_ndarray() for frame in source.decode(audio=0)]
    decoded = np.concatenate(parts, axis=1)
    out = np.zeros(audio.shape, dtype=np.float32)
    length = min(audio.shape[1], decoded.shape[1])
    out[:, :length] = decoded[:, :length]
    return out


def distributed(stems: torch.Tensor, decoded: torch.Tensor) -> torch.Tensor:
    """Spectra of stems `[…, 4, 2, T, F]` that sum to `decoded` `[…, 2, T, F]`: each takes its part of the change, by
    its power."""
    powers = stems.real.square() + stems.imag.square()
    fractions = powers / (powers.sum(-4, keepdim=True) + 1e-12)
    return stems + fractions * (decoded - stems.sum(-4)).unsqueeze(-4)


def simulated(stems: torch.Tensor, cut: torch.Tensor, noise: torch.Tensor, layout: Layout) -> torch.Tensor:
    """Spectra `[items, 4, 2, T, bins]` much as a lossy codec leaves their sum: nothing above `cut` Hz, what is masked
    gone, and `noise` in every band. For devices on which no codec runs."""
    bins, width = stems.shape[-1], 16
    x = stems.sum(1)
    power = x.real.square() + x.imag.square()
    band = F.avg_pool1d(power.flatten(0, 2), width + 1, 1, width // 2, count_include_pad=False).reshape(power.shape)
    depth = noise[:, None, None, None]
    random = torch.view_as_complex(torch.randn(*x.shape, 2, device=x.device)) * (band * 0.5).sqrt() * depth
    audible = power > band * depth.square() * 2
    hertz = torch.arange(bins, device=x.device) * (SAMPLE_RATE / layout.fft)
    decoded = torch.where(audible, x + random, torch.zeros_like(x)) * (hertz < cut[:, None, None, None])
    return distributed(stems, decoded)
