"""Mixtures built from what training never hears: the recordings of a dataset's split `dev`, always the same ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from ..data.dataset import SAMPLE_RATE
from ..evaluation import scores
from ..mixing.catalogue import MappedCatalogue
from ..mixing.mixer import Mixer
from ..mixing.planner import Planner
from ..mixing.recipe import MIXING_0_6
from ..mixing.sound import MappedSound
from ..model.layout import STEMS, Layout
from ..model.network import BandNetwork
from ..model.stream import separate

RECIPE = replace(MIXING_0_6, voice_over_instrumental=0.0, coded=0.0)
"""Every stem is known, and the mixture is the sum of the stems. Always the same, whatever runs are trained with."""

SEED = 2027


class HeldOutMixtures:
    """`count` mixtures of `seconds` from the dataset `root`; made anew for every score, they are too long to keep."""

    def __init__(self, root: Path, count: int = 40, seconds: float = 8.0):
        catalogue = MappedCatalogue(root, split="dev")
        samples = int(seconds * SAMPLE_RATE)
        self.count = count
        self.planner = Planner(catalogue, RECIPE, 1, samples, SEED)
        self.mixer = Mixer(MappedSound(catalogue), samples, SEED)

    def stems(self, number: int) -> dict[str, np.ndarray]:
        """`[samples, 2]` each."""
        made = torch.nan_to_num(self.mixer(self.planner[number]))[0].numpy()
        return {stem: made[i].T for i, stem in enumerate(STEMS)}

    def score(self, network: BandNetwork, layout: Layout) -> dict[str, dict]:
        """Energy-ratio scores by mixture, streamed in float32."""
        results, number = {}, 0
        while len(results) < self.count:
            stems = self.stems(number)
            mixture = scores.mixture_of(stems)
            # A stem alone is no mixture: its score would be decibels from all others.
            if sum(scores.silence_reason(stem, mixture) is None for stem in stems.values()) >= 2:
                estimate = separate(network, np.ascontiguousarray(mixture.T, dtype=np.float32), layout)
                estimates = {stem: estimate[i].T for i, stem in enumerate(STEMS)}
                results[f"mixture-{number:03}"] = scores.score_song(stems, estimates)
            number += 1
        return results
