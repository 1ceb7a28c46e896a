"""Packed archives, and the catalogues of what they and datasets on disk hold. Needs ffmpeg."""

import json
import zipfile

import numpy as np
import pytest
from conftest import tone
from unbraid_training.data.dataset import SAMPLE_RATE, read_dataset
from unbraid_training.data.pack import OPUS_RATE, Excerpt, block_levels, excerpt_start, pack, unpack
from unbraid_training.mixing.catalogue import MappedCatalogue, PackedCatalogue


def test_packed_items_come_back_in_time_and_near_without_what_is_held_out(packed):
    assert all(path.stat().st_size < 1e6 for path in packed)
    excerpts = list(unpack(packed, 1))
    assert len(excerpts) == 8 and not any(e.name == "kept-out" for e in excerpts)
    bass = next(e for e in excerpts if e.name == "backing-0").stems["bass"]
    truth = (tone(240, 2).T * 32_000 / 1.0).astype(np.int16)
    assert bass.shape == truth.shape
    middle = slice(SAMPLE_RATE, 4 * SAMPLE_RATE)
    error = bass[:, middle].astype(float) - truth[:, middle]
    assert np.sum(error**2) < 0.01 * np.sum(truth[:, middle].astype(float) ** 2)


def test_a_part_holds_no_more_than_it_may(tmp_path, dataset):
    (small,) = pack(tmp_path, [dataset], 0.15, 1, 1)
    assert small.stat().st_size < 0.15e6
    assert 0 < len(list(unpack([small], 1))) < 8


def test_an_excerpt_is_taken_from_where_it_sounds():
    audio = np.zeros((20 * SAMPLE_RATE, 1), dtype=np.int16)
    audio[12 * SAMPLE_RATE : 16 * SAMPLE_RATE] = 8000
    assert 11.5 * SAMPLE_RATE <= excerpt_start([block_levels(audio)], 4.0) <= 12.5 * SAMPLE_RATE
    assert OPUS_RATE > SAMPLE_RATE


def test_parts_and_items_with_the_accompaniment_s_old_name_are_read(tmp_path, packed):
    old = [tmp_path / path.name for path in packed]
    for path, renamed_path in zip(packed, old):
        with zipfile.ZipFile(path) as archive, zipfile.ZipFile(renamed_path, "w") as renamed:
            for name in archive.namelist():
                data = archive.read(name)
                renamed.writestr(name, data.replace(b'"accompaniment"', b'"rest"') if name == "index.json" else data)
    kinds = {e.kind: set(e.stems) for e in unpack(old, 1)}
    assert kinds["instrumental"] == {"accompaniment"}
    item = tmp_path / "old" / "instrumental" / "one"
    item.mkdir(parents=True)
    np.save(item / "rest.npy", np.zeros((10, 1), dtype=np.int16))
    (item / "meta.json").write_text(json.dumps({"split": "train", "permissive": True}))
    assert list(read_dataset(tmp_path / "old")[0].stems) == ["accompaniment"]


def test_both_catalogues_agree_on_what_there_is_and_how_loud(dataset, packed):
    mapped, in_memory = MappedCatalogue(dataset), PackedCatalogue(unpack(packed, 1))
    assert mapped.items == in_memory.items == 8 and in_memory.licences == {"CC0-1.0"}
    for stem, kinds in mapped.by_stem.items():
        for kind, entries in kinds.items():
            others = in_memory.by_stem[stem][kind]
            levels = sorted(mapped.level(e) for e in entries), sorted(in_memory.level(e) for e in others)
            np.testing.assert_allclose(*levels, rtol=0.02)
            assert all(len(mapped.active(e)) > 5 for e in entries)
            assert all(len(in_memory.active(e)) > 5 for e in others)
            assert {mapped.lengths[e] for e in entries} == {in_memory.lengths[e] for e in others}


def test_a_missing_stem_is_named_with_its_remedy(tmp_path):
    drums = {"drums": np.ones((1, 50_000), dtype=np.int16)}
    with pytest.raises(ValueError, match="has no vocals; pack all kinds"):
        PackedCatalogue([Excerpt("backing", "x", drums, {"drums": 0.1}, "MIT")])
    with pytest.raises(ValueError, match="has no vocals; build it first: python -m unbraid_training.build"):
        MappedCatalogue(tmp_path)
    with pytest.raises(ValueError, match=r"there is no dataset .*absent; build it first"):
        MappedCatalogue(tmp_path / "absent")
