"""Standard errors and paired differences against values worked out by hand."""

import math

import numpy as np
import pytest
from unbraid_training.evaluation.paired import Estimate, differences, mean_of, mean_of_stems, scored


def song(vocals, drums, bass, other, false_vocals=None):
    stems = dict(zip(("vocals", "drums", "bass", "other"), (vocals, drums, bass, other)))
    return {"stems": {stem: {"sdr": value} for stem, value in stems.items()}, "false_vocals_db": false_vocals}


def test_a_mean_and_its_error():
    assert mean_of([1.0, None, 3.0, math.inf]) == Estimate(2.0, 1.0, 2)  # deviation √2 over √2
    assert mean_of([5.0]) == Estimate(5.0, None, 1)
    assert mean_of([None]) is None


def test_songs_that_differ_by_decibels_tell_networks_apart_that_differ_by_tenths():
    control = {str(n): song(n, n, n, n) for n in range(8)}
    changed = {str(n): song(n + 0.2 + 0.01 * (n % 2), n, n, n - 0.1) for n in range(8)}
    found = differences(changed, control)
    assert found["vocals"].value == pytest.approx(0.205) and found["vocals"].error < 0.01
    assert found["other"].value == pytest.approx(-0.1) and found["drums"] == Estimate(0.0, 0.0, 8)
    assert found["mean"].value == pytest.approx((0.205 - 0.1) / 4) and found["mean"].error < 0.01
    assert scored(changed)["vocals"].error > 0.5


def test_the_mean_of_stems_has_the_error_of_songs_that_shift_all_stems_together():
    # One value a song in all four stems: their mean has the error of that value, not half of it.
    values = [0.3, -0.2, 0.5, 0.1, 0.9]
    together = mean_of_stems({stem: values for stem in "abcd"})
    alone = mean_of(values)
    assert together.value == pytest.approx(alone.value) and together.error == pytest.approx(alone.error)
    rng = np.random.default_rng(0)
    apart = mean_of_stems({stem: rng.normal(0, 1, 4000).tolist() for stem in "abcd"})
    assert apart.error == pytest.approx(0.5 / math.sqrt(4000), rel=0.05)


def test_a_stem_that_few_songs_have_weighs_as_much_and_errs_more():
    few = [2.0, 4.0, None, None, None, None]
    all_songs = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    found = mean_of_stems({"a": few, "b": all_songs})
    assert found.value == pytest.approx(2.0)
    # Deviations ±1 over two songs, half of the mean of two stems: parts ±1/4.
    assert found.error == pytest.approx(math.sqrt(2 / 16 * 6 / 5))
    assert mean_of_stems({"a": [None, None], "b": [1.0, 2.0]}) is None


def test_false_vocals_are_compared_where_nobody_sings():
    control = {"a": song(1, 1, 1, 1), "b": song(None, 2, 2, 2, -20.0), "c": song(None, 2, 2, 2, -24.0)}
    changed = {"a": song(1, 1, 1, 1), "b": song(None, 2, 2, 2, -23.0), "c": song(None, 2, 2, 2, -26.0)}
    assert differences(changed, control)["false_vocals"] == Estimate(-2.5, 0.5, 2)
    assert differences(changed, control)["vocals"] == Estimate(0.0, None, 1)
    with pytest.raises(ValueError, match="not the same songs: c"):
        differences(changed, {"a": control["a"], "b": control["b"]})


def test_a_cell_says_sign_and_error():
    assert Estimate(-0.125, 0.04, 3).text(signed=True) == "−0.12 ± 0.04"
    assert Estimate(0.5, None, 1).text(signed=True) == "+0.50" and Estimate(5.403, 0.601, 24).text() == "5.40 ± 0.60"
