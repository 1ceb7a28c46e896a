"""The mean of several checkpoints' averaged weights: a network between them.

    python -m unbraid_training.training.mean OUT.pt 0.6 runs/a/last.pt 0.4 runs/b/last.pt

Runs that began at the same weights stay near enough to one another for their mean to work, and it is often better than
each (Wortsman et al., "Model soups", 2022). Sizes have to agree: `unbraid_training.training.grow` first where one
network has more.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import UserError, run
from ..model.checkpoint import Checkpoint


def mean(checkpoints: list[tuple[float, Checkpoint]]) -> Checkpoint:
    """A checkpoint for `train --init` and `export`, of `(weight, checkpoint)` pairs.

    Weights are of any scale, their sum must be positive. Raises `UserError` where sizes or layouts differ.
    """
    total = sum(weight for weight, _ in checkpoints)
    if not checkpoints or total <= 0.0:
        raise UserError("weights must have a positive sum")
    first = checkpoints[0][1]
    for _, other in checkpoints[1:]:
        for what in ("size", "layout"):
            mine, theirs = getattr(first, what).as_dict(), getattr(other, what).as_dict()
            unlike = [name for name in mine if mine[name] != theirs[name]]
            if unlike:
                raise UserError(f"{what}s differ in {', '.join(unlike)}: no mean exists")
    weights = {}
    for name, value in first.weights.items():
        weights[name] = value
        if value.is_floating_point():
            # In double precision, so that the order of checkpoints does not matter.
            summed = sum(weight / total * one.weights[name].double() for weight, one in checkpoints)
            weights[name] = summed.float()
    licences = frozenset().union(*(one.licences for _, one in checkpoints))
    return Checkpoint(weights, first.size, first.layout, licences)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="unbraid_training.training.mean", description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    pairs = "pairs, such as 0.6 runs/a/last.pt 0.4 runs/b/last.pt"
    parser.add_argument("parts", nargs="+", metavar="WEIGHT CHECKPOINT", help=pairs)
    args = parser.parse_args()
    if len(args.parts) % 2:
        parser.error("each checkpoint needs a weight before it")
    try:
        weights = [float(weight) for weight in args.parts[::2]]
    except ValueError as error:
        parser.error(f"{error}: write a weight before each checkpoint")
    made = mean([(weight, Checkpoint.load(Path(path))) for weight, path in zip(weights, args.parts[1::2])])
    made.save(args.out)
    print(f"{args.out}: mean of {len(weights)} checkpoints")


if __name__ == "__main__":
    run(main)
