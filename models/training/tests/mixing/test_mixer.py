"""Plans, and the mixtures that are made of them: from disk and from memory alike, in time, at their levels."""

import dataclasses
from argparse import ArgumentTypeError

import numpy as np
import pytest
import torch
from unbraid_training.data.dataset import SAMPLE_RATE
from unbraid_training.data.pack import Excerpt, unpack
from unbraid_training.mixing.batches import Batches
from unbraid_training.mixing.catalogue import MappedCatalogue, PackedCatalogue
from unbraid_training.mixing.mixer import Mixer
from unbraid_training.mixing.planner import Planner
from unbraid_training.mixing.recipe import MIXING_0_6, Recipe, recipe
from unbraid_training.mixing.sound import MappedSound, PackedSound
from unbraid_training.model.layout import STUDIO

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def catalogue(packed):
    return PackedCatalogue(unpack(packed, 1))


def banks(mixer):
    """Spectra of a mixer's responses, and of its rooms."""
    firs, rooms = mixer.responses
    return torch.stack([mixer._spectrum(one)[0] for one in firs]), torch.stack([mixer._spectrum(one) for one in rooms])


def test_plans_depend_on_their_number_alone_and_keep_songs_together(catalogue):
    planner = Planner(catalogue.without_sound(), Recipe(aligned_song=1.0, second=(0, 0, 0, 0)), 4, 3 * SAMPLE_RATE, 7)
    plan, again, other = planner[5], planner[5], planner[6]
    for name, value in plan.items():
        assert torch.equal(value, again[name]), name
    assert not torch.equal(plan["start"], other["start"])
    for item in range(4):
        present = plan["level"][item, :, 0] > 0
        assert present.sum() > 1
        for name in ("start", "speed"):
            assert len(set(plan[name][item, present, 0].tolist())) == 1, name


def test_a_recipe_decides_what_is_drawn(catalogue):
    def plan(**fields):
        return Planner(catalogue, dataclasses.replace(Recipe(), aligned_song=0.0, **fields), 40, SAMPLE_RATE, 1)[0]

    over = plan(voice_over_instrumental=1.0, no_voice=0.0)
    assert over["accompaniment_only"].all() and (over["gain"][:, 1:3] == 0).all() and (over["gain"][:, 3] != 0).all()
    together = plan(voice_over_instrumental=0.0, no_voice=1.0, voice_only=0.0, absent=(1.0, 0.0, 0.0))
    assert not together["accompaniment_only"].any() and (together["gain"][:, :2] == 0).all()
    assert (plan(coded=1.0)["codec"] >= 0).all() and (plan(coded=0.0)["codec"] == -1).all()
    pitched = plan(voice_over_instrumental=0.0, pitch_range=(0.5, 0.5))["speed"]
    assert ((pitched == 0.5).sum() > 10) and 0.48 < pitched.min() <= 0.5


def test_mixtures_stay_below_their_level_and_absent_stems_are_silent(catalogue):
    planner = Planner(catalogue, Recipe(), 12, 2 * SAMPLE_RATE, 3)
    plan = planner[0]
    stems = Mixer(PackedSound(catalogue, CPU), planner.samples, 1)(plan)
    assert stems.shape == (12, 4, 2, 2 * SAMPLE_RATE) and torch.isfinite(stems).all()
    absent = plan["gain"] == 0
    assert absent.any() and stems[absent].abs().max() == 0
    peaks = stems.sum(1).abs().amax((1, 2))
    assert (peaks > 0).sum() >= 8
    # The limiter looks ahead over blocks, and what passes between two of them passes.
    assert (peaks < 1.3 * plan["target"]).all()


def test_stem_after_stem_as_on_a_cpu_equals_all_at_once_as_on_a_gpu(catalogue):
    planner = Planner(catalogue, Recipe(second=(1, 1, 1, 1), pauses=0.5, widened=(0.5,) * 4), 6, SAMPLE_RATE, 5)
    plan = planner[0]
    one_by_one = Mixer(PackedSound(catalogue, CPU), planner.samples, 1)
    expected = one_by_one(plan)
    at_once = Mixer(PackedSound(catalogue, CPU), planner.samples, 1)
    at_once.one_by_one = False
    at_once.firs, at_once.rooms = banks(at_once)
    torch.testing.assert_close(at_once(plan), expected, atol=1e-5, rtol=1e-3)
    assert expected.abs().max() > 0.01


