"""Two processes train together as one would on both batches. Needs torch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from unbraid_training.data.dataset import write_item

PACKAGE = Path(__file__).parent.parent
META = {"source": "noise", "licence": "CC0-1.0", "permissive": True, "split": "train"}


def small_dataset(root: Path) -> None:
    rng = np.random.default_rng(0)
    seconds = 6 * 44_100
    for kind, stems in (("backing", ("drums", "bass", "other")), ("speech", ("vocals",))):
        audio = {stem: rng.standard_normal((seconds, 1)).astype(np.float32) * 0.1 for stem in stems}
        write_item(root, kind, "noise", audio, META)


def test_two_processes_hold_the_same_network_and_go_on_where_they_stopped(tmp_path):
    small_dataset(tmp_path / "dataset")

    def train(steps, run="run"):
        command = [
            sys.executable,
            "-m",
            "torch.distributed.run",
            "--nproc-per-node=2",
            "--master-port=29613",
            "-m",
            "unbraid_training.train",
            "--data",
            str(tmp_path / "dataset"),
            "--out",
            str(tmp_path / run),
            "--size",
            json.dumps({"width": 8, "blocks": 1, "mlp_hidden": 8, "mixer_hidden": 8, "front": 4, "detail": 4}),
            "--recipe",
            json.dumps({"items": 1, "seconds": 1.0}),
            "--steps",
            str(steps),
            "--no-compile",
            "--workers",
            "0",
            "--replay-block",
            "2",
        ]
        done = subprocess.run(
            command, cwd=PACKAGE, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "2 processes hold the same weights" in done.stdout
        return torch.load(tmp_path / run / "last.pt", weights_only=False)

    first = train(3)
    assert first["step"] == 3
    mine, other = first["memories"]
    assert len(mine) == len(other) and not any(torch.equal(a, b) for a, b in zip(mine, other))
    second = train(6)
    assert second["step"] == 6
    weights = second["network"]["outward.weight"]
    assert torch.isfinite(weights).all() and not torch.equal(weights, first["network"]["outward.weight"])
    unbroken = train(6, "unbroken")
    for name, value in unbroken["network"].items():
        torch.testing.assert_close(value, second["network"][name], atol=0, rtol=0, msg=name)
