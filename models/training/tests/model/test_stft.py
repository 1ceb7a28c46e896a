"""The transform, and groups of its bins."""

import numpy as np
import pytest
import torch
from unbraid_training.model.features import pool_groups
from unbraid_training.model.layout import LIVE, STUDIO, Layout
from unbraid_training.model.stft import overlap_add, spectra


@pytest.mark.parametrize("layout", [STUDIO, LIVE])
def test_window_pairs_reconstruct_the_input(layout: Layout):
    audio = np.random.default_rng(0).standard_normal((2, 40 * layout.hop)).astype(np.float32)
    out = overlap_add(spectra(audio, layout), layout)
    done = audio.shape[1] - layout.synthesis_length
    np.testing.assert_allclose(out[:, :done], audio[:, :done], atol=2e-5)


def test_groups_cover_all_bins_once():
    for layout in (STUDIO, LIVE):
        assert layout.group_widths().sum() == layout.bins
        values = torch.rand(3, layout.bins)
        groups = layout.group_of_bin()
        expected = torch.stack([values[:, groups == g].sum(1) for g in range(groups.max() + 1)], dim=1)
        torch.testing.assert_close(pool_groups(values, layout), expected)
