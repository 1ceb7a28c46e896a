"""The file format: what is saved comes back, old files are read, no file runs code, and what is no checkpoint is
named."""

import pickle
import random
from pathlib import Path

import pytest
import torch
from unbraid_training.model.checkpoint import Checkpoint, CheckpointError, ResumeState, with_current_names
from unbraid_training.model.layout import LIVE, STUDIO

MODELS = Path(__file__).resolve().parents[3]


def test_what_is_saved_comes_back(tmp_path, small_network):
    network = small_network()
    resume = ResumeState(network.state_dict(), [{"state": {0: torch.ones(2)}}], 3.5, 17, [network.initial_state(1)])
    saved = Checkpoint(network.state_dict(), network.size, LIVE, frozenset({"MIT", "CC0-1.0"}), 12, {"lr": "1"}, resume)
    saved.save(tmp_path / "a.pt")
    loaded = Checkpoint.load(tmp_path / "a.pt")
    assert (loaded.size, loaded.layout, loaded.licences, loaded.step) == (network.size, LIVE, saved.licences, 12)
    assert loaded.resume.best == 3.5 and loaded.resume.dataset_size == 17
    for name, value in network.state_dict().items():
        assert torch.equal(loaded.weights[name], value) and torch.equal(loaded.resume.network[name], value)
    feats = torch.rand(1, 4, 640, 3)
    expected, made = (n(feats, n.initial_state(1))[0] for n in (network, loaded.network()))
    assert torch.equal(made, expected)
    assert not list(tmp_path.glob("*.partial"))


def test_halved_weights_come_back_as_single_precision(tmp_path, small_network):
    network = small_network()
    half = Checkpoint(network.state_dict(), network.size, STUDIO).half()
    half.save(tmp_path / "half.pt")
    loaded = Checkpoint.load(tmp_path / "half.pt")
    assert loaded.weights["in_proj.weight"].dtype == torch.float16 and loaded.resume is None
    assert torch.equal(loaded.network().in_proj.weight, network.in_proj.weight.half().float())


@pytest.mark.parametrize("mode, layout", [("studio", STUDIO), ("live", LIVE)])
def test_the_shipped_files_are_read(mode, layout):
    # Both are means of runs, which have no step.
    path = MODELS / "checkpoints" / f"{mode}.pt"
    loaded = Checkpoint.load(path)
    assert loaded.layout == layout and "CC0-1.0" in loaded.licences and loaded.step == 0
    assert loaded.network().size.bands == 32
    assert path.stat().st_size < 16 * 2**20


def test_a_file_of_the_first_format_is_read(tmp_path, small_network):
    network = small_network()
    old = {n.replace("in_proj", "inward").replace("out_proj", "outward"): v for n, v in network.state_dict().items()}
    saved = {"ema": old, "size": network.size.as_dict(), "layout": STUDIO.as_dict(), "licences": "MIT", "step": 7}
    torch.save(saved, tmp_path / "old.pt")
    loaded = Checkpoint.load(tmp_path / "old.pt")
    assert loaded.step == 7 and loaded.licences == {"MIT"}
    assert torch.equal(loaded.network().in_proj.weight, network.in_proj.weight)


def test_old_names_of_layers_become_the_new_ones():
    old = ["inward.weight", "blocks.0.mlp.low_inward.bias", "blocks.1.mixer.outward.weight", "detail.outward.bias"]
    new = ["in_proj.weight", "blocks.0.mlp.low_in_proj.bias", "blocks.1.mixer.out_proj.weight", "detail.out_proj.bias"]
    assert list(with_current_names(dict.fromkeys(old))) == new


class Trap:
    def __reduce__(self):
        return (Path.touch, (Path("trapped"),))


def test_a_file_that_would_run_code_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"ema": Trap()}, "trap.pt")
    with pytest.raises(CheckpointError, match=r"trap.pt is no checkpoint"):
        Checkpoint.load(Path("trap.pt"))
    assert not Path("trapped").exists()
    torch.load("trap.pt", weights_only=False)
    assert Path("trapped").exists(), "the trap works"


def test_no_bytes_whatever_get_past(tmp_path):
    whole, rng = (MODELS / "checkpoints" / "live.pt").read_bytes(), random.Random(0)
    broken = [whole[: rng.randrange(len(whole))] for _ in range(5)]
    broken += [rng.randbytes(200) for _ in range(50)] + [b"root:x:0:0:root\n" * 5, b"", b"PK\x03\x04" + whole[4:2000]]
    path = tmp_path / "broken.pt"
    for content in broken:
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=r"broken.pt is no checkpoint"):
            Checkpoint.load(path)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_what_is_no_checkpoint_is_named(tmp_path):
    text, other = tmp_path / "text.pt", tmp_path / "other.pt"
    text.write_text("no network\n")
    torch.save({"weights": torch.ones(2)}, other)
    (tmp_path / "pickle.pt").write_bytes(pickle.dumps([1, 2]))
    for path in (text, tmp_path / "pickle.pt"):
        with pytest.raises(CheckpointError, match=path.name):
            Checkpoint.load(path)
    with pytest.raises(CheckpointError, match=r"other.pt is no checkpoint of this network: 'ema'"):
        Checkpoint.load(other)
    with pytest.raises(FileNotFoundError, match="absent.pt"):
        Checkpoint.load(tmp_path / "absent.pt")
