"""The last step of training as one fused operator (`csrc/head.cpp`): logits, softmax, loss and their gradients.

`loss.separation_loss` on `BandNetwork.forward` defines what it computes; a test compares the two.
"""

from __future__ import annotations

import torch

from ..model import extension  # noqa: F401 — registers the operator
from .loss import ACCOMPANIMENT_WEIGHT, DEFAULT_WEIGHTS, STEM_WEIGHTS


@torch.library.register_fake("unbraid::head_loss")
def _fake(joint, detail, peaks, pxx, pxs, pss, accompaniment_only, part_weights, stem_weights, skip):
    return pxx.new_empty(()), pxx.new_empty(4), torch.empty_like(joint), torch.empty_like(detail)


def _setup(ctx, inputs, output):
    ctx.save_for_backward(output[2], output[3])
    ctx.set_materialize_grads(False)


def _backward(ctx, total, *_):
    joint, detail = ctx.saved_tensors
    return joint * total, detail * total, *[None] * 8


torch.library.register_autograd("unbraid::head_loss", _backward, setup_context=_setup)


def head_loss(
    joint, detail, peaks, pxx, pxs, pss, accompaniment_only, skip_frames: int = 8, part_weights=DEFAULT_WEIGHTS
):
    """Loss of a batch and its parts, from `BandNetwork.ends`; shapes in `csrc/head.cpp` and `loss.py`."""
    weights = (
        torch.tensor(part_weights, dtype=torch.float32),
        torch.tensor((*STEM_WEIGHTS, ACCOMPANIMENT_WEIGHT), dtype=torch.float32),
    )
    inputs = [t.contiguous() for t in (joint, detail.to(joint.dtype), peaks, pxx, pxs, pss, accompaniment_only)]
    total, parts, _, _ = torch.ops.unbraid.head_loss(*inputs, *weights, skip_frames)
    return total, parts
