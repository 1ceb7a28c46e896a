"""The bench for ideas, on a small network, small data and two small songs."""

import functools
import json
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from conftest import META, tone
from unbraid_training import bench, train
from unbraid_training.data.dataset import write_item
from unbraid_training.errors import UserError
from unbraid_training.model.checkpoint import Checkpoint
from unbraid_training.model.layout import STEMS, STUDIO
from unbraid_training.model.network import BandNetwork
from unbraid_training.model.size import Size
from unbraid_training.training.benched import Settings, data_digest
from unbraid_training.training.heldout import HeldOutMixtures

SIZE = Size(width=8, blocks=1, mlp_hidden=8, mixer_hidden=8, front=4, detail=4, low_bands=2, low_hidden=4, low_blocks=1)

CONTROL = {"steps": 3, "items": 1, "seconds": 1.0, "warmup": 1, "replay": 1}


@pytest.fixture(scope="module")
def pool(tmp_path_factory, dataset):
    """A dataset that holds out a song."""
    root = tmp_path_factory.mktemp("pool") / "pool"
    shutil.copytree(dataset, root)
    song = {stem: tone(200 + 70 * n, 2) for n, stem in enumerate(STEMS)}
    write_item(root, "multitrack", "held-out", song, {**META, "split": "dev"})
    return root


@pytest.fixture
def command(tmp_path, pool, monkeypatch):
    """Runs the bench, with arguments beside the usual ones; `out` says where."""
    torch.manual_seed(0)
    network = BandNetwork(SIZE)
    torch.nn.init.normal_(network.detail.out_proj.weight, std=0.3)
    Checkpoint(network.state_dict(), SIZE, STUDIO, frozenset({"MIT"})).save(tmp_path / "begin.pt")
    for name, voice in (("one", 0.3), ("two", 0.0)):
        folder = tmp_path / "songs" / name
        folder.mkdir(parents=True)
        for n, stem in enumerate(STEMS):
            noise = np.random.default_rng(n).standard_normal((48_000, 2)) * (voice if n == 0 else 0.1)
            soundfile.write(folder / f"{stem}.wav", noise, 48_000)
    monkeypatch.setattr(bench, "HeldOutMixtures", functools.partial(HeldOutMixtures, count=2, seconds=2.0))

    def run(*arguments, out="bench", control=CONTROL):
        usual = ["--init", str(tmp_path / "begin.pt"), "--control-data", str(pool), "--no-compile"]
        usual += ["--dev", f"songs={tmp_path / 'songs'}", "--control", json.dumps(control)]
        bench.main([*arguments, "--out", str(tmp_path / out), *usual])
        log = tmp_path / out / "bench.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    return run


