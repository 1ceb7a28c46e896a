"""Statistics without complex numbers are those of `mixing`."""

import pytest
import torch
from unbraid_training.bulk.fused import FusedStatistics, coded_parts
from unbraid_training.mixing.codec import simulated
from unbraid_training.mixing.statistics import SimulatedCodec, Statistics
from unbraid_training.model.layout import LIVE, STUDIO, Layout


def test_a_codec_is_simulated_as_by_its_definition_where_one_was_drawn(monkeypatch):
    generator = torch.Generator().manual_seed(2)
    layout, items = STUDIO, 3
    spectrum = torch.view_as_complex(torch.randn(items, 4, 2, 5, layout.bins, 2, generator=generator))
    spectrum[:, 0] *= torch.linspace(2, 0, layout.bins) ** 4
    random = torch.randn(2, items, 2, 5, layout.bins, generator=generator)
    coded, cut = torch.tensor([True, False, True]), torch.tensor([15_000.0, 0.0, 18_000.0])
    depth = torch.tensor([0.2, 0.1, 0.05])
    re, im = coded_parts(spectrum.real, spectrum.imag, random, coded, cut, depth, layout)
    rows = torch.tensor([0, 2])
    monkeypatch.setattr(torch, "randn", lambda *_, **__: torch.stack([random[0, rows], random[1, rows]], dim=-1))
    expected = spectrum.clone()
    expected[rows] = simulated(spectrum[rows], cut[rows], depth[rows], layout)
    torch.testing.assert_close(torch.complex(re, im), expected, rtol=1e-4, atol=1e-5)
    assert torch.equal(re[1], spectrum[1].real) and not torch.equal(re[0], spectrum[0].real)


def plan(codec):
    return {"codec": torch.tensor(codec), "codec_cut": torch.full((3,), 15e3), "codec_noise": torch.full((3,), 0.1)}


@pytest.mark.parametrize("layout", [STUDIO, LIVE], ids=["studio", "live"])
@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_without_a_codec_both_give_the_same(layout, at_once):
    stems = torch.randn(3, 4, 2, layout.fft + layout.hop * 5, generator=torch.Generator().manual_seed(1)) * 0.1
    device, none = torch.device("cpu"), torch.tensor([False, True, False])
    coding = SimulatedCodec(plan([-1, -1, -1]), device)
    made = FusedStatistics(layout, device, at_once=at_once)(stems, none, coding)
    expected = Statistics(layout, device, at_once=at_once)(stems, none, coding)
    for name, value in vars(expected).items():
        torch.testing.assert_close(getattr(made, name), value, rtol=1e-5, atol=1e-6, msg=name)


def test_each_item_has_its_own_codec_however_many_are_taken_at_once():
    device = torch.device("cpu")
    stems = torch.randn(3, 4, 2, STUDIO.fft + STUDIO.hop * 5, generator=torch.Generator().manual_seed(1)) * 0.1
    none = torch.tensor([False] * 3)
    plain = Statistics(STUDIO, device)(stems, none)
    for at_once in (1, 2, 3):
        made = FusedStatistics(STUDIO, device, at_once=at_once)(stems, none, SimulatedCodec(plan([-1, -1, 4]), device))
        above = int(16_000 / 44_100 * STUDIO.fft)
        group = int(STUDIO.group_of_bin()[above])
        assert float(made.pxx[2, ..., group + 2 :].max()) < 1e-6 < float(made.pxx[:2, ..., group + 2 :].min())
        torch.testing.assert_close(made.pss[:2], plain.pss[:2], rtol=1e-5, atol=1e-6)


def test_it_compiles_to_the_same():
    layout, device = Layout(fft=512, hop=256), torch.device("cpu")
    stems = torch.randn(2, 4, 2, layout.fft + layout.hop, generator=torch.Generator().manual_seed(1)) * 0.1
    none, coding = torch.tensor([False, True]), SimulatedCodec({k: v[:2] for k, v in plan([-1, 3, 0]).items()}, device)
    made = FusedStatistics(layout, device, compiled=True)(stems, none, coding)
    expected = Statistics(layout, device)(stems, none)
    for name in ("feats", "pxx", "pxs", "pss"):
        one, other = getattr(made, name), getattr(expected, name)
        torch.testing.assert_close(one[0], other[0], rtol=1e-4, atol=1e-5, msg=name)
        assert torch.isfinite(one).all() and not torch.allclose(one[1], other[1], rtol=1e-3)
