"""Two processes train together as one would on both batches. Needs torch."""

import json
import subprocess
import sys
from pathlib import Path

import torch
from unbraid_training.model.checkpoint import Checkpoint

PACKAGE = Path(__file__).resolve().parents[2]


def test_two_processes_hold_the_same_network_and_go_on_where_they_stopped(tmp_path, dataset):
    def train(steps, run="run"):
        size = {"width": 8, "blocks": 1, "mlp_hidden": 8, "mixer_hidden": 8, "front": 4, "detail": 4}
        command = [
            sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--standalone",
            "-m", "unbraid_training.train", "--data", str(dataset),
            "--out", str(tmp_path / run), "--size", json.dumps(size),
            "--items", "1", "--seconds", "1", "--steps", str(steps),
            "--no-compile", "--workers", "0", "--replay-block", "2",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=PACKAGE, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "2 processes hold the same weights" in done.stdout
        return Checkpoint.load(tmp_path / run / "last.pt")

    first = train(3)
    assert first.step == 3
    mine, other = first.resume.states
    assert len(mine) == len(other) and not any(torch.equal(a, b) for a, b in zip(mine, other))
    second = train(6)
    assert second.step == 6
    weights = second.resume.network["out_proj.weight"]
    assert torch.isfinite(weights).all() and not torch.equal(weights, first.resume.network["out_proj.weight"])
    unbroken = train(6, "unbroken")
    for name, value in unbroken.resume.network.items():
        torch.testing.assert_close(value, second.resume.network[name], atol=0, rtol=0, msg=name)
