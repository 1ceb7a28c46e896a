"""The VST3 plug-in in Ardour, without a screen: routing to ten channels, latency, levels, a bounce, save and reload."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

INAUDIBLE = 1e-6
"""−120 dBFS."""

LIBRARIES = Path("/usr/lib/ardour7")
FADE = 64
"""Samples by which Ardour fades a region in and out."""


def run(command: list[str], home: Path) -> str:
    """Output of the command. Ardour looks for plug-ins and keeps its settings under ``home``."""
    environment = {
        **os.environ,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "LD_LIBRARY_PATH": str(LIBRARIES),
        "ARDOUR_DATA_PATH": "/usr/share/ardour7",
        "ARDOUR_CONFIG_PATH": "/etc/ardour7",
        "ARDOUR_DLL_PATH": str(LIBRARIES),
    }
    # The tests need no window, and a display would only invite one.
    environment.pop("DISPLAY", None)
    done = subprocess.run(
        command, check=False, env=environment, capture_output=True, text=True, timeout=180, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, f"{command[0]} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def session(vst3, tmp_path_factory):
    """Output of the session's script, and the folder of its audio files."""
    for program in (LIBRARIES / "ardour-vst3-scanner", LIBRARIES / "luasession"):
        if not program.exists():
            pytest.fail(f"{program} is missing: apt-get install ardour, or run all tests by `cargo xtask test`")
    home = tmp_path_factory.mktemp("ardour")
    bundle = home / ".vst3" / "unbraid.vst3"
    shutil.copytree(vst3, bundle)
    run([str(LIBRARIES / "ardour-vst3-scanner"), "--force", str(bundle)], home)
    folder = home / "session"
    script = Path(__file__).resolve().parents[1] / "ardour" / "session.lua"
    output = run([str(LIBRARIES / "luasession"), str(script), str(folder)], home)
    said = {}
    for line in output.splitlines():
        if line.startswith("UNBRAID "):
            _, key, value = line.split()
            said[key] = float(value)
    assert said.get("done") == 1, output[-3000:]
    return said, folder / "interchange" / "session" / "audiofiles"


@pytest.mark.parametrize("when", ["", "loaded_"])
def test_ten_channels_are_routed_and_the_latency_is_known(session, when):
    said, _ = session
    assert said[when + "plugin_inputs"] == 2
    assert said[when + "plugin_outputs"] == 10
    assert said[when + "track_outputs"] == 10
    assert said[when + "latency"] >= 4096


def test_all_ten_channels_have_a_level(session):
    said, _ = session
    # The dummy engine's noise peaks at −16 dBFS.
    assert said["meter_0"] == pytest.approx(-16, abs=0.5)
    assert said["meter_1"] == pytest.approx(-16, abs=0.5)
    for channel in range(2, 10):
        assert -80 < said[f"meter_{channel}"] < -10, channel


def test_the_bounce_is_in_line_with_the_recording_and_the_stems_sum_to_it(session):
    _, folder = session
    recorded = np.stack([soundfile.read(folder / f"Take1_Song-1%{side}.wav")[0] for side in "LR"])
    names = sorted(folder.glob("bounced%*.wav"), key=lambda path: int(path.stem.split("%")[1]))
    assert len(names) == 10
    bounced = np.stack([soundfile.read(name)[0] for name in names])
    assert bounced.shape[1] == recorded.shape[1] > 2 * 44100
    # Ardour feeds no silence behind a region, so that its end is a latency short of what the plug-in would give.
    inside = slice(FADE + 4096, recorded.shape[1] - 4096 - 1024 - FADE)
    assert np.abs(bounced[:2] - recorded)[:, inside].max() < INAUDIBLE
    stems = bounced[2:].reshape(4, 2, -1)
    assert np.abs(stems.sum(axis=0) - recorded)[:, inside].max() < INAUDIBLE
    assert (np.abs(stems).max(axis=(1, 2)) > 0).all()


def test_a_saved_session_comes_back_as_it_was(session):
    said, _ = session
    assert said["output_gain"] == 0
    assert said["changed_output_gain"] == pytest.approx(-12, abs=0.01)
    assert said["loaded_output_gain"] == pytest.approx(-12, abs=0.01)
    # The main output is quieter by as much, and the stems' own channels are not.
    for channel in range(2):
        assert said[f"loaded_meter_{channel}"] == pytest.approx(said[f"meter_{channel}"] - 12, abs=0.5)
    assert said["loaded_meter_4"] == pytest.approx(said["meter_4"], abs=6)
