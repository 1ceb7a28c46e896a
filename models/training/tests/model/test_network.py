"""The network and its recurrence agree with their definitions, and stream as they work on whole sequences."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from unbraid_training.export.onnx_file import build
from unbraid_training.model.layers import banded_conv
from unbraid_training.model.layout import STUDIO
from unbraid_training.model.network import BandNetwork
from unbraid_training.model.scan import scan
from unbraid_training.model.size import CONV_WIDTH, Size
from unbraid_training.model.stft import spectra
from unbraid_training.model.stream import separate, stream_masks

PACKAGE = Path(__file__).resolve().parents[2]
SMALL = Size(width=16, blocks=2, mlp_hidden=24, mixer_hidden=24)
FINE = replace(SMALL, front=6, detail=8, low_bands=3, low_hidden=12, low_blocks=1)


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


def test_a_sequence_and_single_frames_give_the_same_masks(small_network):
    network = small_network()
    audio = np.random.default_rng(2).standard_normal((2, 30 * 1024)).astype(np.float32) * 0.1
    x = spectra(audio, STUDIO)
    whole, single = stream_masks(network, x, STUDIO, chunk=512), stream_masks(network, x, STUDIO, chunk=1)
    np.testing.assert_allclose(whole, single, atol=1e-5)


@pytest.mark.parametrize("cell, taps", [("gru", 1), ("convolution", 6)])
def test_other_time_cells_stream_alike_and_are_not_exported(small_network, cell, taps):
    network = small_network(cell=cell, taps=taps)
    x = spectra(np.random.default_rng(2).standard_normal((2, 20 * 1024)).astype(np.float32) * 0.1, STUDIO)
    whole, single = stream_masks(network, x, STUDIO, chunk=512), stream_masks(network, x, STUDIO, chunk=1)
    np.testing.assert_allclose(whole, single, atol=1e-5)
    with pytest.raises(ValueError, match=f"time cell {cell}"):
        build(network, STUDIO, {})


def test_a_network_prolonged_by_detail_begins_where_it_was():
    torch.manual_seed(8)
    plain, fine = BandNetwork(SMALL).eval(), BandNetwork(FINE).eval()
    assert not fine.load_state_dict(plain.state_dict(), strict=False).unexpected_keys
    feats = torch.rand(1, 20, 640, 3)
    torch.testing.assert_close(fine(feats, fine.initial_state(1))[0], plain(feats, plain.initial_state(1))[0])


def test_another_hop_keeps_the_memory_in_seconds(small_network):
    network = small_network()
    bias = network.blocks[0].cell.forget_bias
    before = torch.sigmoid(bias.detach().clone())
    network.change_hop(0.5)
    torch.testing.assert_close(torch.sigmoid(bias) ** 2, before, rtol=1e-3, atol=1e-3)
    network.change_hop(2.0)
    torch.testing.assert_close(torch.sigmoid(bias), before, rtol=1e-3, atol=1e-3)


def test_stems_sum_to_the_mixture(small_network):
    audio = np.random.default_rng(4).standard_normal((2, 50_000)).astype(np.float32) * 0.1
    stems = separate(small_network(), audio, STUDIO)
    assert stems.shape == (4, 2, 50_000)
    np.testing.assert_allclose(stems.sum(axis=0), audio, atol=1e-5)


@pytest.mark.parametrize("groups", [640, 20])
def test_the_banded_matrix_product_equals_the_convolution_and_so_do_its_gradients(groups):
    torch.manual_seed(3)
    x = torch.randn(5, groups, 6, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(8, 6, 1, CONV_WIDTH, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(8, dtype=torch.float64, requires_grad=True)
    image = x[:, None].permute(0, 3, 1, 2)
    expected = torch.nn.functional.conv2d(image, weight, bias, padding=(0, CONV_WIDTH // 2))[:, :, 0].transpose(1, 2)
    made, along = banded_conv(x, weight, bias), torch.randn(5, groups, 8, dtype=torch.float64)
    torch.testing.assert_close(made, expected, atol=1e-13, rtol=1e-13)
    for a, b in zip(*(torch.autograd.grad((y * along).sum(), (x, weight, bias)) for y in (made, expected))):
        torch.testing.assert_close(a, b, atol=1e-11, rtol=1e-11)


def test_the_recurrence_in_triton_equals_the_one_in_c():
    program = """
import torch
from unbraid_training.model import scan_triton
from unbraid_training.model.scan import scan
torch.manual_seed(0)
f, u, h0, g = torch.rand(2, 7, 300), torch.randn(2, 7, 300), torch.randn(2, 300), torch.randn(2, 7, 300)
for x in (f, u, h0):
    x.requires_grad_()
h = scan(f, u, h0)
h.backward(g)
inputs = [x.detach() for x in (f, u, h0)]
mine = scan_triton.scan_forward(*inputs)
torch.testing.assert_close(mine, h.detach(), atol=1e-6, rtol=1e-5)
for a, b in zip(scan_triton.scan_backward(g, *inputs, mine), (f.grad, u.grad, h0.grad)):
    torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)
print("equal")
"""
    # The interpreter is chosen when Triton is imported, so it has a process of its own.
    environment = {**os.environ, "TRITON_INTERPRET": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PACKAGE, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "equal", done.stdout + done.stderr
