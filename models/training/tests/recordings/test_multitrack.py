"""A user's own folders of songs become items of the dataset."""

import numpy as np
import pytest
import soundfile
from unbraid_training.data.dataset import read_dataset
from unbraid_training.data.fetch import SourceError
from unbraid_training.recordings.multitrack import build_folder


def write(path, value, seconds=0.5):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.full((int(44_100 * seconds), 2), value, dtype=np.float32), 44_100, subtype="FLOAT")


def test_musdb_keeps_its_test_songs_held_out(tmp_path):
    for part, song in (("train", "A - One"), ("test", "B - Two")):
        for i, stem in enumerate(("vocals", "drums", "bass", "other")):
            write(tmp_path / "musdb18hq" / part / song / f"{stem}.wav", 0.1 * (i + 1))
    assert build_folder(tmp_path / "dataset", tmp_path / "musdb18hq") == 2
    items = read_dataset(tmp_path / "dataset")
    assert {i.meta["split"] for i in items} == {"train", "dev"}
    train = next(i for i in items if i.meta["split"] == "train")
    assert train.meta["details"]["song"] == "A - One"
    np.testing.assert_allclose(train.stems["bass"][100] / 32_000, 0.3, atol=1e-3)


def test_moisesdb_instruments_are_summed_into_four_stems(tmp_path):
    song = tmp_path / "moisesdb" / "0a1b"
    write(song / "vocals" / "lead.wav", 0.1)
    write(song / "guitar" / "a.wav", 0.2)
    write(song / "guitar" / "b.wav", 0.1, seconds=0.25)
    write(song / "percussion" / "shaker.wav", 0.05)
    build_folder(tmp_path / "dataset", tmp_path / "moisesdb")
    item = read_dataset(tmp_path / "dataset")[0]
    assert set(item.stems) == {"vocals", "drums", "other"}
    np.testing.assert_allclose(item.stems["other"][100] / 32_000, 0.3, atol=1e-3)
    np.testing.assert_allclose(item.stems["other"][-1] / 32_000, 0.2, atol=1e-3)


def test_a_folder_without_songs_says_what_is_expected(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="MUSDB18-HQ"):
        build_folder(tmp_path / "dataset", tmp_path / "empty")
    with pytest.raises(SourceError, match="not a folder"):
        build_folder(tmp_path / "dataset", tmp_path / "absent")
