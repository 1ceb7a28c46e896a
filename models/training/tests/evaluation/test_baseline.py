"""The DSP baseline: exact sums, and each sound mostly where it belongs."""

import numpy as np
import pytest
from unbraid_training.evaluation import baseline, scores

RATE = 44100


def song() -> dict[str, np.ndarray]:
    """Three seconds of sounds that the baseline should tell apart."""
    generator = np.random.default_rng(3)
    time = np.arange(3 * RATE) / RATE
    centre, left = np.array([1.0, 1.0]), np.array([1.0, 0.1])
    vibrato = 440 * time + 3 * np.sin(2 * np.pi * 5 * time) / (2 * np.pi)
    vocals = sum(np.sin(2 * np.pi * k * vibrato) / k for k in range(1, 8))[:, None] * centre * 0.1
    bass = (np.sin(2 * np.pi * 60 * time) * 0.3)[:, None] * centre
    other = (np.sin(2 * np.pi * 700 * time) * 0.15)[:, None] * left
    drums = np.zeros((len(time), 2))
    decay = np.exp(-np.arange(RATE // 10) / (0.01 * RATE))[:, None]
    for start in range(0, len(time) - RATE // 10, RATE // 2):
        drums[start : start + len(decay)] += decay * generator.standard_normal((len(decay), 2)) * 0.4
    return {"vocals": vocals, "drums": drums, "bass": bass, "other": other}


def test_stems_sum_to_the_mixture():
    mixture = scores.mixture_of(song())
    stems = baseline.separate(mixture, RATE)
    assert list(stems) == list(scores.STEMS)
    error = sum(stems.values()) - mixture
    assert np.abs(error).max() < 1e-9


def test_every_stem_beats_the_best_constant():
    references = song()
    mixture = scores.mixture_of(references)
    result = scores.score_song(references, baseline.separate(mixture, RATE))
    for stem, entry in result["stems"].items():
        assert entry["sdr"] > entry["constant_sdr"] + 0.5, (stem, entry)
    assert result["mean"] > result["constant_mean"] + 2, result


def test_the_oracle_is_above_the_baseline_and_absent_stems_stay_silent():
    references = song()
    del references["vocals"]
    mixture = scores.mixture_of(references)
    oracle = scores.score_song(references, baseline.oracle(references, RATE))
    plain = scores.score_song(references, baseline.separate(mixture, RATE))
    assert oracle["mean"] > plain["mean"] + 3
    assert oracle["false_vocals_db"] == -scores.SDR_LIMIT_DB


def test_a_mono_array_is_refused():
    with pytest.raises(ValueError, match="stereo"):
        baseline.separate(np.zeros(RATE), RATE)
