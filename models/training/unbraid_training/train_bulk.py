"""Trains networks on one GPU for a given number of minutes, from packed data; several modes learn from every mixture.

    python -m unbraid_training.train_bulk part-0.zip part-1.zip --out RUN --minutes 9 \\
        --network studio=../checkpoints/studio.pt --network live=../checkpoints/live.pt --dev SONGS

For machines that are lent by the minute: the learning rate falls to zero when the time is over, however fast they are.
`train.py` is for all others.

The first part is enough to begin with: the others, and those that `--later` names, are read by a process of their own
while the networks compile.

`RUN` receives `log.jsonl`, and per mode `MODE-1.pt`, `MODE-2.pt`, …: averaged weights as float16 at even times of the
run, the last at its end, as `train --init` and `export` take them. `--dev` songs are scored from pooled powers
(`training/development.py`), which is near the score of the waveform and takes a second.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import torch

from .data.dataset import SAMPLE_RATE
from .data.pack import unpack
from .errors import UserError, run
from .mixing.catalogue import PackedCatalogue
from .mixing.mixer import Mixer
from .mixing.planner import Plan, Planner
from .mixing.recipe import Recipe, recipe
from .mixing.sound import PackedSound
from .mixing.statistics import Batch, SimulatedCodec, Statistics, samples_of
from .model.checkpoint import Checkpoint
from .model.layout import LAYOUTS
from .training.development import pooled_scores, pooled_songs
from .training.later import LaterParts
from .training.loss import PARTS, separation_loss
from .training.start import prolonged
from .training.trainer import RunLog, Settings, Trainer

LOSS = (0.5, 1.0, 0.12, 0.25)
"""Weights of the loss's parts: for networks that separate already."""

MARGIN_S = 1.0
"""Kept back for saving."""

WARM_STEPS = 2
"""Steps at a rate of zero in which everything is compiled."""


def parser() -> argparse.ArgumentParser:
    """Options of the command."""
    options = argparse.ArgumentParser(prog="unbraid_training.train_bulk", description=__doc__.splitlines()[0])
    add = options.add_argument
    add("parts", type=Path, nargs="+", help="archives made by unbraid_training.data.pack")
    add("--out", type=Path, required=True)
    later = "folder in which all parts, these too, will lie beside a file named complete; awaited after compiling"
    add("--later", type=Path, help=later)
    add("--network", action="append", required=True, metavar="MODE=CHECKPOINT", help="may be given several times")
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
    add("--seed", type=int, default=1)
    add("--steps", type=int, default=1 << 40, help="at most; the time is up first, as a rule")
    add("--no-compile", action="store_true")
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


class ModeTraining:
    """One mode's network in training."""

    def __init__(self, mode: str, path: Path, device: torch.device, args: argparse.Namespace):
        self.mode, self.layout, self.args = mode, LAYOUTS[mode], args
        origin = Checkpoint.load(path)
        if origin.layout.hop != self.layout.hop:
            raise SystemExit(f"{mode}: the checkpoint's hop is {origin.layout.hop}, not {self.layout.hop}")
        self.licences = set(origin.licences)
        network = prolonged(origin, {}, self.layout, path).to(device)
        self.trainer = Trainer(network, self.layout, Settings(args.lr, args.ema))
        self.statistics = Statistics(self.layout, device, not args.no_compile)
        self.state = [one.to(device) for one in network.initial_state(args.items)]
        self.songs = pooled_songs(args.dev, self.layout, device)
        self.rows: list[torch.Tensor] = []
        self.losses = self.loss if args.no_compile else torch.compile(self.loss, dynamic=False)

    def loss(self, feats, pxx, pxs, pss, accompaniment_only, *state):
        """Loss and its parts, and the state after the last frame."""
        with torch.autocast(feats.device.type, dtype=torch.bfloat16, enabled=not self.args.float32):
            logits, following = self.trainer.network(feats, list(state))
        statistics = pxx, pxs, pss, accompaniment_only
        total, parts = separation_loss(logits, *statistics, part_weights=tuple(self.args.loss))
        return total, parts, following

    def step(self, batch: Batch, factor: float, carried: torch.Tensor) -> None:
        """One step at `factor` of the learning rate; items not `carried` begin with an empty state."""
        state = [one * carried.reshape(-1, *[1] * (one.ndim - 1)) for one in self.state]
        total, parts, following = self.losses(*vars(batch).values(), *state)
        total.backward()
        norm, good = self.trainer.update(factor)
        self.state = [torch.where(good, one.detach(), 0.0) for one in following]
        self.rows.append(torch.cat([total.detach()[None], parts, norm.detach()[None]]))

    def begin_counting(self) -> None:
        """Forgets the steps in which everything was compiled."""
        self.rows, self.trainer.step = [], 0

    def entry(self) -> dict:
        """For the log: means since the last one, and scores."""
        entry: dict = {"mode": self.mode, "step": self.trainer.step}
        if self.rows:
            loss, *parts, norm = torch.stack(self.rows).mean(0).tolist()
            means = {"loss": loss, **dict(zip(PARTS, parts)), "norm": norm}
            entry |= {name: round(value, 5) for name, value in means.items()}
            self.rows = []
        if self.songs:
            scores = pooled_scores(self.trainer.average, self.songs)
            entry["development"] = {name: round(value, 3) for name, value in scores.items()}
        return entry

    def save(self, number: int, licences: set[str]) -> None:
        """Writes a checkpoint for `export` and `train --init`; `licences` of what was trained on join those of
        before."""
        checkpoint = self.trainer.checkpoint(self.licences | licences, vars(self.args))
        checkpoint.half().save(self.args.out / f"{self.mode}-{number}.pt")


