"""Songs that are scored while training, never trained on: as streamed waveforms, or from pooled powers within a
second."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch

from ..data.songs import read_song, song_folders
from ..evaluation import scores
from ..mixing.statistics import Batch, statistics_of
from ..model.layout import STEMS, Layout
from ..model.network import BandNetwork
from ..model.stream import separate


class DevelopmentSongs:
    """Songs as waveforms, `seconds` of each."""

    def __init__(self, folders: list[Path], seconds: float | None = 60.0, any_rate: bool = False):
        self.songs = {song.name: read_song(song, seconds, any_rate) for song in song_folders(folders)}

    def score(self, network: BandNetwork, layout: Layout) -> dict:
        """Energy-ratio SDR per song and stem and means, streamed in float32."""
        results = {}
        for name, stems in self.songs.items():
            mixture = sum(stems.values())
            estimate = separate(network, np.ascontiguousarray(mixture.T), layout)
            estimates = {stem: estimate[i].T for i, stem in enumerate(STEMS)}
            results[name] = scores.score_song(stems, estimates)
        return {"songs": results, "mean": scores.mean_over_songs(results.values())}


def pooled_songs(folders: list[Path], layout: Layout, device: torch.device) -> dict[str, Batch]:
    """Statistics of all songs in `folders`, each a song or a folder of songs."""
    out = {}
    for song in song_folders(folders):
        stems = read_song(song)
        audio = np.stack([stems[stem].T for stem in STEMS])
        lead_in = np.zeros((*audio.shape[:2], layout.fft - layout.hop), dtype=np.float32)
        made = statistics_of(np.concatenate([lead_in, audio], axis=2), layout)
        out[song.name] = Batch(*(one.to(device) for one in vars(made).values()))
    return out


@torch.no_grad()
def pooled_scores(network: BandNetwork, songs: dict[str, Batch], chunk: int = 512) -> dict[str, float]:
    """Mean over songs of each stem's energy-ratio SDR in dB, from pooled powers: as if no frame overlapped another."""
    table: dict[str, list[float]] = {stem: [] for stem in STEMS}
    for song in songs.values():
        state = [one.to(song.feats.device) for one in network.initial_state(1)]
        error = torch.zeros(len(STEMS), device=song.feats.device, dtype=torch.float64)
        for at in range(0, song.feats.shape[1], chunk):
            feats, pxx, pxs, pss = (one[:, at : at + chunk] for one in (song.feats, song.pxx, song.pxs, song.pss))
            logits, state = network(feats, state)
            masks = torch.softmax(logits.float(), dim=2)
            errors = masks.square() * pxx[:, :, None] - 2 * masks * pxs + pss
            error += errors.clamp_min(0).sum((0, 1, 3, 4), dtype=torch.float64)
        energy = song.pss.sum((0, 1, 3, 4), dtype=torch.float64)
        for i, stem in enumerate(STEMS):
            if energy[i] > 1e-4 * energy.sum():
                table[stem].append(10 * math.log10(float(energy[i] / error[i])))
    means = {stem: float(np.mean(values)) for stem, values in table.items() if values}
    return {**means, "mean": float(np.mean(list(means.values())))}
