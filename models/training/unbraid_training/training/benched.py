"""What a run of the bench is made of: its settings, and the hash under which it is found again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .augment import SHIFT

PACKAGE = Path(__file__).resolve().parents[1]

CODE = ("model", "mixing", "training", "train.py")
"""What decides on a run's result beside its settings."""


@dataclass(frozen=True)
class Settings:
    """Of one run: those of `train`, short and from a network that separates already."""

    steps: int = 300
    items: int = 3
    seconds: float = 8.0
    pieces: int = 2
    replay: int = 2
    lr: float = 2.0e-4
    """At 8e-4 and 16 s a step a network loses 0.25 dB on the excerpts, and differences scatter twice as far."""
    warmup: int = 20
    """Steps; from there the rate falls to 0 at the last step."""
    seed: int = 1
    recipe: dict = field(default_factory=dict)
    loss: list = field(default_factory=lambda: [0.5, 1.0, 0.12, 0.25])
    size: dict = field(default_factory=dict)
    dropout: float = 0.0
    weight_decay: float = 0.01
    shift: int = SHIFT

    def as_dict(self) -> dict:
        """Plain values."""
        return asdict(self)

    def difference(self, other: Settings) -> dict:
        """The settings of `other` that are not those of this one."""
        mine = self.as_dict()
        return {name: value for name, value in other.as_dict().items() if value != mine[name]}

    def command(self, init: Path, data: Path, folder: Path, mode: str) -> list[str]:
        """Arguments of `train`."""
        options = {"--init": init, "--data": data, "--out": folder, "--mode": mode}
        options |= {"--decay-from": self.warmup, "--decay-steps": max(self.steps - self.warmup, 1), "--replay-block": 8}
        for name, value in self.as_dict().items():
            text = json.dumps(value) if isinstance(value, (dict, list)) else str(value)
            options[f"--{name.replace('_', '-')}"] = text
        return [str(part) for pair in options.items() for part in pair]


def _digest(texts: list[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def key_of(parts: dict) -> str:
    """Name of a run's folder."""
    return _digest([json.dumps(parts, sort_keys=True)])


def file_digest(path: Path) -> str:
    """Of what is in a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def data_digest(root: Path, split: str = "train") -> str:
    """Of a dataset's index: items of a split with sizes of their stems. Raises `OSError` where there is none."""
    lines = []
    for meta in sorted(Path(root).glob("*/*/meta.json")):
        if json.loads(meta.read_text())["split"] == split:
            stems = [(one.name, one.stat().st_size) for one in sorted(meta.parent.glob("*.npy"))]
            lines.append(f"{meta.parent.relative_to(root)} {stems}")
    if not lines:
        raise FileNotFoundError(f"{root} has no recordings of split {split}; build it: unbraid_training.build")
    return _digest(lines)


def code_digest() -> str:
    """Of the package's code that decides on a run's result."""
    files = [
        path for part in CODE for path in ([PACKAGE / part] if part.endswith(".py") else (PACKAGE / part).rglob("*"))
    ]
    return _digest(
        [
            f"{path.relative_to(PACKAGE)} {file_digest(path)}"
            for path in sorted(files)
            if path.is_file() and "__pycache__" not in path.parts
        ]
    )
