"""Sound: effects, samplers, kits, synthesizers, and a whole song written to the dataset."""

import json

import numpy as np
import pytest
import soundfile
from unbraid_training.arrangement import backing
from unbraid_training.data.dataset import SAMPLE_RATE, read_dataset
from unbraid_training.data.fetch import SourceError
from unbraid_training.data.sources import CATALOGUE, source
from unbraid_training.instruments import effects as fx
from unbraid_training.instruments import synths
from unbraid_training.instruments.kits import sound as drumming_sound
from unbraid_training.instruments.kits.drawn import drawn_kit
from unbraid_training.instruments.kits.hydrogen import HYDROGEN, hydrogen_kit
from unbraid_training.instruments.midi import Part, Song, note_array
from unbraid_training.instruments.players import drums, other, recorded, studio
from unbraid_training.instruments.sampling import SampleCache, resample
from unbraid_training.instruments.sfz import play, read_sfz
from unbraid_training.instruments.soundfonts import FONTS
from unbraid_training.recordings import loops


def sine(hertz, seconds=1.0, level=0.5):
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE)).astype(np.float32)


def loudest_hertz(audio):
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio))))
    return np.argmax(spectrum) * SAMPLE_RATE / len(audio)


# Effects


@pytest.mark.parametrize(
    ("section", "hertz", "expected"),
    [
        (fx.bell(1000, 6.0), 1000, 6.0),
        (fx.shelf(200, -9.0, False), 30, -9.0),
        (fx.shelf(3000, 7.0, True), 18_000, 7.0),
        (fx.shelf(3000, 7.0, True), 60, 0.0),
    ],
)
def test_filters_have_the_stated_gain(section, hertz, expected):
    tone = sine(hertz, 2.0)
    change = 20 * np.log10(np.std(fx.filter_sos(tone, [section])[44_100:]) / np.std(tone[44_100:]))
    assert change == pytest.approx(expected, abs=0.3)


def test_limiter_holds_the_crest_and_compressor_evens_levels():
    rng = np.random.default_rng(0)
    audio = (rng.standard_normal(SAMPLE_RATE * 2) * 0.05).astype(np.float32)
    audio[::11_025] = 0.9
    limited = fx.limiter(audio, 12.0)
    assert np.abs(limited).max() <= fx.active_rms(audio) * fx.db(12.0) * 1.001
    assert np.abs(audio).max() > fx.active_rms(audio) * fx.db(12.0)
    loud_then_soft = np.concatenate([sine(200, 1, 0.8), sine(200, 1, 0.2)])
    pressed = fx.compressor(loud_then_soft, 4.0, 18.0)
    ratio = lambda x: np.std(x[10_000:40_000]) / np.std(x[70_000:86_000])
    assert ratio(pressed) < 0.6 * ratio(loud_then_soft)


def test_amplifier_adds_overtones_with_drive_and_keeps_length():
    tone = sine(196, 2.0)
    rest = {}
    for drive in (0.0, 45.0):
        out = fx.amplifier(tone, np.random.default_rng(3), drive)
        assert len(out) == len(tone)
        spectrum = np.abs(np.fft.rfft(out)) ** 2
        rest[drive] = 1 - spectrum[380:405].sum() / spectrum.sum()
    assert rest[45.0] > 10 * max(rest[0.0], 1e-3)


def test_tone_matching_brings_spectra_nearer():
    rng = np.random.default_rng(5)
    dull = fx.lowpass(rng.standard_normal(SAMPLE_RATE * 3).astype(np.float32), 300, 2)
    share = lambda x: np.sum(np.abs(np.fft.rfft(x))[3 * 2000 : 3 * 4000] ** 2) / np.sum(np.abs(np.fft.rfft(x)) ** 2)
    assert share(fx.match_tone(dull, "driven guitar", rng, 0.9)) > 3 * share(dull)


def test_width_and_pan():
    pair = np.stack([sine(300), sine(500)], axis=1)
    assert fx.width(pair, 0.0).ndim == 1
    left = fx.pan(sine(300), -1.0)
    assert np.std(left[:, 1]) < 1e-6 < np.std(left[:, 0])


# Samplers