class Run:
    """All modes, and the mixtures that they learn from."""

    def __init__(self, args: argparse.Namespace, began: float):
        self.args, self.began, self.log = args, began, RunLog(args.out)
        networks = named_networks(args.network)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.samples = samples_of(args.seconds, list(LAYOUTS.values()))
        # Before anything of the device's is in this process, of which it becomes a copy.
        self.later = self.read_the_others()
        self.use(self.first_part())
        self.plan = next(self.plans)  # the workers are there before the device is touched
        sound = PackedSound(self.catalogue, self.device)
        self.mixer = Mixer(sound, self.samples, args.seed, compiled=not args.no_compile)
        self.modes = [ModeTraining(mode, path, self.device, args) for mode, path in networks]
        self.carries = torch.Generator().manual_seed(args.seed)
        self.say("ready")

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
        """Draws plans from a catalogue from now on."""
        args, self.catalogue = self.args, catalogue
        hours = sum(catalogue.lengths) / SAMPLE_RATE / 3600
        self.say(f"{len(catalogue.lengths)} recordings, {hours:.1f} h")
        planner = Planner(catalogue.without_sound(), args.recipe, args.items, self.samples, args.seed)
        loader = torch.utils.data.DataLoader(
            planner,
            batch_size=None,
            sampler=range(args.steps),
            num_workers=args.workers,
            prefetch_factor=4 if args.workers else None,
        )
        self.plans = iter(loader)

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

    def advance(self, plan: Plan, factor: float) -> None:
        """One step of every mode on the mixtures of a plan."""
        placed = {name: value.to(self.device, non_blocking=True) for name, value in plan.items()}
        stems, coding = self.mixer(placed), SimulatedCodec(plan, self.device)
        carried = (torch.rand(self.args.items, generator=self.carries) < self.args.carry).float().to(self.device)
        for mode in self.modes:
            mode.step(mode.statistics(stems, placed["accompaniment_only"], coding), factor, carried)
        if self.device.type == "cuda":
            torch.cuda.synchronize()  # or the clock would run ahead of the device

    def compile(self) -> None:
        """Steps at a rate of zero, in which nothing is learnt; then the whole catalogue takes the first part's
        place."""
        for _ in range(WARM_STEPS):
            self.advance(self.plan, 0.0)
        self.write({"compiled": True})
        if self.later:
            self.use(self.later.catalogue())
            self.plan = next(self.plans)
            self.mixer.sound = PackedSound(self.catalogue, self.device)
            self.advance(self.plan, 0.0)
        for mode in self.modes:
            mode.begin_counting()

    def train(self) -> None:
        """Until the time is up, or the steps are over."""
        args, step, saved, waited = self.args, 0, 0, 0.0
        profiler = Profiler(self) if args.profile else None
        start = scored = time.monotonic()
        available = max(args.minutes * 60 - MARGIN_S - (start - self.began), 1e-3)
        while self.plan is not None and (passed := (time.monotonic() - start) / available) < 1.0:
            self.advance(self.plan, min(1.0, (step + 1) / args.warmup) * (1.0 - passed))
            step += 1
            mark = time.monotonic()
            self.plan = next(self.plans, None)
            waited += time.monotonic() - mark
            if profiler and profiler.done(step, time.monotonic() - start):
                return
            if passed * args.checkpoints >= saved + 1:
                saved += 1
                self.save(saved)
            if time.monotonic() - scored > args.score_seconds:
                self.score()
                scored = time.monotonic()
        spent = time.monotonic() - start
        self.save(args.checkpoints)
        hours = step * args.items * args.seconds / 3600
        speed = {"steps_per_second": round(step / spent, 3), "waiting_fraction": round(waited / spent, 3)}
        self.write({**speed, "audio_hours": round(hours, 1)})
        self.score()

    def save(self, number: int) -> None:
        """A checkpoint of every mode."""
        for mode in self.modes:
            mode.save(number, self.catalogue.licences)


class Profiler:
    """Prints where the time of four steps goes."""

    FIRST, LAST = 10, 14

    def __init__(self, run: Run):
        self.run, self.profiler = run, torch.profiler.profile()

    def done(self, step: int, spent: float) -> bool:
        """To be called after every step; true after the last that is of interest."""
        if step == self.FIRST:
            held = torch.cuda.max_memory_allocated() / 2**30 if self.run.device.type == "cuda" else 0.0
            print(f"{spent / step:.3f} s a step, memory {held:.1f} GiB", flush=True)
            self.profiler.__enter__()
        if step < self.LAST:
            return False
        self.profiler.__exit__(None, None, None)
        averages = self.profiler.key_averages()
        print(averages.table(sort_by="self_cuda_time_total", row_limit=45, max_name_column_width=70))
        return True


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    began = time.monotonic()
    args = parser().parse_args(arguments)
    torch.manual_seed(args.seed)
    torch.backends.cudnn.benchmark = True
    args.out.mkdir(parents=True, exist_ok=True)
    training = Run(args, began)
    training.score()
    training.compile()
    training.train()


if __name__ == "__main__":
    run(main)
