"""Trains a band network; resumes exactly; scores the development songs as it goes.

    python -m unbraid_training.train --data POOL --out RUN --dev SONGS [--dev SONGS ...]

`RUN` receives `last.pt` (all state, every few minutes), `best.pt` (best development score) and
`log.jsonl` (one object a line: training parts, speed, development scores). Start the same command
again and it goes on where it stopped. Under `torchrun` every process takes its own batches and
gradients are averaged.

The learning rate is constant after warm-up and falls only in `--decay-steps` from `--decay-from`, so
that a run can be prolonged, and a decay tried from any checkpoint. SIGTERM ends the run after the step in progress, saved.
"""

from __future__ import annotations

import argparse
import copy
import ctypes
import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist

from .data.songs import read_song, song_folders
from .evaluation import scores
from .mixing.loader import Batches, Pool, Recipe
from .mixing.replay import replayed
from .model.layout import LAYOUTS, STEMS, Layout
from .model.network import BandNetwork, Size
from .model.stream import separate
from .training.head import head_loss
from .training.loss import DEFAULT_WEIGHTS, PARTS

FEATURE_BATCHES = 6
"""Batches from which mean and scale of the features are measured before the first step."""


class DevelopmentSongs:
    """Songs that are scored, never trained on."""

    def __init__(self, folders: list[Path], seconds: float | None = 60.0):
        self.songs = {}
        for song in song_folders(folders):
            self.songs[song.name] = read_song(song, seconds)

    def score(self, network: BandNetwork, layout: Layout) -> dict:
        """Energy-ratio SDR per song and stem and means, streamed in float32."""
        results = {}
        for name, stems in self.songs.items():
            mixture = sum(stems.values())
            estimate = separate(network, np.ascontiguousarray(mixture.T), layout)
            estimates = {stem: estimate[i].T for i, stem in enumerate(STEMS)}
            results[name] = scores.score_song(stems, estimates)
        return {"songs": results, "mean": scores.mean_over_songs(results.values())}


def learning_rate(step: int, args) -> float:
    """Factor on the base rate: warm-up, constant, then linear to zero."""
    warm = min(1.0, (step + 1) / args.warmup)
    if args.decay_from is None or step < args.decay_from:
        return warm
    return max(0.0, 1.0 - (step - args.decay_from) / args.decay_steps)


def optimisers(network: BandNetwork, args) -> list[torch.optim.Optimizer]:
    """Muon for the shared matrices (its orthogonalised steps suit them), AdamW for all else."""
    matrices = [p for n, p in network.named_parameters() if p.ndim == 2 and n.endswith("ward.weight")]
    chosen = {id(p) for p in matrices}
    rest = [p for p in network.parameters() if id(p) not in chosen]
    if not args.muon:
        return [torch.optim.AdamW(network.parameters(), lr=args.lr, betas=(0.9, 0.98), weight_decay=0.01)]
    return [
        torch.optim.AdamW(rest, lr=args.lr, betas=(0.9, 0.98), weight_decay=0.01),
        torch.optim.Muon(matrices, lr=args.muon, momentum=0.95, weight_decay=args.muon_decay),
    ]


