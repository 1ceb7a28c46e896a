"""Statistics in real arithmetic for many mixtures at once equal those that NumPy makes of one; codecs change what they
should."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from unbraid_training.mixing.codec import RATES
from unbraid_training.mixing.statistics import RealCodec, SimulatedCodec, Statistics, statistics_of
from unbraid_training.model.features import POWER_FLOOR
from unbraid_training.model.layout import LIVE, STUDIO
from unbraid_training.model.stft import spectra


def grouped(values, layout):
    """Sums `[..., bins]` over groups."""
    first = np.searchsorted(layout.group_of_bin(), np.arange(len(layout.group_widths())))
    return np.add.reduceat(values, first, axis=-1)


def by_definition(stems, layout):
    """`feats`, `pxx`, `pxs`, `pss` of one mixture's stems `[4, 2, samples]`, with complex numbers."""
    s = spectra(stems, layout)[:, :, layout.fft // layout.hop - 1 :]
    x = s.sum(0)
    pxx = grouped(np.abs(x) ** 2, layout)
    side = grouped(np.abs((x[0] - x[1]) / 2) ** 2, layout)
    total = pxx.sum(0) + POWER_FLOOR
    feats = np.stack([np.log10(total), (pxx[0] - pxx[1]) / total, 2 * side / total], axis=-1)
    pxs, pss = grouped((x.conj() * s).real, layout), grouped(np.abs(s) ** 2, layout)
    ahead = layout.lookahead_frames
    frames = slice(0, feats.shape[0] - ahead)
    return feats[ahead:], pxx.swapaxes(0, 1)[frames], np.moveaxis(pxs, 2, 0)[frames], np.moveaxis(pss, 2, 0)[frames]


@pytest.mark.parametrize(
    "layout", [STUDIO, LIVE, replace(LIVE, lookahead_frames=2)], ids=["studio", "live", "look-ahead"]
)
def test_statistics_equal_their_definition(layout):
    torch.manual_seed(0)
    stems = torch.randn(3, 4, 2, layout.fft + layout.hop * 9) * 0.1
    made = Statistics(layout, stems.device, at_once=2)(stems, torch.tensor([False] * 3))
    for item in range(3):
        expected = by_definition(stems[item].numpy(), layout)
        for mine, theirs in zip((made.feats, made.pxx, made.pxs, made.pss), expected, strict=True):
            np.testing.assert_allclose(mine[item], theirs, atol=1e-5 * float(np.abs(theirs).max()), rtol=1e-4)


def plan(codec, cut=0.0):
    codec = torch.tensor(codec)
    return {"codec": codec, "codec_cut": torch.full(codec.shape, cut), "codec_noise": torch.full(codec.shape, 0.1)}


def test_a_simulated_codec_changes_highs_and_leaves_stems_that_sum_to_the_mixture():
    torch.manual_seed(0)
    stems, no = torch.randn(2, 4, 2, STUDIO.fft + STUDIO.hop * 9) * 0.1, torch.tensor([False, False])
    make = Statistics(STUDIO, stems.device, at_once=1)
    plain, coded = make(stems, no), make(stems, no, SimulatedCodec(plan([-1, 0], 15_000.0), stems.device))
    assert torch.equal(coded.pss[0], plain.pss[0])
    # 15 kHz is bin 1393, group 558; what lies above is gone, what lies below is near.
    assert coded.pxx[1, ..., 560:].max() < 1e-6 * plain.pxx[1, ..., 560:].min()
    assert 0.9 < float(coded.pxx[1, ..., :550].sum() / plain.pxx[1, ..., :550].sum()) < 1.1
    torch.testing.assert_close(coded.pxs[1].sum(1), coded.pxx[1], rtol=1e-3, atol=1e-2)


def test_a_real_codec_changes_the_mixture_that_the_plan_names_alone():
    torch.manual_seed(0)
    stems, no = torch.randn(2, 4, 2, 44_100) * 0.05, torch.tensor([False, False])
    make = Statistics(STUDIO, stems.device, at_once=1)
    number = RATES.index(("mp3", 128))
    plain, coded = make(stems, no), make(stems, no, RealCodec(plan([-1, number])))
    assert torch.equal(coded.pxs[0], plain.pxs[0])
    middle = slice(5, 30)
    ratio = coded.pxx[1, middle].sum((0, 1)) / plain.pxx[1, middle].sum((0, 1))
    assert 0.9 < float(ratio[:500].mean()) < 1.1 and float(ratio[630:].mean()) < 0.1
    torch.testing.assert_close(coded.pxs[1].sum(1), coded.pxx[1], rtol=1e-3, atol=1e-2)


def test_one_mixture_is_a_batch_of_one():
    stems = np.random.default_rng(1).standard_normal((4, 2, STUDIO.fft)).astype(np.float32)
    batch = statistics_of(stems, STUDIO)
    assert batch.feats.shape == (1, 1, 640, 3) and not batch.accompaniment_only.any()
