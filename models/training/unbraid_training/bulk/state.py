"""All that a run resumes from, in files small enough for a repository that takes none of 16 MiB and more.

`FOLDER/state.json` holds plain values, and which files there are with their digests; `FOLDER/state-000.pt`, … hold the
tensors, in pieces where one is larger than a file.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import torch

from ..errors import UserError

LARGEST = 15 * 2**20
"""Bytes of tensors in a file; what describes them comes on top."""

INDEX = "state.json"


@dataclass
class RunState:
    """State of a run at a step."""

    facts: dict
    """Plain values."""
    tensors: dict[str, torch.Tensor] = field(default_factory=dict)
    """On the CPU; names are paths, such as `studio/average/norm.scale`."""

    def under(self, start: str) -> dict[str, torch.Tensor]:
        """Tensors whose names begin with `start/`, without it."""
        return {name[len(start) + 1 :]: one for name, one in self.tensors.items() if name.startswith(f"{start}/")}


def pieces(tensors: dict[str, torch.Tensor], largest: int):
    """Files' contents: flat pieces of tensors by name and first element, at most `largest` bytes together."""
    held, size = {}, 0
    for name, tensor in tensors.items():
        flat, at = tensor.detach().cpu().reshape(-1), 0
        while at < len(flat) or (len(flat) == 0 and (name, 0) not in held):
            room = (largest - size) // flat.element_size()
            if room == 0:
                yield held
                held, size = {}, 0
                continue
            piece = flat[at : at + room].clone()
            held[name, at] = piece
            at, size = at + len(piece), size + piece.nbytes
            if len(flat) == 0:
                break
    if held:
        yield held


def save_state(folder: Path, state: RunState, largest: int = LARGEST) -> None:
    """Writes beside the folder and takes its place then, so that a kill leaves the state before, or this one."""
    partial, old = folder.with_name(folder.name + ".partial"), folder.with_name(folder.name + ".old")
    for one in (partial, old):
        shutil.rmtree(one, ignore_errors=True)
    partial.mkdir(parents=True)
    files = {}
    for number, held in enumerate(pieces(state.tensors, largest)):
        path = partial / f"state-{number:03}.pt"
        torch.save([(name, at, piece) for (name, at), piece in held.items()], path)
        files[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    shapes = {name: list(one.shape) for name, one in state.tensors.items()}
    index = {"facts": state.facts, "files": files, "shapes": shapes}
    (partial / INDEX).write_text(json.dumps(index, indent=1) + "\n")
    if folder.exists():
        folder.rename(old)
    partial.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def load_state(folder: Path) -> RunState:
    """Reads it. Raises `UserError` where a file is missing, or is not the one that was written with the others."""
    if not (folder / INDEX).is_file():
        raise UserError(f"{folder} holds no state of a run: there is no {INDEX} in it")
    index = json.loads((folder / INDEX).read_text())
    parts: dict[str, list[tuple[int, torch.Tensor]]] = {}
    for name, digest in index["files"].items():
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise UserError(f"{path} is missing, or not of the same state as {INDEX}; bring all files of one save")
        for tensor, at, piece in torch.load(path, map_location="cpu", weights_only=True):
            parts.setdefault(tensor, []).append((at, piece))
    tensors = {}
    for name, shape in index["shapes"].items():
        ordered = sorted(parts[name], key=lambda one: one[0])
        tensors[name] = torch.cat([piece for _, piece in ordered]).reshape(shape)
    return RunState(index["facts"], tensors)
