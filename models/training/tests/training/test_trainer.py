"""The step between two batches: one for every run, on CPUs and GPUs."""

import copy

import pytest
import torch
from unbraid_training.model.checkpoint import Checkpoint
from unbraid_training.model.layout import STUDIO
from unbraid_training.training.trainer import Settings, Trainer


def weights(trainer):
    return torch.cat([p.detach().flatten() for p in trainer.parameters]).clone()


def gradients(trainer, seed):
    generator = torch.Generator().manual_seed(seed)
    for p in trainer.parameters:
        p.grad = torch.randn(p.shape, generator=generator)


@pytest.mark.parametrize("muon", [0.0, 0.01])
def test_a_bad_step_leaves_weights_as_they_are_and_the_next_goes_on(small_network, muon):
    trainer = Trainer(small_network(), STUDIO, Settings(lr=0.01, ema=0.5, muon=muon))
    gradients(trainer, 1)
    norm, good = trainer.update(1.0)
    assert good and norm > 1
    before = weights(trainer)
    gradients(trainer, 2)
    trainer.parameters[3].grad[0] = float("nan")
    assert not trainer.update(1.0)[1]
    assert torch.equal(weights(trainer), before)
    gradients(trainer, 3)
    assert trainer.update(1.0)[1]
    assert torch.isfinite(weights(trainer)).all() and not torch.equal(weights(trainer), before)


def test_gradients_are_clipped_so_that_their_scale_does_not_matter(small_network):
    made = []
    for scale in (1.0, 1000.0):
        trainer = Trainer(small_network(), STUDIO, Settings(lr=0.01, ema=0.5))
        gradients(trainer, 1)
        for p in trainer.parameters:
            p.grad *= scale
        trainer.update(1.0)
        made.append(weights(trainer))
    torch.testing.assert_close(*made, atol=1e-4, rtol=1e-3)


def test_the_average_follows_fast_at_first_and_slowly_later(small_network):
    trainer = Trainer(small_network(), STUDIO, Settings(lr=0.01, ema=0.9))
    for step in (1, 2, 200):
        trainer.step = step - 1
        before = [p.detach().clone() for p in trainer.average.parameters()]
        gradients(trainer, step)
        trainer.update(1.0)
        decay = min(0.9, (step + 1) / (step + 10))
        for old, new, p in zip(before, trainer.average.parameters(), trainer.parameters):
            torch.testing.assert_close(new, decay * old + (1 - decay) * p, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("muon", [0.0, 0.01])
def test_a_resumed_run_goes_on_to_the_bit(tmp_path, small_network, muon):
    settings = Settings(lr=0.01, ema=0.9, muon=muon)
    unbroken = Trainer(small_network(), STUDIO, settings)
    for seed in range(3):
        gradients(unbroken, seed)
        unbroken.update(0.5)
    saved = unbroken.resumable(unbroken.checkpoint({"MIT"}, {"lr": 0.01}), 1.5, 9, [])
    saved.save(tmp_path / "last.pt")
    again = Trainer(small_network(seed=5), STUDIO, settings)
    state = again.resume(Checkpoint.load(tmp_path / "last.pt"))
    assert (state.best, state.dataset_size, again.step) == (1.5, 9, 3)
    for trainer in (unbroken, again):
        gradients(trainer, 7)
        trainer.update(1.0)
    assert torch.equal(weights(again), weights(unbroken))


def test_a_last_checkpoint_of_0_5_0_resumes(small_network):
    network = small_network()
    old = torch.optim.AdamW(network.parameters(), lr=0.01, betas=(0.9, 0.98), weight_decay=0.01)
    trainer = Trainer(copy.deepcopy(network), STUDIO, Settings(lr=0.01, ema=0.9))
    gradients(trainer, 1)
    for mine, p in zip(trainer.parameters, network.parameters()):
        p.grad = mine.grad.clone()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    old.step()
    trainer.update(1.0)
    checkpoint = trainer.resumable(trainer.checkpoint(set(), {}), 0.0, 1, [])
    checkpoint.resume.optimisers = [old.state_dict()]
    again = Trainer(small_network(seed=5), STUDIO, Settings(lr=0.01, ema=0.9))
    again.resume(checkpoint)
    for one in (trainer, again):
        gradients(one, 2)
        one.update(1.0)
    torch.testing.assert_close(weights(again), weights(trainer), atol=1e-6, rtol=1e-5)


def test_averaged_weights_alone_cannot_be_resumed(small_network):
    trainer = Trainer(small_network(), STUDIO, Settings(lr=0.01, ema=0.9))
    with pytest.raises(ValueError, match="begin with them instead"):
        trainer.resume(trainer.checkpoint(set(), {}))
