"""Batches made while training: draws items from the pool, augments, mixes, and reduces to statistics.

Batch `n` depends on the pool, the settings and `n` alone, so that a resumed run sees what it would
have seen. Worker processes do all of this; the training process only runs the network.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from ..data.dataset import Item, loudness, read_pool
from ..model.layout import STEMS, Layout
from ..model.network import features
from ..model.transform import spectra
from . import augment
from .augment import db
from .codec import random_round_trip, share_out

REFERENCE_RMS = 0.08
"""RMS that the active parts of every stem are brought to before the random gains."""

STEM_OFFSET_DB = {"vocals": 0.0, "drums": -3.5, "bass": -2.0, "other": 0.0}
"""Typical level beside the others in a finished mix. Levels are those of active half seconds: hits stand far above that of a
kit, which at 0 dB would be louder than it is in songs."""


@dataclass
class Recipe:
    """What a batch is made of; probabilities, unless a unit says otherwise."""

    items: int = 3
    seconds: float = 8.0
    aligned_song: float = 0.16
    voice_over_instrumental: float = 0.31
    no_voice: float = 0.22
    voice_only: float = 0.05
    absent: tuple[float, float, float] = (0.17, 0.09, 0.08)
    """Drums, bass, other. Drums more often: strummed guitars without drums were heard as drums."""
    far_back: float = 0.16
    """A stem 6 to 20 dB below its usual level, as brushes or pads are."""
    aligned_backing: float = 0.5
    mono_sum: float = 0.33
    coded: float = 0.2
    """Mixtures that have been through MP3 or AAC."""
    permissive: bool = False
    kind_weights: dict = field(
        default_factory=lambda: {
            "vocals": {"singing": 0.66, "multitrack": 0.23, "speech": 0.11},
            "drums": {"backing": 0.72, "loops": 0.12, "multitrack": 0.16},
            "bass": {"backing": 0.82, "loops": 0.04, "multitrack": 0.14},
            "other": {"backing": 0.76, "loops": 0.06, "multitrack": 0.18},
        }
    )


def drawn(rng: np.random.Generator, options: dict[str, list], weights: dict[str, float]):
    """One of `options`, which are lists by kind: first the kind by weight, then any of it."""
    kinds = [k for k in options if weights.get(k, 0) > 0]
    p = np.array([weights[k] for k in kinds])
    of_kind = options[kinds[int(rng.choice(len(kinds), p=p / p.sum()))]]
    return of_kind[int(rng.integers(len(of_kind)))]


def random_gain(rng: np.random.Generator, stem: str, far_back: float) -> float:
    """Random level of `stem` in a mixture; with probability `far_back`, drums more often, far back."""
    level = STEM_OFFSET_DB[stem] + rng.normal(0.0, 3.5)
    if rng.random() < far_back * (1.6 if stem == "drums" else 1.0):
        level -= rng.uniform(6, 20)
    return db(float(np.clip(level, -26, 9)))


class Pool:
    """The train split, indexed by stem and kind; loudness of items measured once and remembered."""

    def __init__(self, root: Path, recipe: Recipe, split: str = "train"):
        items = read_pool(root, split=split, permissive=recipe.permissive)
        self.by_stem: dict[str, dict[str, list[Item]]] = {stem: {} for stem in STEMS}
        self.instrumentals = [i for i in items if i.kind == "instrumental"]
        self.songs = [i for i in items if i.kind == "multitrack"]
        self.backings = [i for i in items if i.kind == "backing"]
        for item in items:
            for stem in item.stems:
                if stem in self.by_stem:
                    self.by_stem[stem].setdefault(item.kind, []).append(item)
        for stem in STEMS:
            if not self.by_stem[stem]:
                raise FileNotFoundError(
                    f"the pool {root} has no {stem}; build it first: python -m unbraid_training.build --data {root}"
                )
        self.size = len(items)
        self._loudness: dict[tuple[str, str], float] = {}

    def loudness(self, item: Item, stem: str) -> float:
        """RMS of the active parts: 75th percentile of half-second blocks, spread over the item."""
        key = (str(item.path), stem)
        if key not in self._loudness:
            audio = item.stems[stem]
            block = 22_050
            starts = np.linspace(0, max(len(audio) - block, 0), 60).astype(int)
            levels = [np.sqrt(np.mean((audio[s : s + block].astype(np.float32) / 32768) ** 2)) for s in starts]
            self._loudness[key] = loudness(np.array(levels))
        return self._loudness[key]

    def draw(self, rng: np.random.Generator, stem: str, weights: dict[str, float]) -> Item:
        """An item with `stem`, as `drawn` has it."""
        return drawn(rng, self.by_stem[stem], weights)


def segment(item: Item, stem: str, start: int, length: int) -> np.ndarray:
    """`[channels, length]` float32 from `start`, zeros beyond the end."""
    raw = item.stems[stem][start : start + length]
    out = np.zeros((raw.shape[1], length), dtype=np.float32)
    out[:, : len(raw)] = raw.T.astype(np.float32) / 32768.0
    return out


def active_start(item: Item, stem: str, rng: np.random.Generator, length: int, tries: int = 4) -> int:
    """A random start at which the later part of the stem's `length` samples is not silent, if a few tries find one."""
    last = max(item.length - length, 1)
    for _ in range(tries):
        start = int(rng.integers(last))
        probe = item.stems[stem][start + 40_000 : start + length : 97]
        if len(probe) and np.mean(np.abs(probe.astype(np.float32)) > 200) > 0.12:
            return start
    return start


