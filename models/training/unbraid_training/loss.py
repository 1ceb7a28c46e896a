"""The training loss, without ever forming stem spectra inside autograd.

With one share `m` for a group of bins, `Σ|m·X − S|² = m²·Pxx − 2m·Pxs + Pss`, where
`Pxx = Σ|X|²`, `Pxs = Re Σ conj(X)·S` and `Pss = Σ|S|²` are computed once per batch by the loader.
"""

from __future__ import annotations

import torch

STEM_WEIGHTS = (1.2, 1.0, 1.0, 1.0)
"""Vocals, drums, bass, other."""


def _terms(m, pxx, pxs, pss, scale):
    """Two error measures per group: L1 of the complex error, L1 of compressed magnitudes."""
    error = (m * m * pxx - 2.0 * m * pxs + pss).clamp_min(0.0)
    linear = torch.sqrt(error / scale + 1e-8)
    # Power 0.5 of magnitudes, i.e. 0.25 of powers: weights quiet partials, as hearing does.
    compressed = ((m * m * pxx / scale + 1e-6).pow(0.25) - (pss / scale + 1e-6).pow(0.25)).abs()
    return linear, compressed


def separation_loss(logits, pxx, pxs, pss, rest_only, skip_frames: int = 8):
    """Mean loss of a batch, and its parts as detached numbers.

    `logits` `[B,T,4,2,G]`; `pxx` `[B,T,2,G]`; `pxs`, `pss` `[B,T,4,2,G]`; `rest_only` `[B]` bool:
    there only voice and the rest as a whole are known, the rest being stored as stem `other`. The
    first `skip_frames` frames, in which a fresh state settles, are not counted.
    """
    shares = torch.softmax(logits.float(), dim=2)
    if rest_only.any():
        # The three accompaniment shares as one; drums and bass then drop out with weight 0.
        rest = shares[:, :, 1:].sum(2, keepdim=True)
        zero = torch.zeros_like(rest)
        merged = torch.cat([shares[:, :, :1], zero, zero, rest], dim=2)
        shares = torch.where(rest_only[:, None, None, None, None], merged, shares)
    weights = torch.tensor(STEM_WEIGHTS, device=logits.device).repeat(len(rest_only), 1)
    merged_weights = torch.tensor([STEM_WEIGHTS[0], 0.0, 0.0, 1.8], device=logits.device)
    weights = torch.where(rest_only[:, None], merged_weights, weights)
    # The mixture's own level, per item: the loss does not depend on the gain of the song.
    scale = pxx.mean(dim=(1, 2, 3), keepdim=True)[:, :, None] + 1e-3
    linear, compressed = _terms(shares, pxx[:, :, None], pxs, pss, scale)
    linear = linear[:, skip_frames:].mean(dim=(1, 3, 4))
    compressed = compressed[:, skip_frames:].mean(dim=(1, 3, 4))
    # Energy ratio of each whole segment, soft at the ends: what the SDR of a song is made of.
    error = (shares * shares * pxx[:, :, None] - 2 * shares * pxs + pss).clamp_min(0.0)
    error = error[:, skip_frames:].mean(dim=(1, 3, 4))
    energy = pss[:, skip_frames:].mean(dim=(1, 3, 4))
    floor = 0.01 * scale[:, :, 0, 0, 0]
    ratio = torch.log10((error + 0.01 * energy + 0.1 * floor) / (energy + floor))
    parts = torch.stack([(p * weights).sum(1).mean() / 4 for p in (linear, compressed, ratio)])
    total = parts[0] + parts[1] + 0.1 * parts[2]
    return total, parts.detach()
