"""Trains networks on one GPU for a given number of minutes, from packed data; several modes learn from every mixture.

    python -m unbraid_training.train_bulk part-0.zip part-1.zip --out RUN --minutes 9 \\
        --network studio=../checkpoints/studio.pt --network live=../checkpoints/live.pt --dev SONGS
    python -m unbraid_training.train_bulk part-0.zip part-1.zip --out RUN-2 --minutes 9 \\
        --resume RUN/state --cache RUN/compiled.zip

For machines that are lent by the minute: however fast they are, the run is over when the time is. `train.py` is for all
others. The learning rate is constant for most of the time. Then all that the run resumes from is written to
`RUN/state` (files below 16 MiB), and what is left of the time (`--decay`) is a branch in which the rate falls to zero:
the branch's networks are better and ship, the constant run goes on from `RUN/state` another time (`--resume`), as
if it had never stopped.

The first part is enough to begin with: the others, and those that `--later` names, are read by a process of their own
while the networks compile. What was compiled is written to `RUN/compiled.zip`, and `--cache` takes it along.

`RUN` receives besides `log.jsonl`, and per mode `MODE-1.pt`, `MODE-2.pt`, …: averaged weights as float16 at even times
of the run, the last at the end of the branch, as `train --init` and `export` take them. `--dev` songs are scored from
pooled powers (`training/development.py`), which is near the score of the waveform and takes a second.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from pathlib import Path

import numpy as np
import torch

from .bulk.compiled import CompiledCode
from .bulk.modes import ModeTraining, begun, taken_up
from .bulk.plans import Plans
from .bulk.profiler import Profiler
from .bulk.state import RunState, load_state, save_state
from .data.dataset import SAMPLE_RATE
from .data.pack import unpack
from .errors import UserError, run
from .mixing.catalogue import PackedCatalogue
from .mixing.mixer import Mixer
from .mixing.planner import Plan, Planner
from .mixing.recipe import Recipe, recipe
from .mixing.sound import PackedSound
from .mixing.statistics import SimulatedCodec, samples_of
from .model.layout import LAYOUTS
from .training.augment import SHIFT, shifted
from .training.later import LaterParts
from .training.loss import PARTS
from .training.trainer import RunLog, Settings

LOSS = (0.5, 1.0, 0.12, 0.25)
"""Weights of the loss's parts: for networks that separate already."""

MARGIN_S = 2.0
"""Kept back for saving."""

WARM_STEPS = 2
"""Steps at a rate of zero in which everything is compiled."""

ENDLESS = 1 << 40
"""Steps; more than there is time for."""


def parser() -> argparse.ArgumentParser:
    """Options of the command."""
    options = argparse.ArgumentParser(prog="unbraid_training.train_bulk", description=__doc__.splitlines()[0])
    add = options.add_argument
    add("parts", type=Path, nargs="+", help="archives made by unbraid_training.data.pack")
    add("--out", type=Path, required=True)
    later = "folder in which all parts, these too, will lie beside a file named complete; awaited after compiling"
    add("--later", type=Path, help=later)
    add("--network", action="append", default=[], metavar="MODE=CHECKPOINT", help="may be given several times")
    add("--resume", type=Path, help="folder `state` of a run that is to go on, in the place of --network")
    add("--cache", type=Path, help="compiled.zip of a run on a device of the same kind")
    add("--minutes", type=float, required=True, help="from the start of the program, loading and compiling included")
    add("--dev", type=Path, action="append", default=[], help="song folder, or folder of song folders")
    add("--items", type=int, default=48, help="mixtures in a batch")
    add("--seconds", type=float, default=8.0, help="length of a mixture")
    add("--lr", type=float, default=1.5e-3)
    add("--warmup", type=int, default=60)
    add("--ema", type=float, default=0.998)
    add("--loss", type=json.loads, default=list(LOSS), help="JSON list: " + ", ".join(PARTS))
    add("--carry", type=float, default=0.6, help="fraction of items that begin with the state that the one before left")
    add("--recipe", type=recipe, default=Recipe(), help="JSON of mixing.recipe.Recipe fields")
    add("--score-seconds", type=float, default=45.0)
    add("--checkpoints", type=int, default=3)
    add("--workers", type=int, default=8)
    add("--weight-decay", type=float, default=Settings.weight_decay)
    add("--dropout", type=float, default=0.0, help="fraction of every part's values that is left out")
    add("--shift", type=int, default=SHIFT, help="groups by which an item's frequencies are moved at most, either way")
    add("--seed", type=int, help="of mixtures [default: 1, or that of the run that goes on]")
    add("--decay", type=float, default=0.25, help="part of the time in which the rate falls to zero")
    add(
        "--steps",
        type=int,
        default=ENDLESS,
        help="step at which the constant part ends, where the time is not up first",
    )
    add("--decay-steps", type=int, help="steps of the branch, in the place of --decay; 0 where --steps is given")
    add("--no-compile", action="store_true")
    add("--plain-statistics", action="store_true", help="on a GPU, statistics by the code for processors")
    add("--float32", action="store_true")
    add("--profile", action="store_true", help="print where the time of some steps goes, and end")
    return options


