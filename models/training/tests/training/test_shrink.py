"""A shrunk network keeps what is strongest, and keeps everything where nothing has to go. Needs torch."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from unbraid_training.model.checkpoint import Checkpoint
from unbraid_training.model.layout import LIVE, STUDIO
from unbraid_training.model.network import BandNetwork
from unbraid_training.model.size import Size
from unbraid_training.model.stft import spectra
from unbraid_training.model.stream import stream_masks
from unbraid_training.training.grow import grow
from unbraid_training.training.shrink import kept_blocks, narrowed, projection, shrunk

SIZE = Size(width=16, blocks=3, mlp_hidden=24, mixer_hidden=24, front=6, detail=8, link=5)
AUDIO = np.random.default_rng(3).standard_normal((2, 30 * 1024)).astype(np.float32) * 0.1


def checkpoint(size: Size = SIZE) -> tuple[BandNetwork, Checkpoint]:
    torch.manual_seed(0)
    network = BandNetwork(size).eval()
    for parameter in network.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    return network, Checkpoint(network.state_dict(), size, STUDIO, frozenset({"MIT"}))


def probes() -> list[torch.Tensor]:
    return [torch.rand(1, 12, SIZE.groups, 3)]


def masks(saved: Checkpoint) -> np.ndarray:
    return stream_masks(saved.network(), spectra(AUDIO, STUDIO), STUDIO)


def test_nothing_changes_where_nothing_has_to_go():
    network, saved = checkpoint()
    same = shrunk(saved, {"link": 5}, STUDIO, probes())
    expected = stream_masks(network, spectra(AUDIO, STUDIO), STUDIO)
    np.testing.assert_allclose(masks(same), expected, atol=2e-4)
    assert np.abs(masks(shrunk(saved, {"link": 1}, STUDIO, probes())) - expected).max() > 1e-3


def test_units_that_say_nothing_go_first():
    network, saved = checkpoint()
    for block in network.blocks:
        block.mlp.out_proj.weight.data[:, ::2] = 0.0
    saved.weights = network.state_dict()
    smaller = shrunk(saved, {"mlp_hidden": 12, "link": 5}, STUDIO, probes())
    np.testing.assert_allclose(masks(smaller), stream_masks(network, spectra(AUDIO, STUDIO), STUDIO), atol=2e-4)
    assert smaller.weights["blocks.0.mlp.in_proj.weight"].shape == (12, 16)


def test_what_was_grown_shrinks_back_to_what_it_was():
    small = replace(SIZE, low_bands=3, low_hidden=12, low_blocks=3)
    large = replace(small, low_bands=5, low_hidden=20)
    network, saved = checkpoint(small)
    grown = Checkpoint(grow(saved.weights, small, large), large, STUDIO)
    back = shrunk(grown, {"low_bands": 3, "low_hidden": 12, "link": 5}, STUDIO, probes())
    assert back.weights["blocks.0.mlp.low_in_proj.weight"].shape == (3, 16, 12)
    np.testing.assert_allclose(masks(back), stream_masks(network, spectra(AUDIO, STUDIO), STUDIO), atol=2e-4)


def test_blocks_that_stay_are_first_last_and_even_between():
    assert kept_blocks(4, 4) == [0, 1, 2, 3]
    assert kept_blocks(5, 3) == [0, 2, 4]
    assert kept_blocks(4, 2) == [0, 3]
    assert kept_blocks(4, 1) == [0]
    with pytest.raises(ValueError, match="5 blocks wanted of 4"):
        kept_blocks(4, 5)


def test_a_projection_is_exact_for_readers_of_its_rank():
    torch.manual_seed(2)
    factor = torch.randn(6, 6)
    moments = (factor @ factor.T).double()
    readers = torch.randn(40, 2) @ torch.randn(2, 6)
    down, up = projection(moments, readers, 2)
    torch.testing.assert_close(readers @ up @ down, readers, rtol=1e-3, atol=1e-3)


def test_live_from_studio_keeps_its_memory_in_seconds():
    _, saved = checkpoint()
    live = shrunk(saved, {"blocks": 2}, LIVE, probes())
    assert live.layout == LIVE and live.size.blocks == 2 and live.licences == {"MIT"}
    before, after = torch.sigmoid(saved.weights["front.forget"]), torch.sigmoid(live.weights["front.forget"])
    torch.testing.assert_close(after.square(), before, rtol=1e-3, atol=1e-3)


def test_width_cannot_be_shrunk():
    _, saved = checkpoint()
    with pytest.raises(ValueError, match="width cannot be shrunk"):
        shrunk(saved, {"width": 8}, STUDIO, probes())


def test_narrowed_keeps_the_sizes_asked_for():
    _, saved = checkpoint()
    weights = narrowed(saved.weights, replace(SIZE, mlp_hidden=8, mixer_hidden=10))
    assert weights["blocks.2.mlp.out_proj.weight"].shape == (16, 8)
    assert weights["blocks.0.mixer.in_proj.weight"].shape == (10, 32)
