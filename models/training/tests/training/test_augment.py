"""Frequencies moved as a whole."""

import math

import torch
from unbraid_training.mixing.statistics import Statistics
from unbraid_training.model.features import POWER_FLOOR
from unbraid_training.model.layout import STUDIO
from unbraid_training.training.augment import shifted


def batch(hertz):
    """Of one sine as a voice, twice."""
    t = torch.arange(STUDIO.fft + STUDIO.hop * 5) / 44_100
    stems = torch.zeros(2, 4, 2, len(t))
    stems[:, 0] = 0.3 * torch.sin(2 * math.pi * hertz * t)
    return Statistics(STUDIO, torch.device("cpu"))(stems, torch.tensor([False, False]))


def test_a_tone_is_then_one_some_bins_higher_or_lower():
    bin_hertz = 44_100 / STUDIO.fft
    made = shifted(batch(100 * bin_hertz), torch.tensor([3, -40]))
    for item, by in enumerate((3, -40)):
        expected = batch((100 + by) * bin_hertz)
        assert int(made.pss[item, 2, 0, 0].argmax()) == 100 + by
        near = slice(100 + by - 3, 100 + by + 4)
        for mine, theirs in ((made.pxx, expected.pxx), (made.pss, expected.pss), (made.pxs, expected.pxs)):
            torch.testing.assert_close(mine[item, ..., near], theirs[item, ..., near], rtol=0.02, atol=1e-3)
        torch.testing.assert_close(made.feats[item, :, near], expected.feats[item, :, near], rtol=0.02, atol=0.02)


def test_what_becomes_free_is_silent_and_nothing_is_nothing():
    before = batch(500.0)
    made = shifted(before, torch.tensor([5, 0]))
    assert float(made.pxx[0, ..., :5].abs().max()) == 0.0
    assert torch.allclose(made.feats[0, :, :5, 0], torch.tensor(POWER_FLOOR).log10())
    for name, value in vars(made).items():
        assert torch.equal(value[1], getattr(before, name)[1]), name
    assert torch.equal(before.pss, batch(500.0).pss), "the batch itself is as it was: it is used again"
