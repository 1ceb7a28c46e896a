"""A smaller network out of a trained one, as a start for more training: a shorter road than from random weights.

    python -m unbraid_training.training.shrink CHECKPOINT OUT.pt --data DATASET --size '{"blocks": 3}' [--mode live]

What goes: whole blocks (the first and the last are kept, the others evenly), hidden units of mixers and MLPs (those of
the least norm), the upper ones of the low bands that have a part of their own, and directions between front and bands
(principal components on audio of the dataset). The result separates worse until it has been trained on with `train
--init`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from ..errors import UserError, run
from ..mixing.batches import Batches
from ..mixing.recipe import Recipe
from ..model.checkpoint import Checkpoint, Weights, single
from ..model.layout import LAYOUTS, Layout
from ..model.network import BandNetwork
from ..model.size import Size

PROBES = 2
"""Batches on which the front is observed."""

PROBE_ITEMS, PROBE_SECONDS = 3, 8.0


def kept_blocks(there: int, wanted: int) -> list[int]:
    """Indices of the blocks that stay, first and last among them where two or more do."""
    if not 1 <= wanted <= there:
        raise UserError(f"{wanted} blocks wanted of {there}")
    return [round(i * (there - 1) / max(wanted - 1, 1)) for i in range(wanted)]


def strongest(read: torch.Tensor, written: torch.Tensor, wanted: int) -> torch.Tensor:
    """Indices of the hidden units with the greatest product of norms; `read` `[hidden, in]`, `written` `[out,
    hidden]`."""
    strength = read.norm(dim=1) * written.norm(dim=0)
    return strength.topk(wanted).indices.sort().values


def without_blocks(weights: Weights, kept: list[int]) -> Weights:
    """The weights of the blocks in `kept` alone, counted anew."""
    renamed = {name: value for name, value in weights.items() if not name.startswith("blocks.")}
    for new, old in enumerate(kept):
        start = f"blocks.{old}."
        renamed |= {f"blocks.{new}.{n[len(start) :]}": v for n, v in weights.items() if n.startswith(start)}
    return renamed


def narrowed(weights: Weights, size: Size) -> Weights:
    """Mixers and MLPs with the strongest hidden units only, as many as `size` says."""
    out = dict(weights)
    for block in range(size.blocks):
        for part, wanted in (("mixer", size.mixer_hidden), ("mlp", size.mlp_hidden)):
            read, bias, written = (
                f"blocks.{block}.{part}.{n}" for n in ("in_proj.weight", "in_proj.bias", "out_proj.weight")
            )
            kept = strongest(weights[read], weights[written], wanted)
            out |= {read: weights[read][kept], bias: weights[bias][kept], written: weights[written][:, kept]}
        low = f"blocks.{block}.mlp.low_"
        if f"{low}in_proj.weight" in weights and size.low_bands:
            read, bias, written = (
                weights[low + n][: size.low_bands] for n in ("in_proj.weight", "in_proj.bias", "out_proj.weight")
            )
            kept = [strongest(i.T, o.T, size.low_hidden) for i, o in zip(read, written)]
            out |= {
                f"{low}in_proj.weight": torch.stack([m[:, one] for m, one in zip(read, kept)]),
                f"{low}in_proj.bias": torch.stack([m[one] for m, one in zip(bias, kept)]),
                f"{low}out_proj.weight": torch.stack([m[one] for m, one in zip(written, kept)]),
                f"{low}out_proj.bias": weights[f"{low}out_proj.bias"][: size.low_bands],
            }
    return out


def projection(moments: torch.Tensor, readers: torch.Tensor, rank: int) -> tuple[torch.Tensor, torch.Tensor]:
    """`down` `[rank, c]` and `up` `[c, rank]` such that `readers · up · down · a` is nearest to `readers · a`.

    `moments` `[c, c]`: the mean of `a · aᵀ`; `readers` `[n, c]`. The best answer in the mean square: principal
    components of the readers' values.
    """
    moments = moments.double()
    root = torch.linalg.cholesky(moments + 1e-6 * moments.trace() * torch.eye(len(moments), dtype=torch.float64))
    chosen = torch.linalg.svd(readers.double() @ root, full_matrices=False)[2][:rank]
    return (chosen @ torch.linalg.inv(root)).float(), (root @ chosen.T).float()


@torch.no_grad()
def front_moments(weights: Weights, size: Size, layout: Layout, probes: list[torch.Tensor]) -> torch.Tensor:
    """Mean of the front's channels times themselves, `[front, front]`, over features `[B, T, groups, 3]`."""
    network = BandNetwork(size)
    wanted = {
        n: v for n, v in weights.items() if n.startswith(("front.first", "front.second", "front.forget", "feature_"))
    }
    network.load_state_dict(wanted, strict=False)
    total = torch.zeros(size.front, size.front, dtype=torch.float64)
    for feats in probes:
        state = network.initial_state(len(feats))
        flat = network.front(network.normalised(feats)[0], state[0], state[1])[0].reshape(-1, size.front).double()
        total += flat.T @ flat / len(flat)
    return total / len(probes)