def test_ideas_share_one_control_and_come_out_as_a_table(tmp_path, command, capsys):
    (first,) = command("dropout", "--dropout", "0.3")
    assert first["change"] == {"dropout": 0.3} and set(first["difference"]) == {"held-out", "songs"}
    value, error, songs = first["difference"]["songs"]["drums"]
    assert value != 0.0 and error > 0.0 and songs == 2
    assert first["difference"]["songs"]["false_vocals"][2] == 1, "one song has no voice"
    assert first["difference"]["held-out"]["mean"][0] != 0.0
    for row, changed in first["since_start"]["songs"].items():
        control = first["control_since_start"]["songs"][row]
        assert changed[0] - control[0] == pytest.approx(first["difference"]["songs"][row][0], abs=1e-9)
    runs = {path.name for path in (tmp_path / "bench" / "runs").iterdir()}
    both = command("larger", "--size", '{"mlp_hidden": 12}', "--weight-decay", "0.1", "--shift", "2")
    assert both[1]["control"] == first["control"] and both[1]["change"]["size"] == {"mlp_hidden": 12}
    added = {path.name for path in (tmp_path / "bench" / "runs").iterdir()} - runs
    assert added == {both[1]["changed"]} and len(runs) == 3, "start, control, dropout; then the larger one alone"
    kept = Checkpoint.load(tmp_path / "bench" / "runs" / both[1]["changed"] / "final.pt")
    assert kept.size.mlp_hidden == 12 and kept.step == 3 and kept.licences == {"MIT", "CC0-1.0"}
    capsys.readouterr()
    bench.main(["--out", str(tmp_path / "bench"), "--table"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[0] for line in lines] == [
        "| idea",
        "|---|---:|---:|---:|---:|---:|",
        "| dropout",
        "| larger",
    ]
    assert lines[2].count("±") >= 2


def test_the_same_change_again_takes_no_run_and_changes_no_line_of_the_table(tmp_path, command, monkeypatch, capsys):
    command("dropout", "--dropout", "0.3")
    monkeypatch.setattr(train, "Run", None)
    first, second = command("dropout", "--dropout", "0.3")
    assert first == second
    capsys.readouterr()
    bench.main(["--out", str(tmp_path / "bench"), "--table"])
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_a_stopped_comparison_goes_on_to_the_same_scores(command, monkeypatch, capsys):
    unbroken = command("dropout", "--dropout", "0.3", out="unbroken")
    report = train.Run.report

    def stop(self, factor):
        if self.trainer.step == 2 and self.args.dropout:
            os.kill(os.getpid(), signal.SIGTERM)
        report(self, factor)

    monkeypatch.setattr(train.Run, "report", stop)
    assert command("dropout", "--dropout", "0.3", out="stopped") == []
    assert "dropout: stopped; the same command goes on" in capsys.readouterr().out
    monkeypatch.setattr(train.Run, "report", report)
    assert command("dropout", "--dropout", "0.3", out="stopped") == unbroken


def test_what_is_no_comparison_is_named(command, tmp_path):
    with pytest.raises(UserError, match="nothing is changed"):
        command("nothing")
    with pytest.raises(UserError, match="no setting speed"):
        command("x", "--set", '{"speed": 2}')
    with pytest.raises(UserError, match="nothing was compared yet"):
        bench.main(["--out", str(tmp_path / "none"), "--table"])
    with pytest.raises(UserError, match="--control-data must be given"):
        bench.main(["x", "--out", str(tmp_path / "none"), "--init", str(tmp_path / "begin.pt")])


def test_data_and_settings_are_told_apart(pool, tmp_path):
    shutil.copytree(pool, tmp_path / "copy")
    assert data_digest(tmp_path / "copy") == data_digest(pool) != data_digest(pool, "dev")
    shutil.rmtree(tmp_path / "copy" / "speech" / "speech-0")
    assert data_digest(tmp_path / "copy") != data_digest(pool)
    with pytest.raises(OSError, match="has no recordings of split train"):
        data_digest(tmp_path)
    command = Settings(steps=300).command(tmp_path / "a.pt", pool, tmp_path, "studio")
    args = train.parser().parse_args(command)
    assert [train.learning_rate(step, args) for step in (0, 20, 160, 300)] == [0.05, 1.0, 0.5, 0.0]


def test_levers_in_a_file_are_compared_one_after_the_other(tmp_path, command, pool, monkeypatch):
    ideas = {"dropout": ["--dropout", "0.3"], "again": ["--data", "$NEW", "--weight-decay", "0.1"]}
    (tmp_path / "levers.json").write_text(json.dumps(ideas))
    monkeypatch.delenv("NEW", raising=False)
    with pytest.raises(UserError, match=r"again: \$NEW is not set"):
        command("--levers", str(tmp_path / "levers.json"))
    monkeypatch.setenv("NEW", str(pool))
    entries = command("--levers", str(tmp_path / "levers.json"))
    assert [one["name"] for one in entries] == ["dropout", "again"]
    assert entries[1]["change"] == {"weight_decay": 0.1, "data": "pool"}


def test_the_levers_that_come_with_the_package_can_be_read(monkeypatch):
    for name in ("NEW", "ESTIMATES"):
        monkeypatch.setenv(name, "somewhere")
    told = bench.levers(Path(bench.__file__).parents[1] / "levers.json")
    assert len(told) >= 15
    for name, options in told:
        args = bench.parser().parse_args([name, "--out", "x", *options])
        assert args.name == name
