"""Voices: analysis, singing, melodies and the catalogue of sources."""

import itertools
import json

import numpy as np
import pytest
import pyworld
import soundfile
from scipy.signal import lfilter
from unbraid_training.data.audio import active_regions, decode, fade
from unbraid_training.data.dataset import SAMPLE_RATE, read_dataset, write_item
from unbraid_training.data.origins.entry import ORIGINS
from unbraid_training.data.sources import CATALOGUE, source
from unbraid_training.voices import performing, singing, vocoder
from unbraid_training.voices.character import draw_singer
from unbraid_training.voices.melody import Melody, Note, Phrase, compose

FREE = (
    "LicenseRef-Dorodoro",
    "LicenseRef-GeneralUser-GS",
    "LicenseRef-Hitsuboku-Kumi",
    "LicenseRef-Scottpoid",
    "CC0-1.0",
    "MIT",
    "Apache-2.0",
    "BSD",
    "CC-BY-3.0",
    "CC-BY-4.0",
    "LicenseRef-public-domain",
    "LicenseRef-program-output",
)


def spoken(seed=0, syllables=6, pitch=120.0):
    """A made-up speaker: vowels of a pulse train through formants, separated by noise like consonants."""
    rng = np.random.default_rng(seed)
    vowels = [(700, 1200, 2600), (300, 2200, 2900), (350, 800, 2400), (500, 1700, 2500)]
    parts = [np.zeros(SAMPLE_RATE // 10)]
    for index in range(syllables):
        count = int(SAMPLE_RATE * 0.16)
        hertz = pitch * (1.1 - 0.05 * index) * (1 + 0.01 * np.sin(np.arange(count) / 3000))
        phase = np.cumsum(hertz / SAMPLE_RATE)
        sound = np.diff(np.floor(phase), prepend=0.0) + 0.002 * rng.standard_normal(count)
        for formant in vowels[index % len(vowels)]:
            radius = np.exp(-np.pi * 90.0 / SAMPLE_RATE)
            sound = lfilter(
                [1 - radius], [1, -2 * radius * np.cos(2 * np.pi * formant / SAMPLE_RATE), radius**2], sound
            )
        sound *= np.hanning(count) ** 0.3 / np.abs(sound).max()
        noise = np.diff(rng.standard_normal(int(SAMPLE_RATE * 0.07)), prepend=0.0)
        parts += [0.02 * noise * np.hanning(len(noise)), sound]
    parts.append(np.zeros(SAMPLE_RATE // 10))
    return 0.4 * np.concatenate(parts)


@pytest.fixture(scope="module")
def material():
    return vocoder.analyse(spoken())


def cents_off(audio, target):
    """Deviation of the measured from the target pitch in cents, where both are voiced."""
    measured, _ = pyworld.harvest(audio.astype(np.float64), SAMPLE_RATE, frame_period=vocoder.FRAME_S * 1000)
    count = min(len(measured), len(target))
    both = (measured[:count] > 0) & (target[:count] > 0)
    assert both.sum() > 0.5 * np.count_nonzero(target[:count])
    return 1200.0 * np.log2(measured[:count][both] / target[:count][both])


def test_analysis_finds_the_syllables(material):
    assert 5 <= len(material.syllables) <= 7
    for syllable in material.syllables:
        assert syllable.start <= syllable.stable < syllable.release <= syllable.end
        assert (material.pitch[syllable.stable : syllable.release] > 0).all()
    assert material.median_pitch == pytest.approx(120.0, rel=0.1)


def test_silence_and_noise_give_no_syllable():
    assert vocoder.analyse(np.zeros(SAMPLE_RATE)) is None
    assert vocoder.analyse(np.zeros(100)) is None


@pytest.mark.parametrize("style", ["pop", "belt", "breathy"])
def test_sung_pitch_is_the_melodys(material, style):
    rng = np.random.default_rng(3)
    singer = draw_singer(rng, material.median_pitch, style)
    pitches = [singer.low + 2, singer.low + 5, singer.low + 4, singer.low + 7]
    notes = tuple(Note(0.4 + 0.6 * i, 0.6, pitch, True) for i, pitch in enumerate(pitches))
    melody = Melody(100.0, 0, False, (Phrase(notes, 0),))
    take = singing.sing(rng, material, melody, singer, style)
    assert np.mean(np.abs(cents_off(take.audio, take.pitch)) < 50) >= 0.95
    # The target itself lies on the notes, outside glides and ornaments.
    for note in notes:
        middle = slice(int((note.start + 0.25) / vocoder.FRAME_S), int((note.start + 0.45) / vocoder.FRAME_S))
        voiced = take.pitch[middle][take.pitch[middle] > 0]
        reached = 69 + 12 * np.log2(np.median(voiced) / 440)
        assert abs(reached - note.pitch) < 0.6


def test_long_notes_are_filled_with_voice_that_moves(material):
    rng = np.random.default_rng(1)
    singer = draw_singer(rng, material.median_pitch, "ballad")
    phrase = Phrase((Note(0.5, 3.0, singer.low + 3, True),), 0)
    _, audio, pitch = singing.sing_phrase(rng, material, material.syllables, phrase, singer)
    held = pitch[120:520]
    assert (held > 0).all()
    deviation = np.std(1200 * np.log2(held / np.median(held)))
    assert 4 < deviation < 120, "a held note is neither a machine's nor off its pitch"
    levels = [np.sqrt(np.mean(block**2)) for block in np.split(audio[SAMPLE_RATE : 3 * SAMPLE_RATE], 40)]
    assert min(levels) > 0.1 * max(levels)
    assert max(levels) > 1.05 * min(levels)


def test_takes_have_no_clicks_and_leave_headroom(material):
    audio, meta = performing.perform(np.random.default_rng(8), material, 12.0, style="pop", doubles=False)
    assert audio.ndim == 1 and np.abs(audio).max() < 1.0
    assert meta["minor"] in (True, False) and 0 <= meta["key"] < 12 and 50 < meta["tempo_bpm"] < 180
    # A click is a jump out of proportion to what surrounds it.
    steps = np.abs(np.diff(audio))
    blocks = steps[: len(steps) // 2205 * 2205].reshape(-1, 2205)
    near_silence = blocks.mean(axis=1) < 1e-5
    assert near_silence.any()
    assert blocks[near_silence].max() < 0.01


def test_doubles_are_stereo_and_differ(material):
    audio, meta = performing.perform(np.random.default_rng(4), material, 8.0, style="pop", doubles=True)
    assert audio.shape[1] == 2 and len(meta["details"]["parts"]) > 1
    assert np.abs(audio[:, 0] - audio[:, 1]).max() > 0.01


def test_a_choir_is_many_voices_in_a_room(material):
    audio, meta = performing.perform(np.random.default_rng(6), material, 6.0, choir=True)
    parts = meta["details"]["parts"]
    assert len(parts) >= 2 and all(part.startswith("choir ") for part in parts)
    assert meta["details"]["style"] in performing.CHOIR_STYLES
    assert audio.shape[1] == 2 and np.abs(audio).max() < 1.0
    assert np.abs(audio[:, 0] - audio[:, 1]).max() > 0.01
    sung, _ = performing.perform(np.random.default_rng(6), material, 6.0, style="pop", doubles=False)
    assert sung.ndim == 1


def test_one_take_in_sixteen_is_a_choir(material, monkeypatch):
    monkeypatch.setattr(performing, "sing", lambda *given: singing.Take(np.full(100, 0.1, np.float32), np.zeros(1)))
    kinds = [performing.perform(np.random.default_rng(n), material, 5.0)[1]["details"]["parts"][0] for n in range(160)]
    assert 4 <= sum(kind.startswith("choir") for kind in kinds) <= 18


def test_the_same_seed_sings_the_same(material):
    first, _ = performing.perform(np.random.default_rng(2), material, 6.0, style="raspy")
    again, _ = performing.perform(np.random.default_rng(2), material, 6.0, style="raspy")
    assert np.array_equal(first, again)


def test_narrow_recordings_get_an_upper_band(material):
    rng = np.random.default_rng(0)
    phrase = Phrase((Note(0.4, 0.8, 52.0, True), Note(1.2, 0.8, 54.0, True)), 0)
    singer = draw_singer(rng, material.median_pitch, "pop", bandwidth=8_000.0)
    full = singing.sing_phrase(np.random.default_rng(1), material, material.syllables, phrase, singer)[1]
    spectrum = np.abs(np.fft.rfft(full)) ** 2
    frequencies = np.fft.rfftfreq(len(full), 1 / SAMPLE_RATE)
    above = spectrum[(frequencies > 10_000) & (frequencies < 14_000)].mean()
    below = spectrum[(frequencies > 5_000) & (frequencies < 7_000)].mean()
    assert -50 < 10 * np.log10(above / below) < 0


def test_melodies_keep_their_range_and_order():
    for seed in range(8):
        melody = compose(np.random.default_rng(seed), 50.0, 65.0, 170.0)
        notes = [note for phrase in melody.phrases for note in phrase.notes]
        assert all(50 <= note.pitch <= 65 for note in notes)
        assert all(a.start + a.length <= b.start + 1e-6 for a, b in itertools.pairwise(notes))
        scale = {
            (melody.tonic + step) % 12 for step in ((0, 2, 3, 5, 7, 8, 10) if melody.minor else (0, 2, 4, 5, 7, 9, 11))
        }
        assert {round(note.pitch) % 12 for note in notes} <= scale
        lyrics = [phrase.lyric for phrase in melody.phrases]
        assert len(set(lyrics)) < len(lyrics), "the chorus comes back"
        third = melody.shifted(2)
        intervals = [
            b.pitch - a.pitch
            for p, q in zip(melody.phrases, third.phrases, strict=True)
            for a, b in zip(p.notes, q.notes, strict=True)
        ]
        assert set(intervals) <= {3.0, 4.0}


def test_catalogue_names_a_licence_for_everything():
    names = [entry.name for entry in CATALOGUE]
    assert len(set(names)) == len(names)
    for entry in CATALOGUE:
        assert entry.licence.strip() and entry.note.strip()
        assert entry.origin in ORIGINS
        assert entry.split in ("train", "dev", "mixed")
        parts = entry.licence.replace("(", " ").replace(")", " ").replace(" AND ", "|").replace(" OR ", "|").split("|")
        free = all(part.strip().startswith(FREE) and "-SA" not in part and "-NC" not in part for part in parts)
        if entry.permissive:
            assert free, f"{entry.name}: {entry.licence} is not permissive"
    with pytest.raises(KeyError, match="no-such-package"):
        source("no-such-package")
    with pytest.raises(ValueError, match="mixed"):
        source("everything-is-free").meta()


def test_takes_reach_the_pool(tmp_path, material):
    audio, found = performing.perform(np.random.default_rng(2), material, 5.0, style="pop", doubles=True)
    write_item(tmp_path, "singing", "a", {"vocals": audio}, {**source("sung-syllables").meta(), **found})
    (item,) = read_dataset(tmp_path, ["singing"])
    assert item.stems["vocals"].shape == audio.shape and item.stems["vocals"].dtype == np.int16
    assert json.loads((item.path / "meta.json").read_text())["licence"] == "GPL-3.0-only"
    assert read_dataset(tmp_path, ["singing"], permissive=True) == []


def test_decoding_resamples_and_folds(tmp_path):
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(22_050) / 22_050)
    soundfile.write(tmp_path / "tone.wav", tone, 22_050)
    stereo = decode(tmp_path / "tone.wav", channels=2)
    assert stereo.shape == (SAMPLE_RATE, 2) and np.array_equal(stereo[:, 0], stereo[:, 1])
    spectrum = np.abs(np.fft.rfft(stereo[:, 0]))
    assert int(np.argmax(spectrum)) == 440


def test_active_regions_and_fades():
    audio = np.zeros(SAMPLE_RATE * 2, dtype=np.float32)
    audio[10_000:30_000] = 0.5
    audio[60_000:80_000] = 0.5
    regions = active_regions(audio, pad_s=0.0)
    assert len(regions) == 2
    assert all(
        abs(a - b) <= 441
        for found, true in zip(regions, [(10_000, 30_000), (60_000, 80_000)], strict=True)
        for a, b in zip(found, true, strict=True)
    )
    assert active_regions(np.zeros(5000, dtype=np.float32)) == []
    edged = fade(np.ones(1000), 100, 100)
    assert edged[0] < 0.01 and edged[-1] < 0.01 and edged[500] == 1.0