def named_networks(arguments: list[str]) -> list[tuple[str, Path]]:
    """Modes and files of `--network`."""
    networks = []
    for one in arguments:
        mode, _, path = one.partition("=")
        if mode not in LAYOUTS or not Path(path).is_file():
            modes = ", ".join(sorted(LAYOUTS))
            raise SystemExit(f"--network {one}: expected MODE=CHECKPOINT, with MODE one of {modes}")
        networks.append((mode, Path(path)))
    return networks


class Run:
    """All modes, and the mixtures that they learn from."""

    def __init__(self, args: argparse.Namespace, began: float):
        self.args, self.began, self.log = args, began, RunLog(args.out)
        self.resumed = load_state(args.resume) if args.resume else None
        networks = self.networks()
        self.seed, self.step = self.where_it_stood()
        torch.manual_seed(self.seed)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.samples = samples_of(args.seconds, list(LAYOUTS.values()))
        # Before anything of the device's is in this process, of which it becomes a copy.
        self.later = self.read_the_others()
        self.plans: Plans | None = None
        self.catalogue: PackedCatalogue | None = None
        self.use(self.first_part())
        sound = PackedSound(self.catalogue, self.device)
        self.mixer = Mixer(sound, self.samples, self.seed, compiled=not args.no_compile)
        saved = self.resumed.under if self.resumed else lambda mode: {}
        self.modes = [ModeTraining(mode, one, saved(mode), self.device, args) for mode, one in networks]
        self.passed_steps: list = []
        self.say("ready")

    def networks(self) -> list:
        """Modes and what each begins with."""
        if not self.resumed:
            named = [(mode, begun(mode, path)) for mode, path in named_networks(self.args.network)]
            if not named:
                raise UserError("nothing to train: give --network MODE=CHECKPOINT, or --resume STATE")
            return named
        if self.args.network:
            raise UserError("--resume brings its networks; leave --network out")
        return [(mode, taken_up(mode, self.resumed)) for mode in self.resumed.facts["modes"]]

    def where_it_stood(self) -> tuple[int, int]:
        """Seed and step to begin with. What makes batches another than those of an unbroken run is said."""
        args = self.args
        if not self.resumed:
            return 1 if args.seed is None else args.seed, 0
        facts = self.resumed.facts
        for name, now in self.batch_facts().items():
            if facts[name] != now:
                self.say(f"{name} was {facts[name]}, is {now}: batches differ from those of an unbroken run")
        return facts["seed"] if args.seed is None else args.seed, facts["step"]

    def batch_facts(self) -> dict:
        """What batches depend on besides the recordings."""
        args = self.args
        plain = {"items": args.items, "seconds": args.seconds, "shift": args.shift}
        return plain | {"recipe": json.loads(json.dumps(vars(args.recipe)))}

    def read_the_others(self) -> LaterParts | None:
        """Reads all parts in a process of its own, where there are others than the first."""
        args = self.args
        if not args.later and len(args.parts) == 1:
            return None
        return LaterParts(args.later, args.parts, args.workers)

    def first_part(self) -> PackedCatalogue:
        """The first part; or, where it lacks a stem, all of them."""
        try:
            return PackedCatalogue(unpack(self.args.parts[:1], self.args.workers))
        except UserError:
            if not self.later:
                raise
            whole, self.later = self.later.catalogue(), None
            return whole

    def use(self, catalogue: PackedCatalogue) -> None:
        """Draws plans from a catalogue from now on, beginning with that of the run's step."""
        args, known = self.args, catalogue is self.catalogue
        self.catalogue = catalogue
        if not known:
            self.say(f"{len(catalogue.lengths)} recordings, {sum(catalogue.lengths) / SAMPLE_RATE / 3600:.1f} h")
        if self.plans:
            self.plans.end()
        planner = Planner(catalogue.without_sound(), args.recipe, args.items, self.samples, self.seed)
        self.plans = Plans(planner, self.device, args.workers, self.step, ENDLESS)

    def elapsed(self) -> float:
        """Seconds since the program started."""
        return time.monotonic() - self.began

    def say(self, text: str) -> None:
        """A line on the screen."""
        print(f"{self.elapsed():.1f} s: {text}", flush=True)

    def write(self, entry: dict) -> None:
        """An entry in the log, and on the screen."""
        self.log.write({"seconds": round(self.elapsed(), 1), **entry})
        self.say(json.dumps(entry))

    def score(self) -> None:
        """Logs how every mode stands."""
        for mode in self.modes:
            self.write(mode.entry())

    def advance(self, plan: Plan, placed: Plan, factor: float) -> None:
        """One step of every mode on the mixtures of a plan; what is random depends on seed and step alone."""
        rng = np.random.default_rng([self.seed, self.step])
        torch.manual_seed(int(rng.integers(2**31)))
        carried = torch.from_numpy((rng.random(self.args.items) < self.args.carry).astype(np.float32))
        carried = carried.to(self.device, non_blocking=True)
        most = self.args.shift
        groups = torch.from_numpy(rng.integers(-most, most + 1, self.args.items)).to(self.device, non_blocking=True)
        stems, coding = self.mixer(placed), SimulatedCodec(plan, self.device)
        for mode in self.modes:
            batch = mode.statistics(stems, placed["accompaniment_only"], coding)
            mode.step(shifted(batch, groups) if most else batch, factor, carried)
        if self.device.type == "cuda":
            # The step before the last one has to be over, or the clock would run ahead of the device; the next one is
            # handed over meanwhile.
            self.passed_steps.append(torch.cuda.Event())
            self.passed_steps[-1].record()
            if len(self.passed_steps) > 2:
                self.passed_steps.pop(0).synchronize()

    def compile(self) -> None:
        """Steps at a rate of zero, in which nothing is learnt; then the whole catalogue takes the first part's
        place."""
        one = next(self.plans)
        for _ in range(WARM_STEPS):
            self.advance(*one, 0.0)
        self.write({"compiled": True})
        whole = self.later.catalogue() if self.later else self.catalogue
        self.use(whole)
        if self.later:
            self.mixer.sound = PackedSound(self.catalogue, self.device)
        if self.resumed and self.resumed.facts["recordings"] != len(whole.lengths):
            before, now = self.resumed.facts["recordings"], len(whole.lengths)
            self.say(f"recordings were {before}, are {now}: batches differ from those of an unbroken run")
        for mode in self.modes:
            mode.begin()
        self.say(f"begins at step {self.step}")

    def train(self) -> None:
        """At a constant rate; saved; then the branch, until the time is up or the steps are over."""
        args, self.saved, self.waited = self.args, 0, 0.0
        profiler = Profiler(self.device) if args.profile else None
        self.start = self.scored = time.monotonic()
        self.available = max(args.minutes * 60 - MARGIN_S - (self.start - self.began), 1e-3)
        first, constant = self.step, 1.0 - args.decay if args.decay_steps is None else 1.0
        while self.step < args.steps and self.passed() < constant:
            self.one(1.0)
            if profiler and profiler.done(self.step - first, time.monotonic() - self.start):
                return
        if self.step > first:
            self.save_state()
        branch_from, began = self.step, self.passed()
        by_steps = args.decay_steps if args.decay_steps is not None or args.steps == ENDLESS else 0

        def left() -> float:
            """Of the branch, from 1 to 0."""
            if by_steps is not None:
                return 1.0 - (self.step - branch_from) / by_steps if by_steps else 0.0
            return (1.0 - self.passed()) / max(1.0 - began, 1e-9)

        while (factor := left()) > 0.0:
            self.one(factor)
        spent = time.monotonic() - self.start
        self.save(args.checkpoints)
        steps = self.step - first
        speed = {"steps_per_second": round(steps / spent, 3), "waiting_fraction": round(self.waited / spent, 3)}
        self.write({**speed, "audio_hours": round(steps * args.items * args.seconds / 3600, 1)})
        self.score()

    def passed(self) -> float:
        """Part of the time for training that is over."""
        return (time.monotonic() - self.start) / self.available

    def one(self, factor: float) -> None:
        """A step of the run, and what is due after it."""
        mark = time.monotonic()
        plan, placed = next(self.plans)
        self.waited += time.monotonic() - mark
        self.advance(plan, placed, min(1.0, (self.step + 1) / self.args.warmup) * factor)
        self.step += 1
        if self.saved + 1 < self.args.checkpoints and self.passed() * self.args.checkpoints >= self.saved + 1:
            self.saved += 1
            self.save(self.saved)
        if time.monotonic() - self.scored > self.args.score_seconds:
            self.score()
            self.scored = time.monotonic()

    def save(self, number: int) -> None:
        """A checkpoint of every mode."""
        for mode in self.modes:
            mode.save(number, self.catalogue.licences)

    def save_state(self) -> None:
        """All that the constant run goes on from."""
        facts = {"step": self.step, "seed": self.seed, "recordings": len(self.catalogue.lengths)} | self.batch_facts()
        facts["modes"] = {mode.mode: mode.facts(self.catalogue.licences) for mode in self.modes}
        tensors = {f"{mode.mode}/{name}": one for mode in self.modes for name, one in mode.tensors().items()}
        save_state(self.args.out / "state", RunState(facts, tensors))
        self.write({"state": self.step})


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    began = time.monotonic()
    args = parser().parse_args(arguments)
    torch.backends.cudnn.benchmark = True
    args.out.mkdir(parents=True, exist_ok=True)
    compiled = CompiledCode(args.cache)
    try:
        whole_run(args, began, compiled)
    finally:
        compiled.close()


def whole_run(args: argparse.Namespace, began: float, compiled: CompiledCode) -> None:
    """From reading the first part to the last file in `--out`."""
    training = Run(args, began)
    if args.cache:
        training.say(f"{compiled.files} files of compiled code taken along")
    training.score()
    training.compile()
    archive = args.out / "compiled.zip"
    # All is compiled by now, and the time is the device's.
    packing = threading.Thread(target=compiled.pack, args=[archive])
    packing.start()
    try:
        training.train()
    finally:
        training.plans.end()
        packing.join()
    training.say(f"{archive}: {archive.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    run(main)