def save(path: Path, state: dict) -> None:
    """Writes through a second name, so that a kill never leaves half a checkpoint."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def halves_pay() -> bool:
    """Whether this processor multiplies bfloat16 by itself. Others widen every number first: a step takes ten times as long."""
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


def main() -> None:
    """Command line."""
    keep_memory()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="pool made by unbraid_training.build")
    parser.add_argument("--out", type=Path, required=True, help="folder of this run")
    parser.add_argument("--dev", type=Path, action="append", default=[], help="song folder, or folder of song folders")
    parser.add_argument("--mode", choices=sorted(LAYOUTS), default="studio")
    parser.add_argument("--size", type=json.loads, default={}, help='JSON, e.g. {"width": 96}')
    parser.add_argument("--recipe", type=json.loads, default={}, help="JSON of loader.Recipe fields")
    parser.add_argument("--permissive", action="store_true", help="only CC0/MIT/Apache/BSD/CC-BY sources")
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--lr", type=float, default=2.0e-3)
    parser.add_argument("--muon", type=float, default=0.0, help="learning rate of Muon; 0: AdamW alone")
    # Without a strong decay Muon's equal steps let norms grow tenfold within 1,000 steps, and details drown.
    parser.add_argument("--muon-decay", type=float, default=0.3, help="weight decay of Muon")
    parser.add_argument("--warmup", type=int, default=200)
    parser.add_argument("--decay-from", type=int)
    parser.add_argument("--decay-steps", type=int, default=1500)
    parser.add_argument("--ema", type=float, default=0.999)
    parser.add_argument("--score-every", type=int, default=300)
    parser.add_argument("--save-minutes", type=float, default=4.0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--replay", type=int, default=2, help="how often a batch is used, each time varied")
    parser.add_argument("--replay-block", type=int, default=16, help="batches kept for that; about 40 MB each")
    parser.add_argument("--pieces", type=int, default=2, help="pieces of an item's length that gradients span")
    parser.add_argument(
        "--carry",
        type=float,
        default=0.6,
        help="share of items that begin with what the one before them left in memory",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--init", type=Path, help="start from the averaged weights of this checkpoint")
    parser.add_argument("--loss", type=json.loads, default=list(DEFAULT_WEIGHTS), help="JSON list: " + ", ".join(PARTS))
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument(
        "--float32", action="store_true", help="no bfloat16, which processors without instructions for it never use"
    )
    args = parser.parse_args()

    world, rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
    if world > 1:
        dist.init_process_group("gloo")
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    layout = LAYOUTS[args.mode]
    recipe = Recipe(**args.recipe, **({"permissive": True} if args.permissive else {}))
    args.out.mkdir(parents=True, exist_ok=True)
    last = args.out / "last.pt"

    saved = torch.load(last, map_location="cpu", weights_only=False) if last.exists() else None
    origin = torch.load(args.init, map_location="cpu", weights_only=False) if args.init and not saved else None
    # Beside a checkpoint that is prolonged, `--size` may add what begins as no change at all.
    size = Size(**(saved["size"] if saved else {**(origin or {"size": {}})["size"], **args.size}))
    network = BandNetwork(size)
    pool = Pool(args.data, recipe)
    opts = optimisers(network, args)
    step, best = 0, -1e9
    if saved:
        network.load_state_dict(saved["network"])
        for opt, state in zip(opts, saved["optimisers"]):
            opt.load_state_dict(state)
        step, best = saved["step"], saved["best"]
        if saved["pool_size"] != pool.size and rank == 0:
            print(
                f"the pool has {pool.size} items, {saved['pool_size']} when the checkpoint was made: "
                "batches differ from those of an unbroken run",
                flush=True,
            )
    elif origin:
        strange = network.load_state_dict(origin["ema"], strict=False).unexpected_keys
        if strange:
            raise SystemExit(f"{args.init} has {', '.join(strange)}, which a network of {size} has not")
        network.change_hop(layout.hop / origin["layout"]["hop"])
    else:
        probe = Batches(args.data, recipe, layout, args.seed + 999, FEATURE_BATCHES)
        values = torch.cat([probe[i].feats.flatten(0, 1) for i in range(FEATURE_BATCHES)])
        network.feature_mean.copy_(values.mean(0))
        network.feature_scale.copy_(1.0 / values.std(0).clamp_min(0.1))
    # Songs follow one another in a plug-in too: an item begins where the one before it left the network, or with nothing.
    kept = saved.get("memories", []) if saved else []
    memory = kept[rank] if rank < len(kept) else network.initial_state(1)
    average = copy.deepcopy(network)
    if saved:
        average.load_state_dict(saved["ema"])
    songs = DevelopmentSongs(args.dev) if args.dev and rank == 0 else None
    items = [i for kinds in pool.by_stem.values() for kind in kinds.values() for i in kind] + pool.instrumentals
    licences = sorted({one for i in items for one in i.meta["licence"].split("; ")})

    halves = halves_pay() and not args.float32

    def forward(feats, pxx, pxs, pss, rest_only, memory):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=halves):
            joint, detail, peaks, memory = network.ends(feats, memory)
        return head_loss(joint, detail, peaks, pxx, pxs, pss, rest_only, part_weights=tuple(args.loss)), memory

    run = forward if args.no_compile else torch.compile(forward, dynamic=False)
    data = Batches(args.data, recipe, layout, args.seed, args.steps * world)

    def load(first: int):
        return torch.utils.data.DataLoader(
            data,
            batch_size=None,
            sampler=range(first * world + rank, args.steps * world, world),
            num_workers=args.workers,
            prefetch_factor=args.replay_block if args.workers else None,
            persistent_workers=False,
        )

    loader = replayed(load, step, args.replay, args.replay_block, args.seed)
    parameters = list(network.parameters())
    # From the arguments and not from a checkpoint's optimisers, which hold the last step's scaled rate.
    rates = [args.lr, args.muon]

    def state() -> dict:
        return {
            "network": network.state_dict(),
            "ema": average.state_dict(),
            "optimisers": [opt.state_dict() for opt in opts],
            "step": step,
            "best": best,
            "size": size.as_dict(),
            "layout": layout.as_dict(),
            "pool_size": pool.size,
            "licences": "; ".join(licences),
            "arguments": {k: str(v) for k, v in vars(args).items()},
        }

    def save_last() -> None:
        """Saves all that a run needs to go on; every process has to call it at once, for what each remembers."""
        memories = [memory] * world
        if world > 1:
            dist.gather_object(memory, memories if rank == 0 else None)
        if rank == 0:
            save(last, {**state(), "memories": memories})

    def log(entry: dict) -> None:
        with (args.out / "log.jsonl").open("a") as file:
            file.write(json.dumps({"step": step, "time": round(time.time(), 1), **entry}) + "\n")

    def score() -> None:
        nonlocal best
        result = songs.score(average, layout)
        mean = result["mean"]
        log({"development": result})
        print(f"step {step} development {json.dumps(mean)}", flush=True)
        value = mean["mean"]
        if value is not None and value > best:
            best = value
            save(args.out / "best.pt", state())

    if rank == 0:
        print(
            f"{sum(p.numel() for p in parameters) / 1e6:.2f} M parameters, {size.macs_per_frame() / 1e6:.1f} MMAC/frame, "
            f"{pool.size} pool items, from step {step}",
            flush=True,
        )
    asked: list[bool] = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    stopping = False
    saved_at = time.time()
    waited = worked = 0.0
    window: list = []
    mark = time.time()
    for batch in loader:
        now = time.time()
        waited += now - mark
        factor = learning_rate(step, args)
        if factor <= 0.0 or step >= args.steps:
            break
        loss, parts = 0.0, 0.0
        carries = np.random.default_rng([args.seed, step, rank]).random(len(batch.feats)) < args.carry
        # Item by item, piece by piece: what one needs stays in the processor's cache, which makes a step 1.5 times as
        # fast as at once. Gradients end where a piece does, what the network remembers does not.
        length = batch.feats.shape[1] // args.pieces
        runs = len(batch.feats) * args.pieces
        whole = batch.feats, batch.pxx, batch.pxs, batch.pss
        for i in range(len(batch.feats)):
            if not carries[i]:
                memory = network.initial_state(1)
            for piece in range(args.pieces):
                part = [t[i : i + 1, piece * length : (piece + 1) * length] for t in whole]
                (part_loss, part_parts), memory = run(*part, batch.rest_only[i : i + 1], memory)
                (part_loss / runs).backward()
                memory = [m.detach() for m in memory]
                loss, parts = loss + part_loss.item() / runs, parts + part_parts / runs
        if world > 1:
            for p in parameters:
                dist.all_reduce(p.grad)
                p.grad /= world
        norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        if torch.isfinite(norm):
            for opt, rate in zip(opts, rates):
                for group in opt.param_groups:
                    group["lr"] = rate * factor
                opt.step()
        for p in parameters:
            p.grad = None
        step += 1
        decay = min(args.ema, (step + 1) / (step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), parameters, 1.0 - decay)
        window.append([loss, *parts.tolist(), float(norm)])
        mark = time.time()
        worked += mark - now
        if rank == 0 and step % 25 == 0:
            means = np.mean(window, axis=0)
            log(
                {
                    "loss": round(float(means[0]), 5),
                    **{name: round(float(v), 5) for name, v in zip(PARTS, means[1:])},
                    "norm": round(float(means[-1]), 3),
                    "rate": round(factor, 4),
                    "step_s": round((waited + worked) / len(window), 3),
                    "waiting_share": round(waited / (waited + worked), 3),
                }
            )
            print(
                f"step {step} loss {means[0]:.4f} ({' '.join(f'{v:.4f}' for v in means[1:-1])}) norm {means[-1]:.2f} "
                f"{(waited + worked) / len(window):.2f} s/step, {100 * waited / (waited + worked):.0f} % waiting",
                flush=True,
            )
            window, waited, worked = [], 0.0, 0.0
        if rank == 0 and songs and step % args.score_every == 0:
            score()
            mark = time.time()
        wishes = torch.tensor(
            [bool(asked), rank == 0 and time.time() - saved_at > args.save_minutes * 60], dtype=torch.float32
        )
        if world > 1:
            # All processes stop, and save, after the same step, or the others would wait for ever.
            dist.all_reduce(wishes)
        stopping, saving = (wishes > 0).tolist()
        if stopping:
            break
        if saving:
            save_last()
            saved_at = mark = time.time()
    save_last()
    if rank == 0 and songs and not stopping:
        score()
    if world > 1:
        sums = [torch.zeros((), dtype=torch.float64) for _ in range(world)]
        dist.all_gather(sums, sum(p.detach().double().abs().sum() for p in parameters))
        if len({float(one) for one in sums}) > 1:
            raise SystemExit(
                f"the processes' weights have drifted apart: {[float(one) for one in sums]}; this run is not to be used"
            )
        if rank == 0:
            print(f"{world} processes hold the same weights", flush=True)
        # Nobody leaves while another still answers: without it one run in some ten was aborted in its last line, all saved.
        dist.barrier()
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
