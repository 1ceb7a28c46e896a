"""Effects on stems and on their sum, written once for CPUs and GPUs: arrays of many stems at once, no branches on
values."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from ..data.dataset import SAMPLE_RATE
from .planner import EQ_POINTS

STEP = 64
"""Samples that have one value of a level or a gain."""


def compressor(audio, threshold, slope, release):
    """Gain `[N, samples]` of a compressor of `audio` `[N, 2, samples]` that rises at once and falls within `release`
    seconds."""
    blocks = audio.abs().amax(1).unflatten(-1, (-1, STEP)).amax(-1)
    fall = (STEP / SAMPLE_RATE / release)[:, None] * torch.arange(blocks.shape[1], device=audio.device)
    level = torch.cummax(torch.log(blocks + 1e-5) + fall, dim=1).values - fall
    over = torch.relu(level - torch.log(threshold)[:, None])
    return per_sample(torch.exp(slope[:, None] * over))


def per_sample(gains):
    """Gains per `STEP` samples `[N, blocks]` as gains per sample."""
    return F.interpolate(gains[:, None], scale_factor=STEP, mode="linear", align_corners=False)[:, 0]


def driven(audio, amount, bias):
    """Soft clipping with make-up where `amount` is above 0; `[N, 2, samples]`."""
    before = audio.square().mean((1, 2), keepdim=True).sqrt() + 1e-6
    bias = bias[:, None, None]
    pushed = torch.tanh(audio * (amount[:, None, None] * 0.2 / before) + bias) - torch.tanh(bias)
    after = pushed.square().mean((1, 2), keepdim=True).sqrt() + 1e-6
    return torch.where(amount[:, None, None] > 0, pushed * (before / after), audio)


def transfer(spectrum, firs, rooms, hertz, octave, p):
    """Equaliser, random response, echo, room and widening of `spectrum` `[N, 2, bins, 2]`, in real arithmetic.

    `firs` `[…, bins, 2]` and `rooms` `[…, 2, bins, 2]` are spectra of responses, `hertz` and `octave` the bins'
    frequencies, `p` is the plan, `[N]` each.
    """
    point = torch.clamp(octave * ((EQ_POINTS - 1) / 10.2), 0, EQ_POINTS - 1 - 1e-4)
    low = point.to(torch.int64)
    part = point - low
    curve = p["eq"][:, low] * (1 - part) + p["eq"][:, low + 1] * part + p["tilt"][:, None] * (octave - 5)
    gain = torch.exp(curve * 0.11512925)
    gain = gain / (1 + (p["low_cut"][:, None] / hertz) ** 4) / torch.sqrt(1 + (hertz / p["high_cut"][:, None]) ** 8)
    fir = firs[p["fir"]] * p["fir_gain"][:, None, None]
    br, bi = 1 + fir[..., 0], fir[..., 1]
    angle = hertz * (-2 * torch.pi / SAMPLE_RATE) * p["echo"][:, None]
    # Two repeats.
    g = p["echo_gain"][:, None]
    er = 1 + g * torch.cos(angle) + g * g * torch.cos(2 * angle)
    ei = g * torch.sin(angle) + g * g * torch.sin(2 * angle)
    hr, hi = gain * (br * er - bi * ei), gain * (br * ei + bi * er)
    room = rooms[p["room"]] * p["room_gain"][:, None, None, None]
    # Of what is the same in both channels, the sum stays as it is.
    side = (firs[p["side"]] * p["side_gain"][:, None, None])[:, None]
    side = torch.cat([side, -side], dim=1)
    rr, ri = 1 + room[..., 0] + side[..., 0], room[..., 1] + side[..., 1]
    hr, hi = hr[:, None] * rr - hi[:, None] * ri, hr[:, None] * ri + hi[:, None] * rr
    re, im = spectrum[..., 0], spectrum[..., 1]
    return torch.stack([re * hr - im * hi, re * hi + im * hr], dim=-1)


def paused(samples: int, begin, end):
    """Gain `[N, samples]` that fades to 0 between the samples `begin` and `end`."""
    at = torch.arange(samples, device=begin.device)
    fade = 0.02 * SAMPLE_RATE
    return 1 - ((at - begin[:, None]) / fade).clamp(0, 1) * ((end[:, None] - at) / fade).clamp(0, 1)


def limiter(mixture, target):
    """Gain per `STEP` samples of a look-ahead limiter that keeps `mixture` `[N, 2, samples]` below about `target`."""
    peaks = mixture.abs().amax(1).unflatten(-1, (-1, STEP)).amax(-1)
    needed = (target[:, None] / peaks.clamp_min(1e-6)).clamp_max(1.0)
    held = -F.max_pool1d(-needed[:, None], 25, 1, 12)
    return F.avg_pool1d(held, 25, 1, 12, count_include_pad=False)[:, 0]


def mastered(stems, plan):
    """Width of the sum, bus compressor, limiter, level: gains common to the stems `[items, 4, 2, samples]`."""
    mid = stems.mean(2, keepdim=True)
    stems = mid + (stems - mid) * plan["sum_width"][:, None, None, None]
    # Levels are per `STEP` samples; the end that does not fill one is left as the last.
    whole = stems.shape[-1] // STEP * STEP

    def applied(values, gain):
        gain = F.pad(gain, (0, values.shape[-1] - whole), mode="replicate")
        return values * gain.reshape(-1, *[1] * (values.ndim - 2), values.shape[-1])

    mixture = stems.sum(1)
    peak = mixture.abs().amax((1, 2)) + 1e-5
    release = torch.full_like(peak, 0.15)
    gain = compressor(mixture[..., :whole], peak * plan["bus_threshold"], plan["bus_slope"], release)
    stems, mixture = applied(stems, gain), applied(mixture, gain)
    peak = mixture.abs().amax((1, 2)) + 1e-5
    push = plan["push"] * plan["target"] / peak
    gain = limiter(mixture[..., :whole] * push[:, None, None], plan["target"])
    return applied(stems, per_sample(gain)) * push[:, None, None, None]
