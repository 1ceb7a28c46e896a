"""Scores of separated stems. Pure numpy; ``museval`` is imported only by :func:`bss_eval_medians`.

Shapes: audio is ``[T, 2]`` (samples, channels), full scale ±1; a one-dimensional array counts as one channel.
Stems are named as in `model.layout.STEMS`. Levels and ratios are in dB.

Two different numbers are called "SDR" in the literature, and they differ by decibels, so both are kept apart here:

* *energy-ratio SDR* (:func:`energy_sdr`): ``10·log10(Σ s² / Σ (s − ŝ)²)`` over the whole song. Every error counts,
  level and phase included.
* *BSS Eval v4 median* (:func:`bss_eval_medians`): the median over one-second frames of ``museval``, which forgives
  a 512-tap filter between reference and estimate.

A stem that is (nearly) absent has no meaningful SDR: the ratio's numerator is the noise floor of a file. Such stems are
left out of means, always by the same rule (:func:`silence_reason`), and the reason travels with the scores.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

from ..model.layout import STEMS

SILENCE_DBFS = -60.0
"""A reference whose RMS lies below this is silent."""

SILENCE_RELATIVE_DB = -40.0
"""A reference whose energy lies this far below the mixture's is silent."""

SDR_LIMIT_DB = 100.0
"""Scores are clipped to ± this value, so that an exact estimate yields a number that can be averaged and stored."""


def _energy(x: np.ndarray) -> float:
    """Σ x² in double precision, whatever the type of ``x``."""
    flat = np.asarray(x, dtype=np.float64).ravel()
    return float(flat @ flat)


def _decibels(numerator: float, denominator: float) -> float:
    """``10·log10`` of a ratio of energies, clipped to ±:data:`SDR_LIMIT_DB`; nothing over nothing is 0 dB."""
    if numerator <= 0.0 and denominator <= 0.0:
        return 0.0
    if denominator <= 0.0:
        return SDR_LIMIT_DB
    if numerator <= 0.0:
        return -SDR_LIMIT_DB
    return float(np.clip(10.0 * math.log10(numerator / denominator), -SDR_LIMIT_DB, SDR_LIMIT_DB))


def _same_shape(reference: np.ndarray, other: np.ndarray, what: str) -> None:
    if np.shape(reference) != np.shape(other):
        raise ValueError(
            f"reference has shape {np.shape(reference)}, {what} has {np.shape(other)}: "
            "cut or pad both to the same length"
        )


def energy_sdr(reference: np.ndarray, estimate: np.ndarray) -> float:
    """Energy-ratio SDR in dB over all samples and channels: ``10·log10(Σ s² / Σ (s − ŝ)²)``."""
    _same_shape(reference, estimate, "estimate")
    error = np.asarray(reference, dtype=np.float64) - np.asarray(estimate, dtype=np.float64)
    return _decibels(_energy(reference), _energy(error))


def best_constant_gain(reference: np.ndarray, mixture: np.ndarray) -> float:
    """The gain ``g`` that makes ``g · mixture`` the least-squares estimate of ``reference`` (0 for a silent
    mixture)."""
    _same_shape(reference, mixture, "mixture")
    energy = _energy(mixture)
    if energy <= 0.0:
        return 0.0
    s = np.asarray(reference, dtype=np.float64).ravel()
    x = np.asarray(mixture, dtype=np.float64).ravel()
    return float(s @ x) / energy


def best_constant_sdr(reference: np.ndarray, mixture: np.ndarray) -> float:
    """Energy-ratio SDR of ``g · mixture`` with the best constant ``g``: what a mere fader reaches, never below 0 dB."""
    gain = best_constant_gain(reference, mixture)
    return energy_sdr(reference, gain * np.asarray(mixture, dtype=np.float64))


def rms_dbfs(x: np.ndarray) -> float:
    """RMS level in dB relative to full scale (±1); −inf for silence."""
    size = np.size(x)
    energy = _energy(x)
    return 10.0 * math.log10(energy / size) if size and energy > 0.0 else -math.inf


def silence_reason(reference: np.ndarray, mixture: np.ndarray) -> str | None:
    """Why this stem is left out of means, or ``None`` when it counts.

    The rule: RMS below :data:`SILENCE_DBFS`, or energy below the mixture's by more than :data:`SILENCE_RELATIVE_DB`.
    """
    level = rms_dbfs(reference)
    if level < SILENCE_DBFS:
        return "silent" if level == -math.inf else f"{level:.0f} dBFS RMS"
    relative = level - rms_dbfs(mixture)
    if relative < SILENCE_RELATIVE_DB:
        return f"{relative:.0f} dB under the mixture"
    return None


