"""References for the engine's tests: golden vectors of a file, and the streamed stems of the demo clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..model.layout import Layout
from ..model.stft import spectra
from .streamer import OnnxStreamer

GOLDEN_FRAMES = 200


def write_golden(streamer: OnnxStreamer, audio: np.ndarray, layout: Layout, path: Path) -> None:
    """Recorded sequence that the engine replays: audio, a few spectra, all masks, last state."""
    from safetensors.numpy import save_file

    samples = np.round(audio[:, : GOLDEN_FRAMES * layout.hop] * 32767).astype(np.int16)
    x = spectra(samples.astype(np.float32) / 32768.0, layout)
    masks, state = streamer.masks(x, layout)
    picked = np.array([0, 1, 7, 50, 101, 199], dtype=np.int64)
    planes = np.stack([x[0].real, x[0].imag, x[1].real, x[1].imag], axis=1)
    tensors = {
        "audio": samples,
        "spectra": np.ascontiguousarray(planes[picked]),
        "spectra_frames": picked,
        "shares": np.round(masks * 65535).astype(np.uint16),
        "group_of_bin": layout.group_of_bin().astype(np.int64),
    }
    tensors |= {f"state_{i}_last": np.ascontiguousarray(s) for i, s in enumerate(state)}
    # safetensors writes an array's memory as it lies, whatever its strides say.
    save_file({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}, str(path))


def write_demo(streamer: OnnxStreamer, audio: np.ndarray, layout: Layout, path: Path, seconds: float = 6.0) -> None:
    """The streamed stems of the demo clip's beginning, which the bundle's render is compared with."""
    from safetensors.numpy import save_file

    length = int(seconds * 44_100)
    # Silence follows, as it does when the comparison plays just this part: the last frames see it.
    stems = streamer.separate(audio[:, :length], layout)
    rounded = np.clip(np.round(stems * 32768), -32768, 32767).astype(np.int16)
    save_file({"stems": np.ascontiguousarray(rounded)}, str(path))