@pytest.fixture
def piano(tmp_path):
    soundfile.write(tmp_path / "c4.wav", sine(261.63, 2.0), SAMPLE_RATE)
    soundfile.write(tmp_path / "soft.wav", sine(261.63, 2.0, 0.05), SAMPLE_RATE)
    (tmp_path / "keys.inc").write_text("lokey=48 hikey=84 pitch_keycenter=60\n")
    (tmp_path / "map.sfz").write_text(
        "// a comment with <region> in it\n#define $LOUD c4.wav\n<group> ampeg_release=0.1\n"
        '#include "keys.inc"\n<region> sample=soft.wav hivel=63\n<region> sample=$LOUD lovel=64\n'
        "<group> trigger=release\n<region> sample=c4.wav lokey=0 hikey=127\n"
    )
    return read_sfz(tmp_path / "map.sfz")


def test_sfz_reads_layers_and_leaves_release_samples_out(piano):
    assert (piano.low, piano.high) == (48, 84)
    assert [r.sample.name for r in piano.keys[60]] == ["soft.wav", "c4.wav"]
    assert piano.regions[0].release == pytest.approx(0.1)


def test_sfz_plays_in_tune_louder_with_velocity_and_short_when_muted(piano):
    rng, cache = np.random.default_rng(0), SampleCache()
    samples = SAMPLE_RATE * 2
    high = play(piano, note_array([(0.0, 1.0, 72, 100)]), samples, cache, rng, detune_cents=0.0)
    assert loudest_hertz(high[:40_000]) == pytest.approx(523.25, abs=1.5)
    soft = play(piano, note_array([(0.0, 1.0, 60, 40)]), samples, cache, rng)
    loud = play(piano, note_array([(0.0, 1.0, 60, 100)]), samples, cache, rng)
    assert np.std(loud) > 4 * np.std(soft) > 0
    muted = play(piano, note_array([(0.0, 1.0, 60, 100, 0.9)]), samples, cache, rng)
    assert np.std(muted[22_050:40_000]) < 0.02 * np.std(loud[22_050:40_000])


def test_missing_samples_are_named(tmp_path):
    (tmp_path / "map.sfz").write_text("<region> sample=gone.wav key=60\n")
    with pytest.raises(SourceError, match="gone.wav"):
        play(
            read_sfz(tmp_path / "map.sfz"), note_array([(0, 1, 60, 100)]), 1000, SampleCache(), np.random.default_rng(0)
        )


def test_resample_shifts_pitch():
    assert loudest_hertz(resample(sine(440, 2.0), 1.5, 40_000)) == pytest.approx(660, abs=1.5)


# Drums


def test_closing_hat_silences_the_open_one():
    rng = np.random.default_rng(2)
    kit = drawn_kit(rng)
    args = {"samples": SAMPLE_RATE, "cache": SampleCache(), "dynamics": 1.0, "spread": 0.0}
    alone = drumming_sound.play_kit(kit, note_array([(0.0, 0.1, 46, 110)]), rng=np.random.default_rng(7), **args)["hat"]
    closed = drumming_sound.play_kit(
        kit, note_array([(0.0, 0.1, 46, 110), (0.1, 0.1, 42, 1)]), rng=np.random.default_rng(7), **args
    )["hat"]
    window = slice(int(0.2 * SAMPLE_RATE), int(0.3 * SAMPLE_RATE))
    assert np.std(closed[window]) < 0.2 * np.std(alone[window])


