"""One network in training, wherever its batches come from: optimisers, clipping, bad steps, averaged weights,
resuming."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from ..model.checkpoint import Checkpoint, ResumeState
from ..model.layout import Layout
from ..model.network import BandNetwork

BETAS, WEIGHT_DECAY = (0.9, 0.98), 0.01
"""Of AdamW; the decay is what is usual."""

LARGEST_NORM = 1.0
"""Gradients are scaled down to it."""


@dataclass(frozen=True)
class Settings:
    """Learning rates and averaging, from the command line."""

    lr: float
    """Learning rate of AdamW."""
    ema: float
    """Weight of the old average in every step, reached after some hundred steps."""
    muon: float = 0.0
    """Learning rate of Muon for the matrices that all bands share; 0: AdamW alone."""
    muon_decay: float = 0.3
    """Without a strong decay Muon's equal steps let norms grow tenfold within 1,000 steps, and details drown."""
    weight_decay: float = WEIGHT_DECAY
    """Of AdamW."""


class Trainer:
    """A network, its averaged weights, and the step between two batches."""

    def __init__(self, network: BandNetwork, layout: Layout, settings: Settings):
        self.network, self.layout, self.settings = network, layout, settings
        self.average = copy.deepcopy(network)
        self.parameters = list(network.parameters())
        self.optimisers, self.rates = self._optimisers(), [settings.lr, settings.muon]
        self.step = 0

    def _optimisers(self) -> list[torch.optim.Optimizer]:
        """AdamW; and Muon for the shared matrices, which its orthogonalised steps suit."""
        matrices = [p for n, p in self.network.named_parameters() if p.ndim == 2 and n.endswith("_proj.weight")]
        chosen = {id(p) for p in matrices} if self.settings.muon else set()
        others = [p for p in self.parameters if id(p) not in chosen]
        s = self.settings
        adam = torch.optim.AdamW(others, lr=s.lr, betas=BETAS, weight_decay=s.weight_decay, fused=True)
        if not chosen:
            return [adam]
        decay = self.settings.muon_decay
        return [adam, torch.optim.Muon(matrices, lr=self.settings.muon, momentum=0.95, weight_decay=decay)]

    def update(self, factor: float) -> tuple[torch.Tensor, torch.Tensor]:
        """One step at `factor` of the learning rates, with the gradients that lie in the network; takes them away.

        Returns the gradients' norm and whether it was finite. Where it was not, weights stay as they are. On a GPU the
        optimiser looks there whether to do nothing, so that nobody waits for it.
        """
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, LARGEST_NORM)
        good = torch.isfinite(norm)
        for optimiser, rate in zip(self.optimisers, self.rates):
            for group in optimiser.param_groups:
                group["lr"] = rate * factor
        self.optimisers[0].found_inf = (~good).float()
        self.optimisers[0].step()
        if len(self.optimisers) > 1 and good:
            self.optimisers[1].step()
        for p in self.parameters:
            p.grad = None
        self.step += 1
        self._average_weights()
        return norm, good

    @torch.no_grad()
    def _average_weights(self) -> None:
        """At first the average follows fast, or it would hold the start for hundreds of steps."""
        decay = min(self.settings.ema, (self.step + 1) / (self.step + 10))
        torch._foreach_lerp_(list(self.average.parameters()), self.parameters, 1.0 - decay)

    def checkpoint(self, licences: set[str], arguments: Mapping[str, object]) -> Checkpoint:
        """Averaged weights and their origin."""
        return Checkpoint(
            weights=self.average.state_dict(),
            size=self.network.size,
            layout=self.layout,
            licences=frozenset(licences),
            step=self.step,
            arguments={name: str(value) for name, value in arguments.items()},
        )

    def resumable(self, checkpoint: Checkpoint, best: float, dataset_size: int, states: list) -> Checkpoint:
        """The checkpoint with all that `resume` needs."""
        optimisers = [optimiser.state_dict() for optimiser in self.optimisers]
        state = ResumeState(self.network.state_dict(), optimisers, best, dataset_size, states)
        return dataclasses.replace(checkpoint, resume=state)

    def resume(self, checkpoint: Checkpoint) -> ResumeState:
        """Goes on exactly where the checkpoint's run stood; returns what is the run's own. Learning rates stay those of
        now."""
        state = checkpoint.resume
        if state is None:
            raise ValueError("the checkpoint holds averaged weights alone; begin with them instead (--init)")
        self.network.load_state_dict(state.network)
        self.average.load_state_dict(checkpoint.weights)
        for optimiser, saved in zip(self.optimisers, state.optimisers, strict=True):
            # Files of 0.5.0 and before name another implementation of the same optimiser.
            for group in saved["param_groups"]:
                group |= {"fused": True, "foreach": None} if "betas" in group else {}
            optimiser.load_state_dict(saved)
        self.step = checkpoint.step
        return state


class RunLog:
    """`log.jsonl` of a run: one object a line."""

    def __init__(self, folder: Path):
        self.path = folder / "log.jsonl"

    def write(self, entry: dict) -> None:
        """Appends an entry."""
        with self.path.open("a") as file:
            file.write(json.dumps(entry) + "\n")