def test_a_dataset_on_disk_gives_the_mixtures_of_the_same_recordings_in_memory(dataset):
    mapped = MappedCatalogue(dataset)
    planner = Planner(mapped, Recipe(), 6, SAMPLE_RATE, 9)
    plan = planner[0]
    expected = Mixer(MappedSound(mapped), planner.samples, 2)(plan)
    stems = {"vocals": 0, "drums": 0, "bass": 0, "other": 0}
    excerpts = [
        Excerpt("speech", "", {stem: a.T for stem in stems}, dict.fromkeys(stems, 0.1), "") for a in mapped.arrays
    ]
    memory = PackedCatalogue(excerpts)
    # Each array was entered four times, once a stem; the first of them is it.
    memory.offsets, memory.lengths = memory.offsets[::4], memory.lengths[::4]
    assert torch.equal(Mixer(PackedSound(memory, CPU), planner.samples, 2)(plan), expected)
    assert (expected.abs().amax((1, 2, 3)) > 0).all()


def test_a_batch_depends_on_its_number_alone(dataset):
    first, second = (Batches(dataset, Recipe(coded=0.5), STUDIO, 2, 1.0, 4, 10) for _ in range(2))
    second[6]
    for a, b in zip(vars(first[7]).values(), vars(second[7]).values()):
        assert torch.equal(a, b)
    batch = first[7]
    assert batch.feats.shape == (2, 43, 640, 3) and batch.pss.shape == (2, 43, 4, 2, 640)
    assert all(torch.isfinite(one).all() for one in vars(batch).values())
    assert np.isclose(float(batch.pxs.sum()), float(batch.pxx.sum()), rtol=1e-3)


def test_a_recipe_s_unknown_fields_are_named():
    assert recipe('{"mono_sum": 0.5}') == Recipe(mono_sum=0.5)
    with pytest.raises(ArgumentTypeError, match="no field mono; there are absent, aligned_backing"):
        recipe('{"mono": 0.5}')
    with pytest.raises(ArgumentTypeError, match="expected a JSON object"):
        recipe("mono_sum=0.5")


def test_dense_mastering_is_loud_and_changes_nothing_where_it_is_off(packed):
    catalogue = PackedCatalogue(unpack(packed, 1)).without_sound()

    def plan(**fields):
        return Planner(catalogue, Recipe(coded=0.0, **fields), 40, SAMPLE_RATE, 1)[0]

    loose, dense = plan(), plan(dense=1.0)
    assert float(dense["push"].min()) >= 1.99 and float(dense["target"].min()) > 0.89
    assert float(dense["bus_slope"].max()) <= -0.5 and float(loose["push"].min()) == 1.0
    assert all(torch.equal(loose[name], plan(dense=0.0)[name]) for name in loose)


def test_widened_stems_differ_between_the_channels(catalogue):
    planner = Planner(catalogue, Recipe(widened=(1, 1, 1, 1)), 8, SAMPLE_RATE, 1)
    plan = planner[0]
    assert not Planner(catalogue, MIXING_0_6, 8, SAMPLE_RATE, 1)[0]["side_gain"].any()
    assert (plan["side_gain"] > 0.06).all()
    plan["matrix"] = torch.eye(2).expand(8, 4, 2, 2)
    mixer = Mixer(PackedSound(catalogue, CPU), planner.samples, 1)

    def stems(gain):
        flat = {name: value.flatten(0, 1) for name, value in (plan | {"side_gain": gain}).items() if value.ndim > 1}
        return mixer.stems(flat, *banks(mixer))[plan["gain"].flatten() != 0]

    wide, narrow = stems(plan["side_gain"]), stems(plan["side_gain"] * 0)
    assert ((wide - narrow).square().sum((1, 2)) > 1e-4 * narrow.square().sum((1, 2))).all()
