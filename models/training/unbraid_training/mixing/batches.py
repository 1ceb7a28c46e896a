"""Batches made on the CPU while training, from a dataset on disk.

Batch `n` depends on the dataset, the recipe, the seed and `n` alone, so that a resumed run sees what it would have
seen. Worker processes do all of this; the training process only runs the network.
"""

from __future__ import annotations

from pathlib import Path

import torch

from ..model.layout import Layout
from .catalogue import MappedCatalogue
from .mixer import Mixer
from .planner import Planner
from .recipe import Recipe
from .sound import MappedSound
from .statistics import Batch, RealCodec, Statistics, samples_of


class Batches(torch.utils.data.Dataset):
    """Batch `n`, `items` mixtures of `seconds`, for every `n` below `count`."""

    def __init__(self, root: Path, recipe: Recipe, layout: Layout, items: int, seconds: float, seed: int, count: int,
                 permissive: bool = False):  # fmt: skip
        self.root, self.permissive = root, permissive
        self.recipe, self.layout, self.items, self.seed, self.count = recipe, layout, items, seed, count
        self.samples = samples_of(seconds, [layout])
        self.planner: Planner | None = None

    def __len__(self):
        return self.count

    def _open(self) -> None:
        """In the process that makes the batches."""
        torch.set_num_threads(1)
        catalogue = MappedCatalogue(self.root, self.permissive)
        self.planner = Planner(catalogue, self.recipe, self.items, self.samples, self.seed)
        self.mixer = Mixer(MappedSound(catalogue), self.samples, self.seed)
        self.statistics = Statistics(self.layout, torch.device("cpu"), at_once=1)

    def __getitem__(self, n: int) -> Batch:
        if self.planner is None:
            self._open()
        plan = self.planner[n]
        stems = torch.nan_to_num(self.mixer(plan))
        return self.statistics(stems, plan["accompaniment_only"], RealCodec(plan))
