"""The one file format of trained networks: averaged weights, size, layout, origin; beside them what a run needs to
resume.

A dictionary written by `torch.save` that holds tensors and plain values alone, so that reading it runs no code of the
file. Files of version 0.5.0 and before, whose layers had other names, are read too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from ..errors import UserError
from .layout import Layout
from .network import BandNetwork
from .size import Size

Weights = dict[str, torch.Tensor]

FORMAT = 2
"""1, or no number: layers called `inward` and `outward`."""


class CheckpointError(UserError):
    """A file that is no checkpoint, or not one of this network."""


@dataclass
class ResumeState:
    """State of an interrupted run beside the averaged weights; with it the run goes on as if nothing had happened."""

    network: Weights
    optimisers: list[dict]
    best: float
    """Best development score so far, dB."""
    dataset_size: int
    """Items of the dataset; with another number batches differ."""
    states: list[list[torch.Tensor]] = field(default_factory=list)
    """State of the network at the end of the last batch, one for each process."""


@dataclass
class Checkpoint:
    """A trained network."""

    weights: Weights
    """Averaged over the run's steps."""
    size: Size
    layout: Layout
    licences: frozenset[str] = frozenset()
    """Licences of everything that it was trained on."""
    step: int = 0
    arguments: dict[str, str] = field(default_factory=dict)
    """Command line of the run, for people."""
    resume: ResumeState | None = None

    @classmethod
    def load(cls, path: Path) -> Checkpoint:
        """Reads a file onto the CPU. Raises `CheckpointError` where it is none, `OSError` where it cannot be read."""
        try:
            saved = torch.load(path, map_location="cpu", weights_only=True)
        except OSError:
            raise
        except Exception as error:
            # PyTorch's reader ends in errors of any kind where bytes are not what it expects.
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise CheckpointError(f"{path} is no checkpoint: {reason}") from error
        try:
            current = saved.get("format", 1) >= FORMAT
            named = (lambda weights: weights) if current else with_current_names
            return cls(
                weights=named(saved["ema"]),
                size=Size(**saved["size"]),
                layout=Layout(**saved["layout"]),
                licences=frozenset(one for one in saved.get("licences", "").split("; ") if one),
                step=saved.get("step", 0),
                arguments=saved.get("arguments", {}),
                resume=_resume_state(saved, named) if "optimisers" in saved else None,
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise CheckpointError(f"{path} is no checkpoint of this network: {error}") from error

    def save(self, path: Path) -> None:
        """Writes through a second name, so that a kill never leaves half a checkpoint."""
        saved = {
            "format": FORMAT,
            "ema": self.weights,
            "size": self.size.as_dict(),
            "layout": self.layout.as_dict(),
            "licences": "; ".join(sorted(self.licences)),
            "step": self.step,
            "arguments": self.arguments,
        }
        if self.resume:
            saved |= {
                "network": self.resume.network,
                "optimisers": self.resume.optimisers,
                "best": self.resume.best,
                "pool_size": self.resume.dataset_size,
                "memories": self.resume.states,
            }
        partial = path.with_suffix(".partial")
        torch.save(saved, partial)
        partial.replace(path)

    def network(self) -> BandNetwork:
        """The network with its averaged weights in float32, set to evaluation."""
        network = BandNetwork(self.size)
        network.load_state_dict(single(self.weights))
        return network.eval()

    def half(self) -> Checkpoint:
        """The averaged weights alone, as float16: half the size, and still above what int8 keeps of them."""
        weights = {n: v.half().cpu() if v.is_floating_point() else v.cpu() for n, v in self.weights.items()}
        return replace(self, weights=weights, resume=None)


def _resume_state(saved: dict, named) -> ResumeState:
    return ResumeState(
        named(saved["network"]), saved["optimisers"], saved["best"], saved["pool_size"], saved.get("memories", [])
    )


def with_current_names(weights: Weights) -> Weights:
    """Weights of format 1 under the names that their layers have now."""
    names = {"inward": "in_proj", "outward": "out_proj"}
    return {
        re.sub(r"\b(low_)?(inward|outward)\b", lambda m: (m[1] or "") + names[m[2]], name): value
        for name, value in weights.items()
    }


def single(weights: Weights) -> Weights:
    """Weights with float16 widened to float32."""
    return {name: value.float() if value.is_floating_point() else value for name, value in weights.items()}
