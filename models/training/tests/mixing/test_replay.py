"""Batches that are used more than once."""

import numpy as np
import torch
from unbraid_training.mixing.replay import replayed, vary
from unbraid_training.mixing.statistics import statistics_of
from unbraid_training.model.features import POWER_FLOOR
from unbraid_training.model.layout import STUDIO


def test_a_varied_batch_is_the_batch_of_the_varied_mixture():
    rng = np.random.default_rng(9)
    stems = rng.standard_normal((4, 2, 16 * 1024)).astype(np.float32) * 0.1
    batch = statistics_of(stems, STUDIO)
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
        made.append(statistics_of(stems, STUDIO))

    def from_step(step):
        return list(replayed(lambda first: made[first:], step, times=2, block=3, seed=1))

    whole = from_step(0)
    assert len(whole) == 12 and whole[0] is made[0] and whole[6] is made[3]
    assert not torch.equal(whole[3].feats, made[0].feats)
    for step in (1, 4, 6, 11):
        for a, b in zip(whole[step:], from_step(step), strict=True):
            assert torch.equal(a.feats, b.feats) and torch.equal(a.pss, b.pss)
