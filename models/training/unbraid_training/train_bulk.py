"""Trains networks on one GPU for a given number of minutes, from packed pools; several modes share every mixture.

    python -m unbraid_training.train_bulk part-0.zip part-1.zip --out RUN --minutes 9 \\
        --network studio=../checkpoints/studio.pt --network live=../checkpoints/live.pt --dev SONGS

For machines that are lent by the minute: the learning rate falls to zero when the time is over, however fast they are. `train.py` is for
all others, and for whoever has days.

`RUN` receives `log.jsonl`, and per mode `MODE-1.pt`, `MODE-2.pt`, …: averaged weights as float16 at even times of the run, the last
at its end, as `train --init` and `export` take them. `--dev` songs are scored from pooled powers (`pooled_scores`), which
is near the score of the waveform and takes a second.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch

from .data.dataset import SAMPLE_RATE
from .data.pack import unpack
from .data.songs import read_song, song_folders
from .mixing.bulk import BulkRecipe, Catalogue, Mixer, Planner, Statistics
from .mixing.loader import statistics as song_statistics
from .model.layout import LAYOUTS, STEMS, Layout
from .model.network import BandNetwork, Size
from .training.loss import PARTS, separation_loss

LOSS = (0.5, 1.0, 0.12, 0.25)
"""Weights of the loss's parts: for networks that separate already."""

MARGIN = 1.0
"""Seconds kept back for saving."""


class Run:
    """One network in training."""

    def __init__(self, mode: str, origin: dict, device: torch.device, args):
        self.mode, self.layout, self.args, self.device = mode, LAYOUTS[mode], args, device
        if origin["layout"]["hop"] != self.layout.hop:
            raise SystemExit(f"{mode}: the checkpoint's hop is {origin['layout']['hop']}, not {self.layout.hop}")
        self.origin = origin
        self.network = BandNetwork(Size(**origin["size"]))
        self.network.load_state_dict({name: value.float() for name, value in origin["ema"].items()})
        self.network.to(device)
        self.average = copy.deepcopy(self.network)
        self.parameters = list(self.network.parameters())
        self.optimiser = torch.optim.AdamW(
            self.parameters, lr=args.lr, betas=(0.9, 0.98), weight_decay=0.01, fused=True
        )
        self.statistics = Statistics(self.layout, device, not args.no_compile)
        self.state = [one.to(device) for one in self.network.initial_state(args.items)]
        self.steps, self.window = 0, []
        self.forward = self.loss if args.no_compile else torch.compile(self.loss, dynamic=False)

    def loss(self, feats, pxx, pxs, pss, rest_only, *state):
        """Loss and its parts, and the memory after the last frame."""
        with torch.autocast(feats.device.type, dtype=torch.bfloat16, enabled=not self.args.float32):
            logits, following = self.network(feats, list(state))
        total, parts = separation_loss(logits, pxx, pxs, pss, rest_only, part_weights=tuple(self.args.loss))
        return total, parts, following

    def step(self, batch, factor: float, carried: torch.Tensor) -> None:
        """One step at `factor` of the learning rate; items not `carried` begin with an empty memory."""
        state = [one * carried.reshape(-1, *[1] * (one.ndim - 1)) for one in self.state]
        total, parts, following = self.forward(batch.feats, batch.pxx, batch.pxs, batch.pss, batch.rest_only, *state)
        total.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        # A bad batch leaves weights and memory as they were, without asking the device, which would wait for it: the
        # fused optimiser looks here whether to do nothing.
        good = torch.isfinite(norm)
        self.optimiser.found_inf = (~good).float()
        for group in self.optimiser.param_groups:
            group["lr"] = self.args.lr * factor
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.state = [torch.where(good, one.detach(), 0.0) for one in following]
        self.steps += 1
        decay = min(self.args.ema, (self.steps + 1) / (self.steps + 10))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), self.parameters, 1.0 - decay)
        self.window.append(torch.cat([total.detach()[None], parts, norm.detach()[None]]))

    def recent(self) -> dict:
        """Means since they were last asked for."""
        means = torch.stack(self.window).mean(0).tolist()
        self.window = []
        return {"loss": means[0], **dict(zip(PARTS, means[1:-1])), "norm": means[-1]}

    def checkpoint(self, licences: set[str]) -> dict:
        """What `export` and `train --init` need, the weights as float16; `licences` of what was trained on join those of before."""
        licences = licences | {one for one in self.origin.get("licences", "").split("; ") if one}
        return {
            "ema": {name: value.half().cpu() for name, value in self.average.state_dict().items()},
            "size": self.network.size.as_dict(),
            "layout": self.layout.as_dict(),
            "licences": "; ".join(sorted(licences)),
            "step": self.steps,
            "arguments": {key: str(value) for key, value in vars(self.args).items()},
        }


