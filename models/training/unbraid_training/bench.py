"""Whether an idea is worth a long run: trains a checkpoint for some hundred steps with it and without, and compares.

    python -m unbraid_training.bench "new singers" --out BENCH --init ../checkpoints/studio.pt \\
        --control-data POOL-A --data POOL-B --dev excerpts=EXCERPTS --dev songs=SONGS
    python -m unbraid_training.bench "dropout" --out BENCH ... --control-data POOL-A --dropout 0.1
    python -m unbraid_training.bench --out BENCH ... --control-data POOL-A --levers levers.json
    python -m unbraid_training.bench --out BENCH --table

What is named on the command line is changed; all else, and all of the control, is as `Settings` has it, or as
`--control` says for both. Batches have the same seeds in both. Every run lies in `BENCH/runs` under the hash of
its settings, of the checkpoint, of the data's index and of the code, so that many ideas share one control; a command
that was stopped (SIGTERM) goes on where it was.

Compared are energy-ratio SDR and false vocals, song by song, on built mixtures of the dataset's held-out sources and on
every `--dev`. `BENCH/bench.jsonl` gets a line for every comparison.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import resource
import signal
import sys
from pathlib import Path

import torch

from . import train
from .errors import UserError, run
from .evaluation.paired import ROWS, Estimate, differences, scored
from .mixing.recipe import recipe
from .model.checkpoint import Checkpoint
from .model.layout import LAYOUTS
from .training.benched import Settings, code_digest, data_digest, file_digest, key_of
from .training.development import DevelopmentSongs
from .training.heldout import HeldOutMixtures
from .training.loss import PARTS
from .training.processes import Processes

HELD_OUT = "held-out"
"""Name of the built mixtures among the sets of songs."""

TITLES = {"vocals": "vocals", "drums": "drums", "bass": "bass", "other": "other", "mean": "mean",
          "false_vocals": "false vocals"}  # fmt: skip


def parser() -> argparse.ArgumentParser:
    """Options of the command."""
    options = argparse.ArgumentParser(prog="unbraid_training.bench", description=__doc__.splitlines()[0])
    add = options.add_argument
    add("name", nargs="?", help="what the idea is called in the table; none with --table, or to score --init alone")
    add("--out", type=Path, required=True, help="folder of all comparisons")
    add("--table", action="store_true", help="print all comparisons in bench.jsonl as a table, and end")
    add(
        "--levers", type=Path, help="JSON object: ideas and the options of each, which are compared one after the other"
    )
    add("--init", type=Path, help="checkpoint that both runs begin with")
    add("--control-data", type=Path, help="dataset of the control")
    add("--held-out", type=Path, help="dataset whose split dev makes the built mixtures [default: the control's]")
    add("--dev", action="append", default=[], metavar="NAME=FOLDER", help="songs to score; may be given several times")
    add("--control", type=json.loads, default={}, help='JSON of settings of both, e.g. {"steps": 200}')
    add("--threads", type=int, default=1)
    add("--no-compile", action="store_true")
    changes = options.add_argument_group("changes")
    add = changes.add_argument
    add("--data", type=Path, help="another dataset")
    add("--recipe", type=_object, help="JSON of mixing.recipe.Recipe fields")
    add("--loss", type=json.loads, help="JSON list: " + ", ".join(PARTS))
    add("--size", type=_object, help="JSON of what grows (training.grow), or of what may be added to the size")
    add("--dropout", type=float)
    add("--weight-decay", type=float)
    add("--shift", type=int, help="groups by which frequencies are moved at most")
    add("--set", type=_object, default={}, help='JSON of other settings, e.g. {"lr": 4e-4}')
    return options


def _object(text: str) -> dict:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f"{text}: expected a JSON object")
    return value


def cpu_seconds() -> float:
    """Of this process, and of those that made its batches and have ended."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


