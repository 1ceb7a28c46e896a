"""Hours of a dataset by what is in it, before and after."""

import numpy as np
import pytest
from unbraid_training.data.dataset import SAMPLE_RATE, write_item
from unbraid_training.data.hours import report, summary, tables


@pytest.fixture
def built(tmp_path):
    """Ninety seconds of three kinds."""
    half = np.full(SAMPLE_RATE * 36, 0.1, dtype=np.float32)
    song = {
        "source": "mma; growlybass", "licence": "CC0-1.0; MIT", "permissive": True, "split": "train",
        "details": {
            "parts": ["drums rock: avl", "bass root8: growlybass drive 12", "other arp/x: timgm6mb-soundfont:4 clean"]
        },
    }  # fmt: skip
    write_item(tmp_path, "backing", "a", {"drums": half, "bass": half}, song)
    sung = {"source": "yuki", "licence": "CC0-1.0", "permissive": True, "split": "dev", "details": {"voice": "yuki-f4"}}
    write_item(tmp_path, "notes", "b", {"vocals": half}, sung)
    groove = {**song, "source": "groove-midi", "details": {"kit": "sams-sonor"}}
    write_item(tmp_path, "grooves", "c", {"drums": half}, groove)
    return tmp_path


def test_hours_by_everything(built):
    found = tables(built)
    assert found["stem"] == {"drums": [0.02, 0.0], "bass": [0.01, 0.0], "vocals": [0.01, 0.01]}
    assert found["source"]["growlybass"] == found["source"]["mma"] == [0.01, 0.0]
    assert found["singer"] == {"yuki-f4": [0.01, 0.01]}
    assert set(found["kit"]) == {"avl", "sams-sonor"}
    assert set(found["instrument"]) == {"growlybass", "timgm6mb-soundfont:4"}
    assert found["licence"]["CC0-1.0"] == pytest.approx([0.03, 0.01])


def test_before_and_after(built, tmp_path_factory):
    before = tmp_path_factory.mktemp("before")
    half = np.full(SAMPLE_RATE * 36, 0.1, dtype=np.float32)
    meta = {"source": "old", "licence": "MIT", "permissive": True, "split": "train"}
    write_item(before, "backing", "z", {"drums": half}, meta)
    text = report(built, before)
    assert "### By kit (0 before, 2 after)" in text
    assert "| drums | 0.01 | 0.02 | 0.00 |" in text and "| old | 0.01 | 0.00 | 0.00 |" in text
    assert "| yuki-f4 | 0.01 | 0.01 |" in report(built)
    assert "growlybass" in summary(built)
