"""Codec round trips stay in time and leave no part of the mixture unowned. Needs torch and PyAV."""

import numpy as np
import pytest
import torch
from unbraid_training.mixing.codec import CODECS, distributed, round_trip
from unbraid_training.model.layout import STUDIO
from unbraid_training.model.stft import spectra


def music(seconds: float = 3.0) -> np.ndarray:
    """Partials that decay, struck anew four times a second, beside soft noise; `[2, samples]`."""
    rng = np.random.default_rng(3)
    t = np.arange(int(seconds * 44_100)) / 44_100
    tone = sum(np.sin(2 * np.pi * 220 * k * t) / k for k in range(1, 8)) * np.exp(-8 * (t % 0.25))
    return (0.1 * np.stack([tone, 0.7 * tone]) + 0.003 * rng.standard_normal((2, len(t)))).astype(np.float32)


@pytest.mark.parametrize("codec", sorted(CODECS))
def test_what_is_decoded_is_in_time_and_near_the_input(codec):
    audio = music()
    decoded = round_trip(audio, codec, 256)
    assert decoded.shape == audio.shape
    middle = slice(8_000, -8_000)

    def error(shift):
        return np.mean((np.roll(decoded, -shift, axis=1) - audio)[:, middle] ** 2) / np.mean(audio[:, middle] ** 2)

    assert min((-1105, -576, -1, 0, 1, 529, 1024, 1105), key=error) == 0
    assert error(0) < 0.01


@pytest.mark.parametrize("codec", sorted(CODECS))
def test_a_low_rate_changes_more_than_a_high_one(codec):
    audio = music()
    low, high = (np.mean((round_trip(audio, codec, rate) - audio) ** 2) for rate in (96, 256))
    assert low > high > 0


def test_the_stems_sum_to_the_decoded_mixture_and_silence_stays_silent():
    audio = music()
    stems = np.stack([audio * 0.5, audio[::-1] * 0.2, np.zeros_like(audio), audio * 0.1])
    decoded = torch.from_numpy(spectra(round_trip(stems.sum(0), "mp3", 96), STUDIO))
    before = torch.from_numpy(spectra(stems, STUDIO))
    after = distributed(before, decoded)
    # A bin in which nothing sounded has no owner: what the codec adds there stays out.
    torch.testing.assert_close(after.sum(0), decoded, atol=2e-3, rtol=1e-3)
    assert not after[2].any()
    assert (after[0] - before[0]).abs().max() > 1e-2