@torch.no_grad()
def pooled_scores(network: BandNetwork, songs: dict[str, tuple], chunk: int = 512) -> dict[str, float]:
    """Mean over songs of each stem's energy-ratio SDR in dB, from pooled powers: as if no frame overlapped another."""
    table: dict[str, list[float]] = {stem: [] for stem in STEMS}
    for feats, pxx, pxs, pss in songs.values():
        state = [one.to(feats.device) for one in network.initial_state(1)]
        error = torch.zeros(len(STEMS), device=feats.device, dtype=torch.float64)
        for at in range(0, len(feats), chunk):
            logits, state = network(feats[None, at : at + chunk], state)
            shares = torch.softmax(logits[0].float(), dim=1)
            part = slice(at, at + chunk)
            errors = shares.square() * pxx[part, None] - 2 * shares * pxs[part] + pss[part]
            error += errors.clamp_min(0).sum((0, 2, 3), dtype=torch.float64)
        energy = pss.sum((0, 2, 3), dtype=torch.float64)
        for i, stem in enumerate(STEMS):
            if energy[i] > 1e-4 * energy.sum():
                table[stem].append(10 * math.log10(float(energy[i] / error[i])))
    means = {stem: float(np.mean(values)) for stem, values in table.items() if values}
    return {**means, "mean": float(np.mean(list(means.values())))}


def songs_of(folders: list[Path], layout: Layout, device: torch.device) -> dict[str, tuple]:
    """Features and pooled powers of all songs in `folders`, each a song or a folder of songs."""
    out = {}
    for song in song_folders(folders):
        stems = read_song(song)
        audio = np.stack([stems[stem].T for stem in STEMS])
        lead = np.zeros((*audio.shape[:2], layout.fft - layout.hop), dtype=np.float32)
        out[song.name] = tuple(t.to(device) for t in song_statistics(np.concatenate([lead, audio], axis=2), layout))
    return out


def read_later(folder: Path, out: Path, workers: int) -> Path:
    """Waits until a file `complete` lies in `folder`, then reads the parts there into a catalogue, saved in `out`."""
    while not (folder / "complete").exists():
        time.sleep(0.2)
    path = out / "catalogue.pt"
    torch.save(Catalogue(unpack(sorted(folder.glob("part-*.zip")), workers)), path)
    return path