def false_vocals_db(vocal_estimate: np.ndarray, mixture: np.ndarray) -> float:
    """Energy of the vocal estimate relative to the mixture's, in dB: what is heard as a voice where there is none."""
    return _decibels(_energy(vocal_estimate), _energy(mixture))


def mixture_of(references: Mapping[str, np.ndarray]) -> np.ndarray:
    """Sum of the given stems, ``[T, 2]`` f64."""
    stems = list(references.values())
    if not stems:
        raise ValueError("no stems given")
    total = np.zeros(np.shape(stems[0]), dtype=np.float64)
    for stem in stems:
        _same_shape(total, stem, "stem")
        total += stem
    return total


def _mean(values: Iterable[float | None]) -> float | None:
    kept = [value for value in values if value is not None and math.isfinite(value)]
    return float(np.mean(kept)) if kept else None


def score_song(references: Mapping[str, np.ndarray], estimates: Mapping[str, np.ndarray]) -> dict:
    """Energy-ratio scores of one song.

    ``references`` holds the stems whose sum is the mixture; a name missing there is silence. ``estimates`` may hold
    fewer stems (a two-stem separator has no drums): those without an estimate get no score.

    Returns ``{"stems": {stem: {"sdr", "constant_sdr", "left_out"}}, "mean", "constant_mean", "false_vocals_db"}``.
    ``sdr`` and ``constant_sdr`` are dB, or ``None`` where the stem is left out (``left_out`` then says why) or has no
    estimate; means go over the stems that count; ``false_vocals_db`` is ``None`` unless the song has no vocals.
    """
    mixture = mixture_of(references)
    stems: dict[str, dict] = {}
    for stem in STEMS:
        reference = references.get(stem)
        if reference is None:
            reference = np.zeros_like(mixture)
        reason = silence_reason(reference, mixture)
        estimate = estimates.get(stem)
        stems[stem] = {
            "sdr": None if reason or estimate is None else energy_sdr(reference, estimate),
            "constant_sdr": None if reason else best_constant_sdr(reference, mixture),
            "left_out": reason,
        }
    no_vocals = stems["vocals"]["left_out"] is not None and "vocals" in estimates
    return {
        "stems": stems,
        "mean": _mean(entry["sdr"] for entry in stems.values()),
        "constant_mean": _mean(entry["constant_sdr"] for entry in stems.values()),
        "false_vocals_db": false_vocals_db(estimates["vocals"], mixture) if no_vocals else None,
    }


def mean_over_songs(songs: Iterable[Mapping]) -> dict:
    """Means over several results of :func:`score_song`: per stem over the songs where it counts, and over the stems.

    Returns ``{"stems": {stem: {"sdr", "constant_sdr", "songs"}}, "mean", "constant_mean", "false_vocals_db"}``.
    The mean is the mean of the four stem means, so that a song without vocals does not weigh on the other stems.
    """
    songs = list(songs)
    stems = {}
    for stem in STEMS:
        entries = [song["stems"][stem] for song in songs]
        stems[stem] = {
            "sdr": _mean(entry["sdr"] for entry in entries),
            "constant_sdr": _mean(entry["constant_sdr"] for entry in entries),
            "songs": sum(entry["sdr"] is not None for entry in entries),
        }
    return {
        "stems": stems,
        "mean": _mean(entry["sdr"] for entry in stems.values()),
        "constant_mean": _mean(entry["constant_sdr"] for entry in stems.values()),
        "false_vocals_db": _mean(song["false_vocals_db"] for song in songs),
    }


def bss_eval_medians(
    references: Mapping[str, np.ndarray], estimates: Mapping[str, np.ndarray], rate: int
) -> dict[str, float | None]:
    """BSS Eval v4 SDR per stem: the median over one-second frames, by ``museval``.

    Stems left out by :func:`silence_reason` or without an estimate are not part of the call (``museval`` drops every
    frame in which any of its references is silent); their value is ``None``.
    """
    import museval  # a heavy dependency that only the evaluation needs

    mixture = mixture_of(references)
    counted = [
        stem
        for stem in STEMS
        if stem in references and stem in estimates and silence_reason(references[stem], mixture) is None
    ]
    result: dict[str, float | None] = dict.fromkeys(STEMS)
    if not counted:
        return result
    truth = np.stack([np.asarray(references[stem], dtype=np.float64) for stem in counted])
    guess = np.stack([np.asarray(estimates[stem], dtype=np.float64) for stem in counted])
    sdr, _isr, _sir, _sar = museval.evaluate(truth, guess, win=rate, hop=rate)
    for row, stem in enumerate(counted):
        frames = sdr[row][np.isfinite(sdr[row])]
        result[stem] = float(np.median(frames)) if frames.size else None
    return result


