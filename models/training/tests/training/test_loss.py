"""The loss, from pooled powers and fused with the network's last step, is what it is defined to be."""

import numpy as np
import pytest
import torch
from unbraid_training.mixing.statistics import statistics_of
from unbraid_training.model.features import pool_groups
from unbraid_training.model.layout import STUDIO
from unbraid_training.model.stft import spectra
from unbraid_training.training.head import head_loss
from unbraid_training.training.loss import separation_loss


@pytest.mark.parametrize("weights", [(1.0, 1.0, 0.15, 0.05), (0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 1.0, 0.0)])
def test_the_fused_head_and_its_gradients_equal_their_definition(small_network, weights):
    torch.manual_seed(7)
    network = small_network()
    stems = torch.randn(2, 14, 4, 2, 640, dtype=torch.complex64)
    stems[1, :, 1:3] = 0
    mixture = stems.sum(2)
    pxx, pss = mixture.abs().square(), stems.abs().square()
    pxs = (mixture.conj()[:, :, None] * stems).real
    accompaniment_only, feats = torch.tensor([False, True]), torch.rand(2, 14, 640, 3)
    found = []
    for fused in (False, True):
        network.zero_grad()
        if fused:
            joint, detail, peaks, _ = network.ends(feats, network.initial_state(2))
            loss, parts = head_loss(joint, detail, peaks, pxx, pxs, pss, accompaniment_only, part_weights=weights)
        else:
            logits, _ = network(feats, network.initial_state(2))
            loss, parts = separation_loss(logits, pxx, pxs, pss, accompaniment_only, part_weights=weights)
        loss.backward()
        found.append((loss.detach(), parts, [p.grad.clone() for p in network.parameters()]))
    torch.testing.assert_close(found[0][0], found[1][0], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(found[0][1], found[1][1], rtol=1e-5, atol=1e-6)
    for expected, actual in zip(found[0][2], found[1][2]):
        torch.testing.assert_close(actual, expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()))


def test_the_pooled_loss_vanishes_for_perfect_separation_and_grows_otherwise():
    rng = np.random.default_rng(5)
    stems = np.zeros((4, 2, 30 * 1024), dtype=np.float32)
    stems[1] = rng.standard_normal(stems[1].shape) * 0.1  # drums alone: a mask of 1 is exact
    batch = statistics_of(stems, STUDIO)
    feats, pxx, pxs, pss = batch.feats, batch.pxx, batch.pxs, batch.pss
    right = torch.full((1, feats.shape[1], 4, 2, STUDIO.group_widths().size), -30.0)
    right[:, :, 1] = 30.0
    wrong = right.roll(1, dims=2)
    no = torch.tensor([False])
    _, good = separation_loss(right, pxx, pxs, pss, no)
    _, bad = separation_loss(wrong, pxx, pxs, pss, no)
    assert good[0] < 1e-3 and good[1] < 1e-2
    assert bad[0] > 50 * good[0]


def test_the_pooled_error_equals_the_error_of_the_spectra():
    rng = np.random.default_rng(6)
    stems = rng.standard_normal((4, 2, 12 * 1024)).astype(np.float32) * 0.1
    batch = statistics_of(stems, STUDIO)
    pxx, pxs, pss = batch.pxx[0], batch.pxs[0], batch.pss[0]
    s = spectra(stems, STUDIO)[:, :, 3:]
    mask = rng.random((9, 2, 640))
    direct = np.abs(mask[..., STUDIO.group_of_bin()].transpose(1, 0, 2) * s.sum(0) - s[2]) ** 2
    pooled = pool_groups(torch.from_numpy(direct), STUDIO).numpy().transpose(1, 0, 2)
    m = torch.from_numpy(mask)
    np.testing.assert_allclose((m * m * pxx - 2 * m * pxs[:, 2] + pss[:, 2]).numpy(), pooled, rtol=1e-3, atol=1e-3)
