"""Drummers' playing on recorded kits: the module's keys, drummers and kits of one split each, sources named."""

import csv
import io
import zipfile

import mido
import numpy as np
import pytest
import soundfile
from unbraid_training.data.dataset import SAMPLE_RATE, read_dataset
from unbraid_training.data.fetch import SourceError
from unbraid_training.data.sources import source
from unbraid_training.instruments.midi import KEY, START
from unbraid_training.recordings import grooves, played

HITS = {
    "open-source-drumkit": ("kick/kick", "snare/snare-top", "hihat/closed-hihat/chh", "crash/crash"),
    "gogodze": ("Samples/kick_mic/ks_vl1_rr", "Samples/snare_mic/sc_vl1_rr", "Samples/side_mic/ht_vl1_rr"),
}


class Shelf:
    """Stands for the repositories: it has the held-out kit alone."""

    def __init__(self, folder):
        self.folder = folder

    cache = None

    def have(self, name):
        return self.folder if name == "karoryfer.gogodze-phu-vol-ii" else None


def performance() -> bytes:
    """Eight seconds of a beat, with the rim of the floor tom and the edge of the hi-hat."""
    midi = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    midi.tracks.append(track)
    for n in range(32):
        key = (36, 22, 38, 58)[n % 4]
        track.append(mido.Message("note_on", channel=9, note=key, velocity=30 + 3 * n, time=200))
        track.append(mido.Message("note_off", channel=9, note=key, time=40))
    file = io.BytesIO()
    midi.save(file=file)
    return file.getvalue()


@pytest.fixture
def shared(tmp_path):
    """An archive with two drummers, one of them held out, and a kit for each split."""
    (tmp_path / "groove-midi").mkdir()
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(["drummer", "style", "bpm", "midi_filename", "duration"])
    with zipfile.ZipFile(tmp_path / "groove-midi" / "groove-midi.zip", "w") as archive:
        for drummer in ("drummer1", "drummer9"):
            rows.writerow([drummer, "rock/groove1", 120, f"{drummer}/a.mid", 8.0])
            archive.writestr(f"{drummer}/a.mid", performance())
        archive.writestr("info.csv", table.getvalue())
    rng = np.random.default_rng(0)
    for kit, names in HITS.items():
        for name in names:
            for n, level in ((2, 0.02), (1, 0.3), (3, 0.1)):
                path = tmp_path / "instruments" / kit / f"{name}{n}.wav"
                path.parent.mkdir(parents=True, exist_ok=True)
                hit = level * rng.standard_normal(SAMPLE_RATE // 4) * np.exp(-np.arange(SAMPLE_RATE // 4) / 3000)
                soundfile.write(path, hit, SAMPLE_RATE)
    return tmp_path


def test_keys_of_the_drum_module_become_general_midi_s(shared):
    performances = grooves.Performances(shared)
    (one,) = performances.of("train")
    assert one.drummer == "drummer1" and performances.of("dev")[0].drummer == "drummer9"
    notes = performances.notes(one, 0.0, 8.0)
    assert len(notes) == 32 and set(notes[:, KEY]) == {36, 42, 38, 43}
    later = performances.notes(one, 4.0, 2.0)
    assert 0 < len(later) < 32 and later[:, START].min() >= 0.0 and later[:, START].max() < 2.0


def test_no_source_is_in_two_splits(shared, tmp_path_factory, monkeypatch):
    monkeypatch.setattr(grooves, "HYDROGEN", {})
    # Kits of Debian packages are not downloaded by a test.
    kits = {name: kit for name, kit in grooves.KITS.items() if source(kit.source).origin != "debian"}
    monkeypatch.setattr(grooves, "KITS", kits)
    monkeypatch.setattr(grooves, "SECONDS", (6.0, 8.0))
    out = tmp_path_factory.mktemp("out")
    assert grooves.build(out, out, shared, Shelf(shared / "instruments/gogodze"), 160 / 3600) >= 16
    items = read_dataset(out, ["grooves"])
    by_split = {
        split: {name for item in items if item.meta["split"] == split for name in item.meta["source"].split("; ")}
        for split in ("train", "dev")
    }
    assert by_split["train"] == {"groove-midi", "open-source-drumkit"}
    assert by_split["dev"] == {"groove-midi", "karoryfer.gogodze-phu-vol-ii"}
    drummers = {(item.meta["split"], item.meta["details"]["drummer"]) for item in items}
    assert drummers == {("train", "drummer1"), ("dev", "drummer9")}
    for item in items:
        names = item.meta["source"].split("; ")
        assert item.meta["permissive"] == all(source(name).permissive for name in names)
        assert np.abs(item.stems["drums"]).max() == pytest.approx(32_000 * 10 ** (-3 / 20), rel=0.01)


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(SourceError, match="groove-midi.zip is missing"):
        grooves.Performances(tmp_path)
    with pytest.raises(SourceError, match="played is missing"):
        played.build(tmp_path, tmp_path)


def test_played_parts_are_items_of_their_stem(tmp_path):
    for stem, seconds in (("bass", 5), ("drums", 4), ("other", 1)):
        (tmp_path / "played" / stem).mkdir(parents=True)
        audio = 0.2 * np.sin(np.arange(seconds * SAMPLE_RATE) / 50)
        soundfile.write(tmp_path / "played" / stem / "A1.wav", audio, SAMPLE_RATE)
    assert played.build(tmp_path, tmp_path) == 2
    items = {item.name: item for item in read_dataset(tmp_path, ["played"])}
    assert set(items) == {"played-bass-a1", "played-drums-a1"}
    assert list(items["played-bass-a1"].stems) == ["bass"] and items["played-bass-a1"].length == 5 * SAMPLE_RATE
    assert items["played-drums-a1"].meta["source"] == "played/drums"
