"""From recordings on disk to items in the dataset: loading, grouping, speech, singing, the summary."""

import numpy as np
import pytest
import soundfile
from test_voices import spoken
from unbraid_training import build
from unbraid_training.data.dataset import SAMPLE_RATE, read_dataset, write_item
from unbraid_training.data.sources import markdown_table, source, used
from unbraid_training.recordings import instrumentals
from unbraid_training.voices import neural
from unbraid_training.voices import takes as voices


@pytest.fixture(scope="module")
def voice(tmp_path_factory):
    folder = tmp_path_factory.mktemp("voice")
    files = []
    for number in range(12):
        path = folder / f"{number}.wav"
        rng = np.random.default_rng(number)
        noise = 0.002 * np.diff(rng.standard_normal(SAMPLE_RATE * 3), prepend=0.0)
        audio = np.resize(spoken(number, syllables=8), SAMPLE_RATE * 3) + noise
        soundfile.write(path, audio, SAMPLE_RATE)
        files.append(path)
    return voices.Voice("made-up", source("klettres-data"), "train", tuple(files))


@pytest.fixture
def only_voice(monkeypatch, voice):
    monkeypatch.setattr(voices, "voices", lambda cache, shared, permissive=False, repositories=None: [voice])


def test_recordings_that_are_no_good_are_left_out(tmp_path, voice):
    assert np.abs(voices.load(voice, voice.files[0])).max() == pytest.approx(0.5, abs=0.02)
    telephone = tmp_path / "telephone.wav"
    soundfile.write(telephone, spoken()[::5], 8_000)
    assert voices.load(voice, telephone) is None
    hiss = tmp_path / "hiss.wav"
    soundfile.write(hiss, 0.1 * np.random.default_rng(0).standard_normal(SAMPLE_RATE), SAMPLE_RATE)
    assert voices.load(voice, hiss) is None


def test_bandwidth_is_measured():
    noise = np.random.default_rng(0).standard_normal(SAMPLE_RATE * 2)
    spectrum = np.fft.rfft(noise)
    spectrum[np.fft.rfftfreq(len(noise), 1 / SAMPLE_RATE) > 9_000] *= 1e-4
    assert voices.bandwidth(np.fft.irfft(spectrum)) == pytest.approx(9_000, abs=700)


def test_languages_are_held_out_as_a_whole(tmp_path):
    paths = [(language, tmp_path / f"{language}{i}.ogg") for language in ("fr", "el", "nl", "xx") for i in range(12)]
    grouped = voices._language_voices(source("tuxpaint-stamps-default"), iter(paths[:40]))
    assert {v.name.rsplit("-", 1)[1]: v.split for v in grouped} == {"fr": "train", "el": "dev", "nl": "dev"}


def test_speech_items(tmp_path, only_voice):
    voices.build_speech(tmp_path, tmp_path, None, hours=20.0 / 3600)
    (item,) = read_dataset(tmp_path, ["speech"])
    assert item.length > 20 * SAMPLE_RATE and item.meta["details"]["voice"] == "made-up"
    voices.build_speech(tmp_path, tmp_path, None, hours=20.0 / 3600)
    assert len(read_dataset(tmp_path, ["speech"])) == 1, "a second build of the same size adds nothing"


def test_singing_items(tmp_path, only_voice):
    voices.build_singing(tmp_path, tmp_path, None, hours=30.0 / 3600, takes_per_visit=1)
    (item,) = read_dataset(tmp_path, ["singing"])
    assert item.meta["split"] == "train" and item.meta["licence"] == "GPL-2.0-or-later"
    assert item.meta["details"]["style"] and "tempo_bpm" in item.meta
    assert 55 < item.length / SAMPLE_RATE < 150
    loud = np.abs(np.asarray(item.stems["vocals"], dtype=np.float32)).max()
    assert 3_000 < loud <= 32_000


def test_licences_follow_the_file_not_the_package():
    assert source(instrumentals._ufo_part("David01")).permissive
    assert not source(instrumentals._ufo_part("Crystan-Credits")).permissive
    assert source(instrumentals._ufo_part("PsymongN1")).licence == "GPL-2.0-only"
    assert source(instrumentals._ufo_part("greecei")).permissive


def test_silent_tracks_are_noticed():
    music = 0.1 * np.ones((SAMPLE_RATE * 4, 2), dtype=np.float32)
    assert not instrumentals.mostly_silent(music)
    music[SAMPLE_RATE:] = 0.0
    assert instrumentals.mostly_silent(music)


def test_lyrics_are_reproducible_and_vary():
    lines = [neural.line(np.random.default_rng(seed)) for seed in range(20)]
    assert lines == [neural.line(np.random.default_rng(seed)) for seed in range(20)]
    assert len(set(lines)) > 15


def test_summary_and_card(tmp_path):
    write_item(tmp_path, "speech", "a", {"vocals": np.zeros(SAMPLE_RATE * 36)}, source("klettres-data").meta("dev"))
    song = {**source("mma").meta("dev"), "source": "mma; fluid-soundfont-gm"}
    write_item(tmp_path, "backing", "b", {"bass": np.zeros(SAMPLE_RATE * 72)}, song)
    hours = {"fluid-soundfont-gm": 0.02, "klettres-data": 0.01, "mma": 0.02}
    assert used(tmp_path) == {name: pytest.approx(value) for name, value in hours.items()}
    text = build.summary(tmp_path)
    assert "klettres-data" in text and "0.01" in text
    assert "| sung-syllables | folder | singing | GPL-3.0-only | no |" in markdown_table()
