"""The network, its recurrence, its loss and its export agree with their definitions. Needs torch."""

import numpy as np
import onnx
import pytest
import torch

from unbraid_training.export import OnnxStreamer, build, metadata_of
from unbraid_training.layout import LIVE, STUDIO, Layout
from unbraid_training.loader import pool_groups, statistics
from unbraid_training.loss import separation_loss
from unbraid_training.network import BandNetwork, Size
from unbraid_training.scan import scan
from unbraid_training.stream import separate, stream_shares
from unbraid_training.transform import overlap_add, spectra

SMALL = Size(width=16, blocks=2, mlp_hidden=24, mixer_hidden=24)


def small_network(seed: int = 0) -> BandNetwork:
    torch.manual_seed(seed)
    network = BandNetwork(SMALL).eval()
    for parameter in network.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    return network


def loop(f, u, h):
    out = []
    for t in range(f.shape[1]):
        h = f[:, t] * h + (1 - f[:, t]) * u[:, t]
        out.append(h)
    return torch.stack(out, dim=1)


def test_the_fused_recurrence_and_its_gradients_equal_a_loop():
    torch.manual_seed(1)
    f, u, h0 = torch.rand(2, 9, 300), torch.randn(2, 9, 300), torch.randn(2, 300)
    inputs = [t.clone().requires_grad_() for t in (f, u, h0)]
    expected = [t.clone().requires_grad_() for t in (f, u, h0)]
    weight = torch.randn(2, 9, 300)
    (scan(*inputs) * weight).sum().backward()
    (loop(*expected) * weight).sum().backward()
    for a, b in zip(inputs, expected):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-4, atol=1e-5)


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


def test_a_sequence_and_single_frames_give_the_same_shares():
    network = small_network()
    audio = np.random.default_rng(2).standard_normal((2, 30 * 1024)).astype(np.float32) * 0.1
    x = spectra(audio, STUDIO)
    whole, single = stream_shares(network, x, STUDIO, chunk=512), stream_shares(network, x, STUDIO, chunk=1)
    np.testing.assert_allclose(whole, single, atol=1e-5)


@pytest.mark.parametrize("quantise", [False, True])
def test_the_exported_graph_equals_the_network(tmp_path, quantise):
    network = small_network()
    metadata = metadata_of(STUDIO, SMALL, "studio", "Test", "0.0.1", "none", {})
    path = tmp_path / "net.onnx"
    onnx.save(build(network, STUDIO, metadata, quantise), str(path))
    audio = np.random.default_rng(3).standard_normal((2, 24 * 1024)).astype(np.float32) * 0.1
    x = spectra(audio, STUDIO)
    expected = stream_shares(network, x, STUDIO)
    actual, _ = OnnxStreamer(path).shares(x, STUDIO)
    np.testing.assert_allclose(actual.sum(axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(actual, expected, atol=5e-2 if quantise else 2e-5)


def test_stems_sum_to_the_mixture():
    audio = np.random.default_rng(4).standard_normal((2, 50_000)).astype(np.float32) * 0.1
    stems = separate(small_network(), audio, STUDIO)
    assert stems.shape == (4, 2, 50_000)
    np.testing.assert_allclose(stems.sum(axis=0), audio, atol=1e-5)


def test_the_pooled_loss_vanishes_for_perfect_separation_and_grows_otherwise():
    rng = np.random.default_rng(5)
    stems = np.zeros((4, 2, 30 * 1024), dtype=np.float32)
    stems[1] = rng.standard_normal(stems[1].shape) * 0.1  # drums alone: share 1 is exact
    feats, pxx, pxs, pss = (t[None] for t in statistics(stems, STUDIO))
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
    _, pxx, pxs, pss = statistics(stems, STUDIO)
    s = spectra(stems, STUDIO)[:, :, 3:]
    share = rng.random((9, 2, 640))
    direct = np.abs(share[..., STUDIO.group_of_bin()].transpose(1, 0, 2) * s.sum(0) - s[2]) ** 2
    pooled = pool_groups(torch.from_numpy(direct), STUDIO).numpy().transpose(1, 0, 2)
    m = torch.from_numpy(share)
    np.testing.assert_allclose((m * m * pxx - 2 * m * pxs[:, 2] + pss[:, 2]).numpy(), pooled, rtol=1e-3, atol=1e-3)
