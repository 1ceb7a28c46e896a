"""Trains a band network; resumes exactly; scores the development songs as it goes.

    python -m unbraid_training.train --data DATASET --out RUN --dev SONGS [--dev SONGS ...]

`RUN` receives `last.pt` (all state, every few minutes), `best.pt` (best development score) and
`log.jsonl` (one object a line: training parts, speed, development scores). Start the same command
again and it goes on where it stopped. Under `torchrun` every process takes its own batches and
gradients are averaged.

The learning rate is constant after warm-up and falls only in `--decay-steps` from `--decay-from`, so that a run can be
prolonged, and a decay tried from any checkpoint. SIGTERM ends the run after the step in progress, saved.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from .errors import run
from .mixing.batches import Batches
from .mixing.catalogue import MappedCatalogue
from .mixing.recipe import Recipe, recipe
from .mixing.replay import replayed
from .mixing.statistics import Batch
from .model.checkpoint import Checkpoint, ResumeState
from .model.layout import LAYOUTS
from .model.network import BandNetwork
from .model.size import Size
from .training.augment import SHIFT, shifted
from .training.development import DevelopmentSongs
from .training.head import head_loss
from .training.loss import DEFAULT_WEIGHTS, PARTS
from .training.processes import Processes
from .training.start import feature_scale, prolonged, resumed
from .training.trainer import RunLog, Settings, Trainer

FEATURE_BATCHES = 6
"""Batches from which mean and scale of the features are measured before the first step."""

LOG_STEPS = 25
"""Steps whose means are logged together."""


def parser() -> argparse.ArgumentParser:
    """Options of the command."""
    options = argparse.ArgumentParser(prog="unbraid_training.train", description=__doc__.splitlines()[0])
    add = options.add_argument
    add("--data", type=Path, required=True, help="dataset made by unbraid_training.build")
    add("--out", type=Path, required=True, help="folder of this run")
    add("--dev", type=Path, action="append", default=[], help="song folder, or folder of song folders")
    add("--mode", choices=sorted(LAYOUTS), default="studio")
    add("--size", type=json.loads, default={}, help='JSON, e.g. {"width": 96}')
    add("--items", type=int, default=3, help="mixtures in a batch")
    add("--seconds", type=float, default=8.0, help="length of a mixture")
    add("--recipe", type=recipe, default=Recipe(), help="JSON of mixing.recipe.Recipe fields")
    add("--permissive", action="store_true", help="only CC0/MIT/Apache/BSD/CC-BY sources")
    add("--steps", type=int, default=1_000_000)
    add("--lr", type=float, default=2.0e-3)
    add("--muon", type=float, default=Settings.muon, help="learning rate of Muon; 0: AdamW alone")
    add("--muon-decay", type=float, default=Settings.muon_decay, help="weight decay of Muon")
    add("--weight-decay", type=float, default=Settings.weight_decay, help="of AdamW")
    add("--dropout", type=float, default=0.0, help="fraction of every part's values that is left out")
    add("--shift", type=int, default=SHIFT, help="groups by which an item's frequencies are moved at most, either way")
    add("--warmup", type=int, default=200)
    add("--decay-from", type=int)
    add("--decay-steps", type=int, default=1500)
    add("--ema", type=float, default=0.999)
    add("--score-every", type=int, default=300)
    add("--save-minutes", type=float, default=4.0)
    add("--workers", type=int, default=1)
    add("--threads", type=int, default=1)
    add("--replay", type=int, default=2, help="how often a batch is used, each time varied")
    add("--replay-block", type=int, default=16, help="batches kept for that; about 40 MB each")
    add("--pieces", type=int, default=2, help="pieces of an item's length that gradients span")
    add("--carry", type=float, default=0.6, help="fraction of items that begin with the state that the one before left")
    add("--seed", type=int, default=1)
    add("--init", type=Path, help="start from the averaged weights of this checkpoint")
    add("--loss", type=json.loads, default=list(DEFAULT_WEIGHTS), help="JSON list: " + ", ".join(PARTS))
    add("--no-compile", action="store_true")
    add("--float32", action="store_true", help="no bfloat16, which processors without instructions for it never use")
    return options


def learning_rate(step: int, args: argparse.Namespace) -> float:
    """Factor on the base rate: warm-up, constant, then linear to zero."""
    warm = min(1.0, (step + 1) / args.warmup)
    if args.decay_from is None or step < args.decay_from:
        return warm
    return max(0.0, 1.0 - (step - args.decay_from) / args.decay_steps)


def bf16_pays() -> bool:
    """True where the processor multiplies bfloat16. Others widen every number first: a step takes ten times as long."""
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def keep_memory() -> None:
    """Tells glibc to keep what is freed: fetching and returning megabytes for every tensor costs a sixth of a step."""
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return  # another C library: slower, not wrong
    trim_threshold, mmap_max = -1, -4
    mallopt(trim_threshold, 2**31 - 1)
    mallopt(mmap_max, 0)


class Meter:
    """Means of steps, and where their time went."""

    def __init__(self):
        self.rows: list[list[float]] = []
        self.waited = self.worked = 0.0
        self.mark = time.time()

    def batch_came(self) -> None:
        """Ends the time spent waiting for a batch."""
        self.waited += time.time() - self.mark
        self.mark = time.time()

    def step_done(self, loss: float, parts: torch.Tensor, norm: torch.Tensor) -> None:
        """Ends the time spent on a step."""
        self.rows.append([loss, *parts.tolist(), float(norm)])
        self.worked += time.time() - self.mark
        self.mark = time.time()

    def restart_clock(self) -> None:
        """Leaves out the time since the last step, spent on scoring or saving."""
        self.mark = time.time()

    def means(self) -> dict[str, float]:
        """Since they were last asked for."""
        loss, *parts, norm = np.mean(self.rows, axis=0).tolist()
        total = self.waited + self.worked
        entry = {"loss": round(loss, 5), **{name: round(v, 5) for name, v in zip(PARTS, parts)}, "norm": round(norm, 3)}
        entry |= {"step_s": round(total / len(self.rows), 3), "waiting_fraction": round(self.waited / total, 3)}
        self.rows, self.waited, self.worked = [], 0.0, 0.0
        return entry


class Run:
    """One run on the CPU, begun or resumed."""

    def __init__(self, args: argparse.Namespace, processes: Processes):
        self.args, self.processes, self.layout = args, processes, LAYOUTS[args.mode]
        args.out.mkdir(parents=True, exist_ok=True)
        self.last, self.log = args.out / "last.pt", RunLog(args.out)
        self.catalogue = MappedCatalogue(args.data, args.permissive)
        self.licences = set(self.catalogue.licences)
        self.best, states = -1e9, []
        saved = Checkpoint.load(self.last) if self.last.exists() else None
        network = resumed(saved) if saved else self.begun()
        settings = Settings(args.lr, args.ema, args.muon, args.muon_decay, args.weight_decay)
        for block in network.blocks:
            block.dropout = args.dropout
        self.trainer = Trainer(network, self.layout, settings)
        if saved:
            states = self.take_up(self.trainer.resume(saved))
            self.licences |= saved.licences
        # Songs follow one another in a plug-in too: an item begins where the one before it left the network, or with
        # nothing.
        rank = processes.rank
        self.state = states[rank] if rank < len(states) else network.initial_state(1)
        self.songs = DevelopmentSongs(args.dev) if args.dev and processes.first else None
        loss = self.loss_of(network, bf16_pays() and not args.float32)
        self.losses = loss if args.no_compile else torch.compile(loss, dynamic=False)
        self.meter = Meter()

    def begun(self) -> BandNetwork:
        """A network at its first step: that of `--init`, or random weights on measured features."""
        if self.args.init:
            origin = Checkpoint.load(self.args.init)
            self.licences |= origin.licences
            return prolonged(origin, self.args.size, self.layout, self.args.init)
        network = BandNetwork(Size(**self.args.size))
        probe = self.batches(self.args.seed + 999, FEATURE_BATCHES)
        feature_scale(network, [probe[i].feats for i in range(FEATURE_BATCHES)])
        torch.set_num_threads(self.args.threads)  # batches are made with one
        return network

    def take_up(self, state: ResumeState) -> list:
        """Takes up the parts of an interrupted run that are not the trainer's; returns the states."""
        self.best = state.best
        if state.dataset_size != self.catalogue.items and self.processes.first:
            print(
                f"the dataset has {self.catalogue.items} items, {state.dataset_size} when the checkpoint was made: "
                "batches differ from those of an unbroken run",
                flush=True,
            )
        return state.states

    def batches(self, seed: int, count: int) -> Batches:
        """Batches of this run's recipe."""
        a = self.args
        return Batches(a.data, a.recipe, self.layout, a.items, a.seconds, seed, count, a.permissive)

    def loss_of(self, network: BandNetwork, bf16: bool):
        """Loss of a piece, its parts, and the next state."""
        weights = tuple(self.args.loss)

        def forward(feats, pxx, pxs, pss, accompaniment_only, state):
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
                joint, detail, peaks, state = network.ends(feats, state)
            statistics = pxx, pxs, pss, accompaniment_only
            return head_loss(joint, detail, peaks, *statistics, part_weights=weights), state

        return forward

    def source(self) -> Iterator[Batch]:
        """This process's batches from the current step on."""
        args, world, rank = self.args, self.processes.world, self.processes.rank
        data = self.batches(args.seed, args.steps * world)

        def load(first: int):
            return torch.utils.data.DataLoader(
                data,
                batch_size=None,
                sampler=range(first * world + rank, args.steps * world, world),
                num_workers=args.workers,
                prefetch_factor=args.replay_block if args.workers else None,
            )

        return replayed(load, self.trainer.step, args.replay, args.replay_block, args.seed)

    def gradients(self, batch: Batch) -> tuple[float, torch.Tensor]:
        """Loss of a batch and its parts; the gradients lie in the network.

        Item by item, piece by piece: what one needs stays in the processor's cache, which makes a step 1.5 times as
        fast as at once. Gradients end where a piece does, the state goes on.
        """
        args, network = self.args, self.trainer.network
        items, length = len(batch.feats), batch.feats.shape[1] // args.pieces
        rng = np.random.default_rng([args.seed, self.trainer.step, self.processes.rank])
        carries = rng.random(items) < args.carry
        if args.shift:
            batch = shifted(batch, torch.from_numpy(rng.integers(-args.shift, args.shift + 1, items)))
        if args.dropout:
            torch.manual_seed(int(rng.integers(2**31)))  # or a resumed run would leave out others
        runs, loss, parts = items * args.pieces, 0.0, torch.zeros(len(PARTS))
        whole = batch.feats, batch.pxx, batch.pxs, batch.pss
        for i in range(items):
            state = self.state if carries[i] else network.initial_state(1)
            for piece in range(args.pieces):
                part = [t[i : i + 1, piece * length : (piece + 1) * length] for t in whole]
                (part_loss, part_parts), state = self.losses(*part, batch.accompaniment_only[i : i + 1], state)
                (part_loss / runs).backward()
                state = [one.detach() for one in state]
                loss, parts = loss + part_loss.item() / runs, parts + part_parts / runs
            self.state = state
        return loss, parts

    def train(self) -> None:
        """Until `--steps`, the end of the learning rate, or SIGTERM."""
        asked: list[bool] = []
        signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
        self.say_what_begins()
        stopping, saved_at = False, time.time()
        for batch in self.source():
            self.meter.batch_came()
            factor = learning_rate(self.trainer.step, self.args)
            if factor <= 0.0 or self.trainer.step >= self.args.steps:
                break
            loss, parts = self.gradients(batch)
            self.processes.average_gradients(self.trainer.parameters)
            norm, _ = self.trainer.update(factor)
            self.meter.step_done(loss, parts, norm)
            self.report(factor)
            due = self.processes.first and time.time() - saved_at > self.args.save_minutes * 60
            stopping, saving = self.processes.any(bool(asked), due)
            if stopping:
                break
            if saving:
                self.save_last()
                saved_at = time.time()
                self.meter.restart_clock()
        self.save_last()
        if self.songs and not stopping:
            self.score()
        self.processes.end(self.trainer.parameters)

    def say_what_begins(self) -> None:
        """Size of the network and of the dataset."""
        if self.processes.first:
            size, count = self.trainer.network.size, sum(p.numel() for p in self.trainer.parameters)
            print(
                f"{count / 1e6:.2f} M parameters, {size.macs_per_frame() / 1e6:.1f} MMAC/frame, "
                f"{self.catalogue.items} items, {self.catalogue.hours:.1f} h of stems, from step {self.trainer.step}",
                flush=True,
            )

    def report(self, factor: float) -> None:
        """Logs and scores where it is time to."""
        step = self.trainer.step
        if not self.processes.first:
            return
        if step % LOG_STEPS == 0:
            entry = {**self.meter.means(), "rate": round(factor, 4)}
            self.log.write({"step": step, "time": round(time.time(), 1), **entry})
            print(f"step {step} " + " ".join(f"{name} {value}" for name, value in entry.items()), flush=True)
        if self.songs and step % self.args.score_every == 0:
            self.score()
            self.meter.restart_clock()

    def score(self) -> None:
        """Scores the averaged weights; keeps them where they are the best."""
        step, result = self.trainer.step, self.songs.score(self.trainer.average, self.layout)
        self.log.write({"step": step, "time": round(time.time(), 1), "development": result})
        print(f"step {step} development {json.dumps(result['mean'])}", flush=True)
        mean = result["mean"]["mean"]
        if mean is not None and mean > self.best:
            self.best = float(mean)
            self.resumable([]).save(self.args.out / "best.pt")

    def resumable(self, states: list) -> Checkpoint:
        """All of the run."""
        checkpoint = self.trainer.checkpoint(self.licences, vars(self.args))
        return self.trainer.resumable(checkpoint, self.best, self.catalogue.items, states)

    def save_last(self) -> None:
        """Every process has to call it at once, for its state."""
        states = self.processes.gathered(self.state)
        if self.processes.first:
            self.resumable(states).save(self.last)


def main() -> None:
    """Command line."""
    args = parser().parse_args()
    keep_memory()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    Run(args, Processes()).train()


if __name__ == "__main__":
    run(main)
