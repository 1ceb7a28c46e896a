"""Notes: MIDI files, harmony, drum patterns and made-up songs."""

import io

import mido
import numpy as np
import pytest
from unbraid_training.arrangement import compose, drumming, harmony
from unbraid_training.instruments.midi import (
    KEY,
    LENGTH,
    START,
    VELOCITY,
    VOICE_PROGRAMS,
    Part,
    estimate_key,
    humanise,
    note_array,
    read_midi,
)


def midi_bytes(*tracks):
    file = mido.MidiFile(ticks_per_beat=480)
    for messages in tracks:
        file.tracks.append(mido.MidiTrack(messages))
    data = io.BytesIO()
    file.save(file=data)
    data.seek(0)
    return data


def test_midi_times_follow_tempo_changes_and_roles_follow_channels():
    M, E = mido.Message, mido.MetaMessage
    song, marks = read_midi(
        midi_bytes(
            [
                E("set_tempo", tempo=500_000),
                E("marker", text="bar0"),
                E("set_tempo", tempo=1_000_000, time=960),
                E("marker", text="bar1"),
            ],
            [
                M("program_change", channel=2, program=33),
                M("note_on", channel=2, note=40, velocity=90),
                M("note_off", channel=2, note=40, time=480),
            ],
            [
                M("note_on", channel=9, note=36, velocity=100, time=960),
                M("note_on", channel=9, note=36, velocity=0, time=480),
            ],
            [
                M("program_change", channel=0, program=0),
                M("note_on", channel=0, note=60, velocity=80),
                M("note_off", channel=0, note=60, time=480),
            ],
        ),
        marks=True,
    )
    parts = {p.role: p for p in song.parts}
    assert set(parts) == {"drums", "bass", "other"}
    assert parts["bass"].notes[0, LENGTH] == pytest.approx(0.5)
    # The drum hit begins after two beats at 120 and lasts one beat at 60.
    assert parts["drums"].notes[0, START] == pytest.approx(1.0)
    assert parts["drums"].notes[0, LENGTH] == pytest.approx(1.0)
    assert marks == {"bar0": 0.0, "bar1": pytest.approx(1.0)}


def test_sustain_pedal_lengthens_notes():
    M = mido.Message
    song, _ = read_midi(
        midi_bytes(
            [
                M("control_change", control=64, value=127),
                M("note_on", note=60, velocity=80),
                M("note_off", note=60, time=240),
                M("control_change", control=64, value=0, time=720),
            ]
        )
    )
    assert song.parts[0].notes[0, LENGTH] == pytest.approx(1.0)


def test_key_of_a_minor_scale_is_found():
    rows = [(i * 0.5, 0.5, 57 + k, 90) for i, k in enumerate([0, 2, 3, 5, 7, 8, 7, 5, 3, 2, 0, 7, 3, 0])]
    assert estimate_key([Part("other", 0, note_array(rows))]) == (9, True)


def test_humanised_notes_stay_near_and_in_order():
    rng = np.random.default_rng(0)
    notes = note_array([(i * 0.25, 0.2, 60, 90) for i in range(400)])
    moved = humanise(notes, rng, 0.006, 3.0)
    assert np.all(np.diff(moved[:, START]) >= 0)
    assert 0.003 < np.std(moved[:, START] - notes[:, START]) < 0.012
    assert np.std(moved[:, VELOCITY]) > 1.5


def test_chord_names_and_tones():
    assert harmony.Chord(10, "m7").name == "Bbm7"
    assert harmony.Chord(9, "m").tones == (9, 0, 4)
    assert harmony.power_chord(harmony.Chord(4), 40) == [40, 47, 52]


@pytest.mark.parametrize("name", sorted(drumming.STYLES))
def test_drum_styles_fill_bars_and_vary(name):
    rng = np.random.default_rng(1)
    bars = np.arange(9) * 2.0
    plan = [{"section": "verse", "energy": 0.8, "first": i == 0, "last": i == 7} for i in range(8)]
    notes = drumming.play_style(drumming.STYLES[name], bars, plan, rng)
    per_bar = np.histogram(notes[:, START], bars - 0.1)[0]
    assert per_bar.min() >= 2, "a bar without drums"
    assert notes[:, VELOCITY].std() > 3
    assert set(notes[:, KEY].astype(int)) <= set(drumming.KEYS.values())


@pytest.mark.parametrize("genre", sorted(compose.GENRES))
def test_composed_songs_are_playable_and_repeatable(genre):
    for seed in range(4):
        song = compose.compose(np.random.default_rng(seed), genre, 40.0)
        again = compose.compose(np.random.default_rng(seed), genre, 40.0)
        assert len(song.parts) >= 2
        assert np.all(np.diff(song.bars) > 0)
        for part, twin in zip(song.parts, again.parts):
            assert np.array_equal(part.notes, twin.notes)
            assert np.all(part.notes[:, LENGTH] > 0)
            assert part.program not in VOICE_PROGRAMS
            if part.role == "bass":
                assert 20 <= part.notes[:, KEY].min() and part.notes[:, KEY].max() <= 67
            elif part.role == "other":
                assert 26 <= part.notes[:, KEY].min() and part.notes[:, KEY].max() <= 108


def test_made_up_harmony_agrees_with_the_stated_key():
    """The estimated key of what is played is the stated one, its relative or a near one, mostly."""
    hits = 0
    for seed in range(20):
        song = compose.compose(np.random.default_rng(seed), "pop", 60.0)
        key, minor = estimate_key(song.parts)
        scale = set(harmony.scale(key, minor))
        hits += len(scale & set(harmony.scale(song.key, song.minor))) >= 6
    assert hits >= 15
