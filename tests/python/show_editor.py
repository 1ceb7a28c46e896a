"""Opens the VST3 plug-in's window in DawDreamer while a song plays, over and over, as fast as it can be rendered.

    python show_editor.py PLUGIN.vst3 SONG

Writes `played` at the end of the song each time, and pauses there: the moment for a picture. Ends when the window is
closed. `cargo xtask screenshots` runs it.
"""

import sys
import threading
import time

import dawdreamer
import numpy as np
import soundfile

BLOCK = 512
PAUSE = 3.0
"""Seconds between the end of the song and its beginning."""


def play(engine: dawdreamer.RenderEngine, seconds: float) -> None:
    """Renders the song again and again. The interpreter's lock is free meanwhile, so the window goes on."""
    while True:
        engine.render(seconds)
        print("played", flush=True)
        time.sleep(PAUSE)


def main(plugin: str, song: str) -> None:
    audio, rate = soundfile.read(song, dtype="float32", always_2d=True)
    engine = dawdreamer.RenderEngine(rate, BLOCK)
    unbraid = engine.make_plugin_processor("unbraid", plugin)
    source = engine.make_playback_processor("song", np.ascontiguousarray(audio.T))
    engine.load_graph([(source, []), (unbraid, ["song"])])
    threading.Thread(target=play, args=(engine, len(audio) / rate), daemon=True).start()
    unbraid.open_editor()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
