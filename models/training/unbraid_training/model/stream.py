"""Whole songs through the network with its state carried on, as the plug-in streams them."""

from __future__ import annotations

import numpy as np
import torch

from ..mixing.loader import mixture_powers
from .layout import STEMS, Layout
from .network import BandNetwork, features
from .transform import overlap_add, spectra


def mixture_features(x: np.ndarray, layout: Layout) -> torch.Tensor:
    """Features `[frames, groups, 3]` of mixture spectra `[2, frames, bins]`."""
    return features(*mixture_powers(torch.from_numpy(x), layout))


def apply_shares(x: np.ndarray, shares: np.ndarray, layout: Layout) -> np.ndarray:
    """Stems `[4, 2, frames·hop]` from mixture spectra `[2, T, F]` and group shares `[T, 4, 2, G]`."""
    if layout.lookahead_frames:
        late = layout.lookahead_frames
        # The share made at frame k belongs to frame k − late; the last frames keep the last share.
        shares = np.concatenate([shares[late:], np.repeat(shares[-1:], late, axis=0)])
    groups = layout.group_of_bin()
    out = []
    for s in range(len(STEMS)):
        mask = np.ascontiguousarray(shares[:, s].transpose(1, 0, 2))[..., groups]
        out.append(overlap_add(x * mask, layout))
    return np.stack(out)


@torch.no_grad()
def stream_shares(network: BandNetwork, x: np.ndarray, layout: Layout, chunk: int = 512) -> np.ndarray:
    """Group shares `[frames, 4, 2, groups]` in float32; state carried from the first frame to the last."""
    network.eval()
    feats = mixture_features(x, layout)
    state = network.initial_state(1)
    out = []
    for at in range(0, len(feats), chunk):
        logits, state = network(feats[None, at : at + chunk], state)
        out.append(torch.softmax(logits[0], dim=1))
    return torch.cat(out).numpy()


def separate(network: BandNetwork, audio: np.ndarray, layout: Layout) -> np.ndarray:
    """Stems `[4, 2, samples]` of `audio` `[2, samples]`, in time with the input, streamed."""
    length = audio.shape[1]
    # Trailing zeros complete the last frames; look-ahead needs its frames too.
    tail = layout.fft + (layout.lookahead_frames + 1) * layout.hop
    x = spectra(np.pad(audio, ((0, 0), (0, tail))), layout)
    return apply_shares(x, stream_shares(network, x, layout), layout)[..., :length]
