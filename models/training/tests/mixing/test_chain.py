"""The effects, written for arrays of stems, against their definitions sample by sample."""

import numpy as np
import torch
from unbraid_training.data.dataset import SAMPLE_RATE
from unbraid_training.mixing.chain import STEP, compressor, driven, limiter, mastered, paused, per_sample, transfer
from unbraid_training.mixing.planner import EQ_POINTS


def noise(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32) * 0.1


def f32(*values):
    return torch.tensor(values, dtype=torch.float32)


def smooth(gains):
    """Gains per `STEP` samples as gains per sample."""
    at = np.arange(len(gains) * STEP)
    return np.interp(at, (np.arange(len(gains)) + 0.5) * STEP - 0.5, gains)


def peaks_of(audio):
    """Of blocks of `STEP` samples of the louder channel."""
    return np.abs(audio).max(0).reshape(-1, STEP).max(1)


def compressor_gain(audio, threshold, slope, release):
    level, out = 0.0, []
    for peak in peaks_of(audio) + 1e-5:
        level = max(peak, level * np.exp(-STEP / SAMPLE_RATE / release))
        out.append(max(level / threshold, 1.0) ** slope)
    return smooth(np.array(out))


def test_the_compressor_equals_its_definition():
    audio = noise(2, STEP * 300)
    audio[:, STEP * 100 : STEP * 150] *= 8
    gain = compressor(torch.from_numpy(audio)[None], f32(0.5), f32(-0.6), f32(0.1))[0]
    np.testing.assert_allclose(gain, compressor_gain(audio, 0.5, -0.6, 0.1), rtol=1e-4)
    assert gain.min() < 0.5 and gain.max() == 1.0


def test_the_compressor_lowers_what_is_loud_and_recovers():
    audio = torch.full((1, 2, 64 * 700), 0.01)
    audio[..., 64 * 100 : 64 * 200] = 0.8
    gain = compressor(audio, f32(0.1), f32(-0.5), f32(0.05))[0]
    assert gain[50 * 64] == 1.0
    assert abs(float(gain[150 * 64]) - 8**-0.5) < 1e-3
    assert gain[200 * 64] < 0.5 and gain[690 * 64] > 0.99


def test_drive_keeps_the_level_and_leaves_alone_what_is_not_driven():
    audio = torch.from_numpy(noise(2, 2, 5000))
    out = driven(audio, f32(6.0, 0.0), f32(0.2, 0.2))
    assert torch.equal(out[1], audio[1])
    rms = np.sqrt(np.mean(audio[0].numpy() ** 2))
    pushed = np.tanh(audio[0].numpy() * (6.0 * 0.2 / (rms + 1e-6)) + 0.2) - np.tanh(0.2)
    np.testing.assert_allclose(out[0], pushed * rms / np.sqrt(np.mean(pushed**2)), rtol=1e-3, atol=1e-5)


