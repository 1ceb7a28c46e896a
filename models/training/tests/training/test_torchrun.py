"""Two processes train together as one would on both batches. Needs torch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import torch
from unbraid_training.model.checkpoint import Checkpoint

PACKAGE = Path(__file__).resolve().parents[2]


ENDS = """
import os, time, torch
from pathlib import Path
from unbraid_training.training.processes import Processes

processes, weight = Processes(), torch.nn.Parameter(torch.ones(4))
optimizer, weight.grad = torch.optim.AdamW([weight]), torch.ones(4)
processes.average_gradients([weight])
optimizer.step()
processes.end([weight])
for _ in range(200):
    ids = os.listdir("/proc/self/task")  # a thread's entry may stay for an instant after it was joined
    if len(ids) == 1:
        break
    time.sleep(0.05)
assert len(ids) == 1, [Path(f"/proc/self/task/{one}/comm").read_text() for one in ids]
"""


def torchrun(*command):
    """Two processes; what they print."""
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--standalone", *command]
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE)}
    done = subprocess.run(command, cwd=PACKAGE, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_no_thread_of_the_group_outlives_it(tmp_path):
    (tmp_path / "ends.py").write_text(ENDS)
    assert "2 processes hold the same weights" in torchrun(str(tmp_path / "ends.py"))


def test_two_processes_hold_the_same_network_and_go_on_where_they_stopped(tmp_path, dataset):
    def train(steps, run="run"):
        size = {"width": 8, "blocks": 1, "mlp_hidden": 8, "mixer_hidden": 8, "front": 4, "detail": 4}
        said = torchrun(
            "-m", "unbraid_training.train", "--data", str(dataset),
            "--out", str(tmp_path / run), "--size", json.dumps(size),
            "--items", "1", "--seconds", "1", "--steps", str(steps),
            "--no-compile", "--workers", "0", "--replay-block", "2",
        )  # fmt: skip
        assert "2 processes hold the same weights" in said
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
