"""Captured amplifiers: read as they were stored, run in pieces without seams."""

import json

import numpy as np
import pytest
import torch
from unbraid_training.data.dataset import SAMPLE_RATE
from unbraid_training.data.fetch import SourceError
from unbraid_training.instruments import captures


def stored(path, hidden=6, inputs=2, scale=0.3):
    """Writes a capture with random weights and returns its parts."""
    torch.manual_seed(3)
    rec, lin = torch.nn.LSTM(inputs, hidden, batch_first=True), torch.nn.Linear(hidden, 1)
    with torch.no_grad():
        for parameter in (*rec.parameters(), *lin.parameters()):
            parameter.mul_(scale)
    weights = {f"rec.{k}": v.tolist() for k, v in rec.state_dict().items()}
    weights |= {f"lin.{k}": v.tolist() for k, v in lin.state_dict().items()}
    shape = {"input_size": inputs, "skip": 1, "unit_type": "LSTM", "num_layers": 1, "hidden_size": hidden}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"model_data": shape, "state_dict": weights}))
    return rec, lin


def test_pieces_join_without_seams(tmp_path, monkeypatch):
    rec, lin = stored(tmp_path / "amp.json")
    monkeypatch.setattr(captures, "CHUNK", 5_000)
    monkeypatch.setattr(captures, "WARM_UP", 1_000)
    audio = (0.3 * np.sin(np.arange(12_345) / 20)).astype(np.float32)
    out = captures.Capture(tmp_path / "amp.json").run(audio, 0.7)
    x = torch.from_numpy(audio)[None, :, None]
    with torch.no_grad():
        whole = lin(rec(torch.cat([x, torch.full_like(x, 0.7)], dim=-1))[0])[0, :, 0].numpy() + audio
    assert out.shape == audio.shape
    np.testing.assert_allclose(out[1_000:], whole[1_000:], atol=2e-5)
    assert np.abs(whole - audio).max() > 0.01


def test_gain_is_heard_where_the_capture_has_it(tmp_path):
    stored(tmp_path / "two.json"), stored(tmp_path / "one.json", inputs=1)
    audio = (0.3 * np.sin(np.arange(4_000) / 20)).astype(np.float32)
    two, one = captures.Capture(tmp_path / "two.json"), captures.Capture(tmp_path / "one.json")
    assert not np.array_equal(two.run(audio, 0.1), two.run(audio, 0.9))
    assert np.array_equal(one.run(audio, 0.1), one.run(audio, 0.9))


@pytest.mark.parametrize("text", ["{}", "not json", '{"model_data": {"input_size": 1}, "state_dict": {}}'])
def test_other_files_are_refused(tmp_path, text):
    (tmp_path / "amp.json").write_text(text)
    with pytest.raises(SourceError, match=r"amp\.json is no capture"):
        captures.Capture(tmp_path / "amp.json")


def test_an_amplifier_is_named_and_finite(tmp_path):
    for name in (*captures.AMPLIFIERS, *captures.PEDALS):
        stored(tmp_path / "models" / f"{name}.json")
    captures.capture.cache_clear()
    audio = (0.1 * np.sin(np.arange(SAMPLE_RATE) / 30)).astype(np.float32)
    loud, name = captures.captured_amplifier(audio, tmp_path, np.random.default_rng(0), 44.0)
    assert name == "TS9 HT40_Overdrive" and len(loud) == len(audio) and np.isfinite(loud).all()
    silent, _ = captures.captured_amplifier(np.zeros(100, np.float32), tmp_path, np.random.default_rng(0), 10.0)
    assert not silent.any()
