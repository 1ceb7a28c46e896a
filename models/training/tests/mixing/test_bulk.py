"""Packed pools, mixtures in bulk, and the training that uses them. Needs torch and ffmpeg; no GPU: everything runs on the CPU, too."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from unbraid_training import train_bulk
from unbraid_training.data.dataset import SAMPLE_RATE, write_item
from unbraid_training.data.pack import OPUS_RATE, Excerpt, block_levels, excerpt_start, pack, unpack
from unbraid_training.mixing import bulk, loader
from unbraid_training.mixing.bulk import (
    GUARD,
    TAPS,
    BulkRecipe,
    Catalogue,
    Mixer,
    Planner,
    Statistics,
    compressor,
    interpolation_table,
    look_up,
)
from unbraid_training.model.layout import LIVE, STEMS, STUDIO
from unbraid_training.model.network import BandNetwork, Size

PACKAGE = Path(__file__).parent.parent
META = {"source": "noise", "licence": "CC0-1.0", "permissive": True, "split": "train"}
SECONDS = 6


def tone(hertz, channels=1, seconds=SECONDS):
    t = np.arange(seconds * SAMPLE_RATE) / SAMPLE_RATE
    return np.stack([np.sin(2 * np.pi * hertz * (1 + 0.5 * c) * t) for c in range(channels)], axis=1) * 0.3


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    root = tmp_path_factory.mktemp("packed")
    kinds = {
        "backing": ("drums", "bass", "other"),
        "speech": ("vocals",),
        "instrumental": ("rest",),
        "multitrack": STEMS,
    }
    for kind, stems in kinds.items():
        for n in range(2):
            audio = {stem: tone(150 + 90 * i + 40 * n, 1 + i % 2) for i, stem in enumerate(stems)}
            write_item(root / "pool", kind, f"{kind}-{n}", audio, META)
    write_item(root / "pool", "speech", "kept-out", {"vocals": tone(100)}, {**META, "split": "dev"})
    return pack(root / "parts", [root / "pool", root / "pool"], 1.0, 2, 1)


def noise_plan(items):
    return {
        "codec_cut": torch.zeros(items),
        "codec_noise": torch.full((items,), 0.1),
        "rest_only": torch.zeros(items, dtype=torch.bool),
    }


def test_a_packed_pool_comes_back_in_time_and_near_without_what_is_held_out(packed):
    assert all(path.stat().st_size < 1e6 for path in packed)
    excerpts = list(unpack(packed, 1))
    assert len(excerpts) == 8 and not any(e.name == "kept-out" for e in excerpts)
    bass = next(e for e in excerpts if e.name == "backing-0").stems["bass"]
    truth = (tone(240, 2).T * 32_000 / 1.0).astype(np.int16)
    assert bass.shape == truth.shape
    middle = slice(SAMPLE_RATE, 4 * SAMPLE_RATE)
    error = bass[:, middle].astype(float) - truth[:, middle]
    assert np.sum(error**2) < 0.01 * np.sum(truth[:, middle].astype(float) ** 2)


def test_a_part_holds_no_more_than_it_may(tmp_path, packed):
    (small,) = pack(tmp_path, [packed[0].parent.parent / "pool"], 0.15, 1, 1)
    assert small.stat().st_size < 0.15e6
    assert 0 < len(list(unpack([small], 1))) < 8


def test_an_excerpt_is_taken_from_where_it_sounds():
    audio = np.zeros((20 * SAMPLE_RATE, 1), dtype=np.int16)
    audio[12 * SAMPLE_RATE : 16 * SAMPLE_RATE] = 8000
    assert 11.5 * SAMPLE_RATE <= excerpt_start([block_levels(audio)], 4.0) <= 12.5 * SAMPLE_RATE
    assert OPUS_RATE > SAMPLE_RATE


def looked_up(speed, start, samples=4000):
    recording = np.round(tone(1000)[:, 0] * 32_000).astype(np.int16)
    guard = np.zeros(GUARD, dtype=np.int16)
    sound = torch.from_numpy(np.concatenate([guard, recording, guard]))
    one = lambda value, kind=torch.float64: torch.tensor([value], dtype=kind)
    offset = torch.tensor([[GUARD, GUARD]])
    table = torch.from_numpy(interpolation_table())
    out = look_up(
        sound, table, offset, one(len(recording), torch.int64), one(start), one(speed), one(1.0, torch.float32), samples
    )
    return recording, out[0, 0].numpy()


def test_recordings_are_looked_up_sample_by_sample_at_their_own_speed():
    recording, out = looked_up(1.0, 1000.0)
    np.testing.assert_allclose(out, recording[1000:5000], atol=0.02 * 9600)
    assert np.corrcoef(out, recording[1000:5000])[0, 1] > 0.9999


def test_speed_changes_pitch_and_beyond_its_ends_a_recording_is_silent():
    _, out = looked_up(1.25, 1000.5, 44_100)
    assert np.argmax(np.abs(np.fft.rfft(out))) == 1250
    recording, out = looked_up(1.0, -500.0)
    assert np.all(out[: 500 - TAPS] == 0) and np.any(out[600:] != 0)
    _, out = looked_up(1.0, float(len(recording) + TAPS))
    assert np.all(out == 0)


def test_the_compressor_lowers_what_is_loud_and_recovers():
    audio = torch.full((1, 2, 64 * 700), 0.01)
    audio[..., 64 * 100 : 64 * 200] = 0.8
    gain = compressor(audio, torch.tensor([0.1]), torch.tensor([-0.5]), torch.tensor([0.05]))[0]
    assert gain[50 * 64] == 1.0
    assert abs(float(gain[150 * 64]) - 8**-0.5) < 1e-3
    assert gain[200 * 64] < 0.5 < 0.99 < gain[690 * 64]


def test_plans_depend_on_their_number_alone_and_keep_songs_together(packed):
    catalogue = Catalogue(unpack(packed, 1))
    recipe = BulkRecipe(aligned_song=1.0, second=(0, 0, 0, 0))
    planner = Planner(catalogue.without_sound(), recipe, 4, 3 * SAMPLE_RATE, 7)
    plan, again, other = planner[5], planner[5], planner[6]
    for name, value in plan.items():
        assert torch.equal(value, again[name]), name
    assert not torch.equal(plan["start"], other["start"])
    for item in range(4):
        present = plan["level"][item, :, 0] > 0
        assert present.sum() > 1
        for name in ("start", "speed"):
            assert len(set(plan[name][item, present, 0].tolist())) == 1, name


def test_mixtures_stay_below_their_level_and_absent_stems_are_silent(packed):
    catalogue = Catalogue(unpack(packed, 1))
    planner = Planner(catalogue.without_sound(), BulkRecipe(), 12, 2 * SAMPLE_RATE, 3)
    plan = planner[0]
    stems = Mixer(catalogue.sound, planner.samples, 1, compiled=False)(plan)
    assert stems.shape == (12, 4, 2, 2 * SAMPLE_RATE) and torch.isfinite(stems).all()
    absent = plan["gain"] == 0
    assert absent.any() and stems[absent].abs().max() == 0
    peaks = stems.sum(1).abs().amax((1, 2))
    assert (peaks > 0).sum() >= 8
    # The limiter looks ahead over blocks, and what passes between two of them passes.
    assert (peaks < 1.3 * plan["target"]).all()


@pytest.mark.parametrize("layout", [STUDIO, LIVE], ids=["studio", "live"])
def test_statistics_in_bulk_equal_the_loaders(layout):
    torch.manual_seed(0)
    stems = torch.randn(3, 4, 2, layout.fft + layout.hop * 9) * 0.1
    made = Statistics(layout, stems.device, compiled=False, at_once=2)(
        stems, noise_plan(3), torch.zeros(0, dtype=torch.long)
    )
    for item in range(3):
        expected = loader.statistics(stems[item].numpy(), layout)
        for mine, theirs in zip((made.feats, made.pxx, made.pxs, made.pss), expected):
            torch.testing.assert_close(mine[item], theirs, atol=1e-5 * float(theirs.abs().max()), rtol=1e-4)


def test_a_codec_changes_highs_and_leaves_stems_that_sum_to_the_mixture():
    torch.manual_seed(0)
    stems = torch.randn(1, 4, 2, STUDIO.fft + STUDIO.hop * 9) * 0.1
    plan = {**noise_plan(1), "codec_cut": torch.tensor([15_000.0])}
    make = Statistics(STUDIO, stems.device, compiled=False)
    plain, coded = make(stems, plan, torch.zeros(0, dtype=torch.long)), make(stems, plan, torch.tensor([0]))
    # 15 kHz is bin 1393, group 558; what lies above is gone, what lies below is near.
    assert coded.pxx[..., 560:].max() < 1e-6 * plain.pxx[..., 560:].min()
    assert 0.9 < float(coded.pxx[..., :550].sum() / plain.pxx[..., :550].sum()) < 1.1
    torch.testing.assert_close(coded.pxs.sum(2), coded.pxx, rtol=1e-3, atol=1e-2)


def test_the_recurrence_in_triton_equals_the_one_in_c():
    program = """
