"""A larger network that computes, at first, exactly what a trained one does.

    python -m unbraid_training.training.grow runs/a/last.pt grown.pt --size '{"low_bands": 8, "low_hidden": 256}'

What is added reads at random and writes nothing: the matrices that new hidden units write through begin at zero. `train
--init` prolongs the result.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from ..errors import UserError, run
from ..model.checkpoint import Checkpoint
from ..model.network import BandNetwork
from ..model.size import Size

GROWS = ("low_bands", "low_hidden", "mlp_hidden", "mixer_hidden", "dense")
"""Sizes that can grow: each is that of hidden units, or of bands that have some."""

WRITES = (
    "low_out_proj.weight",
    "low_out_proj.bias",
    "mlp.out_proj.weight",
    "mixer.out_proj.weight",
    "dense.out_proj.weight",
)
"""Parameters in which what is new must be zero."""


def grow(ema: dict[str, torch.Tensor], before: Size, after: Size, seed: int = 0) -> dict[str, torch.Tensor]:
    """Averaged weights `ema` of a network of size `before`, for one of size `after`.

    Raises `UserError` where something other than `GROWS` differs, or shrinks.
    """
    for name, old in before.as_dict().items():
        new = after.as_dict()[name]
        if new != old and not (name in GROWS and new > old):
            raise UserError(f"{name} {old} cannot become {new}: only {', '.join(GROWS)} can grow")
    torch.manual_seed(seed)
    grown = BandNetwork(after).state_dict()
    for name, old in ema.items():
        new = grown[name]
        if name.endswith(WRITES):
            new.zero_()
        if new.shape == old.shape:
            new.copy_(old)
        else:
            new[tuple(slice(0, length) for length in old.shape)] = old
    return grown


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="unbraid_training.training.grow", description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", type=json.loads, required=True, help='JSON, e.g. {"low_bands": 8}')
    args = parser.parse_args()
    saved = Checkpoint.load(args.checkpoint)
    after = Size(**{**saved.size.as_dict(), **args.size})
    Checkpoint(grow(saved.weights, saved.size, after), after, saved.layout, saved.licences).save(args.out)
    print(f"{args.out}: {saved.size.macs_per_frame() / 1e6:.2f} -> {after.macs_per_frame() / 1e6:.2f} MMAC/frame")


if __name__ == "__main__":
    run(main)
