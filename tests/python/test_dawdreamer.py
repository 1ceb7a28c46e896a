"""The VST3 plug-in in DawDreamer (JUCE), which gives all ten output channels."""

import dawdreamer
import numpy as np
import pytest
from conftest import HOP, LATENCY, RATE

INAUDIBLE = 1e-6
"""−120 dBFS."""


def indices(plugin) -> dict[str, int]:
    """Where this host keeps each parameter, by the parameter's name."""
    return {entry["name"]: entry["index"] for entry in plugin.get_parameters_description()}


def play(
    vst3: str,
    audio: np.ndarray,
    block: int,
    rate: int = RATE,
    prepare=lambda plugin: None,
    finish=lambda plugin: None,
    **parameters: float,
) -> tuple[np.ndarray, int]:
    """All output channels ``[10, T]`` and the reported latency in samples. ``prepare`` and ``finish`` see the plug-in
    before and after."""
    engine = dawdreamer.RenderEngine(rate, block)
    plugin = engine.make_plugin_processor("unbraid", vst3)
    for name, value in parameters.items():
        plugin.set_parameter(indices(plugin)[name], value)
    prepare(plugin)
    plugin.record = True
    song = engine.make_playback_processor("song", audio)
    engine.load_graph([(song, []), (plugin, ["song"])])
    engine.render(audio.shape[1] / rate)
    finish(plugin)
    return np.asarray(plugin.get_audio()), plugin.get_latency_samples()


@pytest.fixture(scope="module")
def modes(vst3, clip, tmp_path_factory) -> dict:
    """For each mode, what prepares a plug-in for it: a saved state. This host hands parameters over with the first
    block, and a mode counts from the next activation on."""
    prepare = {}
    for mode, value in {"Live": 0.0, "Studio": 1.0}.items():
        file = str(tmp_path_factory.mktemp(mode) / "state")
        play(vst3, clip[:, :4096], 512, finish=lambda plugin, file=file: plugin.save_state(file), Mode=value)
        prepare[mode] = lambda plugin, file=file: plugin.load_state(file)
    return prepare


def test_there_are_ten_output_channels(vst3):
    engine = dawdreamer.RenderEngine(RATE, 512)
    plugin = engine.make_plugin_processor("unbraid", vst3)
    assert plugin.get_num_input_channels() == 2
    assert plugin.get_num_output_channels() == 10