def main(arguments: list[str] | None = None) -> None:
    """Command line."""
    began = time.monotonic()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", type=Path, nargs="+", help="archives made by unbraid_training.pack")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--later",
        type=Path,
        help="folder in which all parts, these too, will lie beside a file named complete; awaited after compiling",
    )
    parser.add_argument(
        "--network", action="append", required=True, metavar="MODE=CHECKPOINT", help="may be given several times"
    )
    parser.add_argument(
        "--minutes", type=float, required=True, help="from the start of the program, loading and compiling included"
    )
    parser.add_argument("--dev", type=Path, action="append", default=[], help="song folder, or folder of song folders")
    parser.add_argument("--items", type=int, default=48, help="mixtures in a batch")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--warmup", type=int, default=60)
    parser.add_argument("--ema", type=float, default=0.998)
    parser.add_argument("--loss", type=json.loads, default=list(LOSS), help="JSON list: " + ", ".join(PARTS))
    parser.add_argument(
        "--carry",
        type=float,
        default=0.6,
        help="share of items that begin with what the one before them left in memory",
    )
    parser.add_argument("--recipe", type=json.loads, default={}, help="JSON of bulk.BulkRecipe fields")
    parser.add_argument("--score-seconds", type=float, default=45.0)
    parser.add_argument("--checkpoints", type=int, default=3)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=1 << 40, help="at most; the time is up first, as a rule")
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--float32", action="store_true")
    parser.add_argument("--profile", action="store_true", help="print where the time of some steps goes, and end")
    args = parser.parse_args(arguments)

    networks = []
    for one in args.network:
        mode, _, path = one.partition("=")
        if mode not in LAYOUTS or not Path(path).is_file():
            raise SystemExit(
                f"--network {one}: expected MODE=CHECKPOINT, with MODE one of {', '.join(sorted(LAYOUTS))}"
            )
        networks.append((mode, path))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(args.seed)
    torch.backends.cudnn.benchmark = True
    args.out.mkdir(parents=True, exist_ok=True)
    # Before anything of the device's is in this process, of which it becomes a copy.
    later = ProcessPoolExecutor(1).submit(read_later, args.later, args.out, args.workers) if args.later else None
    catalogue = Catalogue(unpack(args.parts, args.workers))
    hop, fft = (max(getattr(layout, size) for layout in LAYOUTS.values()) for size in ("hop", "fft"))
    samples = int(args.seconds * SAMPLE_RATE) // hop * hop + fft - hop

    def drawn(catalogue: Catalogue):
        hours = sum(catalogue.lengths) / SAMPLE_RATE / 3600
        left = f", {catalogue.left_out} items left out for want of room" if catalogue.left_out else ""
        print(f"{time.monotonic() - began:.1f} s: {len(catalogue.lengths)} recordings, {hours:.1f} h{left}", flush=True)
        planner = Planner(catalogue.without_sound(), BulkRecipe(**args.recipe), args.items, samples, args.seed)
        loader = torch.utils.data.DataLoader(
            planner,
            batch_size=None,
            sampler=range(args.steps),
            num_workers=args.workers,
            prefetch_factor=4 if args.workers else None,
        )
        return iter(loader)

    plans = drawn(catalogue)
    plan = next(plans)  # the workers are there before the device is touched
    mixer = Mixer(catalogue.sound.to(device), samples, args.seed, compiled=not args.no_compile)
    runs = []
    for mode, path in networks:
        runs.append(Run(mode, torch.load(path, map_location="cpu", weights_only=False), device, args))
    songs = {run.mode: songs_of(args.dev, run.layout, device) for run in runs} if args.dev else {}
    print(f"{time.monotonic() - began:.1f} s: ready", flush=True)

    def log(entry: dict) -> None:
        elapsed = time.monotonic() - began
        with (args.out / "log.jsonl").open("a") as file:
            file.write(json.dumps({"seconds": round(elapsed, 1), **entry}) + "\n")
        print(f"{elapsed:.1f} s: {json.dumps(entry)}", flush=True)

    def score() -> None:
        for run in runs:
            entry = {"mode": run.mode, "step": run.steps}
            if run.window:
                entry.update({name: round(value, 5) for name, value in run.recent().items()})
            if songs:
                entry["development"] = {
                    name: round(value, 3) for name, value in pooled_scores(run.average, songs[run.mode]).items()
                }
            log(entry)

    carries = torch.Generator().manual_seed(args.seed)

    def advance(plan: dict[str, torch.Tensor], factor: float) -> None:
        placed = {name: value.to(device, non_blocking=True) for name, value in plan.items()}
        stems = mixer(placed)
        coded = torch.nonzero(plan["codec_cut"])[:, 0]
        carried = (torch.rand(args.items, generator=carries) < args.carry).float().to(device)
        for run in runs:
            run.step(run.statistics(stems, placed, coded), factor, carried)
        if device.type == "cuda":
            torch.cuda.synchronize()  # or the clock would run ahead of the device

    score()
    for _ in range(2):
        advance(plan, 0.0)  # compiles; at a rate of zero nothing is learnt
    log({"compiled": True})
    if later:
        path = later.result()
        catalogue = torch.load(path, weights_only=False)
        plans = drawn(catalogue)
        plan = next(plans)
        mixer.sound = catalogue.sound.to(device)
        advance(plan, 0.0)
    for run in runs:
        run.window, run.steps = [], 0
    profiler, saved, step, waited = None, 0, 0, 0.0
    start = scored = time.monotonic()
    available = max(args.minutes * 60 - MARGIN - (start - began), 1e-3)
    while plan is not None:
        share = (time.monotonic() - start) / available
        if share >= 1.0:
            break
        advance(plan, min(1.0, (step + 1) / args.warmup) * (1.0 - share))
        step += 1
        mark = time.monotonic()
        plan = next(plans, None)
        waited += time.monotonic() - mark
        if args.profile and step == 10:
            print(
                f"{(time.monotonic() - start) / step:.3f} s a step, memory {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB",
                flush=True,
            )
            profiler = torch.profiler.profile()
            profiler.__enter__()
        if profiler and step == 14:
            profiler.__exit__(None, None, None)
            print(profiler.key_averages().table(sort_by="self_cuda_time_total", row_limit=45, max_name_column_width=70))
            break
        if share * args.checkpoints >= saved + 1:
            saved += 1
            for run in runs:
                torch.save(run.checkpoint(catalogue.licences), args.out / f"{run.mode}-{saved}.pt")
        if time.monotonic() - scored > args.score_seconds:
            score()
            scored = time.monotonic()
    spent = time.monotonic() - start
    for run in runs:
        torch.save(run.checkpoint(catalogue.licences), args.out / f"{run.mode}-{args.checkpoints}.pt")
    log(
        {
            "steps_per_second": round(step / spent, 3),
            "waited_share": round(waited / spent, 3),
            "audio_hours": round(step * args.items * args.seconds / 3600, 1),
        }
    )
    score()


if __name__ == "__main__":
    main()
