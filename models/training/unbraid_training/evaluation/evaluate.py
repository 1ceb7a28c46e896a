"""Scores of rendered songs. Called by ``cargo xtask evaluate``, which renders them through the bundled plug-in.

    python -m unbraid_training.evaluation.evaluate song FOLDER --name NAME --json FILE
    python -m unbraid_training.evaluation.evaluate table FILE... [--json FILE]

``FOLDER`` holds ``mixture.wav``, ``references/STEM.wav`` (an absent stem has no file) and ``estimates/ROW/STEM.wav``
for any number of rows. To these the rows *oracle*, *mixture × best gain* and *DSP baseline* are added here.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np
import soundfile

from ..model.layout import STEMS
from . import baseline, paired, scores

ORACLE = "oracle (ratio mask)"
CONSTANT = "mixture × best gain"
BASELINE = "DSP baseline"

ROW_NAMES = {"Studio": "unbraid Studio", "Live": "unbraid Live", "spleeter": "Spleeter 2 stems (offline)"}
"""Names in the table of the folders below ``estimates/``."""


def read_stems(folder: Path) -> tuple[dict[str, np.ndarray], int]:
    """The stems in a folder, ``[T, 2]`` each, and their sample rate in Hz."""
    stems, rate = {}, 0
    for stem in STEMS:
        file = folder / f"{stem}.wav"
        if file.exists():
            stems[stem], rate = soundfile.read(file, always_2d=True)
    return stems, rate


def score_row(references: dict, estimates: dict, rate: int, bss_eval: bool) -> dict:
    """All scores of one row of the table for one song."""
    result = scores.score_song(references, estimates)
    if bss_eval:
        medians = scores.bss_eval_medians(references, estimates, rate)
        for stem, median in medians.items():
            result["stems"][stem]["bss_eval_median"] = median
    drums = references.get("drums")
    if drums is not None and "drums" in estimates and result["stems"]["drums"]["left_out"] is None:
        result["drum_attacks"] = scores.attack_slopes(drums, estimates["drums"], rate)
    return result


def score_folder(folder: Path, name: str, bss_eval: bool) -> dict:
    """Scores one rendered song."""
    references, rate = read_stems(folder / "references")
    mixture, _ = soundfile.read(folder / "mixture.wav", always_2d=True)
    rows = {}
    for row in sorted((folder / "estimates").iterdir(), key=lambda path: list(ROW_NAMES).index(path.name)):
        estimates, _ = read_stems(row)
        rows[ROW_NAMES[row.name]] = estimates
    rows[BASELINE] = baseline.separate(mixture, rate)
    rows[CONSTANT] = {
        stem: scores.best_constant_gain(references[stem], mixture) * mixture for stem in STEMS if stem in references
    }
    rows[ORACLE] = baseline.oracle(references, rate)
    return {
        "name": name,
        "seconds": len(mixture) / rate,
        "rate": rate,
        "left_out": {
            stem: scores.silence_reason(references.get(stem, np.zeros_like(mixture)), mixture) for stem in STEMS
        },
        "rows": {row: score_row(references, estimates, rate, bss_eval) for row, estimates in rows.items()},
    }


def _finite_mean(values) -> float | None:
    kept = [value for value in values if value is not None and math.isfinite(value)]
    return float(np.mean(kept)) if kept else None


def summary(songs: list[dict]) -> dict:
    """Means over the songs, by row, and their standard errors."""
    rows = {}
    for row in songs[0]["rows"]:
        results = [song["rows"][row] for song in songs if row in song["rows"]]
        means = scores.mean_over_songs(results)
        for stem in STEMS:
            means["stems"][stem]["bss_eval_median"] = _finite_mean(
                result["stems"][stem].get("bss_eval_median") for result in results
            )
        for key, mean_key in SCORES.items():
            by_stem = {stem: [result["stems"][stem].get(key) for result in results] for stem in STEMS}
            for stem, values in by_stem.items():
                means["stems"][stem][f"{key}_error"] = _error(paired.mean_of(values))
            means[f"{mean_key}_error"] = _error(paired.mean_of_stems(by_stem))
        means["bss_eval_mean"] = _finite_mean(means["stems"][stem]["bss_eval_median"] for stem in STEMS)
        means["drum_attack_ratio"] = _finite_mean(
            result["drum_attacks"]["ratio"] for result in results if "drum_attacks" in result
        )
        rows[row] = means
    return rows


SCORES = {"sdr": "mean", "bss_eval_median": "bss_eval_mean"}
"""Kinds of scores of a stem, and what the mean of the stems is called."""


def _error(estimate: paired.Estimate | None) -> float | None:
    return estimate.error if estimate else None


def _cell(value: float | None, decimals: int = 2, error: float | None = None) -> str:
    if value is None:
        return "–"
    return f"{value:.{decimals}f}" + ("" if error is None else f" ± {error:.{decimals}f}")


def table(songs: list[dict]) -> str:
    """The scores as text that is a Markdown table too."""
    rows = summary(songs)
    lines = []

    def block(title: str, key: str, mean_key: str) -> None:
        lines.append(f"{title}, dB, means over {len(songs)} songs ± their standard errors\n")
        lines.append("| row | vocals | drums | bass | other | mean |")
        lines.append("|---|---:|---:|---:|---:|---:|")
        for row, means in rows.items():
            cells = [_cell(means["stems"][stem][key], error=means["stems"][stem][f"{key}_error"]) for stem in STEMS]
            complete = all(means["stems"][stem][key] is not None for stem in STEMS)
            mean = _cell(means[mean_key] if complete else None, error=means[f"{mean_key}_error"])
            lines.append(f"| {row} | {' | '.join(cells)} | {mean} |")
        lines.append("")

    block("Energy-ratio SDR", "sdr", "mean")
    if any(means["bss_eval_mean"] is not None for means in rows.values()):
        block("BSS Eval v4 SDR (median of one-second frames)", "bss_eval_median", "bss_eval_mean")

    lines.append("False vocals (energy of the vocals against the mixture where nobody sings) and drum attacks\n")
    lines.append("| row | false vocals, dB | attack slope against the reference |")
    lines.append("|---|---:|---:|")
    for row, means in rows.items():
        lines.append(f"| {row} | {_cell(means['false_vocals_db'], 1)} | {_cell(means['drum_attack_ratio'])} |")
    lines.append("")

    ours = [row for row in rows if row.startswith("unbraid")]
    for row in ours:
        lines.append(f"{row}, song by song: energy-ratio SDR, dB\n")
        lines.append("| song | vocals | drums | bass | other | left out |")
        lines.append("|---|---:|---:|---:|---:|---|")
        for song in songs:
            cells = [_cell(song["rows"][row]["stems"][stem]["sdr"]) for stem in STEMS]
            reasons = [f"{stem}: {reason}" for stem, reason in song["left_out"].items() if reason]
            lines.append(f"| {song['name']} | {' | '.join(cells)} | {', '.join(reasons) or '–'} |")
        lines.append("")
    return "\n".join(lines)


def main(options: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    song = commands.add_parser("song", help="score one rendered song")
    song.add_argument("folder", type=Path)
    song.add_argument("--name", required=True)
    song.add_argument("--json", type=Path, required=True)
    song.add_argument("--no-bss-eval", action="store_true")
    whole = commands.add_parser("table", help="print the table of several scored songs")
    whole.add_argument("files", type=Path, nargs="+")
    whole.add_argument("--json", type=Path)
    arguments = parser.parse_args(options)
    if arguments.command == "song":
        result = score_folder(arguments.folder, arguments.name, not arguments.no_bss_eval)
        arguments.json.write_text(json.dumps(result, indent=1, ensure_ascii=False))
    else:
        songs = [json.loads(file.read_text()) for file in arguments.files]
        print(table(songs))
        if arguments.json:
            text = json.dumps({"means": summary(songs), "songs": songs}, indent=1, ensure_ascii=False)
            arguments.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
