"""Networks at the beginning of a run: from random weights, from another run's averaged ones, or where it stopped."""

from __future__ import annotations

from pathlib import Path

import torch

from ..model.checkpoint import Checkpoint, CheckpointError, single
from ..model.layout import Layout
from ..model.network import BandNetwork
from ..model.size import Size
from .grow import GROWS, grow


def resumed(checkpoint: Checkpoint) -> BandNetwork:
    """A network of the checkpoint's size; the trainer gives it its weights."""
    return BandNetwork(checkpoint.size)


def prolonged(origin: Checkpoint, changes: dict, layout: Layout, path: Path) -> BandNetwork:
    """The averaged weights of `origin`, at the hop of `layout`. `changes` of the size may add what begins as no
    change."""
    size = Size(**{**origin.size.as_dict(), **changes})
    network = BandNetwork(size)
    weights = single(origin.weights)
    if any(getattr(origin.size, name) != getattr(size, name) for name in GROWS):
        weights = grow(weights, origin.size, size)
    unexpected = network.load_state_dict(weights, strict=False).unexpected_keys
    if unexpected:
        raise CheckpointError(f"{path} has {', '.join(unexpected)}, which a network of {size} has not")
    network.change_hop(layout.hop / origin.layout.hop)
    return network


@torch.no_grad()
def feature_scale(network: BandNetwork, feats: list[torch.Tensor]) -> None:
    """Sets mean and scale of every group's features, so that the first layers see mean 0 and deviation 1."""
    values = torch.cat([one.flatten(0, 1) for one in feats])
    network.feature_mean.copy_(values.mean(0))
    network.feature_scale.copy_(1.0 / values.std(0).clamp_min(0.1))
