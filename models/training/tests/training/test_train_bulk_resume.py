"""A run on a lent machine that is stopped and goes on, on the CPU."""

import json
import shutil
import threading
import time
from types import SimpleNamespace

import pytest
import torch
from unbraid_training import train_bulk
from unbraid_training.bulk.state import load_state
from unbraid_training.errors import UserError
from unbraid_training.model.checkpoint import Checkpoint
from unbraid_training.model.layout import LIVE, STUDIO
from unbraid_training.model.network import BandNetwork
from unbraid_training.model.size import Size

SIZE = Size(width=8, blocks=1, mlp_hidden=8, mixer_hidden=8, front=4, detail=4)


@pytest.fixture
def begun(tmp_path):
    """`--network` options of both modes."""
    options = []
    for seed, (mode, layout) in enumerate({"studio": STUDIO, "live": LIVE}.items()):
        torch.manual_seed(seed)
        path = tmp_path / f"{mode}.pt"
        Checkpoint(BandNetwork(SIZE).state_dict(), SIZE, layout, frozenset({"MIT"})).save(path)
        options += ["--network", f"{mode}={path}"]
    return options


QUICK = {
    "--items": 1,
    "--seconds": 1,
    "--shift": 3,
    "--workers": 1,
    "--warmup": 3,
    "--ema": 0.5,
    "--minutes": 60,
    "--lr": 0.01,
}


def options(out, **changes):
    """Of a small run; without a compiler."""
    given = QUICK | {"--out": out} | {f"--{name.replace('_', '-')}": value for name, value in changes.items()}
    return ["--no-compile", "--float32", *(str(part) for pair in given.items() for part in pair)]


def test_a_run_that_was_stopped_ends_with_the_weights_of_one_that_was_not(tmp_path, packed, begun):
    parts = [str(path) for path in packed]
    train_bulk.main([*parts, *options(tmp_path / "whole", steps=3, decay_steps=1), *begun, "--seed", "7"])
    train_bulk.main([*parts, *options(tmp_path / "half", steps=1, decay_steps=1), *begun, "--seed", "7"])
    resumed = ["--resume", str(tmp_path / "half" / "state")]
    train_bulk.main([*parts, *options(tmp_path / "rest", steps=3, decay_steps=1), *resumed])
    whole, half, rest = (load_state(tmp_path / run / "state") for run in ("whole", "half", "rest"))
    assert (whole.facts["step"], half.facts["step"], rest.facts["seed"]) == (3, 1, 7)
    assert whole.facts == rest.facts and set(whole.tensors) == set(rest.tensors)
    for name, expected in whole.tensors.items():
        torch.testing.assert_close(rest.tensors[name], expected, atol=0, rtol=0, msg=name)
    for mode in ("studio", "live"):
        name = f"{mode}/network/out_proj.weight"
        assert not torch.equal(half.tensors[name], whole.tensors[name]), "the steps after the stop did something"
        shipped, expected = (Checkpoint.load(tmp_path / run / f"{mode}-3.pt") for run in ("rest", "whole"))
        assert shipped.step == expected.step == 4 and shipped.licences == {"MIT", "CC0-1.0"}
        for name, value in expected.weights.items():
            assert torch.equal(shipped.weights[name], value), name
        assert not torch.equal(value, whole.tensors[f"{mode}/average/{name}"].half()), "the branch is not in the state"


@pytest.fixture
def clock(monkeypatch):
    """A clock by which a step takes a second and all else nothing, however busy the machine is."""
    passed = [0.0]
    advance = train_bulk.Run.advance

    def second(self, *arguments):
        advance(self, *arguments)
        passed[0] += 1.0

    monkeypatch.setattr(train_bulk.Run, "advance", second)
    monkeypatch.setattr(train_bulk, "time", SimpleNamespace(monotonic=lambda: passed[0]))


def test_the_whole_path_with_parts_that_arrive_while_it_compiles(tmp_path, packed, begun, clock, capsys):
    """Start, parts on their way, training by time, scores, saving, and all of it in one folder to bring back."""
    import numpy as np
    import soundfile

    song = tmp_path / "songs" / "one"
    song.mkdir(parents=True)
    for n, stem in enumerate(("vocals", "drums", "bass", "other")):
        noise = np.random.default_rng(n).standard_normal((44_100, 2)) * 0.1
        soundfile.write(song / f"{stem}.wav", noise, 44_100)
    later = tmp_path / "later"
    later.mkdir()

    def bring():
        time.sleep(1.0)
        for part in packed:
            shutil.copy(part, later / part.name)
        (later / "complete").touch()

    thread = threading.Thread(target=bring)
    thread.start()
    out = tmp_path / "out"
    first = [str(packed[0]), "--later", str(later), "--dev", str(tmp_path / "songs")]
    train_bulk.main([*first, *options(out, minutes=12.5 / 60, decay=0.4), *begun])
    thread.join()
    said = capsys.readouterr().out
    entries = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    state = load_state(out / "state")
    assert state.facts["recordings"] == 18, "the parts that came later are in it"
    branch = Checkpoint.load(out / "studio-3.pt").step
    # 12.5 s less two for compiling and two for saving: six tenths of 8.5 at the constant rate, then the branch.
    assert (state.facts["step"], branch) == (6, 9)
    assert next(e["state"] for e in entries if "state" in e) == state.facts["step"]
    assert any("audio_hours" in e for e in entries) and entries[-1]["development"]["mean"] is not None
    assert entries[-1]["seconds"] <= 12.5 and "begins at step 0" in said
    files = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    expected = {"log.jsonl", "compiled.zip", "state/state.json", "state/state-000.pt"}
    assert expected | {f"{mode}-{n}.pt" for mode in ("studio", "live") for n in (1, 2, 3)} == files
    assert all(path.stat().st_size < 16 * 2**20 for path in (out / "state").iterdir())


def test_what_differs_from_the_run_before_is_said(tmp_path, packed, begun, capsys):
    parts = [str(path) for path in packed]
    train_bulk.main([*parts, *options(tmp_path / "run", steps=1), *begun])
    resumed = [*options(tmp_path / "again", steps=2), "--resume", str(tmp_path / "run" / "state")]
    capsys.readouterr()
    train_bulk.main([parts[0], *resumed, "--recipe", '{"drive": [0, 0, 0, 0]}'])
    said = capsys.readouterr().out
    assert "recipe was" in said and "recordings were 18, are" in said and "begins at step 1" in said
    with pytest.raises(UserError, match="leave --network out"):
        train_bulk.main([*parts, *resumed, *begun])
    with pytest.raises(UserError, match="nothing to train"):
        train_bulk.main([*parts, *options(tmp_path / "none", steps=1)])
