"""Recordings at their own speeds: from memory, from disk, and on a GPU by the same rule."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import tone
from unbraid_training.data.dataset import SAMPLE_RATE
from unbraid_training.mixing.catalogue import GUARD
from unbraid_training.mixing.interpolation import TAPS, interpolation_table, look_up
from unbraid_training.mixing.sound import MappedSound, PackedSound

PACKAGE = Path(__file__).resolve().parents[2]
RECORDING = np.round(tone(1000)[:, 0] * 32_000).astype(np.int16)


def looked_up(speed, start, samples=4000):
    guard = np.zeros(GUARD, dtype=np.int16)
    sound = torch.from_numpy(np.concatenate([guard, RECORDING, guard]))
    table = torch.from_numpy(interpolation_table())
    offset, length = torch.tensor([[GUARD, GUARD]]), torch.tensor([len(RECORDING)])
    start, speed = torch.tensor([start], dtype=torch.float64), torch.tensor([speed], dtype=torch.float64)
    return look_up(sound, table, offset, length, start, speed, torch.tensor([1.0]), samples)[0, 0].numpy()


def test_recordings_are_looked_up_sample_by_sample_at_their_own_speed():
    out = looked_up(1.0, 1000.0)
    np.testing.assert_allclose(out, RECORDING[1000:5000], atol=0.02 * 9600)
    assert np.corrcoef(out, RECORDING[1000:5000])[0, 1] > 0.9999


def test_speed_changes_pitch_and_beyond_its_ends_a_recording_is_silent():
    assert np.argmax(np.abs(np.fft.rfft(looked_up(1.25, 1000.5, 44_100)))) == 1250
    out = looked_up(1.0, -500.0)
    assert np.all(out[: 500 - TAPS] == 0) and np.any(out[600:] != 0)
    assert np.all(looked_up(1.0, float(len(RECORDING) + TAPS)) == 0)


class Arrays:
    """A catalogue on disk, in short."""

    def __init__(self, *arrays):
        self.arrays = arrays
        self.lengths = [len(one) for one in arrays]


@pytest.mark.parametrize("start", [-3000.0, -20.5, 0.0, 1000.0, 1000.25, 264_000.0, 264_590.5, 264_600.0, 270_000.0])
@pytest.mark.parametrize("speed", [1.0, 0.91875, 1.2])
def test_sound_from_disk_equals_sound_from_memory_to_the_bit(start, speed):
    mono = RECORDING[:, None]
    stereo = np.stack([RECORDING, RECORDING[::-1]], axis=1)
    mapped = MappedSound(Arrays(mono, stereo))
    packed = packed_sound(mono, stereo)
    entry, level = torch.tensor([[0, 1], [1, 0]]), torch.tensor([[0.5, 0.25], [1.0, 0.0]])
    at, speeds = torch.full((2, 2), start, dtype=torch.float64), torch.full((2, 2), speed, dtype=torch.float64)
    made = mapped.read(entry, at, speeds, level, 2000)
    assert torch.equal(made, packed.read(entry, at, speeds, level, 2000))
    assert made.abs().sum() > 0 or not -2000 * speed < start < SAMPLE_RATE * 6


def packed_sound(*arrays):
    """The arrays one after the other, as `PackedCatalogue` lays them."""
    guard, parts, at = np.zeros(GUARD, dtype=np.int16), [], GUARD
    catalogue = Arrays(*arrays)
    catalogue.offsets, parts = [], [guard]
    for audio in arrays:
        firsts = []
        for channel in audio.T:
            parts += [channel, guard]
            firsts.append(at)
            at += len(channel) + GUARD
        catalogue.offsets.append((firsts[0], firsts[-1]))
    catalogue.sound = np.concatenate(parts)
    return PackedSound(catalogue, torch.device("cpu"))


def test_the_kernel_for_gpus_equals_both_layers_to_the_bit_and_its_addresses_have_64_bits():
    program = """
import torch
from unbraid_training.mixing.interpolation import interpolation_table, look_up
from unbraid_training.mixing.interpolation_triton import kernel, look_up_layers
torch.manual_seed(0)
sound = torch.randint(-30000, 30000, (20_000,), dtype=torch.int16)
table = torch.from_numpy(interpolation_table())
offset = torch.tensor([[[8, 5016], [8, 8]], [[10_024, 10_024], [8, 5016]], [[8, 8], [8, 8]]])
length = torch.full((3, 2), 5000)
start = torch.tensor([[10.25, -700.0], [4000.5, 12.0], [0.0, 6000.0]], dtype=torch.float64)
speed = torch.tensor([[1.0, 0.91875], [1.2, 1.0], [0.8, 1.0]], dtype=torch.float64)
level = torch.tensor([[0.5, 0.25], [1.0, 0.0], [0.0, 0.0]])
made = look_up_layers(sound, table, offset, length, start, speed, level, 1500)
plans = [[one[:, n] for one in (offset, length, start, speed, level)] for n in (0, 1)]
layers = [look_up(sound, table, *plan, 1500) for plan in plans]
assert torch.equal(made, layers[0] + layers[1])
assert made[0].abs().sum() > 0 and made[2].abs().sum() == 0
print("equal")
"""
    # The interpreter is chosen when Triton is imported, so it has a process of its own.
    environment = {**os.environ, "TRITON_INTERPRET": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PACKAGE, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "equal", done.stdout + done.stderr
