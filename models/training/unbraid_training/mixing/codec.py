"""Lossy codecs: most songs that reach the plug-in have been through one.

A codec is not linear, so that there is no decoded *stem*: the mixture is coded, and what that changed
is shared out among the stems bin by bin, in the ratio of their powers. Their sum is the decoded
mixture exactly.
"""

from __future__ import annotations

import io

import numpy as np
import torch

from ..data.dataset import SAMPLE_RATE

CODECS = {
    "mp3": ("mp3", "libmp3lame", (96, 128, 128, 160, 192, 256, 320)),
    "aac": ("mp4", "aac", (96, 128, 160, 192, 256)),
}
"""Container, encoder, and bit rates in kbit/s (some twice: they are met more often)."""


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


def random_round_trip(audio: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """`round_trip` by a codec and at a rate drawn from `CODECS`."""
    codec = list(CODECS)[int(rng.integers(len(CODECS)))]
    rates = CODECS[codec][2]
    return round_trip(audio, codec, rates[int(rng.integers(len(rates)))])


def share_out(stems: torch.Tensor, decoded: torch.Tensor) -> torch.Tensor:
    """Spectra of stems `[…, 4, 2, T, F]` that sum to `decoded` `[…, 2, T, F]`: the change goes to each by its share of the power."""
    powers = stems.real.square() + stems.imag.square()
    shares = powers / (powers.sum(-4, keepdim=True) + 1e-12)
    return stems + shares * (decoded - stems.sum(-4)).unsqueeze(-4)
