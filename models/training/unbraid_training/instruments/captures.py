"""Captured amplifiers and pedals: recurrent networks that were trained on recordings of real ones.

The captures are JSON files of GuitarML's NeuralPi (a Blues Junior and an HT-40 amplifier, a TS9 overdrive), each over
the whole range of its gain knob. They know 44,100 Hz.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import torch

from ..data.dataset import SAMPLE_RATE
from ..data.fetch import SourceError
from .filters import F32

AMPLIFIERS = ("BluesJr", "HT40_Overdrive")
PEDALS = ("TS9",)

CHUNK, WARM_UP = SAMPLE_RATE, 4096
"""Samples that are run side by side, and samples before each that bring the state to where it would be."""


class Capture:
    """One device; `run` plays audio through it."""

    def __init__(self, path: Path):
        try:
            stored = json.loads(Path(path).read_text())
            shape, weights = stored["model_data"], stored["state_dict"]
            self.inputs = int(shape["input_size"])
            self.skip = float(shape["skip"])
            if shape["unit_type"] != "LSTM" or shape["num_layers"] != 1:
                raise ValueError(f"unit {shape['unit_type']} in {shape['num_layers']} layers")
            self.rec = torch.nn.LSTM(self.inputs, int(shape["hidden_size"]), batch_first=True)
            self.lin = torch.nn.Linear(int(shape["hidden_size"]), 1)
            for name, module in (("rec", self.rec), ("lin", self.lin)):
                part = {k[len(name) + 1 :]: torch.tensor(v) for k, v in weights.items() if k.startswith(name + ".")}
                module.load_state_dict(part)
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            raise SourceError(f"{path} is no capture that can be read ({error}); get its repository again") from error

    @torch.no_grad()
    def run(self, audio: np.ndarray, gain: float) -> np.ndarray:
        """Mono `[samples]` through the device, its knob at `gain` (0 to 1); about full scale ±1 in and out."""
        length = len(audio)
        count = max(1, -(-length // CHUNK))
        padded = np.zeros(WARM_UP + count * CHUNK, dtype=F32)
        padded[WARM_UP : WARM_UP + length] = audio
        chunks = torch.from_numpy(np.lib.stride_tricks.sliding_window_view(padded, WARM_UP + CHUNK)[::CHUNK].copy())
        given = chunks[..., None]
        if self.inputs == 2:
            given = torch.cat([given, torch.full_like(given, gain)], dim=-1)
        hidden, _ = self.rec(given)
        out = self.lin(hidden)[..., 0] + self.skip * chunks
        return out[:, WARM_UP:].reshape(-1)[:length].numpy().astype(F32)


@cache
def capture(root: Path, name: str) -> Capture:
    """A capture of the repository at `root`, read once a process."""
    return Capture(Path(root) / "models" / f"{name}.json")


def captured_amplifier(
    audio: np.ndarray, root: Path, rng: np.random.Generator, drive_db: float
) -> tuple[np.ndarray, str]:
    """A pickup's mono signal through a captured amplifier, its loudspeaker as captured, and what it was.

    `drive_db` is on the scale of `amplifiers.amplifier`: 10 is clean to crunch, 24 driven, 40 and more the pedal and
    the amplifier one after the other.
    """
    name = AMPLIFIERS[1] if drive_db > 18 or rng.random() < 0.4 else AMPLIFIERS[0]
    peak = float(np.abs(audio).max(initial=0.0))
    if peak < 1e-6:
        return audio, name
    x = (audio * F32(rng.uniform(0.25, 0.9) / peak)).astype(F32)
    if drive_db > 26 or rng.random() < 0.15:
        x = capture(root, PEDALS[0]).run(x, float(np.clip(rng.uniform(0.2, 0.9), 0, 1)))
        x = x * F32(min(0.95, 0.6 + drive_db / 100) / max(float(np.abs(x).max()), 1e-6))
        name = f"{PEDALS[0]} {name}"
    gain = float(np.clip(drive_db / 48 + rng.normal(0, 0.1), 0.05, 1.0))
    out = capture(root, name.split()[-1]).run(x, gain)
    return out - F32(out.mean()), name
