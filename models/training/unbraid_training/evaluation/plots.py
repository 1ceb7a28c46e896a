"""Pictures of a run and of separated songs.

python -m unbraid_training.evaluation.plots curve RUN/log.jsonl OUT.png [--mode MODE]
python -m unbraid_training.evaluation.plots stems CHECKPOINT SONG OUT.png [--seconds 20]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from ..data.songs import read_song
from ..errors import run
from ..model.checkpoint import Checkpoint
from ..model.layout import STEMS, STUDIO
from ..model.stft import spectra
from ..model.stream import separate

COLOURS = {"vocals": "#e69f00", "drums": "#56b4e9", "bass": "#009e73", "other": "#cc79a7", "mean": "#222222"}
"""Okabe and Ito's colours, found apart by colour-blind readers too."""


def development_scores(entry: dict) -> dict[str, float]:
    """Scores of the stems and `mean`, as `train` logs them or, from pooled powers, `train_bulk`."""
    found = entry["development"]
    if "songs" not in found:
        return found
    return {stem: found["mean"]["stems"][stem]["sdr"] for stem in STEMS} | {"mean": found["mean"]["mean"]}


def curve(log: Path, out: Path, mode: str | None) -> None:
    """Training loss and development scores against steps, from the log that `train` or `train_bulk` writes; of `mode`
    alone, if given."""
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    entries = [e for e in entries if mode is None or e.get("mode") == mode]
    # Not the weighted sum, whose weights may change within a run.
    train = [(e["step"], e["energy"]) for e in entries if "loss" in e]
    development = [(e["step"], development_scores(e)) for e in entries if "development" in e]
    if not train:
        raise SystemExit(f"{log}: no training steps in this log")
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.5))
    steps, loss = map(np.array, zip(*train))
    left.plot(steps, loss, color="#bbbbbb", linewidth=0.7)
    width = max(1, min(20, len(loss) // 4))
    left.plot(steps[width - 1 :], np.convolve(loss, np.ones(width) / width, "valid"), color=COLOURS["mean"])
    left.set(xlabel="step", ylabel="error over the mixture's energy", title="Built mixtures")
    if development:
        steps = [s for s, _ in development]
        for stem in STEMS:
            right.plot(steps, [m[stem] for _, m in development], color=COLOURS[stem], label=stem)
        right.plot(steps, [m["mean"] for _, m in development], color=COLOURS["mean"], linewidth=2.2, label="mean")
        constant = [e["development"]["mean"]["constant_mean"] for e in entries if "songs" in e.get("development", {})]
        if constant:
            right.axhline(constant[-1], color="#999999", linestyle=":", label="mixture × best gain, mean")
        right.legend(fontsize=8)
    right.set(xlabel="step", ylabel="energy-ratio SDR, dB", title="Development songs, streamed, averaged weights")
    for axis in (left, right):
        axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(out, dpi=110)


def spectrogram_db(audio: np.ndarray) -> np.ndarray:
    """Power in dB `[bins, frames]` of the mid signal of `[2, samples]`."""
    return 20 * np.log10(np.abs(spectra(audio.mean(axis=0), STUDIO)).T + 1e-3)


def stems(checkpoint: Path, song: Path, out: Path, seconds: float) -> None:
    """Mixture, true stems where the song has them, and separated stems, as spectrograms."""
    trained = Checkpoint.load(checkpoint)
    truth = read_song(song, seconds)
    mixture = np.ascontiguousarray(sum(truth.values()).T)
    estimates = separate(trained.network(), mixture, trained.layout)
    figure, axes = plt.subplots(len(STEMS) + 1, 2, figsize=(15, 14), sharex=True, sharey=True)
    rows = [("mixture", mixture, mixture)] + [(s, truth[s].T, estimates[i]) for i, s in enumerate(STEMS)]
    top = spectrogram_db(mixture).max()
    for (name, left, right), pair in zip(rows, axes):
        for audio, axis, what in ((left, pair[0], "true"), (right, pair[1], "separated")):
            axis.imshow(
                spectrogram_db(audio),
                origin="lower",
                aspect="auto",
                vmin=top - 80,
                vmax=top,
                cmap="magma",
                extent=(0, audio.shape[1] / 44_100, 0, 22.05),
            )
            axis.set_yscale("symlog", linthresh=0.2)
            axis.set_ylim(0.03, 22)
            axis.set_title(f"{name}, {what}" if name != "mixture" else name, fontsize=9)
    for axis in axes[:, 0]:
        axis.set_ylabel("kHz")
    figure.tight_layout()
    figure.savefig(out, dpi=75)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("curve")
    command.add_argument("log", type=Path)
    command.add_argument("out", type=Path)
    command.add_argument("--mode", help="of a log of several modes")
    command = commands.add_parser("stems")
    command.add_argument("checkpoint", type=Path)
    command.add_argument("song", type=Path)
    command.add_argument("out", type=Path)
    command.add_argument("--seconds", type=float, default=20.0)
    args = parser.parse_args()
    if args.command == "curve":
        curve(args.log, args.out, args.mode)
    else:
        stems(args.checkpoint, args.song, args.out, args.seconds)


if __name__ == "__main__":
    run(main)