def test_the_transfer_is_the_product_of_equaliser_response_echo_and_room_with_the_widening():
    length, rng = 4096, np.random.default_rng(1)
    hertz = np.maximum(np.fft.rfftfreq(length, 1 / SAMPLE_RATE), 1.0)
    octave = np.log2(np.maximum(hertz, 20.0) / 20.0)
    audio, room = noise(2, length), rng.standard_normal((2, 200))
    fir, side = rng.standard_normal((2, 30))
    points, tilt = rng.normal(0, 3, EQ_POINTS), 0.5
    curve = np.interp(octave, np.linspace(0, 10.2, EQ_POINTS), points) + tilt * (octave - 5)
    gain = 10 ** (curve / 20) / (1 + (80 / hertz) ** 4) / np.sqrt(1 + (hertz / 9000) ** 8)
    echo = np.exp(-2j * np.pi * hertz * 2000 / SAMPLE_RATE)
    responses = (1 + 0.5 * np.fft.rfft(fir, length)) * (1 + 0.3 * echo + 0.09 * echo**2)
    signed = np.array([[1], [-1]]) * np.fft.rfft(side, length)
    expected = np.fft.rfft(audio) * gain * responses * (1 + 0.2 * np.fft.rfft(room, length) + 0.4 * signed)

    def real(spectrum):
        return torch.view_as_real(torch.from_numpy(spectrum.astype(np.complex64)))

    plan = {
        "eq": torch.from_numpy(points.astype(np.float32))[None], "tilt": f32(tilt), "low_cut": f32(80.0),
        "high_cut": f32(9000.0), "fir": torch.tensor([0]), "fir_gain": f32(0.5), "room": torch.tensor([0]),
        "room_gain": f32(0.2), "echo": f32(2000.0), "echo_gain": f32(0.3), "side": torch.tensor([1]),
        "side_gain": f32(0.4),
    }  # fmt: skip
    firs, rooms = real(np.fft.rfft(np.stack([fir, side]), length)), real(np.fft.rfft(room, length))[None]
    frequencies = (torch.from_numpy(one.astype(np.float32)) for one in (hertz, octave))
    made = transfer(real(np.fft.rfft(audio))[None], firs, rooms, *frequencies, plan)[0]
    made = torch.view_as_complex(made.contiguous()).numpy()
    np.testing.assert_allclose(made, expected, atol=2e-3 * np.abs(expected).max())


def test_the_limiter_equals_its_definition_and_keeps_peaks_down():
    mixture = noise(2, STEP * 200)
    mixture[:, 5000:5010] = 0.9
    gains = limiter(torch.from_numpy(mixture)[None], f32(0.3))[0].numpy()
    needed = np.minimum(0.3 / peaks_of(mixture), 1.0)
    held = np.array([needed[max(i - 12, 0) : i + 13].min() for i in range(len(needed))])
    expected = [held[max(i - 12, 0) : i + 13].mean() for i in range(len(held))]
    np.testing.assert_allclose(gains, expected, rtol=1e-5)
    assert np.abs(mixture * per_sample(torch.from_numpy(gains)[None])[0].numpy()).max() < 0.31


def test_a_pause_fades_out_and_in():
    gain = paused(10_000, f32(2000.0), f32(7000.0))[0]
    assert gain[1999] == 1.0 and gain[4000] == 0.0 and gain[8000] == 1.0
    assert 0.0 < gain[2300] < 1.0


def test_mastering_equals_its_definition():
    stems = noise(4, 2, STEP * 150 + 17)
    values = {"sum_width": 0.5, "bus_threshold": 0.3, "bus_slope": -0.5, "target": 0.8, "push": 2.0}
    plan = {name: f32(value) for name, value in values.items()}
    made = mastered(torch.from_numpy(stems)[None], plan)[0].numpy()

    mid = stems.mean(1, keepdims=True)
    stems = mid + (stems - mid) * 0.5
    whole = STEP * 150

    def applied(audio, gain):
        return audio * np.pad(gain, (0, audio.shape[-1] - whole), mode="edge")

    mixture = stems.sum(0)
    gain = compressor_gain(mixture[:, :whole], 0.3 * (np.abs(mixture).max() + 1e-5), -0.5, 0.15)
    stems, mixture = applied(stems, gain), applied(mixture, gain)
    push = 2.0 * 0.8 / (np.abs(mixture).max() + 1e-5)
    needed = np.minimum(0.8 / peaks_of(mixture[:, :whole] * push), 1.0)
    held = np.array([needed[max(i - 12, 0) : i + 13].min() for i in range(len(needed))])
    limited = smooth(np.array([held[max(i - 12, 0) : i + 13].mean() for i in range(len(held))]))
    np.testing.assert_allclose(made, applied(stems, limited) * push, rtol=1e-3, atol=1e-5)
    assert np.abs(made.sum(0)).max() < 0.9