ENVELOPE_STEP_S = 0.001
"""Step of the energy envelope that :func:`attack_slopes` looks at."""

ATTACK_WINDOW_S = 0.012
"""Distance on both sides of a reference attack within which the steepest rise is searched."""

ATTACK_RISE_S = 0.004
"""A slope is the envelope's rise over this time, divided by it."""

ATTACK_MINIMUM_DB = 12.0
"""A rise of the reference by at least this much within :data:`ATTACK_RISE_S` is an attack."""

ATTACK_RANGE_DB = 50.0
"""Envelopes are floored this far below the loudest step, so that rises out of digital silence stay comparable."""


def _envelope_db(x: np.ndarray, rate: int, floor_of: np.ndarray | None = None) -> np.ndarray:
    """Energy envelope in dB, one value every :data:`ENVELOPE_STEP_S`, floored relative to ``floor_of``'s loudest."""
    step = max(1, round(rate * ENVELOPE_STEP_S))
    power = np.asarray(x, dtype=np.float64).reshape(len(x), -1) ** 2
    power = power.sum(axis=1)[: len(x) // step * step].reshape(-1, step).mean(axis=1)
    loudest = power.max(initial=0.0) if floor_of is None else floor_of.max(initial=0.0)
    floor = max(loudest * 10.0 ** (-ATTACK_RANGE_DB / 10.0), 1e-20)
    return 10.0 * np.log10(np.maximum(power, floor))


def attack_slopes(reference: np.ndarray, estimate: np.ndarray, rate: int) -> dict:
    """Steepness of drum attacks in an estimate, compared with the reference.

    Attacks are the places where the reference's envelope rises by :data:`ATTACK_MINIMUM_DB` within
    :data:`ATTACK_RISE_S`. At each, the steepest rise near it is measured in both signals.

    Returns ``{"attacks": count, "reference_db_per_ms", "estimate_db_per_ms", "ratio"}``: medians over the attacks;
    ``ratio`` (median of the single ratios) is 1 for untouched attacks and falls as they are smeared. ``None``s
    where there is no attack.
    """
    _same_shape(reference, estimate, "estimate")
    step = max(1, round(rate * ENVELOPE_STEP_S))
    power = (np.asarray(reference, dtype=np.float64).reshape(len(reference), -1) ** 2).sum(axis=1)
    power = power[: len(power) // step * step].reshape(-1, step).mean(axis=1)
    truth = _envelope_db(reference, rate)
    guess = _envelope_db(estimate, rate, floor_of=power)

    lag = round(ATTACK_RISE_S / ENVELOPE_STEP_S)
    reach = round(ATTACK_WINDOW_S / ENVELOPE_STEP_S)
    if len(truth) <= lag:
        return {"attacks": 0, "reference_db_per_ms": None, "estimate_db_per_ms": None, "ratio": None}
    rise_truth = truth[lag:] - truth[:-lag]
    rise_guess = guess[lag:] - guess[:-lag]

    attacks = []
    candidates = np.flatnonzero(rise_truth >= ATTACK_MINIMUM_DB)
    next_free = 0
    for index in candidates:
        if index < next_free:
            continue
        window = rise_truth[index : index + reach]
        peak = int(index + np.argmax(window))
        attacks.append(peak)
        next_free = peak + 4 * reach  # one drum hit is one attack
    if not attacks:
        return {"attacks": 0, "reference_db_per_ms": None, "estimate_db_per_ms": None, "ratio": None}

    per_ms = 1.0 / (ATTACK_RISE_S * 1000.0)
    slopes = np.array(
        [
            (
                rise_truth[max(0, peak - reach) : peak + reach + 1].max() * per_ms,
                max(0.0, rise_guess[max(0, peak - reach) : peak + reach + 1].max()) * per_ms,
            )
            for peak in attacks
        ]
    )
    return {
        "attacks": len(attacks),
        "reference_db_per_ms": float(np.median(slopes[:, 0])),
        "estimate_db_per_ms": float(np.median(slopes[:, 1])),
        "ratio": float(np.median(slopes[:, 1] / slopes[:, 0])),
    }
