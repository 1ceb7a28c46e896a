"""The mean of several checkpoints' averaged weights: a network between them.

    python -m unbraid_training.mean OUT.pt 0.6 runs/a/last.pt 0.4 runs/b/last.pt

Runs that began at the same weights stay near enough to one another for their mean to work, and it is often better than each
(Wortsman et al., "Model soups", 2022). Sizes have to agree: `unbraid_training.grow` first where one network has more.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch


def mean(checkpoints: list[tuple[float, dict]]) -> dict:
    """A checkpoint for `train --init` and `export`, of `(share, checkpoint)` pairs as `train` and `grow` write them.

    Shares are of any scale, their sum must be positive. Raises `ValueError` where sizes or layouts differ.
    """
    total = sum(share for share, _ in checkpoints)
    if not checkpoints or total <= 0.0:
        raise ValueError("shares must have a positive sum")
    first = checkpoints[0][1]
    for _, other in checkpoints[1:]:
        for what in ("size", "layout"):
            unlike = [n for n in first[what] if first[what][n] != other[what].get(n)]
            if unlike or len(first[what]) != len(other[what]):
                raise ValueError(f"{what}s differ in {', '.join(unlike) or 'their fields'}: no mean exists")
    weights = {}
    for name, value in first["ema"].items():
        if value.is_floating_point():
            # In double precision, so that the order of checkpoints does not matter.
            summed = sum(share / total * one["ema"][name].double() for share, one in checkpoints)
            weights[name] = summed.to(torch.float32)
        else:
            weights[name] = value
    licences = {one for _, checkpoint in checkpoints for one in checkpoint.get("licences", "").split("; ") if one}
    return {"ema": weights, "size": first["size"], "layout": first["layout"], "licences": "; ".join(sorted(licences))}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "parts", nargs="+", metavar="SHARE CHECKPOINT", help="pairs, such as 0.6 runs/a/last.pt 0.4 runs/b/last.pt"
    )
    args = parser.parse_args()
    if len(args.parts) % 2:
        parser.error("each checkpoint needs a share before it")
    try:
        shares = [float(share) for share in args.parts[::2]]
    except ValueError as error:
        parser.error(f"{error}: write a share before each checkpoint")
    pairs = [
        (share, torch.load(path, map_location="cpu", weights_only=False))
        for share, path in zip(shares, args.parts[1::2])
    ]
    try:
        made = mean(pairs)
    except ValueError as error:
        parser.error(str(error))
    torch.save(made, args.out)
    print(f"{args.out}: mean of {len(pairs)} checkpoints")


if __name__ == "__main__":
    main()
