"""The VST3 plug-in in pedalboard (JUCE), which deactivates all auxiliary buses: the main output is right all the same."""

import numpy as np
import pedalboard
import pytest
from conftest import RATE

INAUDIBLE = 1e-6
"""−120 dBFS."""


def play(vst3: str, audio: np.ndarray, block: int, level: float | None = None) -> np.ndarray:
    """Main output, which this host lines up with the input by the reported latency."""
    plugin = pedalboard.load_plugin(vst3)
    if level is not None:
        for stem in ("vocals", "drums", "bass", "other"):
            setattr(plugin, f"{stem}_level", level)
    return plugin.process(audio, RATE, buffer_size=block, reset=True)


@pytest.mark.parametrize("block", [64, 512, 2048])
def test_main_is_the_input(vst3, clip, block):
    output = play(vst3, clip, block)
    assert output.shape == clip.shape
    assert np.abs(output - clip).max() < INAUDIBLE


def test_main_follows_the_levels(vst3, clip):
    """The plug-in really ran: a plug-in that is skipped for want of buses lets its input through, and all else passes."""
    song = clip[:, : 3 * RATE]
    output = play(vst3, song, 512, level=-12.0)
    wanted = song * 10 ** (-12 / 20)
    assert np.abs(output - wanted)[:, RATE:].max() < 1e-4
