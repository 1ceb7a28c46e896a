"""A grown network computes what the smaller one did. Needs torch."""

from dataclasses import replace

import pytest
import torch
from unbraid_training.model.network import BandNetwork
from unbraid_training.model.size import Size
from unbraid_training.training.grow import grow

SMALL = Size(
    width=16, blocks=2, mlp_hidden=24, mixer_hidden=24, front=6, detail=8, low_bands=3, low_hidden=12, low_blocks=2
)


def test_a_grown_network_separates_as_before_and_has_new_weights_to_train():
    torch.manual_seed(0)
    network = BandNetwork(SMALL).eval()
    for parameter in network.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    larger = replace(SMALL, low_bands=5, low_hidden=20, mlp_hidden=32, mixer_hidden=30, dense=9)
    grown = BandNetwork(larger).eval()
    grown.load_state_dict(grow(network.state_dict(), SMALL, larger))
    feats = torch.randn(1, 7, SMALL.groups, 3)
    expected, got = (n(feats, n.initial_state(1))[0] for n in (network, grown))
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-4)
    got.square().sum().backward()
    assert grown.blocks[0].mlp.low_out_proj.weight.grad[4].abs().max() > 0
    assert grown.front.dense.out_proj.weight.grad.abs().max() > 0
    assert grown.detail.dense.out_proj.weight.grad.abs().max() > 0


def test_what_cannot_grow_is_named():
    with pytest.raises(ValueError, match="width 16 cannot become 32"):
        grow({}, SMALL, replace(SMALL, width=32))
    with pytest.raises(ValueError, match="mlp_hidden 24 cannot become 8"):
        grow({}, SMALL, replace(SMALL, mlp_hidden=8))
