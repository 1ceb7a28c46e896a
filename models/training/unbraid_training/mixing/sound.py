"""Where a mixer finds the recordings of a plan: all in memory, or on disk."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch

from .catalogue import GUARD, MappedCatalogue, PackedCatalogue
from .interpolation import TAPS, interpolation_table, look_up


class Sound(Protocol):
    """Where a mixer finds the recordings of a plan."""

    device: torch.device

    def read(self, entry, start, speed, level, samples: int) -> torch.Tensor:
        """`[N, 2, samples]`: the sum of the layers `[N, 2]` of each stem."""


class PackedSound:
    """All recordings of a packed catalogue in one tensor on a device."""

    def __init__(self, catalogue: PackedCatalogue, device: torch.device):
        self.device = device
        self.sound = torch.from_numpy(catalogue.sound).to(device)
        self.offsets = torch.tensor(catalogue.offsets, device=device)
        self.lengths = torch.tensor(catalogue.lengths, device=device)
        self.table = torch.from_numpy(interpolation_table()).to(device)

    def read(self, entry, start, speed, level, samples: int) -> torch.Tensor:
        offset, length = self.offsets[entry], self.lengths[entry]
        if self.device.type == "cuda":
            from .interpolation_triton import look_up_layers

            return look_up_layers(self.sound, self.table, offset, length, start, speed, level, samples)
        layers = (
            look_up(self.sound, self.table, offset[:, n], length[:, n], start[:, n], speed[:, n], level[:, n], samples)
            for n in range(entry.shape[1])
        )
        return sum(layers)


class MappedSound:
    """Recordings on disk, of which no more is read than is heard."""

    device = torch.device("cpu")

    def __init__(self, catalogue: MappedCatalogue):
        self.arrays = catalogue.arrays
        self.table = torch.from_numpy(interpolation_table())

    def read(self, entry, start, speed, level, samples: int) -> torch.Tensor:
        out = torch.zeros(len(entry), 2, samples)
        for n, layer in torch.nonzero(level).tolist():
            values = (one[n, layer] for one in (start, speed, level))
            out[n] += self.layer(self.arrays[int(entry[n, layer])], *values, samples)
        return out

    def layer(self, audio: np.ndarray, start, speed, level, samples: int) -> torch.Tensor:
        """`[2, samples]` or, of a recording with one channel, `[1, samples]`: `look_up` of the part that is needed."""
        length = len(audio)
        low = int(np.clip(np.floor(float(start)) - TAPS, 0, length))
        high = int(np.clip(np.ceil(float(start + speed * samples)) + TAPS, low, length))
        part = np.zeros((audio.shape[1], high - low + 2 * GUARD), dtype=np.int16)
        part[:, GUARD:-GUARD] = audio[low:high].T
        sound = torch.from_numpy(part)
        if speed == 1.0 and start == torch.floor(start):
            return self.unshifted(sound, int(start) - low + GUARD, level, samples)
        offset = torch.tensor([[c * part.shape[1] + GUARD - low for c in range(len(part))]])
        plan = torch.tensor([length]), start[None], speed[None], level[None]
        return look_up(sound.flatten(), self.table, offset, *plan, samples)[0]

    def unshifted(self, sound: torch.Tensor, first: int, level, samples: int) -> torch.Tensor:
        """`look_up` where every sample has phase 0: slices instead of single samples; `first` may lie beyond an end."""
        first -= TAPS // 2 - 1
        before = min(max(-first, 0), samples + TAPS)
        part = sound[:, max(first, 0) : max(first + samples + TAPS, 0)].to(torch.float32)
        wide = torch.nn.functional.pad(part, (before, max(samples + TAPS - before - part.shape[1], 0)))
        total = 0.0
        for k in range(TAPS):
            total = total + self.table[0, k] * wide[:, k : k + samples]
        return total * level
