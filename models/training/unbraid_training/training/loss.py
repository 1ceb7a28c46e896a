"""The training loss, without ever forming stem spectra inside autograd.

With one mask value `m` for a group of bins, `Σ|m·X − S|² = m²·Pxx − 2m·Pxs + Pss`, where
`Pxx = Σ|X|²`, `Pxs = Re Σ conj(X)·S` and `Pss = Σ|S|²` are computed once per batch with the batch.

Squared errors come first because they are least at the *mean*: a mask that cannot yet be known is
then the average one. L1 and log-ratio losses are least at the median, which for a voice is silence:
with those alone the vocal mask fell to 0.02 everywhere within 300 steps, the softmax saturated
there, and 1,000 steps did not bring it back (development vocals 0.2 dB).
"""

from __future__ import annotations

import torch

STEM_WEIGHTS = (1.2, 1.0, 1.0, 1.0)
"""Vocals, drums, bass, other."""

ACCOMPANIMENT_WEIGHT = 1.8
"""All but the voice, where it is known as a whole only."""

PARTS = ("local", "energy", "linear", "ratio")
"""Names of the parts that `separation_loss` reports, in order."""

DEFAULT_WEIGHTS = (1.0, 1.0, 0.15, 0.0)
"""Weight of each part."""


def separation_loss(logits, pxx, pxs, pss, accompaniment_only, skip_frames: int = 8, part_weights=DEFAULT_WEIGHTS):
    """Mean loss of a batch, and its parts as detached numbers.

    `logits` `[B,T,4,2,G]`; `pxx` `[B,T,2,G]`; `pxs`, `pss` `[B,T,4,2,G]`; `accompaniment_only` `[B]` bool:
    there only voice and accompaniment are known, the latter stored as stem `other`. The
    first `skip_frames` frames, in which a fresh state settles, are not counted.

    Parts: `local`, squared error over the mixture's power in the same group, so that every group
    that sounds counts alike; `energy`, squared error over the mixture's energy in the segment, what
    SDR is made of; `linear`, L1 of magnitudes; `ratio`, log of error over energy per segment.
    """
    masks = torch.softmax(logits.float(), dim=2)
    accompaniment = masks[:, :, 1:].sum(2, keepdim=True)
    zero = torch.zeros_like(accompaniment)
    merged = torch.cat([masks[:, :, :1], zero, zero, accompaniment], dim=2)
    masks = torch.where(accompaniment_only[:, None, None, None, None], merged, masks)
    known = torch.tensor(STEM_WEIGHTS, device=logits.device).repeat(len(accompaniment_only), 1)
    partly = torch.tensor([STEM_WEIGHTS[0], 0.0, 0.0, ACCOMPANIMENT_WEIGHT], device=logits.device)
    weights = torch.where(accompaniment_only[:, None], partly, known)

    masks, pxx, pxs, pss = (t[:, skip_frames:] for t in (masks, pxx[:, :, None], pxs, pss))
    error = (masks * masks * pxx - 2.0 * masks * pxs + pss).clamp_min(0.0)
    # The mixture's own level, per item: the loss does not depend on the gain of the song.
    scale = pxx.mean(dim=(1, 2, 3, 4), keepdim=True) + 1e-3
    # Mean power of each group: quiet highs count as much as loud lows, silence in a group does not.
    spectrum = pxx.mean(dim=(1, 3), keepdim=True)
    local = (error / (pxx + 0.1 * spectrum + 1e-5 * scale)).clamp_max(4.0).mean(dim=(1, 3, 4))
    energy = (error / scale).mean(dim=(1, 3, 4))
    linear = torch.sqrt(error / scale + 1e-6).mean(dim=(1, 3, 4))
    present = pss.mean(dim=(1, 3, 4)) / scale.flatten(1)
    ratio = torch.log10((energy + 0.01 * present + 0.003) / (present + 0.03))
    parts = torch.stack([(p * weights).sum(1).mean() / 4 for p in (local, energy, linear, ratio)])
    total = (parts * torch.tensor(part_weights, device=parts.device)).sum()
    return total, parts.detach()
