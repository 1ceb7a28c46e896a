"""The VST3 plug-in in DawDreamer (JUCE), which gives all ten output channels."""

import dawdreamer
import numpy as np
import pytest
from conftest import RATE

INAUDIBLE = 1e-6
"""−120 dBFS."""


def play(vst3: str, audio: np.ndarray, block: int, **parameters: float) -> tuple[np.ndarray, int]:
    """All output channels ``[10, T]`` and the reported latency in samples."""
    engine = dawdreamer.RenderEngine(RATE, block)
    plugin = engine.make_plugin_processor("unbraid", vst3)
    names = {entry["name"]: entry["index"] for entry in plugin.get_parameters_description()}
    for name, value in parameters.items():
        plugin.set_parameter(names[name], value)
    plugin.record = True
    song = engine.make_playback_processor("song", audio)
    engine.load_graph([(song, []), (plugin, ["song"])])
    engine.render(audio.shape[1] / RATE)
    return np.asarray(plugin.get_audio()), plugin.get_latency_samples()


def test_there_are_ten_output_channels(vst3):
    engine = dawdreamer.RenderEngine(RATE, 512)
    plugin = engine.make_plugin_processor("unbraid", vst3)
    assert plugin.get_num_input_channels() == 2
    assert plugin.get_num_output_channels() == 10


@pytest.mark.parametrize("block", [64, 512, 2048])
def test_main_is_the_delayed_input_and_the_stems_sum_to_it(vst3, clip, block):
    output, latency = play(vst3, clip, block)
    assert output.shape[0] == 10
    assert latency >= 4096
    length = min(clip.shape[1], output.shape[1]) - latency
    assert length > 5 * RATE
    wanted = clip[:, :length]
    main = output[:2, latency : latency + length]
    assert np.abs(main - wanted).max() < INAUDIBLE
    stems = output[2:].reshape(4, 2, -1).astype(np.float64)[:, :, latency : latency + length]
    assert np.abs(stems.sum(axis=0) - wanted).max() < INAUDIBLE
    shares = (stems**2).sum(axis=(1, 2)) / (wanted.astype(np.float64) ** 2).sum()
    assert (shares > 1e-5).all() and (shares < 0.95).all(), shares


def test_the_latency_is_the_reported_one(vst3):
    impulse = np.zeros((2, RATE), dtype=np.float32)
    impulse[:, 5000] = 1.0
    output, latency = play(vst3, impulse, 512)
    assert int(np.abs(output[0]).argmax()) == 5000 + latency


def test_block_sizes_give_the_same_samples(vst3, clip):
    song = clip[:, : 3 * RATE]
    (one, latency), (other, other_latency) = play(vst3, song, 512), play(vst3, song, 2048)
    assert latency == other_latency
    length = min(one.shape[1], other.shape[1])
    assert np.array_equal(one[:, :length], other[:, :length])


def test_a_stem_at_the_bottom_of_its_range_is_gone_from_main(vst3, clip):
    song = clip[:, : 3 * RATE]
    output, _ = play(vst3, song, 512, **{"Vocals Level": 0.0})
    rest = output[4:].reshape(3, 2, -1).astype(np.float64).sum(axis=0)
    # The parameter may still be on its way in the first blocks.
    assert np.abs(output[:2] - rest)[:, RATE:].max() < INAUDIBLE
    assert np.abs(output[2:4]).max() > 0
