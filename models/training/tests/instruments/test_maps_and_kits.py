"""Maps and folders of recorded instruments and kits, read with the right values."""

import numpy as np
import pytest
import soundfile
from unbraid_training.data.dataset import SAMPLE_RATE
from unbraid_training.data.fetch import SourceError
from unbraid_training.instruments.kits import folders
from unbraid_training.instruments.kits.kit import GM_ROLES, Blend
from unbraid_training.instruments.kits.small import SMALL
from unbraid_training.instruments.kits.sound import blended
from unbraid_training.instruments.midi import note_array
from unbraid_training.instruments.players.recorded import RECORDED, named_notes, read_recorded
from unbraid_training.instruments.sampling import SampleCache
from unbraid_training.instruments.sfz import note_number, play, read_sfz


def tone(path, hertz=440.0, level=0.5, seconds=1.0):
    """Writes a sine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    audio = level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE)
    soundfile.write(path, audio, SAMPLE_RATE)
    return path


def played_hertz(instrument, key):
    """Frequency that a note sounds at."""
    audio = play(
        instrument, note_array([(0.0, 0.8, key, 90)]), SAMPLE_RATE, SampleCache(), np.random.default_rng(0), 0.0
    )
    return np.argmax(np.abs(np.fft.rfft(audio[:30_000] * np.hanning(30_000)))) * SAMPLE_RATE / 30_000


def test_names_of_notes():
    assert [note_number(text) for text in ("60", "c4", "C#4", "eb2", "a-1")] == [60, 60, 61, 39, 9]
    with pytest.raises(ValueError, match="none"):
        note_number("none")


def test_symbols_are_those_of_the_moment_of_inclusion(tmp_path):
    for name in ("soft", "loud"):
        tone(tmp_path / "samples" / f"{name}.wav")
    (tmp_path / "part.sfz").write_text("<region> sample=$NAME.wav key=$KEY lovel=$LOW\n")
    (tmp_path / "main.sfz").write_text(
        "<control> default_path=$dir/ note_offset=12\n<group>\n"
        '#define $NAME soft #define $KEY 48 #define $LOW 1\n#include "part.sfz"\n'
        '#define $NAME loud\n#define $KEY 50 #define $LOW 64 // the same again\n#include "part.sfz"\n'
    )
    regions = read_sfz(tmp_path / "main.sfz", given={"$dir": "samples"}).regions
    assert [(r.sample.name, r.low_key, r.low_velocity) for r in regions] == [("soft.wav", 60, 1), ("loud.wav", 62, 64)]


def test_switches_and_controllers_stand_as_the_map_begins(tmp_path):
    for name in "abcdefg":
        tone(tmp_path / f"{name}.wav")
    (tmp_path / "map.sfz").write_text(
        "<control> set_cc100=20\n<global> sw_default=c1\n"
        "<region> sample=a.wav sw_last=24 key=60\n<region> sample=b.wav sw_last=25 key=60\n"
        "<region> sample=c.wav hicc100=60 key=61\n<region> sample=d.wav locc100=61 key=61\n"
        "<region> sample=e.wav on_locc64=1 key=62\n<region> sample=f.wav trigger=release key=62\n"
        "<region> sample=g.wav key=c#5\n/* <region> sample=a.wav key=90 */\n<region> sample=*sine key=91\n"
    )
    named = lambda **more: [region.sample.stem for region in read_sfz(tmp_path / "map.sfz", **more).regions]
    assert named() == ["a", "c", "g"]
    assert named(given={"cc100": "127"}) == ["a", "d", "g"]


def test_regions_whose_sample_is_not_there_are_left_out(tmp_path):
    tone(tmp_path / "there.wav")
    (tmp_path / "map.sfz").write_text("<region> sample=there.wav key=60\n<region> sample=gone.wav key=61\n")
    assert len(read_sfz(tmp_path / "map.sfz").regions) == 1
    (tmp_path / "there.wav").unlink()
    with pytest.raises(SourceError, match=r"there\.wav"):
        read_sfz(tmp_path / "map.sfz")


def test_files_named_after_notes(tmp_path):
    folder = tmp_path / "samples/acoustic-guitar"
    tone(folder / "a4.wav", 440.0), tone(folder / "csharp5.wav", 554.37), tone(folder / "strum.wav", 200.0)
    regions = named_notes(folder)
    assert [(r.sample.stem, r.low_key, r.high_key, r.centre) for r in regions] == [
        ("a4", 64, 71, 69.0), ("csharp5", 72, 78, 73.0),
    ]  # fmt: skip
    instrument = read_recorded("bainter-guitar", tmp_path)
    assert played_hertz(instrument, 71) == pytest.approx(493.9, abs=2.0)


def test_a_map_written_an_octave_up_sounds_where_it_is_asked_to(tmp_path):
    tone(tmp_path / "spaghetti.wav", 110.0)
    (tmp_path / "spaghetti.sfz").write_text("<region> sample=spaghetti.wav lokey=50 hikey=62 pitch_keycenter=57\n")
    assert RECORDED["bass-vi-spaghetti"].transpose == 12
    assert played_hertz(read_recorded("bass-vi-spaghetti", tmp_path), 45) == pytest.approx(110.0, abs=1.5)
    with pytest.raises(SourceError, match=r"linguine\.sfz"):
        read_recorded("bass-vi-linguine", tmp_path)


def test_hits_are_put_in_order_by_loudness(tmp_path):
    files = [tone(tmp_path / f"hit{n}.wav", 200.0, level) for n, level in enumerate((0.5, 0.05, 0.2, 0.1))]
    pad = folders.by_loudness(files)
    assert [[path.stem for path in layer.samples] for layer in pad.layers] == [["hit1", "hit3"], ["hit2", "hit0"]]
    assert [(layer.low, layer.high) for layer in pad.layers] == [(0.0, 0.5), (0.5, 1.0)]


def test_one_hit_through_several_microphones(tmp_path):
    for mic in ("kick_mic", "oh_mic", "front_mic", "wndw_mic", "retro_mic"):
        for layer in (1, 2):
            tone(tmp_path / "Samples" / mic / f"ks_vl{layer}_rr1.wav", 100.0 * layer)
    for n in (1, 2):
        tone(tmp_path / "Samples" / "snare_mic" / f"sc_vl{n}_rr1.wav")
    kit = folders.recorded_kit("gogodze-phu", tmp_path, np.random.default_rng(0))
    (hit,) = kit.pads["kick"].layers[1].samples
    assert isinstance(hit, Blend) and [path.name for path, _ in hit.parts] == ["ks_vl2_rr1.wav"] * 3
    assert [path.parent.name for path, _ in hit.parts][:2] == ["kick_mic", "oh_mic"] and hit.parts[0][1] == 0.0
    total = blended([(np.ones(4, np.float32), 0.0), (np.ones(6, np.float32), -20.0)])
    assert total == pytest.approx(np.array([1.1] * 4 + [0.1] * 2), rel=1e-5)


def test_kits_of_one_file_for_each_drum(tmp_path):
    for name in ("kick01", "bassdrum01", "snare01", "snare_acoustic01", "hihat_closed01", "tom_hi01"):
        tone(tmp_path / "usr/share/lmms/samples/drums" / f"{name}.ogg")
    electronic, acoustic = (
        folders.recorded_kit(name, tmp_path, np.random.default_rng(2)) for name in ("lmms", "lmms-acoustic")
    )
    assert electronic.pads["kick"].layers[0].samples[0].stem == "kick01"
    assert acoustic.pads["kick"].layers[0].samples[0].stem == "bassdrum01"
    assert acoustic.pads["snare"].layers[0].samples[0].stem == "snare_acoustic01"
    for folder, name in (("bd8", "BD0010"), ("sd8", "SD0000"), ("cy8", "CY1010")):
        tone(tmp_path / folder / f"{name}.WAV")
    machine = folders.recorded_kit("tr-808", tmp_path, np.random.default_rng(2))
    assert set(machine.pads) == {"kick", "snare", "crash", "crash2"}


def test_kits_of_one_hit_for_each_drum(tmp_path):
    for name in ("kick", "kick-accent", "snare", "hihat", "hihat-metal", "hihat-accent", "cymbal"):
        tone(tmp_path / "DM/CR-78/samples" / f"{name}.wav")
    pads = folders.recorded_kit("cr-78", tmp_path, np.random.default_rng(0)).pads
    assert [path.stem for path in pads["closed"].layers[0].samples] == ["hihat"]
    assert [path.stem for path in pads["open"].layers[0].samples] == ["hihat-metal"]
    assert pads["crash2"] is pads["crash"] and "ride" not in pads
    for name, one in SMALL.items():
        assert set(one.files) <= {*GM_ROLES.values()} and {"kick", "snare", "closed"} <= set(one.files), name


def test_a_kit_without_its_drums_is_named(tmp_path):
    tone(tmp_path / "kick" / "kick1.wav")
    with pytest.raises(SourceError, match="open-source-drumkit"):
        folders.recorded_kit("open-source-drumkit", tmp_path, np.random.default_rng(0))


@pytest.mark.parametrize("name", [name for name, kit in folders.KITS.items() if kit.whole])
def test_kits_have_a_character(name):
    assert folders.KITS[name].character in ("rock", "electronic", "hands")
