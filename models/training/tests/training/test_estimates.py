"""What separators heard, as recordings to learn from."""

import numpy as np
import pytest
import torch
from conftest import META, tone
from unbraid_training.data.dataset import SAMPLE_RATE, read_dataset, write_item
from unbraid_training.errors import UserError
from unbraid_training.mixing.catalogue import MappedCatalogue
from unbraid_training.mixing.planner import OTHER, VOCALS, Planner
from unbraid_training.mixing.recipe import Recipe
from unbraid_training.model.checkpoint import Checkpoint
from unbraid_training.model.layout import LAYOUTS, STEMS
from unbraid_training.training import estimates


def test_a_voice_gets_the_highs_that_its_mask_lets_through():
    rng = np.random.default_rng(0)
    mixture = (0.1 * rng.standard_normal((2 * SAMPLE_RATE, 2))).astype(np.float32)
    spectrum = np.fft.rfft(mixture, axis=0)
    hertz = np.fft.rfftfreq(len(mixture), 1 / SAMPLE_RATE)
    spectrum[hertz > 11_000] = 0
    for share in (1.0, 0.25):
        voice = (share * np.fft.irfft(spectrum, axis=0)).astype(np.float32)
        whole = np.abs(np.fft.rfft(estimates.with_highs(voice, mixture), axis=0))
        high = hertz > 11_500
        ratio = whole[high].sum() / np.abs(np.fft.rfft(mixture, axis=0))[high].sum()
        assert ratio == pytest.approx(share, rel=0.05)


def test_a_network_is_sure_of_what_is_alone():
    one, two = tone(440, 2), tone(450, 2)
    assert estimates.certainty(one, one + tone(4000, 2)) > 0.98
    noise = np.random.default_rng(0).standard_normal(one.shape)
    assert estimates.certainty(0.5 * noise, noise) == pytest.approx(0.5, abs=0.01)
    assert estimates.certainty(one, one + two) < 0.98


@pytest.fixture
def songs(tmp_path):
    """A song without stems, and recordings of every stem."""
    write_item(tmp_path, "mixes", "song", {"mixture": tone(220, 2) + 0.5 * tone(3000, 2)}, META)
    for stem in STEMS:
        write_item(tmp_path, "backing" if stem != "vocals" else "speech", stem, {stem: tone(200)}, META)
    write_item(tmp_path, "instrumental", "game", {"accompaniment": tone(100)}, META)
    return tmp_path


def test_songs_are_voice_and_accompaniment_and_drawn_where_asked(songs):
    assert estimates.build_voices(songs, lambda mixture: 0.25 * mixture) == 1
    (item,) = read_dataset(songs, ["estimates"])
    total = sum(audio.astype(np.float64) for audio in item.stems.values())
    (song,) = read_dataset(songs, ["mixes"])
    # Items are written at 32,000 for full scale.
    assert np.abs(total - song.stems["mixture"] * (32_000 / 32_768)).max() <= 2
    assert item.meta["details"] == "voice by Spleeter"
    catalogue = MappedCatalogue(songs)
    (known,) = catalogue.estimated
    plain, asked = (Recipe(voice_over_instrumental=1.0, aligned_song=0.0, estimated_song=p) for p in (0.0, 1.0))
    for recipe, drawn in ((plain, False), (asked, True)):
        plan = Planner(catalogue, recipe, 30, SAMPLE_RATE, 1)[0]
        assert bool((plan["entry"][:, OTHER, 0] == known["accompaniment"]).all()) == drawn
        assert bool((plan["entry"][:, OTHER, 0] == known["accompaniment"]).any()) == drawn
        if drawn:
            assert (plan["entry"][:, VOCALS, 0] == known["vocals"]).all() and plan["accompaniment_only"].all()
            assert torch.equal(plan["start"][:, VOCALS, 0], plan["start"][:, OTHER, 0])


def test_parts_are_the_surest_passages_of_instrumentals(songs, small_network, monkeypatch):
    monkeypatch.setattr(estimates, "PASSAGE_S", 2)
    monkeypatch.setattr(estimates, "VOICELESS_DB", 0.0)
    layout = LAYOUTS["studio"]
    network = small_network()
    teacher = Checkpoint(network.state_dict(), network.size, layout)
    every = estimates.build_parts(songs, teacher, 1.0)
    items = read_dataset(songs, ["estimates"])
    assert 3 <= every <= 9 and len(items) == every
    assert {stem for item in items for stem in item.stems} <= set(STEMS) - {"vocals"}
    assert all(item.length == 2 * SAMPLE_RATE and "certainty" in item.meta["details"] for item in items)
    assert estimates.build_parts(songs, teacher, 0.34) < every


def test_what_is_missing_is_said(songs):
    with pytest.raises(UserError, match="--teacher"):
        estimates.main(["--data", str(songs), "parts"])