class Mixer:
    """Makes one mixture with its stems."""

    def __init__(self, pool: Pool, recipe: Recipe, layout: Layout, seed: int):
        self.pool, self.recipe, self.layout = pool, recipe, layout
        self.length = augment.chain_length(recipe.seconds)
        self.rooms = augment.Rooms(40, seed, self.length)
        self.frames = int(recipe.seconds * 44_100) // layout.hop
        self.samples = self.frames * layout.hop + layout.fft - layout.hop

    def stem(self, item, stem, start, rng, speed) -> np.ndarray:
        """One stem through its chain, `[2, samples]`, at its reference level."""
        audio = segment(item, stem, start, self.length) * (REFERENCE_RMS / self.pool.loudness(item, stem))
        real = item.kind in ("multitrack",)
        if stem == "vocals" and not real:
            if rng.random() < 0.65:
                ratio = rng.uniform(2, 6)
                audio = audio * augment.compression_gain(audio, REFERENCE_RMS * rng.uniform(0.4, 1.5), ratio)
                audio *= db((ratio - 1) * 0.8)
            if rng.random() < 0.18:
                audio = augment.drive(audio, rng.uniform(0, 24), rng.uniform(0, 0.3))
        elif stem == "drums" and rng.random() < 0.35:
            audio = audio * augment.compression_gain(
                audio,
                REFERENCE_RMS * rng.uniform(0.8, 3),
                rng.uniform(2, 8),
                rng.uniform(0.001, 0.03),
                rng.uniform(0.04, 0.2),
            )
            if rng.random() < 0.4:
                audio = augment.drive(audio, rng.uniform(-6, 10), 0.0)
        elif stem in ("bass", "other") and not real and rng.random() < 0.2:
            audio = augment.drive(audio, rng.uniform(0, 26), rng.uniform(0, 0.3))
        wet = echo = 0.0
        if rng.random() < {"vocals": 0.6, "drums": 0.4, "bass": 0.12, "other": 0.45}[stem] * (0.5 if real else 1.0):
            wet = db(rng.uniform(-28, -7))
        if stem in ("vocals", "other") and rng.random() < 0.12:
            echo = db(rng.uniform(-20, -7))
        audio = augment.linear_chain(audio, rng, self.rooms, rng.uniform(2, 7), wet, echo, speed)
        spread = {"vocals": 0.12, "drums": 0.12, "bass": 0.06, "other": 0.4}[stem]
        audio = augment.to_stereo(audio[:, -self.samples :], rng, spread)
        return audio if rng.random() < 0.5 else -audio

    def gain(self, stem, rng) -> float:
        """Random level of a stem, some far back in the mix."""
        return random_gain(rng, stem, self.recipe.far_back)

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, bool]:
        """Stems `[4, 2, samples]` and whether only voice and rest (stored as other) are known."""
        r, pool = self.recipe, self.pool
        stems = np.zeros((len(STEMS), 2, self.samples), dtype=np.float32)
        mode = rng.random()
        rest_only = False
        speed = self.speed(rng)
        if mode < r.aligned_song and pool.songs:
            song = pool.songs[int(rng.integers(len(pool.songs)))]
            lead = list(song.stems)[int(rng.integers(len(song.stems)))]
            start = active_start(song, lead, rng, self.length)
            mutual = rng.random() < 0.5  # half the time the song's own balance
            reference = pool.loudness(song, lead)
            for i, stem in enumerate(STEMS):
                if stem in song.stems and rng.random() > 0.06:
                    audio = self.stem(song, stem, start, rng, speed)
                    own = pool.loudness(song, stem) / reference
                    stems[i] = audio * (min(own, 3.0) * db(rng.normal(0, 2)) if mutual else self.gain(stem, rng))
        elif mode < r.aligned_song + r.voice_over_instrumental and pool.instrumentals:
            rest_only = True
            item = pool.instrumentals[int(rng.integers(len(pool.instrumentals)))]
            start = active_start(item, "rest", rng, self.length)
            audio = segment(item, "rest", start, self.length) * (REFERENCE_RMS / pool.loudness(item, "rest"))
            wet = db(rng.uniform(-30, -14)) if rng.random() < 0.1 else 0.0
            audio = augment.linear_chain(audio, rng, self.rooms, rng.uniform(1, 5), wet, 0.0, self.speed(rng))
            stems[3] = augment.to_stereo(audio[:, -self.samples :], rng, 0.1) * 1.4
            if rng.random() > r.no_voice:
                stems[0] = self.voice(rng, speed) * db(rng.normal(-1.5, 4.0))
        else:
            absent = rng.random(4) < np.array([r.no_voice, *r.absent])
            if rng.random() < r.voice_only:
                absent[:] = [False, True, True, True]
            if not absent[0]:
                stems[0] = self.voice(rng, speed) * self.gain("vocals", rng)
            shared = None
            if rng.random() < r.aligned_backing and pool.backings:
                shared = pool.backings[int(rng.integers(len(pool.backings)))]
                start = int(rng.integers(max(shared.length - self.length, 1)))
            for i, stem in enumerate(STEMS):
                if i == 0 or absent[i]:
                    continue
                if shared is not None:
                    if stem in shared.stems:
                        stems[i] = self.stem(shared, stem, start, rng, speed) * self.gain(stem, rng)
                    continue
                for layer in range(2 if stem == "other" and rng.random() < 0.2 else 1):
                    item = pool.draw(rng, stem, r.kind_weights[stem])
                    at = active_start(item, stem, rng, self.length)
                    stems[i] += (
                        self.stem(item, stem, at, rng, self.speed(rng)) * self.gain(stem, rng) * (0.7 if layer else 1.0)
                    )
        return self.master(stems, rng), rest_only

    def speed(self, rng) -> float:
        """Varispeed factor; around 0.919 a 48 kHz recording looks like that to the network."""
        draw = rng.random()
        if draw < 0.45:
            return 1.0
        return 0.91875 if draw < 0.6 else float(rng.uniform(0.91, 1.1))

    def voice(self, rng, speed) -> np.ndarray:
        """A lead voice, at times with a second one or speech beside it."""
        out = np.zeros((2, self.samples), dtype=np.float32)
        for layer in range(1 + (rng.random() < 0.15)):
            item = self.pool.draw(rng, "vocals", self.recipe.kind_weights["vocals"])
            at = active_start(item, "vocals", rng, self.length)
            out += self.stem(item, "vocals", at, rng, self.speed(rng)) * (
                1.0 if layer == 0 else db(rng.uniform(-12, 0))
            )
        return out

    def master(self, stems: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Collapse to mono, bus compression, limiting, level: all as gains common to the stems."""
        draw = rng.random()
        if draw < self.recipe.mono_sum:
            stems = np.repeat(stems.mean(axis=1, keepdims=True), 2, axis=1)
        elif draw < self.recipe.mono_sum + 0.15:
            mid = stems.mean(axis=1, keepdims=True)
            stems = mid + (stems - mid) * rng.uniform(0.0, 0.6)
        mixture = stems.sum(axis=0)
        peak = float(np.abs(mixture).max()) + 1e-5
        if rng.random() < 0.3:
            gain = augment.compression_gain(
                mixture, peak * rng.uniform(0.1, 0.5), rng.uniform(1.3, 4), rng.uniform(0.002, 0.03), 0.15
            )
            stems, mixture = stems * gain, mixture * gain
            peak = float(np.abs(mixture).max()) + 1e-5
        target = db(rng.uniform(-14, -0.1)) if rng.random() < 0.85 else db(rng.uniform(-40, -14))
        if rng.random() < 0.4:
            push = db(rng.uniform(0, 9)) * target / peak
            gain = augment.limiter_gain(mixture * push, target) * push
            return stems * gain
        return stems * (target / peak)


@dataclass
class Batch:
    """Statistics of a batch: `[items, frames, …]`, float32; see `loss.py` for the names."""

    feats: torch.Tensor
    pxx: torch.Tensor
    pxs: torch.Tensor
    pss: torch.Tensor
    rest_only: torch.Tensor


def pool_groups(values: torch.Tensor, layout: Layout) -> torch.Tensor:
    """Sums `[..., bins]` over groups, `[..., groups]`; runs of equal width at once."""
    parts = []
    for start, width, count in layout.group_runs():
        part = values[..., start : start + width * count]
        # Adding strided slices is several times faster than a sum over a last axis this short.
        total = part[..., ::width]
        for offset in range(1, width):
            total = total + part[..., offset::width]
        parts.append(total)
    return torch.cat(parts, dim=-1)


def mixture_powers(x: torch.Tensor, layout: Layout) -> torch.Tensor:
    """Pooled powers of left, right and side, `[3, frames, groups]`, of mixture spectra `[2, frames, bins]`."""
    side = (x[0] - x[1]) * 0.5
    return pool_groups(torch.view_as_real(torch.cat([x, side[None]])).square().sum(-1), layout)


def statistics(stems: np.ndarray, layout: Layout, decoded: np.ndarray | None = None) -> tuple[torch.Tensor, ...]:
    """Features and pooled powers of one mixture's `stems` `[4, 2, samples]`, frames after the lead-in.

    `decoded` `[2, samples]` is what a codec has made of their sum, if it was coded.
    """
    skip = layout.fft // layout.hop - 1
    s = torch.from_numpy(spectra(stems, layout)[:, :, skip:])  # [4, 2, T, F]
    if decoded is not None:
        s = share_out(s, torch.from_numpy(spectra(decoded, layout)[:, skip:]))
    x = s.sum(0)
    lead = layout.lookahead_frames
    pooled = mixture_powers(x, layout)
    feats = features(*pooled)
    xs = pool_groups(x.real * s.real + x.imag * s.imag, layout)
    ss = pool_groups(s.real.square() + s.imag.square(), layout)
    pxx, pxs, pss = pooled[:2].movedim(1, 0), xs.movedim(2, 0), ss.movedim(2, 0)
    if lead:
        # Shares made at frame k are applied to frame k − lead.
        feats, pxx, pxs, pss = feats[lead:], pxx[:-lead], pxs[:-lead], pss[:-lead]
    return feats, pxx, pxs, pss


class Batches(torch.utils.data.Dataset):
    """Batch `n` for every `n` below `count`."""

    def __init__(self, root: Path, recipe: Recipe, layout: Layout, seed: int, count: int):
        self.root, self.recipe, self.layout, self.seed, self.count = root, recipe, layout, seed, count
        self.mixer: Mixer | None = None

    def __len__(self):
        return self.count

    def __getitem__(self, n: int) -> Batch:
        if self.mixer is None:
            torch.set_num_threads(1)
            self.mixer = Mixer(Pool(self.root, self.recipe), self.recipe, self.layout, self.seed)
        rows, rest = [], []
        for i in range(self.recipe.items):
            rng = np.random.default_rng([self.seed, n, i])
            stems, rest_only = self.mixer.draw(rng)
            stems = np.nan_to_num(stems)
            decoded = random_round_trip(stems.sum(0), rng) if rng.random() < self.recipe.coded else None
            rows.append(statistics(stems, self.layout, decoded))
            rest.append(rest_only)
        return Batch(*(torch.stack(column).contiguous() for column in zip(*rows)), torch.tensor(rest))