@pytest.mark.parametrize("mode", LATENCY)
@pytest.mark.parametrize("block", [64, 512, 2048])
def test_main_is_the_delayed_input_and_the_stems_sum_to_it(vst3, clip, modes, mode, block):
    output, latency = play(vst3, clip, block, prepare=modes[mode])
    assert output.shape[0] == 10
    assert latency == LATENCY[mode] + (HOP[mode] if block < HOP[mode] // 2 else 0)
    length = min(clip.shape[1], output.shape[1]) - latency
    assert length > 2 * RATE
    wanted = clip[:, :length]
    main = output[:2, latency : latency + length]
    assert np.abs(main - wanted).max() < INAUDIBLE
    stems = output[2:].reshape(4, 2, -1).astype(np.float64)[:, :, latency : latency + length]
    assert np.abs(stems.sum(axis=0) - wanted).max() < INAUDIBLE
    shares = (stems**2).sum(axis=(1, 2)) / (wanted.astype(np.float64) ** 2).sum()
    # Something comes apart, whatever the network thinks of these seconds.
    assert (shares > 0).all() and (shares < 0.95).all() and (shares > 0.01).sum() >= 2, shares


def test_the_latency_is_the_reported_one(vst3):
    impulse = np.zeros((2, RATE), dtype=np.float32)
    impulse[:, 5000] = 1.0
    output, latency = play(vst3, impulse, 512)
    assert int(np.abs(output[0]).argmax()) == 5000 + latency


def test_block_sizes_give_the_same_samples(vst3, clip):
    song = clip[:, : 2 * RATE]
    (one, latency), (other, other_latency) = play(vst3, song, 512), play(vst3, song, 2048)
    assert latency == other_latency
    length = min(one.shape[1], other.shape[1])
    assert np.array_equal(one[:, :length], other[:, :length])


def test_a_stem_at_the_bottom_of_its_range_is_gone_from_main(vst3, clip):
    song = clip[:, : 2 * RATE]
    output, _ = play(vst3, song, 512, **{"Vocals Level": 0.0})
    rest = output[4:].reshape(3, 2, -1).astype(np.float64).sum(axis=0)
    # The parameter may still be on its way in the first blocks.
    assert np.abs(output[:2] - rest)[:, RATE:].max() < INAUDIBLE
    assert np.abs(output[2:4]).max() > 0


@pytest.mark.parametrize("mode", LATENCY)
@pytest.mark.parametrize("rate", [22050, 48000, 96000, 192000])
def test_every_sample_rate_nulls_at_the_reported_latency(vst3, clip, modes, mode, rate):
    # The clip at another speed: the plug-in cannot know.
    song = clip[:, : rate // 2]
    output, latency = play(vst3, song, 480, rate, prepare=modes[mode])
    length = min(song.shape[1], output.shape[1]) - latency
    assert length > rate // 4
    wanted = song[:, :length]
    assert np.abs(output[:2, latency : latency + length] - wanted).max() < INAUDIBLE
    stems = output[2:].reshape(4, 2, -1).astype(np.float64)[:, :, latency : latency + length]
    assert np.abs(stems.sum(axis=0) - wanted).max() < INAUDIBLE


def test_automation_moves_the_mix_and_leaves_the_stems_alone(vst3, clip):
    song = clip[:, : 2 * RATE]
    # Much quieter from the second second on; this host sends one value a block.
    curve = np.full(song.shape[1], 24 / 36, dtype=np.float32)
    curve[RATE:] = 0.0

    def prepare(plugin):
        assert plugin.set_automation(indices(plugin)["Output Gain"], curve)

    output, latency = play(vst3, song, 128, prepare=prepare)
    length = min(song.shape[1], output.shape[1]) - latency
    wanted = song[:, :length]
    main = output[:2, latency : latency + length]
    before = slice(0, RATE - latency - 1024)
    after = slice(RATE - latency + 1024, length)
    assert np.abs(main - wanted)[:, before].max() < INAUDIBLE
    quiet = 10 ** (-24 / 20)
    assert np.abs(main - quiet * wanted)[:, after].max() < 1e-5
    stems = output[2:].reshape(4, 2, -1).astype(np.float64)[:, :, latency : latency + length]
    assert np.abs(stems.sum(axis=0) - wanted).max() < INAUDIBLE
    # No step: nothing moves faster than the music itself and the ramp of 8 ms allow.
    assert np.abs(np.diff(main, axis=1)).max() <= np.abs(np.diff(wanted, axis=1)).max() + 1 / 353


def test_the_state_survives_saving_and_loading(vst3, clip, tmp_path):
    song = clip[:, : 2 * RATE]
    file = str(tmp_path / "state")

    def change(plugin):
        plugin.set_parameter(indices(plugin)["Drums Mute"], 1.0)
        plugin.set_parameter(indices(plugin)["Focus"], 0.8)

    def load(plugin):
        plugin.load_state(file)
        assert plugin.get_parameter(indices(plugin)["Drums Mute"]) == 1.0
        assert abs(plugin.get_parameter(indices(plugin)["Focus"]) - 0.8) < 1e-6

    # This host hands parameters over with the first block, so that they are in the state only after it.
    saved, latency = play(vst3, song, 512, prepare=change, finish=lambda plugin: plugin.save_state(file))
    loaded, loaded_latency = play(vst3, song, 512, prepare=load)
    fresh, _ = play(vst3, song, 512)
    assert latency == loaded_latency
    assert np.array_equal(saved[:, RATE:], loaded[:, RATE:])
    assert not np.array_equal(saved[:, RATE:], fresh[:, RATE:])


def test_hostile_samples_do_no_lasting_harm(vst3, clip):
    song = clip[:, : 2 * RATE].copy()
    spoilt = song.copy()
    for offset, value in enumerate([np.nan, np.inf, -np.inf, 1e-42, 15.85, np.finfo(np.float32).max]):
        spoilt[:, RATE + 7 * offset] = value
    output, latency = play(vst3, spoilt, 512)
    assert np.isfinite(output).all()
    length = min(song.shape[1], output.shape[1]) - latency
    settled = slice(RATE + 64 + 4096, length)
    main = output[:2, latency : latency + length]
    assert np.abs(main - song[:, :length])[:, settled].max() < INAUDIBLE
