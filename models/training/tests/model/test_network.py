"""The network, its recurrence, its loss and its export agree with their definitions. Needs torch."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from unbraid_training.export.onnx_file import OnnxStreamer, build, metadata_of
from unbraid_training.mixing.loader import Batch, pool_groups, statistics
from unbraid_training.mixing.replay import replayed, vary
from unbraid_training.model.layout import LIVE, STUDIO, Layout
from unbraid_training.model.network import POWER_FLOOR, BandNetwork, Size
from unbraid_training.model.scan import scan
from unbraid_training.model.stream import separate, stream_shares
from unbraid_training.model.transform import overlap_add, spectra
from unbraid_training.training.head import head_loss
from unbraid_training.training.loss import separation_loss

SMALL = Size(width=16, blocks=2, mlp_hidden=24, mixer_hidden=24)
FINE = replace(SMALL, front=6, detail=8, low_bands=3, low_hidden=12, low_blocks=1)


def small_network(seed: int = 0, size: Size = FINE) -> BandNetwork:
    torch.manual_seed(seed)
    network = BandNetwork(size).eval()
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


@pytest.mark.parametrize("cell, taps", [("gru", 1), ("convolution", 6)])
def test_other_time_cells_stream_alike_and_are_not_exported(cell, taps):
    network = small_network(size=replace(FINE, cell=cell, taps=taps))
    x = spectra(np.random.default_rng(2).standard_normal((2, 20 * 1024)).astype(np.float32) * 0.1, STUDIO)
    whole, single = stream_shares(network, x, STUDIO, chunk=512), stream_shares(network, x, STUDIO, chunk=1)
    np.testing.assert_allclose(whole, single, atol=1e-5)
    with pytest.raises(ValueError, match=f"time cell {cell}"):
        build(network, STUDIO, {})


@pytest.mark.parametrize("size", [SMALL, FINE])
@pytest.mark.parametrize("quantise", [False, True])
def test_the_exported_graph_equals_the_network(tmp_path, size, quantise):
    network = small_network(size=size)
    metadata = metadata_of(STUDIO, size, "studio", "Test", "0.0.1", "none", {})
    path = tmp_path / "net.onnx"
    onnx.save(build(network, STUDIO, metadata, quantise), str(path))
    audio = np.random.default_rng(3).standard_normal((2, 24 * 1024)).astype(np.float32) * 0.1
    x = spectra(audio, STUDIO)
    expected = stream_shares(network, x, STUDIO)
    actual, _ = OnnxStreamer(path).shares(x, STUDIO)
    np.testing.assert_allclose(actual.sum(axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(actual, expected, atol=5e-2 if quantise else 2e-5)


@pytest.mark.parametrize("weights", [(1.0, 1.0, 0.15, 0.05), (0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 1.0, 0.0)])
def test_the_fused_head_and_its_gradients_equal_their_definition(weights):
    torch.manual_seed(7)
    network = small_network()
    stems = torch.randn(2, 14, 4, 2, 640, dtype=torch.complex64)
    stems[1, :, 1:3] = 0
    mixture = stems.sum(2)
    pxx, pss = mixture.abs().square(), stems.abs().square()
    pxs = (mixture.conj()[:, :, None] * stems).real
    rest_only, feats = torch.tensor([False, True]), torch.rand(2, 14, 640, 3)
    found = []
    for fused in (False, True):
        network.zero_grad()
        if fused:
            joint, detail, peaks, _ = network.ends(feats, network.initial_state(2))
            loss, parts = head_loss(joint, detail, peaks, pxx, pxs, pss, rest_only, part_weights=weights)
        else:
            logits, _ = network(feats, network.initial_state(2))
            loss, parts = separation_loss(logits, pxx, pxs, pss, rest_only, part_weights=weights)
        loss.backward()
        found.append((loss.detach(), parts, [p.grad.clone() for p in network.parameters()]))
    torch.testing.assert_close(found[0][0], found[1][0], rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(found[0][1], found[1][1], rtol=1e-5, atol=1e-6)
    for expected, actual in zip(found[0][2], found[1][2]):
        torch.testing.assert_close(actual, expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()))


def test_a_network_prolonged_by_detail_begins_where_it_was():
    torch.manual_seed(8)
    plain, fine = BandNetwork(SMALL).eval(), BandNetwork(FINE).eval()
    assert not fine.load_state_dict(plain.state_dict(), strict=False).unexpected_keys
    feats = torch.rand(1, 20, 640, 3)
    torch.testing.assert_close(fine(feats, fine.initial_state(1))[0], plain(feats, plain.initial_state(1))[0])


def test_another_hop_keeps_the_memory_in_seconds():
    network = small_network()
    bias = network.blocks[0].cell.forget_bias
    before = torch.sigmoid(bias.detach().clone())
    network.change_hop(0.5)
    torch.testing.assert_close(torch.sigmoid(bias) ** 2, before, rtol=1e-3, atol=1e-3)
    network.change_hop(2.0)
    torch.testing.assert_close(torch.sigmoid(bias), before, rtol=1e-3, atol=1e-3)


def test_a_varied_batch_is_the_batch_of_the_varied_mixture():
    rng = np.random.default_rng(9)
    stems = rng.standard_normal((4, 2, 16 * 1024)).astype(np.float32) * 0.1
    batch = Batch(*(t[None] for t in statistics(stems, STUDIO)), torch.tensor([False]))
    seen = set()
    for seed in range(6):
        varied = vary(batch, np.random.default_rng(seed))
        gain = varied.pss / batch.pss
        # Without a swap one frame's gain is that of any other.
        flipped = not torch.allclose(gain[0, 0], gain[0, 5], rtol=1e-3)
        seen.add(flipped)
        pss = batch.pss.flip(-2) if flipped else batch.pss
        gain = varied.pss / pss
        torch.testing.assert_close(gain, gain[:, :1, :1, :1].expand_as(gain), rtol=1e-3, atol=0.0)
        sides = varied.pxx
        total = sides.sum(2) + POWER_FLOOR
        torch.testing.assert_close(varied.feats[..., 0], torch.log10(total), rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(
            varied.feats[..., 1], (sides[:, :, 0] - sides[:, :, 1]) / total, rtol=1e-3, atol=1e-4
        )
    assert seen == {False, True}


def test_every_batch_is_used_the_same_number_of_times_and_a_resumed_run_sees_the_same():
    rng = np.random.default_rng(10)
    made = []
    for _ in range(6):
        stems = rng.standard_normal((4, 2, 12 * 1024)).astype(np.float32) * 0.1
        made.append(Batch(*(t[None] for t in statistics(stems, STUDIO)), torch.tensor([False])))

    def from_step(step):
        return list(replayed(lambda first: made[first:], step, times=2, block=3, seed=1))

    whole = from_step(0)
    assert len(whole) == 12 and whole[0] is made[0] and whole[6] is made[3]
    assert not torch.equal(whole[3].feats, made[0].feats)
    for step in (1, 4, 6, 11):
        for a, b in zip(whole[step:], from_step(step), strict=True):
            assert torch.equal(a.feats, b.feats) and torch.equal(a.pss, b.pss)


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
