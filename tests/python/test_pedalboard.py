"""The VST3 plug-in in pedalboard (JUCE), which deactivates all auxiliary buses: the main output is right all the same."""

import numpy as np
import pedalboard
import pytest
from conftest import RATE

INAUDIBLE = 1e-6
"""−120 dBFS."""


def play(vst3: str, audio: np.ndarray, block: int, **parameters: float) -> np.ndarray:
    """Main output, which this host lines up with the input by the reported latency. Parameters in their own units."""
    plugin = pedalboard.load_plugin(vst3)
    for name, value in parameters.items():
        # Assigning to a name that does not exist would pass unnoticed.
        assert name in plugin.parameters, list(plugin.parameters)
        setattr(plugin, name, value)
    return plugin.process(audio, RATE, buffer_size=block, reset=True)


@pytest.mark.parametrize("block", [64, 512, 2048])
def test_main_is_the_input(vst3, clip, block):
    output = play(vst3, clip, block)
    assert output.shape == clip.shape
    assert np.abs(output - clip).max() < INAUDIBLE


def test_main_follows_the_controls(vst3, clip):
    """The plug-in really ran: one that is skipped for want of buses lets its input through."""
    song = clip[:, : 3 * RATE]
    output = play(vst3, song, 512, output_gain_db=-12.0)
    wanted = song * 10 ** (-12 / 20)
    assert np.abs(output - wanted)[:, RATE:].max() < 1e-4
