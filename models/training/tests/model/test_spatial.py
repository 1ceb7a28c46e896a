"""The spatial filter: what it makes of stereo, and that stems sum to the input."""

import numpy as np
import pytest
from unbraid_training.model.layout import STUDIO
from unbraid_training.model.spatial import SpatialFilter

BINS = STUDIO.bins


def noise(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Complex noise."""
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(np.complex64)


def shares(rng: np.random.Generator) -> np.ndarray:
    """Masks `[4, 2, F]`."""
    raw = np.exp(2 * rng.standard_normal((4, 2, BINS))).astype(np.float32)
    return raw / raw.sum(0)


@pytest.mark.parametrize("size", [1e-12, 1.0, 1e9])
def test_stems_sum_to_the_input_at_any_level(size):
    rng, spatial = np.random.default_rng(1), SpatialFilter(STUDIO)
    for _ in range(5):
        x = noise(rng, 2, BINS) * np.float32(size)
        assert np.abs(spatial.separate(x, shares(rng)).sum(0) - x).max() < 1e-5 * size


def test_what_is_alike_in_both_channels_gets_its_mask():
    rng, spatial = np.random.default_rng(2), SpatialFilter(STUDIO)
    masks = np.repeat(shares(rng)[:, :1], 2, axis=1)
    for _ in range(5):
        x = np.repeat(noise(rng, 1, BINS), 2, axis=0)
        assert np.abs(spatial.separate(x, masks) - masks * x).max() < 1e-4


def test_stems_at_two_places_come_apart_further_than_by_masks():
    rng, spatial = np.random.default_rng(3), SpatialFilter(STUDIO)
    by_mask = by_filter = 0.0
    for frame in range(40):
        loud = (1.0, 0.1) if frame % 2 else (0.1, 1.0)
        voice, other = noise(rng, BINS) * loud[0], noise(rng, BINS) * loud[1]
        truth = np.stack([voice, 0.3 * voice])
        x = (truth + np.stack([0.3 * other, other])).astype(np.complex64)
        masks = np.zeros((4, 2, BINS), np.float32)
        masks[0] = 0.95 if frame % 2 else 0.05
        masks[3] = 1 - masks[0]
        found = spatial.separate(x, masks)[0]
        if frame >= 20:
            by_filter += np.square(np.abs(found - truth)).sum()
            by_mask += np.square(np.abs(masks[0] * x - truth)).sum()
    assert by_filter < 0.7 * by_mask


def test_silence_is_silent():
    rng, spatial = np.random.default_rng(4), SpatialFilter(STUDIO)
    spatial.separate(noise(rng, 2, BINS), shares(rng))
    assert not spatial.separate(np.zeros((2, BINS), np.complex64), shares(rng)).any()
