"""`interpolation.look_up` of both layers of every stem in one Triton kernel.

Addresses have 64 bits: a catalogue may hold more than 2³¹ samples. Layers at level 0 are not read.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from .interpolation import PHASES, TAPS

SAMPLES = 1024
"""Samples of a program."""


@triton.jit
def kernel(
    sound, table, offset, length, start, speed, level, out, samples,
    LAYERS: tl.constexpr, TAPS: tl.constexpr, PHASES: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """`out` `[N, 2, samples]`; `offset` `[N, layers, 2]`, all else `[N, layers]`."""
    row = tl.program_id(1).to(tl.int64)
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < samples
    left = tl.zeros([BLOCK], dtype=tl.float32)
    right = tl.zeros([BLOCK], dtype=tl.float32)
    for layer in tl.static_range(LAYERS):
        one = row * LAYERS + layer
        gain = tl.load(level + one)
        if gain != 0.0:
            last = tl.load(length + one)
            position = at.to(tl.float64) * tl.load(speed + one) + tl.load(start + one)
            whole = tl.floor(position)
            phase = ((position - whole) * PHASES).to(tl.int64)
            first = whole.to(tl.int64) - (TAPS // 2 - 1)
            from_left = tl.load(offset + 2 * one)
            from_right = tl.load(offset + 2 * one + 1)
            sum_left = tl.zeros([BLOCK], dtype=tl.float32)
            sum_right = tl.zeros([BLOCK], dtype=tl.float32)
            for k in tl.static_range(TAPS):
                weight = tl.load(table + phase * TAPS + k)
                # Beyond its ends a recording has silence.
                tap = tl.minimum(tl.maximum(first + k, -1), last)
                sum_left += weight * tl.load(sound + from_left + tap, mask=inside, other=0).to(tl.float32)
                sum_right += weight * tl.load(sound + from_right + tap, mask=inside, other=0).to(tl.float32)
            left += sum_left * gain
            right += sum_right * gain
    to = out + row * 2 * samples + at
    tl.store(to, left, mask=inside)
    tl.store(to + samples, right, mask=inside)


def look_up_layers(sound, table, offset, length, start, speed, level, samples: int) -> torch.Tensor:
    """`[N, 2, samples]`: the sum of the layers `[N, layers]` of `N` stems, as `look_up` makes each of them."""
    count, layers = level.shape
    out = torch.empty(count, 2, samples, device=sound.device)
    contiguous = (one.contiguous() for one in (offset, length, start, speed, level))
    grid = (triton.cdiv(samples, SAMPLES), count)
    sizes = {"LAYERS": layers, "TAPS": TAPS, "PHASES": PHASES, "BLOCK": SAMPLES}
    # Rounded as `look_up` rounds: a fused product and sum would at times find another fraction of a sample.
    kernel[grid](sound, table, *contiguous, out, samples, **sizes, enable_fp_fusion=False)
    return out
