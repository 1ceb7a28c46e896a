"""Small datasets of tones, and a small network, that tests share."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

# Before torch is imported, here and in programs that tests start: threads that wait for one another on a busy machine
# take ten times as long as one alone, and sums come out alike everywhere.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import pytest

SECONDS = 6
META = {"source": "noise", "licence": "CC0-1.0", "permissive": True, "split": "train"}


def tone(hertz: float, channels: int = 1, seconds: int = SECONDS) -> np.ndarray:
    """`[samples, channels]`; each channel a fifth above the one before."""
    t = np.arange(seconds * 44_100) / 44_100
    return np.stack([np.sin(2 * np.pi * hertz * (1 + 0.5 * c) * t) for c in range(channels)], axis=1) * 0.3


@pytest.fixture(scope="session")
def dataset(tmp_path_factory) -> Path:
    """Two items of four kinds, and one that is held out."""
    from unbraid_training.data.dataset import write_item
    from unbraid_training.model.layout import STEMS

    root = tmp_path_factory.mktemp("dataset")
    kinds = {"backing": STEMS[1:], "speech": ("vocals",), "instrumental": ("accompaniment",), "multitrack": STEMS}
    for kind, stems in kinds.items():
        for n in range(2):
            audio = {stem: tone(150 + 90 * i + 40 * n, 1 + i % 2) for i, stem in enumerate(stems)}
            write_item(root, kind, f"{kind}-{n}", audio, META)
    write_item(root, "speech", "kept-out", {"vocals": tone(100)}, {**META, "split": "dev"})
    return root


@pytest.fixture(scope="session")
def packed(tmp_path_factory, dataset) -> list[Path]:
    """The dataset, named twice, in two parts."""
    from unbraid_training.data.pack import pack

    return pack(tmp_path_factory.mktemp("packed"), [dataset, dataset], 1.0, 2, 1)


@pytest.fixture
def small_network():
    """Makes networks of any small size with weights that are nowhere zero."""
    import torch
    from unbraid_training.model.network import BandNetwork
    from unbraid_training.model.size import Size

    fine = Size(
        width=16, blocks=2, mlp_hidden=24, mixer_hidden=24, front=6, detail=8, low_bands=3, low_hidden=12, low_blocks=1
    )

    def make(seed: int = 0, **changes) -> BandNetwork:
        torch.manual_seed(seed)
        network = BandNetwork(replace(fine, **changes)).eval()
        for parameter in network.parameters():
            parameter.data += 0.05 * torch.randn_like(parameter)
        return network

    return make