def test_hydrogen_kit_is_read_with_layers_and_roles(tmp_path):
    folder = tmp_path / "unpacked/hydrogen-data/usr/share/hydrogen/data/drumkits/GMRockKit"
    folder.mkdir(parents=True)
    for name in ("a.wav", "b.wav", "s.wav", "h.wav"):
        soundfile.write(folder / name, sine(100, 0.1), SAMPLE_RATE)
    layer = "<layer><filename>{}</filename><min>{}</min><max>{}</max><gain>1</gain><pitch>0</pitch></layer>"
    (folder / "drumkit.xml").write_text(
        '<drumkit_info xmlns="http://example.org/x"><instrumentList>'
        f"<instrument><name>Kick</name><volume>0.5</volume><instrumentComponent>"
        f"{layer.format('b.wav', 0.5, 1)}{layer.format('a.wav', 0, 0.5)}</instrumentComponent></instrument>"
        f"<instrument><name>Snare</name>{layer.format('s.wav', 0, 1)}</instrument>"
        f"<instrument><name>Hat Closed</name><pan>-0.5</pan>{layer.format('h.wav', 0, 1)}</instrument>"
        f"<instrument><name>Whistle</name>{layer.format('h.wav', 0, 1)}</instrument>"
        "</instrumentList></drumkit_info>"
    )
    kit = hydrogen_kit("GMRockKit", tmp_path, np.random.default_rng(0))
    assert set(kit.pads) == {"kick", "snare", "closed"}
    assert [l.samples[0].name for l in kit.pads["kick"].layers] == ["a.wav", "b.wav"]
    assert kit.pads["kick"].volume == 0.5 and kit.pads["closed"].place == -0.5
    assert kit.pad("open") is kit.pads["closed"]


# Synthesizers


@pytest.mark.parametrize("kind", ["saw", "square", "sub", "808", "acid", "reese", "fm", "lead"])
def test_lines_sound_at_the_pitch_of_their_notes(kind):
    audio = synths.line(note_array([(0.0, 1.0, 45, 100)]), SAMPLE_RATE, np.random.default_rng(4), kind)
    assert np.isfinite(audio).all() and np.std(audio[:20_000]) > 1e-3
    spectrum = np.abs(np.fft.rfft(audio[4000:40_000]))
    peaks = np.argsort(spectrum)[-3:] * SAMPLE_RATE / 36_000
    ratios = peaks / 110.0
    assert np.any(np.abs(ratios * 2 - np.round(ratios * 2)) < 0.06)


