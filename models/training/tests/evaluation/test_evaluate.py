"""The table of `cargo xtask evaluate`."""

import json

import pytest
from unbraid_training.evaluation.evaluate import main, summary, table


def song(name, vocals, drums=3.0):
    """Scores of one song in one row."""
    stems = dict(zip(("vocals", "drums", "bass", "other"), (vocals, drums, 4.0, 5.0)))
    entries = {s: {"sdr": v, "constant_sdr": 0.0, "left_out": None, "bss_eval_median": None} for s, v in stems.items()}
    row = {"stems": entries, "mean": 0.0, "false_vocals_db": None if vocals else -20.0}
    return {"name": name, "left_out": dict.fromkeys(stems), "rows": {"unbraid Studio": row}}


def test_means_have_their_standard_errors_beside_them(tmp_path, capsys):
    songs = [song("a", 4.0), song("b", 6.0), song("c", None, 6.0)]
    means = summary(songs)["unbraid Studio"]
    assert means["stems"]["vocals"]["sdr"] == 5.0 and means["stems"]["vocals"]["sdr_error"] == pytest.approx(1.0)
    # Parts of the songs: (−1/2 + −1/3)/4, (1/2 − 1/3)/4, (2/3)/4.
    assert means["mean_error"] == pytest.approx(((25 + 1 + 16) / 24**2 * 3 / 2) ** 0.5)
    assert means["bss_eval_mean_error"] is None
    text = table(songs)
    assert "| unbraid Studio | 5.00 ± 1.00 | 4.00 ± 1.00 | 4.00 ± 0.00 | 5.00 ± 0.00 | 4.50 ± 0.33 |" in text
    assert "| unbraid Studio | 4.00 | 3.00 | 4.00 | 5.00 | 4.00 |" in table(songs[:1]), "one song has no error"
    for one in songs:
        (tmp_path / f"{one['name']}.json").write_text(json.dumps(one))
    files = [str(tmp_path / f"{name}.json") for name in "abc"]
    main(["table", *files, "--json", str(tmp_path / "all.json")])
    assert "± 1.00" in capsys.readouterr().out
    saved = json.loads((tmp_path / "all.json").read_text())["means"]["unbraid Studio"]
    assert saved["stems"]["drums"]["sdr_error"] == pytest.approx(1.0)
