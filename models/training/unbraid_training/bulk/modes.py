"""One mode's network in a run on a GPU: its step on a batch, its log, its checkpoints, and all it resumes from."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import torch

from ..errors import UserError
from ..mixing.statistics import Batch, Statistics
from ..model.checkpoint import Checkpoint, single
from ..model.layout import LAYOUTS, Layout
from ..model.network import BandNetwork
from ..model.size import Size
from ..training.development import pooled_scores, pooled_songs
from ..training.loss import PARTS, separation_loss
from ..training.trainer import Settings, Trainer
from .fused import FusedStatistics
from .state import RunState

Tensors = dict[str, torch.Tensor]


def begun(mode: str, path: Path) -> Checkpoint:
    """What a new run of a mode begins with."""
    origin = Checkpoint.load(path)
    if origin.layout.hop != LAYOUTS[mode].hop:
        raise UserError(f"{mode}: the checkpoint's hop is {origin.layout.hop}, not {LAYOUTS[mode].hop}")
    return dataclasses.replace(origin, weights=single(origin.weights), layout=LAYOUTS[mode])


def taken_up(mode: str, state: RunState) -> Checkpoint:
    """The same of a run that goes on."""
    facts = state.facts["modes"][mode]
    size, layout = Size(**facts["size"]), Layout(**facts["layout"])
    return Checkpoint(state.under(f"{mode}/average"), size, layout, frozenset(facts["licences"]), state.facts["step"])


class ModeTraining:
    """One mode's network in training."""

    def __init__(self, mode: str, origin: Checkpoint, saved: Tensors, device: torch.device, args: argparse.Namespace):
        """`saved` is what `tensors` gave, to go on with it; or empty."""
        self.mode, self.layout, self.args = mode, origin.layout, args
        self.licences, self.first_step, self.saved = set(origin.licences), origin.step if saved else 0, saved
        self.origin = origin.weights
        network = BandNetwork(origin.size)
        network.load_state_dict(self.origin)
        self.trainer = Trainer(
            network.to(device), self.layout, Settings(args.lr, args.ema, weight_decay=args.weight_decay)
        )
        for block in network.blocks:
            block.dropout = args.dropout
        fused = device.type == "cuda" and not args.plain_statistics
        self.statistics = (FusedStatistics if fused else Statistics)(self.layout, device, not args.no_compile)
        self.songs = pooled_songs(args.dev, self.layout, device)
        self.losses = self.loss if args.no_compile else torch.compile(self.loss, dynamic=False)
        self.begin()

    @torch.no_grad()
    def begin(self) -> None:
        """As before the first step, or where the run stood: whatever was computed since is forgotten."""
        network, trainer, saved = self.trainer.network, self.trainer, self.saved
        part = {name: {n[len(name) + 1 :]: v for n, v in saved.items() if n.startswith(f"{name}/")} for name in PLACES}
        network.load_state_dict(part["network"] or self.origin)
        trainer.average.load_state_dict(self.origin)
        trainer.step = self.first_step
        for number, optimiser in enumerate(trainer.optimisers):
            optimiser.state.clear()
            entries: dict[int, Tensors] = {}
            for name, value in part["optimiser"].items():
                which, parameter, key = name.split("/")
                if int(which) == number:
                    # A copy: on a CPU the optimiser would go on in what is saved.
                    entries.setdefault(int(parameter), {})[key] = value.clone()
            if entries:
                optimiser.load_state_dict({**optimiser.state_dict(), "state": entries})
        self.state = [one.to(network.feature_mean.device) for one in network.initial_state(self.args.items)]
        carried = [part["carried"].get(str(n)) for n in range(len(self.state))]
        if all(old is not None and old.shape == new.shape for old, new in zip(carried, self.state)):
            self.state = [old.to(new.device) for old, new in zip(carried, self.state)]
        self.rows: list[torch.Tensor] = []

    def tensors(self) -> Tensors:
        """All that `begin` needs to go on from here, on the CPU."""
        out = {f"network/{n}": v for n, v in self.trainer.network.state_dict().items()}
        out |= {f"average/{n}": v for n, v in self.trainer.average.state_dict().items()}
        for number, optimiser in enumerate(self.trainer.optimisers):
            for parameter, entries in optimiser.state_dict()["state"].items():
                out |= {f"optimiser/{number}/{parameter}/{key}": value for key, value in entries.items()}
        out |= {f"carried/{n}": one for n, one in enumerate(self.state)}
        return {name: value.detach().cpu().clone() for name, value in out.items()}

    def facts(self, licences: set[str]) -> dict:
        """Plain values beside them."""
        size, layout = self.trainer.network.size.as_dict(), self.layout.as_dict()
        return {"size": size, "layout": layout, "licences": sorted(self.licences | licences)}

    def loss(self, feats, pxx, pxs, pss, accompaniment_only, *state):
        """Loss and its parts, and the state after the last frame."""
        with torch.autocast(feats.device.type, dtype=torch.bfloat16, enabled=not self.args.float32):
            logits, following = self.trainer.network(feats, list(state))
        statistics = pxx, pxs, pss, accompaniment_only
        total, parts = separation_loss(logits, *statistics, part_weights=tuple(self.args.loss))
        return total, parts, following

    def step(self, batch: Batch, factor: float, carried: torch.Tensor) -> None:
        """One step at `factor` of the learning rate; items not `carried` begin with an empty state."""
        state = [one * carried.reshape(-1, *[1] * (one.ndim - 1)) for one in self.state]
        total, parts, following = self.losses(*vars(batch).values(), *state)
        total.backward()
        norm, good = self.trainer.update(factor)
        self.state = [torch.where(good, one.detach(), 0.0) for one in following]
        self.rows.append(torch.cat([total.detach()[None], parts, norm.detach()[None]]))

    def entry(self) -> dict:
        """For the log: means since the last one, and scores."""
        entry: dict = {"mode": self.mode, "step": self.trainer.step}
        if self.rows:
            loss, *parts, norm = torch.stack(self.rows).mean(0).tolist()
            means = {"loss": loss, **dict(zip(PARTS, parts)), "norm": norm}
            entry |= {name: round(value, 5) for name, value in means.items()}
            self.rows = []
        if self.songs:
            scores = pooled_scores(self.trainer.average, self.songs)
            entry["development"] = {name: round(value, 3) for name, value in scores.items()}
        return entry

    def save(self, number: int, licences: set[str]) -> None:
        """Writes a checkpoint for `export` and `train --init`; `licences` of what was trained on join those of
        before."""
        checkpoint = self.trainer.checkpoint(self.licences | licences, vars(self.args))
        checkpoint.half().save(self.args.out / f"{self.mode}-{number}.pt")


PLACES = ("network", "average", "optimiser", "carried")
"""First parts of the names of `ModeTraining.tensors`."""
