"""The VST3 plug-in in pedalboard (JUCE), which deactivates all auxiliary buses: the main output is right all the
same."""

import numpy as np
import pedalboard
import pytest
from conftest import HOP, LATENCY, RATE

INAUDIBLE = 1e-6
"""−120 dBFS."""


def in_mode(vst3: str, mode: str):
    """A plug-in that begins in this mode, by a saved state: this host hands parameters over with the first block, and
    a mode counts from the next activation on."""
    before = pedalboard.load_plugin(vst3)
    before.mode = mode
    before.process(np.zeros((2, 512), np.float32), RATE, buffer_size=512)
    plugin = pedalboard.load_plugin(vst3)
    plugin.raw_state = before.raw_state
    assert plugin.mode == mode
    return plugin


def play(vst3: str, audio: np.ndarray, block: int, rate: int = RATE, **parameters: float) -> np.ndarray:
    """Main output, which this host lines up with the input by the reported latency. Parameters in their own units."""
    plugin = pedalboard.load_plugin(vst3)
    for name, value in parameters.items():
        # Assigning to a name that does not exist would pass unnoticed.
        assert name in plugin.parameters, list(plugin.parameters)
        setattr(plugin, name, value)
    return plugin.process(audio, rate, buffer_size=block, reset=True)


@pytest.mark.parametrize("mode", LATENCY)
@pytest.mark.parametrize("block", [64, 512, 2048])
def test_main_is_the_input(vst3, clip, mode, block):
    plugin = in_mode(vst3, mode)
    output = plugin.process(clip, RATE, buffer_size=block, reset=True)
    assert plugin.reported_latency_samples == LATENCY[mode] + (HOP[mode] if block < HOP[mode] // 2 else 0)
    assert output.shape == clip.shape
    assert np.abs(output - clip).max() < INAUDIBLE


@pytest.mark.parametrize("mode", LATENCY)
@pytest.mark.parametrize("block", [64, 2048])
def test_one_channel_plays(vst3, clip, mode, block):
    """Mono in and out, with whatever arrangement this host gives the stem buses that it does not use."""
    mono = clip[:1]
    output = in_mode(vst3, mode).process(mono, RATE, buffer_size=block, reset=True)
    assert output.shape == mono.shape
    assert np.abs(output - mono).max() < INAUDIBLE


def test_one_channel_follows_the_controls(vst3, clip):
    song = clip[:1, : 2 * RATE]
    output = play(vst3, song, 512, output_gain_db=-12.0)
    assert np.abs(output - song * 10 ** (-12 / 20))[:, RATE:].max() < 1e-4


def test_main_follows_the_controls(vst3, clip):
    """The plug-in really ran: one that is skipped for want of buses lets its input through."""
    song = clip[:, : 2 * RATE]
    output = play(vst3, song, 512, output_gain_db=-12.0)
    wanted = song * 10 ** (-12 / 20)
    assert np.abs(output - wanted)[:, RATE:].max() < 1e-4


@pytest.mark.parametrize("mode", LATENCY)
@pytest.mark.parametrize("rate", [22050, 48000, 96000, 192000])
def test_main_is_the_input_at_every_sample_rate(vst3, clip, mode, rate):
    song = clip[:, : rate // 2]
    output = in_mode(vst3, mode).process(song, rate, buffer_size=480, reset=True)
    assert np.abs(output - song).max() < INAUDIBLE


def test_several_instances_in_a_chain_add_their_latencies(vst3, clip):
    song = clip[:, : 2 * RATE]
    board = pedalboard.Pedalboard([pedalboard.load_plugin(vst3) for _ in range(3)])
    output = board(song, RATE, buffer_size=512)
    assert output.shape == song.shape
    assert np.abs(output - song).max() < 3 * INAUDIBLE


def test_the_state_survives_saving_and_loading(vst3, clip):
    song = clip[:, : 2 * RATE]
    before = pedalboard.load_plugin(vst3)
    before.output_gain_db = -6.0
    # This host hands parameters over with the first block, so that they are in the state only after it.
    before.process(song[:, :512], RATE, buffer_size=512)
    after = pedalboard.load_plugin(vst3)
    after.raw_state = before.raw_state
    assert after.output_gain_db == pytest.approx(-6.0, abs=0.02)
    output = after.process(song, RATE, buffer_size=512, reset=True)
    assert np.abs(output - song * 10 ** (-6 / 20))[:, RATE:].max() < 1e-4