def relinked(weights: Weights, size: Size, moments: torch.Tensor) -> Weights:
    """Front and bands joined by `size.link` numbers per group each way, from any number before."""
    out, k, g = dict(weights), size.bands, size.groups_per_band
    # Before there were links, the bands read every channel of the front.
    link = weights.get("front.link.weight", torch.eye(size.front))
    read = weights["from_front"].reshape(k * g, len(link), size.width)
    readers = torch.einsum("nld,lc->ndc", read, link)
    down, up = projection(moments, readers.reshape(-1, size.front), size.link)
    out["front.link.weight"] = down
    out["from_front"] = (readers @ up).transpose(1, 2).reshape(k, g * size.link, size.width)

    bands, bias = weights["detail.bands.weight"], weights["detail.bands.bias"]
    links = bands.shape[-1] // g
    bands, bias = bands.reshape(k, size.width, g, links), bias.reshape(k, g, links)
    # The bands are normalised to unit power, so their matrices alone say how the links vary.
    scaled = (bands * weights["norm.scale"][None, :, None, None]).reshape(-1, links)
    spread = (scaled.T @ scaled + bias.reshape(-1, links).T @ bias.reshape(-1, links)) / (k * g)
    first = weights["detail.first.weight"]
    readers_of_links = first[:, size.front :].permute(0, 2, 3, 1)
    down, up = projection(spread, readers_of_links.reshape(-1, links), size.link)
    out["detail.bands.weight"] = (bands @ down.T).reshape(k, size.width, -1)
    out["detail.bands.bias"] = (bias @ down.T).reshape(k, -1)
    out["detail.first.weight"] = torch.cat([first[:, : size.front], (readers_of_links @ up).permute(0, 3, 1, 2)], dim=1)
    return out


def shrunk(saved: Checkpoint, changes: dict, layout: Layout, probes: list[torch.Tensor]) -> Checkpoint:
    """A checkpoint for `train --init` of the size of `saved` with `changes`; width, bands and convolutions stay."""
    fixed = {"bands", "groups_per_band", "width", "taps", "front", "detail"}
    if fixed & set(changes):
        named = ", ".join(sorted(fixed & set(changes)))
        raise UserError(f"{named} cannot be shrunk; blocks, mixer_hidden, mlp_hidden, low_bands, low_hidden, link can")
    size = Size(**{**saved.size.as_dict(), **changes})
    weights = without_blocks(single(saved.weights), kept_blocks(saved.size.blocks, size.blocks))
    weights = narrowed(weights, size)
    if size.front:
        weights = relinked(weights, size, front_moments(weights, size, layout, probes))
    network = BandNetwork(size)
    network.load_state_dict(weights)
    network.change_hop(layout.hop / saved.layout.hop)
    return Checkpoint(network.state_dict(), size, layout, saved.licences)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="unbraid_training.training.shrink", description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="dataset made by unbraid_training.build")
    parser.add_argument("--size", type=json.loads, default={}, help='JSON of what changes, e.g. {"blocks": 3}')
    parser.add_argument("--mode", choices=sorted(LAYOUTS), default="studio")
    args = parser.parse_args()
    saved, layout = Checkpoint.load(args.checkpoint), LAYOUTS[args.mode]
    batches = Batches(args.data, Recipe(), layout, PROBE_ITEMS, PROBE_SECONDS, 1, PROBES)
    result = shrunk(saved, args.size, layout, [batches[i].feats for i in range(PROBES)])
    result.save(args.out)
    print(f"{args.out}: {result.size.macs_per_frame() / 1e6:.1f} MMAC/frame, {result.size}")


if __name__ == "__main__":
    run(main)