@pytest.mark.parametrize("kind", ["saws", "pad", "pluck", "bells", "epiano", "organ", "strings", "square"])
def test_tone_banks_play_chords_and_fall_silent(kind):
    bank = synths.ToneBank(kind, np.random.default_rng(1), wide=True, seconds=1.5)
    audio = bank.play(note_array([(0.0, 0.5, 60, 100), (0.0, 0.5, 64, 100)]), SAMPLE_RATE * 3)
    assert np.std(audio[: SAMPLE_RATE // 2]) > 1e-3
    assert np.abs(audio[-SAMPLE_RATE // 2 :]).max() == 0.0


# Whole songs


class SinePlayer:
    """Stands in for FluidSynth, whose banks a test does not download."""

    def __init__(self, cache, repositories=None):
        pass

    def has(self, name):
        return not FONTS[name].scripts

    def banks(self, name, program):
        return [0]

    def render(self, name, program, notes, samples, drums=False, bends=None, bank=0):
        out = np.zeros((samples, 2), dtype=np.float32)
        for start, length, key, velocity, _ in notes:
            tone = sine(float(synths.hertz(key)), min(length, 0.4) + 0.02, velocity / 500)
            at = int(start * SAMPLE_RATE)
            out[at : at + len(tone)] += tone[: max(0, samples - at), None] * np.array([1.0, 0.6], dtype=np.float32)
        return out


class NoAccompanist:
    """Stands in for mma, refusing every song."""

    def __init__(self, cache):
        pass


@pytest.fixture
def workshop(monkeypatch):
    monkeypatch.setattr(studio, "FontPlayer", SinePlayer)
    monkeypatch.setattr(backing.arrangements, "Accompanist", NoAccompanist)
    monkeypatch.setattr(drums, "_choose_kit", lambda wish, palette, rng: drawn_kit(rng))
    monkeypatch.setattr(backing, "SECONDS", (8.0, 10.0))
    monkeypatch.setattr(
        backing,
        "choose_song",
        lambda rng, accompanist, cache, split, permissive: backing.compose.compose(rng, "rock", 8.0),
    )
    monkeypatch.setattr(backing, "_WORKSHOP", {})


def test_songs_are_written_aligned_repeatable_and_resumable(workshop, tmp_path):
    hours = 20 / 3600
    made = backing.build(tmp_path, tmp_path, None, hours, seed=3, log=lambda line: None)
    assert made >= 2
    items = read_dataset(tmp_path, ("backing",))
    for item in items:
        assert len({len(a) for a in item.stems.values()}) == 1
        assert {"tempo_bpm", "key", "minor", "details"} <= set(item.meta)
        assert set(item.stems) <= {"drums", "bass", "other"}
        peak = max(np.abs(a.astype(int)).max() for a in item.stems.values())
        assert peak == pytest.approx(32_000 * fx.db(-6.0), rel=0.03)
        if item.meta["details"]["width"] == 0.0:
            assert all(a.shape[1] == 1 for a in item.stems.values())
    before = {i.name: {s: a.copy() for s, a in i.stems.items()} for i in items}
    assert backing.build(tmp_path, tmp_path, None, hours, seed=3, log=lambda line: None) == 0
    backing.build(tmp_path, tmp_path, None, hours, seed=3, skip_existing=False, log=lambda line: None)
    for item in read_dataset(tmp_path, ("backing",)):
        for stem, audio in item.stems.items():
            assert np.array_equal(audio, before[item.name][stem])


def test_an_item_is_permissive_only_if_all_its_sources_are(workshop, tmp_path):
    backing.build(tmp_path, tmp_path, None, 40 / 3600, seed=5, log=lambda line: None)
    seen = set()
    for meta in (json.loads(p.read_text()) for p in (tmp_path / "backing").glob("*/meta.json")):
        names = meta["source"].split("; ")
        expected = all(source(n).permissive for n in names)
        assert meta["permissive"] == expected
        seen.add(expected)
    assert True in seen


def test_a_permissive_build_has_permissive_songs_alone(workshop, tmp_path):
    backing.build(tmp_path, tmp_path, None, 20 / 3600, seed=5, permissive=True, log=lambda line: None)
    metas = [json.loads(p.read_text()) for p in (tmp_path / "backing").glob("*/meta.json")]
    assert metas and all(m["permissive"] for m in metas)


def test_every_source_is_in_the_catalogue_once():
    names = [entry.name for entry in CATALOGUE]
    assert len(names) == len(set(names))
    assert source("fluid-soundfont-gm").split == source("emilyguitar").split == "train"
    assert source("timgm6mb-soundfont").split == source("hydrogen-drumkits/ColomboAcousticDrumkit").split == "dev"
    for folder, (package, _) in HYDROGEN.items():
        assert source(f"{package}/{folder}").origin == "debian"
    for font in studio.FONTS.values():
        assert source(font.package).origin == ("git" if font.scripts else "debian")
    for instrument in recorded.RECORDED.values():
        assert source(instrument.source).origin in ("folder", "git")
    for loop in loops.LOOPS:
        assert "loops" in source(loop.package).kinds


def test_voices_and_noises_are_never_played_as_such(workshop, tmp_path):
    asked = []

    class Recorder(SinePlayer):
        def render(self, name, program, notes, samples, drums=False, bends=None, bank=0):
            asked.append(program)
            return super().render(name, program, notes, samples, drums, bends)

    room = studio.Studio(tmp_path, None)
    room.fonts = Recorder(tmp_path)
    notes = note_array([(0.1 + i, 0.8, 60, 90) for i in range(2)])
    for seed in range(6):
        for program in (52, 53, 54, 85, 91, 94, 126):
            song = Song([], 120.0, 0, False, np.array([0.0, 2.0]))
            played = other.play_other(
                Part("other", program, notes),
                song,
                studio.Palette(room, False, "train"),
                studio.Scene(0.0, 0.5, -20.0),
                2 * SAMPLE_RATE,
                np.random.default_rng(seed),
            )
            assert (played is None) == (program == 126)
    assert asked and not set(asked) & {52, 53, 54, 85, 91, 94, 126}


def test_loop_takes_have_the_asked_length_and_level():
    rng = np.random.default_rng(0)
    source = (rng.standard_normal(SAMPLE_RATE) * np.exp(-np.arange(SAMPLE_RATE) % 11_025 / 2000)).astype(np.float32)
    for seed in range(4):
        audio = loops.take(source, "drums", np.random.default_rng(seed), 6.0)
        assert 6.0 <= len(audio) / SAMPLE_RATE < 8.0
        assert np.abs(audio).max() == pytest.approx(0.5, rel=0.01)
