"""The scores against values worked out by hand."""

import math

import numpy as np
import pytest
from unbraid_training.evaluation import scores

RATE = 44100


def noise(seed: int, length: int = RATE) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((length, 2)) * 0.1


def test_an_error_of_a_tenth_is_twenty_decibels():
    reference = noise(1)
    assert scores.energy_sdr(reference, 0.9 * reference) == pytest.approx(20.0, abs=1e-9)


def test_exact_and_opposite_estimates_give_finite_numbers():
    reference = noise(1)
    assert scores.energy_sdr(reference, reference) == scores.SDR_LIMIT_DB
    assert scores.energy_sdr(reference, -reference) == pytest.approx(-20 * math.log10(2), abs=1e-9)
    assert scores.energy_sdr(np.zeros_like(reference), reference) == -scores.SDR_LIMIT_DB


def test_different_lengths_are_refused():
    with pytest.raises(ValueError, match="same length"):
        scores.energy_sdr(noise(1, 100), noise(1, 99))


def test_the_best_constant_is_the_best_of_all_constants():
    vocals, rest = noise(1), 2 * noise(2)
    mixture = vocals + rest
    best = scores.best_constant_sdr(vocals, mixture)
    tried = max(scores.energy_sdr(vocals, gain * mixture) for gain in np.linspace(0, 1, 201))
    assert best >= tried
    assert best == pytest.approx(tried, abs=1e-3)
    # Independent parts of power 1 and 4: SDR = 10·log10(1 / (1 − 1/5)).
    assert best == pytest.approx(10 * math.log10(1.25), abs=0.1)


def test_quiet_stems_are_left_out_with_their_reason():
    loud = 5 * noise(1)
    assert scores.silence_reason(loud, loud) is None
    assert scores.silence_reason(np.zeros_like(loud), loud) == "silent"
    assert "dBFS" in scores.silence_reason(loud * 1e-4, loud * 1e-4)
    assert "under the mixture" in scores.silence_reason(loud * 0.009, loud + loud * 0.009)
    assert scores.silence_reason(loud * 0.011, loud + loud * 0.011) is None


def test_a_song_without_vocals_reports_false_vocals_and_leaves_them_out_of_the_mean():
    references = {"drums": noise(1), "bass": noise(2), "other": noise(3)}
    mixture = scores.mixture_of(references)
    estimates = {stem: 0.9 * audio for stem, audio in references.items()} | {"vocals": 0.1 * mixture}
    result = scores.score_song(references, estimates)
    assert result["stems"]["vocals"] == {"sdr": None, "constant_sdr": None, "left_out": "silent"}
    assert result["false_vocals_db"] == pytest.approx(-20.0, abs=1e-9)
    assert result["mean"] == pytest.approx(20.0, abs=1e-9)


def test_stems_without_an_estimate_get_no_score():
    references = {stem: noise(seed) for seed, stem in enumerate(scores.STEMS)}
    result = scores.score_song(references, {"vocals": 0.9 * references["vocals"]})
    assert result["stems"]["vocals"]["sdr"] == pytest.approx(20.0, abs=1e-9)
    assert result["stems"]["drums"]["sdr"] is None
    assert result["mean"] == pytest.approx(20.0, abs=1e-9)


def test_the_mean_over_songs_is_the_mean_of_stem_means():
    full = {stem: noise(seed) for seed, stem in enumerate(scores.STEMS)}
    no_vocals = {stem: audio for stem, audio in full.items() if stem != "vocals"}
    first = scores.score_song(full, {stem: 0.9 * audio for stem, audio in full.items()})
    second = scores.score_song(
        no_vocals, {stem: 0.99 * audio for stem, audio in no_vocals.items()} | {"vocals": np.zeros((RATE, 2))}
    )
    means = scores.mean_over_songs([first, second])
    assert means["stems"]["vocals"]["sdr"] == pytest.approx(20.0, abs=1e-6)
    assert means["stems"]["vocals"]["songs"] == 1
    assert means["stems"]["drums"]["sdr"] == pytest.approx(30.0, abs=1e-6)
    assert means["mean"] == pytest.approx((20 + 3 * 30) / 4, abs=1e-6)


def clicks() -> np.ndarray:
    """Twenty decaying noise bursts, a tenth of a second apart, over a faint floor."""
    generator = np.random.default_rng(5)
    signal = generator.standard_normal((2 * RATE, 2)) * 1e-4
    decay = np.exp(-np.arange(RATE // 20) / (0.01 * RATE))[:, None]
    for start in range(RATE // 20, 2 * RATE - RATE // 20, RATE // 10):
        signal[start : start + len(decay)] += decay * generator.standard_normal((len(decay), 2)) * 0.3
    return signal


def test_attack_slopes_are_one_for_the_reference_and_fall_when_smeared():
    reference = clicks()
    same = scores.attack_slopes(reference, reference, RATE)
    assert same["attacks"] >= 15
    assert same["ratio"] == pytest.approx(1.0)
    window = np.hanning(round(0.04 * RATE))
    smeared = np.stack([np.convolve(channel, window / window.sum(), "same") for channel in np.abs(reference).T], axis=1)
    assert scores.attack_slopes(reference, smeared, RATE)["ratio"] < 0.7
    # A fader is not a smear, down to the range in which envelopes are compared.
    assert scores.attack_slopes(reference, 0.9 * reference, RATE)["ratio"] == pytest.approx(1.0, abs=0.05)


def test_a_steady_sound_has_no_attacks():
    steady = np.sin(2 * np.pi * 100 * np.arange(RATE) / RATE)[:, None].repeat(2, axis=1)
    assert scores.attack_slopes(steady, steady, RATE)["attacks"] == 0
