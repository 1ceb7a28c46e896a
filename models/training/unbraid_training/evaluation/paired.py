"""Means over songs with their standard errors, and differences of two networks on the same songs.

Songs are the only units here: two networks are compared song by song, since songs differ by decibels and networks by
tenths. A stem's mean goes over the songs that have it; the mean of the stems is the mean of the four means, as in
`scores.mean_over_songs`, and its error follows from what every song adds to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ..model.layout import STEMS

ROWS = (*STEMS, "mean", "false_vocals")
"""What is compared; all in dB."""


@dataclass(frozen=True)
class Estimate:
    """A mean, its standard error (None below two songs), and the number of songs."""

    value: float
    error: float | None
    songs: int

    def text(self, decimals: int = 2, signed: bool = False) -> str:
        """As in a table."""
        value = f"{self.value:{'+' if signed else ''}.{decimals}f}".replace("-", "−")
        return value if self.error is None else f"{value} ± {self.error:.{decimals}f}"


def mean_of(values: Iterable[float | None]) -> Estimate | None:
    """Of what is there and finite; None where nothing is."""
    kept = [value for value in values if value is not None and math.isfinite(value)]
    if not kept:
        return None
    error = float(np.std(kept, ddof=1) / math.sqrt(len(kept))) if len(kept) > 1 else None
    return Estimate(float(np.mean(kept)), error, len(kept))


def mean_of_stems(stems: Mapping[str, list[float | None]]) -> Estimate | None:
    """Of the stems' means, from one value per song and stem, None where a song lacks one; None where a stem has none.

    Its error takes into account that a song adds to several stems: a song's part of it is its deviations from the
    stems' means, each over the number of songs that have the stem.
    """
    means = {stem: mean_of(values) for stem, values in stems.items()}
    if not all(means.values()):
        return None
    songs = len(next(iter(stems.values())))
    parts = np.zeros(songs)
    for stem, values in stems.items():
        for song, value in enumerate(values):
            if value is not None and math.isfinite(value):
                parts[song] += (value - means[stem].value) / means[stem].songs / len(stems)
    error = math.sqrt(float(np.sum(parts**2)) * songs / (songs - 1)) if songs > 1 else None
    return Estimate(float(np.mean([one.value for one in means.values()])), error, songs)


def _values(song: Mapping) -> dict[str, float | None]:
    """By row, of a result of `scores.score_song`; `mean` is made of the stems."""
    return {stem: song["stems"][stem]["sdr"] for stem in STEMS} | {"false_vocals": song["false_vocals_db"]}


def summarised(songs: list[Mapping[str, float | None]]) -> dict[str, Estimate | None]:
    """Each of `ROWS`, from every song's values by row."""
    by_row = {row: [song[row] for song in songs] for row in ROWS if row != "mean"}
    out = {row: mean_of(values) for row, values in by_row.items()}
    out["mean"] = mean_of_stems({stem: by_row[stem] for stem in STEMS})
    return {row: out[row] for row in ROWS}


def scored(songs: Mapping[str, Mapping]) -> dict[str, Estimate | None]:
    """Each of `ROWS` of one network, from results of `scores.score_song` by song."""
    return summarised([_values(song) for song in songs.values()])


def differences(changed: Mapping[str, Mapping], control: Mapping[str, Mapping]) -> dict[str, Estimate | None]:
    """Each of `ROWS`, changed − control, from results of `scores.score_song` by song.

    Raises `ValueError` where the songs are not the same.
    """
    if set(changed) != set(control):
        raise ValueError(f"not the same songs: {', '.join(sorted(set(changed) ^ set(control)))}")
    pairs = [(_values(changed[song]), _values(control[song])) for song in sorted(changed)]

    def minus(a: float | None, b: float | None) -> float | None:
        return None if a is None or b is None else a - b

    return summarised([{row: minus(one[row], other[row]) for row in one} for one, other in pairs])