class Bench:
    """Runs, their scores, and what was compared."""

    def __init__(self, args: argparse.Namespace):
        self.args, self.log = args, args.out / "bench.jsonl"
        needed = {"--init": args.init, "--control-data": args.control_data}
        if missing := [name for name, value in needed.items() if value is None]:
            raise UserError(f"{', '.join(missing)} must be given")
        self.origin = Checkpoint.load(args.init)
        self.mode = next(name for name, layout in LAYOUTS.items() if layout == self.origin.layout)
        self.dev = dict(one.partition("=")[::2] for one in args.dev)
        for name, folder in self.dev.items():
            if not Path(folder).is_dir():
                raise UserError(f"--dev {name}={folder}: expected NAME=FOLDER with a folder of songs")
        self.held_out = args.held_out or args.control_data
        self.sets = None

    def settings(self) -> tuple[Settings, Settings]:
        """Of the control and of the changed run."""
        args, fields = self.args, {field.name for field in dataclasses.fields(Settings)}
        if unknown := set(args.control | args.set) - fields:
            raise UserError(f"no setting {', '.join(sorted(unknown))}; there are {', '.join(sorted(fields))}")
        control = Settings(**args.control)
        names = ("recipe", "loss", "size", "dropout", "weight_decay", "shift")
        given = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
        if "recipe" in given:
            recipe(json.dumps(given["recipe"]))
        return control, dataclasses.replace(control, **given, **args.set)

    def result(self, settings: Settings, data: Path) -> dict | None:
        """Scores by set and song of a run with these settings, trained now unless it was; None where it was stopped."""
        parts = {"settings": settings.as_dict(), "data": data_digest(data), "init": file_digest(self.args.init)}
        parts |= {"held_out": data_digest(self.held_out, "dev"), "dev": sorted(self.dev), "code": code_digest()}
        folder = self.args.out / "runs" / key_of(parts)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "settings.json").write_text(json.dumps(parts, indent=1) + "\n")
        done = folder / "result.json"
        if done.exists():
            return json.loads(done.read_text()) | {"folder": folder.name}
        began = cpu_seconds()
        if settings.steps and not self.trained(settings, data, folder):
            return None
        checkpoint = Checkpoint.load(folder / "last.pt") if settings.steps else self.origin
        trained = cpu_seconds()
        sets = self.scores(checkpoint)
        if settings.steps:
            checkpoint.half().save(folder / "final.pt")
            (folder / "last.pt").unlink()
        spent = {"training": round(trained - began), "scores": round(cpu_seconds() - trained)}
        done.write_text(json.dumps({"sets": sets, "cpu_seconds": spent}) + "\n")
        return {"sets": sets, "cpu_seconds": spent, "folder": folder.name}

    def trained(self, settings: Settings, data: Path, folder: Path) -> bool:
        """Trains, or goes on with it; false where that was stopped."""
        command = settings.command(self.args.init, data, folder, self.mode)
        command += ["--threads", str(self.args.threads), *(["--no-compile"] if self.args.no_compile else [])]
        args = train.parser().parse_args(command)
        torch.manual_seed(args.seed)
        training = train.Run(args, Processes())
        if training.trainer.step < args.steps:
            training.train()
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        return training.trainer.step >= args.steps

    def scores(self, checkpoint: Checkpoint) -> dict[str, dict]:
        """By set and song."""
        if self.sets is None:
            songs = {name: DevelopmentSongs([Path(folder)], None, True) for name, folder in self.dev.items()}
            self.sets = {HELD_OUT: HeldOutMixtures(self.held_out)} | songs
        network = checkpoint.network()
        found = {name: one.score(network, checkpoint.layout) for name, one in self.sets.items()}
        return {name: one.get("songs", one) for name, one in found.items()}

    def compare(self) -> bool:
        """Prints and logs the idea against its control, and both against what they began with; false where it was
        stopped."""
        args, (control, changed) = self.args, self.settings()
        data = args.data or args.control_data
        if (control, args.control_data) == (changed, data):
            raise UserError("nothing is changed; name a change, such as --dropout 0.1 or --data DATASET")
        began = self.result(dataclasses.replace(Settings(), steps=0), args.control_data)
        results = []
        for what, settings, where in (("control", control, args.control_data), (args.name, changed, data)):
            result = self.result(settings, where)
            if result is None:
                print(f"{what}: stopped; the same command goes on", flush=True)
                return False
            print(f"{what}: {result['folder']}, CPU seconds {result['cpu_seconds']}", flush=True)
            results.append(result)
        entry = {"name": args.name, "change": control.difference(changed) | ({"data": data.name} if args.data else {})}
        entry |= {"control": results[0]["folder"], "changed": results[1]["folder"], "steps": changed.steps}
        pairs = {"difference": results, "control_since_start": [began, results[0]], "since_start": [began, results[1]]}
        for what, (first, second) in pairs.items():
            found = {name: differences(second["sets"][name], first["sets"][name]) for name in second["sets"]}
            entry[what] = {
                name: {r: v and dataclasses.astuple(v) for r, v in one.items()} for name, one in found.items()
            }
        with self.log.open("a") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        print(single(entry), flush=True)
        return True


