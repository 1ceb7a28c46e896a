"""Runs an exported file frame by frame, as the engine does."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..model.layout import Layout
from ..model.stft import spectra
from ..model.stream import apply_masks


class OnnxStreamer:
    """Runs a written file frame by frame in onnxruntime, optimisations off, one thread."""

    def __init__(self, path: Path):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # The default rewrites dequantised weights to int8 arithmetic, which differs by 1e-2.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.state_names = [i.name for i in self.session.get_inputs() if i.name != "mixture"]
        self.shapes = {i.name: i.shape for i in self.session.get_inputs()}
        self.outputs = ["shares"] + [n + "_next" for n in self.state_names]

    def masks(self, x: np.ndarray, layout: Layout) -> tuple[np.ndarray, list[np.ndarray]]:
        """Group masks `[frames, 4, 2, groups]` and the last state, for mixture spectra `[2, frames, bins]`."""
        first_bin = np.searchsorted(layout.group_of_bin(), np.arange(len(layout.group_widths())))
        state = {n: np.zeros(self.shapes[n], dtype=np.float32) for n in self.state_names}
        out = []
        for t in range(x.shape[1]):
            frame = np.stack([x[0, t].real, x[0, t].imag, x[1, t].real, x[1, t].imag])[None].astype(np.float32)
            masks, *states = self.session.run(self.outputs, {"mixture": frame, **state})
            state = dict(zip(self.state_names, states))
            out.append(masks[0][..., first_bin])
        return np.stack(out), list(state.values())

    def separate(self, audio: np.ndarray, layout: Layout) -> np.ndarray:
        """Stems `[4, 2, samples]` of `audio` `[2, samples]`, in time with the input."""
        length = audio.shape[1]
        tail = layout.fft + (layout.lookahead_frames + 1) * layout.hop
        x = spectra(np.pad(audio, ((0, 0), (0, tail))), layout)
        return apply_masks(x, self.masks(x, layout)[0], layout)[..., :length]
