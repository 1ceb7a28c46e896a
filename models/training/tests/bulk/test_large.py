"""A catalogue of more than 2³¹ samples: thirteen hours of stereo and more."""

import numpy as np
import torch
from conftest import tone
from unbraid_training.mixing.catalogue import GUARD
from unbraid_training.mixing.sound import PackedSound

LIMIT = 2**31


class Catalogue:
    """One recording, and where it lies among the others."""

    def __init__(self, sound, first, length):
        self.sound, self.offsets, self.lengths = sound, [(first, first)], [length]


def read(sound, first, length):
    """Some samples of the recording at a speed of its own, and beyond its end."""
    packed = PackedSound(Catalogue(sound, first, length), torch.device("cpu"))
    entry, level = torch.zeros(2, 2, dtype=torch.int64), torch.tensor([[0.5, 0.25], [1.0, 0.0]])
    start = torch.tensor([[10.25, 500.0], [length - 600.0, 0.0]], dtype=torch.float64)
    speed = torch.tensor([[1.0, 0.91875], [1.2, 1.0]], dtype=torch.float64)
    return packed.read(entry, start, speed, level, 1000)


def test_a_recording_on_both_sides_of_two_to_the_thirty_first_is_read_as_anywhere_else(tmp_path):
    recording = np.round(tone(700)[:20_000, 0] * 32_000).astype(np.int16)
    guard = np.zeros(GUARD, dtype=np.int16)
    near = read(np.concatenate([guard, recording, guard]), GUARD, len(recording))
    # A sparse file, of which nothing but what is written takes place.
    for first in (LIMIT - 700, LIMIT + 12_345):
        sound = np.memmap(tmp_path / "sound", dtype=np.int16, mode="w+", shape=(LIMIT + 100_000,))
        sound[first : first + len(recording)] = recording
        far = read(sound, first, len(recording))
        assert torch.equal(far, near) and float(far.abs().max()) > 1000
        del sound
        (tmp_path / "sound").unlink()