def estimate(value: list | None) -> str:
    """A cell of a table, from an entry of the log."""
    return "–" if value is None else Estimate(*value).text(signed=True)


def single(entry: dict) -> str:
    """One comparison in full."""
    lines = [f"{entry['name']}: {json.dumps(entry['change'], ensure_ascii=False)}, {entry['steps']} steps, dB\n"]
    lines += ["| songs | what | " + " | ".join(TITLES.values()) + " |", "|---|---|" + "---:|" * len(ROWS)]
    words = {
        "difference": "changed − control",
        "control_since_start": "control − start",
        "since_start": "changed − start",
    }
    for name in entry["difference"]:
        for what, text in words.items():
            lines.append(f"| {name} | {text} | " + " | ".join(estimate(entry[what][name][row]) for row in ROWS) + " |")
    return "\n".join(lines)


def table(entries: list[dict]) -> str:
    """All comparisons, one a line: changed − control; the last one of each name."""
    sets = list(dict.fromkeys(name for entry in entries for name in entry["difference"]))
    heads = ["idea", "steps", *(f"{name}: {TITLES[row]}" for name in sets for row in columns(name))]
    lines = ["| " + " | ".join(heads) + " |", "|---|" + "---:|" * (len(heads) - 1)]
    for entry in {entry["name"]: entry for entry in entries}.values():
        cells = [estimate(entry["difference"].get(name, {}).get(row)) for name in sets for row in columns(name)]
        lines.append("| " + " | ".join([entry["name"], str(entry["steps"]), *cells]) + " |")
    return "\n".join(lines)


def columns(name: str) -> tuple[str, ...]:
    """Columns of a set in the table: all where there are excerpts, else what sums them up."""
    return ROWS[:5] if name == "excerpts" else ROWS[4:]


def levers(path: Path) -> list[tuple[str, list[str]]]:
    """Ideas and their options, in the file's order; `$NAME` in an option is a variable of the environment."""
    found = json.loads(path.read_text())
    told = [(name, [os.path.expandvars(one) for one in options]) for name, options in found.items()]
    for name, options in told:
        if unset := [one for one in options if "$" in one]:
            raise UserError(f"{path}, {name}: {', '.join(unset)} is not set; export it")
    return told


def without_levers(arguments: list[str] | None) -> list[str]:
    """The command line but for `--levers FILE`."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    at = given.index("--levers")
    return given[:at] + given[at + 2 :]


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    args = parser().parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    if args.table:
        log = args.out / "bench.jsonl"
        if not log.exists():
            raise UserError(f"{log} is not there: nothing was compared yet")
        print(table([json.loads(line) for line in log.read_text().splitlines()]))
        return
    train.keep_memory()
    torch.set_num_threads(args.threads)
    if args.levers:
        for name, options in levers(args.levers):
            if not Bench(parser().parse_args([*without_levers(arguments), name, *options])).compare():
                return
        return
    bench = Bench(args)
    if args.name:
        bench.compare()
        return
    result = bench.result(Settings(steps=0), args.control_data)
    for name, songs in result["sets"].items():
        print(name, ", ".join(f"{row} {value.text()}" for row, value in scored(songs).items() if value))
    print(f"CPU seconds {result['cpu_seconds']}")


if __name__ == "__main__":
    run(main)
