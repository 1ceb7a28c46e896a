"""A run from packed parts, as on a GPU, on the CPU."""

import json
import shutil

import numpy as np
import pytest
import torch
from unbraid_training import train_bulk
from unbraid_training.data.pack import pack
from unbraid_training.errors import UserError
from unbraid_training.model.checkpoint import Checkpoint
from unbraid_training.model.layout import STUDIO
from unbraid_training.model.network import BandNetwork
from unbraid_training.model.size import Size
from unbraid_training.training import later

SIZE = Size(width=8, blocks=1, mlp_hidden=8, mixer_hidden=8, front=4, detail=4)


@pytest.fixture
def begun(tmp_path):
    torch.manual_seed(0)
    Checkpoint(BandNetwork(SIZE).state_dict(), SIZE, STUDIO, frozenset({"MIT"})).save(tmp_path / "begin.pt")
    return tmp_path / "begin.pt"


def options(out, begun, steps):
    quick = ["--items", "2", "--seconds", "1", "--workers", "1", "--no-compile", "--float32", "--warmup", "1"]
    return [
        *quick,
        "--out",
        str(out),
        "--minutes",
        "60",
        "--network",
        f"studio={begun}",
        "--steps",
        str(steps),
        "--ema",
        "0.5",
    ]


@pytest.mark.parametrize("from_folder", [True, False])
def test_a_run_ends_with_a_checkpoint_that_training_can_begin_with(tmp_path, packed, begun, from_folder):
    run, parts = tmp_path / "run", [str(path) for path in packed]
    (packed[0].parent / "complete").touch()
    if from_folder:
        parts = [parts[0], "--later", str(packed[0].parent)]
    train_bulk.main([*parts, *options(run, begun, 4)])
    saved = Checkpoint.load(run / "studio-3.pt")
    trained, network = saved.network(), Checkpoint.load(begun).network()
    assert torch.isfinite(trained.out_proj.weight).all()
    assert not torch.equal(trained.out_proj.weight.half(), network.out_proj.weight.half())
    assert saved.licences == {"MIT", "CC0-1.0"} and saved.step == 4
    entries = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert entries[-1]["step"] == 4 and np.isfinite(entries[-1]["loss"])


def test_the_other_parts_are_learnt_from_too(tmp_path, packed, begun, capsys, monkeypatch):
    (tmp_path / "memory").mkdir()
    monkeypatch.setattr(later, "MEMORY", tmp_path / "memory")
    train_bulk.main([*map(str, packed), *options(tmp_path / "run", begun, 1)])
    counts = [int(line.split()[2]) for line in capsys.readouterr().out.splitlines() if "recordings" in line]
    assert len(counts) == 2 and counts[0] < counts[1] == 18
    assert list((tmp_path / "memory").iterdir()) == [], "what was handed over is gone"


def test_a_first_part_that_lacks_a_stem_waits_for_the_others(tmp_path, dataset, packed, begun, capsys):
    voices = tmp_path / "voices"
    shutil.copytree(dataset / "speech", voices / "speech")
    (lacking,) = pack(tmp_path / "parts", [voices], 1.0, 1, 1)
    train_bulk.main([str(lacking), *map(str, packed), *options(tmp_path / "run", begun, 1)])
    counts = [int(line.split()[2]) for line in capsys.readouterr().out.splitlines() if "recordings" in line]
    assert counts == [20]
    with pytest.raises(UserError, match="the packed data has no drums"):
        train_bulk.main([str(lacking), *options(tmp_path / "again", begun, 1)])


def test_what_cannot_be_trained_is_named(tmp_path, packed):
    with pytest.raises(SystemExit, match="expected MODE=CHECKPOINT"):
        train_bulk.main([str(packed[0]), *options(tmp_path / "run", "nowhere.pt", 1)])
