"""Whole songs through the network with its state carried on, as the plug-in streams them."""

from __future__ import annotations

import numpy as np
import torch

from .features import mixture_features
from .layout import STEMS, Layout
from .network import BandNetwork
from .spatial import SpatialFilter
from .stft import overlap_add, spectra


def apply_masks(x: np.ndarray, masks: np.ndarray, layout: Layout) -> np.ndarray:
    """Stems `[4, 2, frames·hop]` from mixture spectra `[2, T, F]` and group masks `[T, 4, 2, G]`, as the engine makes
    them."""
    if layout.lookahead_frames:
        ahead = layout.lookahead_frames
        # The mask made at frame k belongs to frame k − ahead; the last frames keep the last mask.
        masks = np.concatenate([masks[ahead:], np.repeat(masks[-1:], ahead, axis=0)])
    groups = layout.group_of_bin()
    spatial = SpatialFilter(layout)
    separated = np.empty((len(STEMS), *x.shape), np.complex64)
    for at in range(x.shape[1]):
        separated[:, :, at] = spatial.separate(x[:, at], masks[at][..., groups])
    return np.stack([overlap_add(stem, layout) for stem in separated])


@torch.no_grad()
def stream_masks(network: BandNetwork, x: np.ndarray, layout: Layout, chunk: int = 512) -> np.ndarray:
    """Group masks `[frames, 4, 2, groups]` in float32; state carried from the first frame to the last."""
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
    return apply_masks(x, stream_masks(network, x, layout), layout)[..., :length]
