"""Recordings of singing as they are: whose, in which split, once each, at one level."""

import numpy as np
import pytest
import soundfile
from unbraid_training.data.audio import rms
from unbraid_training.data.dataset import SAMPLE_RATE, read_dataset
from unbraid_training.data.sources import source
from unbraid_training.voices import recorded, takes
from unbraid_training.voices.singers import singers


def hum(hertz, seconds=4.0, level=0.2):
    """A tone with silence around it, as notes are recorded."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tone = level * np.sin(2 * np.pi * hertz * time)
    return np.concatenate([np.zeros(9_000), tone, np.zeros(20_000)])


@pytest.fixture
def shared(tmp_path):
    """Two singers, one of them held out, and one unaccompanied take in stereo."""
    for place, count in (("singers/kumi/A4", 4), ("singers/kumi/whisper-low", 3), ("singers/dorodoro/G3", 2)):
        (tmp_path / place).mkdir(parents=True)
        for n in range(count):
            soundfile.write(tmp_path / place / f"{n}.wav", hum(220 + 20 * n, level=0.05 * (n + 1)), SAMPLE_RATE)
    (tmp_path / "singers/kumi/readme.txt").write_text("terms")
    (tmp_path / "songs/takes").mkdir(parents=True)
    wide = np.stack([hum(300), 0.5 * hum(310)], axis=1)
    soundfile.write(tmp_path / "songs/takes/a.wav", wide, SAMPLE_RATE)
    return tmp_path


def test_groups_of_the_shared_folder(shared):
    found = {group.name: group for group in singers(shared, None)}
    assert {name: group.kind for name, group in found.items()} == {
        "kumi-a4": "notes", "kumi-whisper-low": "speech", "dorodoro-g3": "notes", "g0v-takes": "phrases",
    }  # fmt: skip
    assert found["kumi-a4"].pitched and not found["kumi-whisper-low"].pitched and len(found["kumi-a4"].files) == 4
    assert "g0v-takes" not in {group.name for group in singers(shared, None, permissive=True)}


def test_recordings_become_items_of_their_split(shared, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    assert recorded.build(out, shared, None, "notes", 1.0) == 2
    items = {item.meta["source"]: item for item in read_dataset(out, ["notes"])}
    assert {item.meta["split"] for item in items.values()} == {"train"}
    assert items["singers/kumi"].meta["licence"] == source("singers/kumi").licence
    assert items["singers/kumi"].meta["details"] == {"voice": "kumi-a4", "recordings": 4}
    # Four notes of four seconds and pauses; silence at the ends is gone.
    assert 16.0 < items["singers/kumi"].length / SAMPLE_RATE < 18.5
    assert recorded.build(out, shared, None, "notes", 1.0) == 0
    assert recorded.build(out, shared, None, "phrases", 1.0) == 1
    (take,) = read_dataset(out, ["phrases"])
    assert take.stems["vocals"].shape[1] == 2 and take.meta["split"] == "dev"


def test_hours_are_a_limit(shared, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    assert recorded.build(out, shared, None, "notes", 10 / 3600) == 1


def test_recordings_are_cut_and_levelled(shared):
    quiet, loud = (recorded.cut(shared / f"singers/kumi/A4/{n}.wav") for n in (0, 3))
    assert rms(quiet[5_000:-5_000]) == pytest.approx(recorded.LEVEL, rel=0.05)
    assert rms(loud[5_000:-5_000]) == pytest.approx(recorded.LEVEL, rel=0.05)
    assert abs(len(quiet) - 4 * SAMPLE_RATE) < 0.1 * SAMPLE_RATE
    silent = shared / "silent.wav"
    soundfile.write(silent, np.zeros(SAMPLE_RATE), SAMPLE_RATE)
    assert recorded.cut(silent) is None


def test_an_unknown_kind_is_refused(shared, tmp_path):
    with pytest.raises(ValueError, match="backing"):
        recorded.build(tmp_path, shared, None, "backing", 1.0)


def test_singers_get_other_melodies_too(shared):
    voices = {voice.name: voice for voice in takes._singers(shared, None)}
    assert set(voices) == {"kumi-a4", "dorodoro-g3"}
    assert all(voice.split == voice.source.split and voice.sung for voice in voices.values())
    assert takes.syllable_count(voices["kumi-a4"], shared / "x.wav", 4.2) == 7
