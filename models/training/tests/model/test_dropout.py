"""Dropout changes a network in training, and in training alone."""

import torch


def test_only_training_leaves_values_out_and_a_seed_says_which(small_network):
    network = small_network()
    feats = torch.rand(1, 6, network.size.groups, 3)
    plain = network(feats, network.initial_state(1))[0]
    for block in network.blocks:
        block.dropout = 0.3
    assert torch.equal(network(feats, network.initial_state(1))[0], plain), "evaluation"
    network.train()
    made = []
    for seed in (1, 2, 1):
        torch.manual_seed(seed)
        made.append(network(feats, network.initial_state(1))[0])
    assert torch.equal(made[0], made[2]) and not torch.allclose(made[0], made[1]) and not torch.allclose(made[0], plain)


def test_what_is_left_in_makes_up_for_what_is_left_out(small_network):
    block = small_network().blocks[0].train()
    block.dropout = 0.25
    torch.manual_seed(0)
    x, y = torch.randn(200_000), torch.randn(200_000) + 2.0
    dropped = block.dropped(x, y)
    assert abs(float((dropped - x).mean() - (y - x).mean())) < 0.02
    assert abs(float((dropped == x).float().mean()) - 0.25) < 0.01