import torch
from unbraid_training.model import scan_triton as kernels
from unbraid_training.model.scan import scan
torch.manual_seed(0)
f, u, h0, g = torch.rand(2, 7, 300), torch.randn(2, 7, 300), torch.randn(2, 300), torch.randn(2, 7, 300)
for x in (f, u, h0):
    x.requires_grad_()
h = scan(f, u, h0)
h.backward(g)
inputs = [x.detach() for x in (f, u, h0)]
mine = kernels.scan_forward(*inputs)
torch.testing.assert_close(mine, h.detach(), atol=1e-6, rtol=1e-5)
for a, b in zip(kernels.scan_backward(g, *inputs, mine), (f.grad, u.grad, h0.grad)):
    torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)
print("equal")
"""
    # The interpreter is chosen when Triton is imported, so it has a process of its own.
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PACKAGE,
        env={**os.environ, "TRITON_INTERPRET": "1"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "equal", done.stdout + done.stderr


def test_a_run_ends_with_a_checkpoint_that_training_can_begin_with(tmp_path, packed):
    size = Size(width=8, blocks=1, mlp_hidden=8, mixer_hidden=8, front=4, detail=4)
    torch.manual_seed(0)
    network = BandNetwork(size)
    begun = {"ema": network.state_dict(), "size": size.as_dict(), "layout": STUDIO.as_dict(), "licences": "CC0-1.0"}
    torch.save(begun, tmp_path / "begin.pt")
    (tmp_path / "parts").mkdir()
    for path in packed:
        (tmp_path / "parts" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "parts" / "complete").touch()
    train_bulk.main(
        [
            *map(str, packed),
            "--later",
            str(tmp_path / "parts"),
            "--out",
            str(tmp_path / "run"),
            "--minutes",
            "1",
            "--items",
            "2",
            "--seconds",
            "1",
            "--network",
            f"studio={tmp_path / 'begin.pt'}",
            "--workers",
            "1",
            "--steps",
            "4",
            "--no-compile",
            "--float32",
            "--ema",
            "0.5",
            "--warmup",
            "1",
        ]
    )
    saved = torch.load(tmp_path / "run" / "studio-3.pt", weights_only=False)
    trained = BandNetwork(Size(**saved["size"]))
    trained.load_state_dict({name: value.float() for name, value in saved["ema"].items()})
    assert torch.isfinite(trained.outward.weight).all() and not torch.equal(
        trained.outward.weight.half(), network.outward.weight.half()
    )
    entries = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert entries[-1]["step"] == 4 and np.isfinite(entries[-1]["loss"])


def test_a_catalogue_takes_no_more_than_can_be_numbered_and_knows_its_licences(packed, monkeypatch):
    whole = Catalogue(unpack(packed, 1))
    assert whole.left_out == 0 and whole.licences == {"CC0-1.0"}
    monkeypatch.setattr(bulk, "MOST_SAMPLES", len(whole.sound) - 1)
    smaller = Catalogue(unpack(packed, 1))
    assert smaller.left_out == 1 and len(smaller.sound) < len(whole.sound)


def test_what_cannot_be_trained_is_named(tmp_path, packed):
    with pytest.raises(SystemExit, match="expected MODE=CHECKPOINT"):
        train_bulk.main(
            [
                str(packed[0]),
                "--out",
                str(tmp_path),
                "--minutes",
                "1",
                "--network",
                "studio=nowhere.pt",
                "--workers",
                "0",
                "--items",
                "1",
                "--no-compile",
            ]
        )
    with pytest.raises(ValueError, match="has no vocals"):
        Catalogue([Excerpt("backing", "x", {"drums": np.ones((1, 50_000), dtype=np.int16)}, {"drums": 0.1}, "MIT")])
