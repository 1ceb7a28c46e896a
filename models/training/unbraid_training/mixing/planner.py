"""Draws the contents of batches. Nothing here touches sound: a plan is numbers, which `mixer.py` turns into stems.

A plan is a dictionary of arrays whose first axis is the mixture and whose second, where there is one, the stem.
"""

from __future__ import annotations

import numpy as np
import torch

from ..data.audio import db
from ..data.dataset import SAMPLE_RATE
from ..model.layout import STEMS
from .catalogue import ACCOMPANIMENT, Catalogue
from .codec import RATES
from .recipe import REFERENCE_RMS, Recipe

LEAD_IN = 22_050
"""Samples before a segment that fill reverbs and are cut off."""

EQ_POINTS = 9
"""Points of an equaliser, on an even scale of octaves from 20 Hz."""

SIDE_DB = -20, 0
"""Lowest and highest level of the responses that widen stems. Alike for all, or a network takes what is narrow for
voice: other fell by 0.6 dB."""

RANDOM_FIRS, ROOMS = 96, 40
"""Responses that a mixer holds."""

N = len(STEMS)
VOCALS, OTHER = STEMS.index("vocals"), STEMS.index("other")

Plan = dict[str, torch.Tensor]


def drawn(rng: np.random.Generator, options: dict[str, list], weights: dict[str, float]):
    """One of `options`, which are lists by kind: first the kind by weight, then any of it."""
    kinds = [k for k in options if weights.get(k, 0) > 0]
    p = np.array([weights[k] for k in kinds])
    of_kind = options[kinds[int(rng.choice(len(kinds), p=p / p.sum()))]]
    return of_kind[int(rng.integers(len(of_kind)))]


class Mixture:
    """One mixture's recordings: two layers for each stem, where they begin, and at which levels."""

    def __init__(self, catalogue: Catalogue):
        self.catalogue = catalogue
        self.entry = np.zeros((N, 2), dtype=np.int64)
        self.start, self.speed = np.zeros((N, 2)), np.ones((N, 2))
        self.level = np.zeros((N, 2), dtype=np.float32)
        """Factor on int16 samples; 0: no layer."""
        self.gain = np.zeros(N, dtype=np.float32)
        self.finished = np.zeros(N, dtype=bool)
        """Stems that are of a finished recording and need less done to them."""
        self.accompaniment_only = False
        """Only the voice and all else, stored as `other`, are known."""

    def put(self, stem: int, layer: int, entry: int, start: float, speed: float, level: float = 1.0) -> None:
        """A recording as a layer of a stem."""
        self.entry[stem, layer] = entry
        # At its own speed nothing has to be interpolated between samples.
        self.start[stem, layer], self.speed[stem, layer] = round(start) if speed == 1.0 else start, speed
        self.level[stem, layer] = level * REFERENCE_RMS / self.catalogue.level(entry) / 32768.0

    def double(self, stem: int, rng: np.random.Generator) -> None:
        """The first layer again as the second: a little later, and out of tune."""
        self.entry[stem, 1] = self.entry[stem, 0]
        self.start[stem, 1] = self.start[stem, 0] - rng.uniform(100, 1500)
        self.speed[stem, 1] = self.speed[stem, 0] * (1 + rng.normal(0, 0.003))
        self.level[stem, 1] = self.level[stem, 0] * db(rng.uniform(-10, 0))

    def arrays(self) -> dict[str, np.ndarray]:
        """Its part of a row of a plan."""
        names = ("entry", "start", "speed", "level", "gain")
        return {name: getattr(self, name) for name in names} | {"accompaniment_only": np.array(self.accompaniment_only)}


class Planner:
    """Draws plans for `items` mixtures of `samples` samples."""

    def __init__(self, catalogue: Catalogue, recipe: Recipe, items: int, samples: int, seed: int):
        if recipe.without:
            catalogue = catalogue.without(recipe.without)
        self.catalogue, self.recipe, self.items, self.samples, self.seed = catalogue, recipe, items, samples, seed
        kinds = catalogue.by_stem[ACCOMPANIMENT]
        used = [kind for kind in kinds if kind != "estimates" or recipe.estimated_song]
        self.accompaniments = [entry for kind in used for entry in kinds[kind]]

    def __getitem__(self, number: int) -> Plan:
        """Plan `number`; depends on it, the seed, the recipe and the catalogue alone."""
        rows = [self.row(np.random.default_rng([self.seed, number, item])) for item in range(self.items)]
        return {name: torch.from_numpy(np.stack([row[name] for row in rows])) for name in rows[0]}

    def row(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """The plan of one mixture."""
        mixture = self.mixture(rng)
        row = mixture.arrays() | self.chains(rng, mixture.finished) | self.mastering(rng) | self.coding(rng)
        row["gain"] = row["gain"] * np.where(rng.random(N) < 0.5, 1.0, -1.0).astype(np.float32)
        return row

    def mixture(self, rng: np.random.Generator) -> Mixture:
        """Recordings of one of three sorts: a real song, a voice over an instrumental, or stems put together."""
        mixture, r, sort = Mixture(self.catalogue), self.recipe, rng.random()
        if sort < r.aligned_song and self.catalogue.songs:
            self.from_song(rng, mixture)
        elif sort < r.aligned_song + r.voice_over_instrumental and self.accompaniments:
            self.over_instrumental(rng, mixture)
        else:
            self.put_together(rng, mixture)
        return mixture

    def from_song(self, rng: np.random.Generator, mixture: Mixture) -> None:
        """Stems of one real song, half the time at the song's own balance."""
        song = self.catalogue.songs[int(rng.integers(len(self.catalogue.songs)))]
        reference = list(song.values())[int(rng.integers(len(song)))]
        speed = self.speed(rng, False)
        start = self.start(rng, reference, speed)
        own_balance = rng.random() < 0.5
        for i, stem in enumerate(STEMS):
            if stem in song and rng.random() > 0.06:
                mixture.put(i, 0, song[stem], start, speed)
                mixture.finished[i] = True
                ratio = self.catalogue.level(song[stem]) / self.catalogue.level(reference)
                mixture.gain[i] = min(ratio, 3.0) * db(rng.normal(0, 2)) if own_balance else self.gain(rng, i)

    def over_instrumental(self, rng: np.random.Generator, mixture: Mixture) -> None:
        """A voice, most times, over a finished instrumental; or a song of which these two were estimated."""
        mixture.accompaniment_only = True
        # Nothing is drawn where there is no choice: recipes without it keep their mixtures.
        if self.recipe.estimated_song and self.catalogue.estimated and rng.random() < self.recipe.estimated_song:
            self.from_estimates(rng, mixture)
            return
        entry, speed = self.accompaniments[int(rng.integers(len(self.accompaniments)))], self.speed(rng, False)
        mixture.put(OTHER, 0, entry, self.start(rng, entry, speed), speed)
        mixture.finished[OTHER] = True
        mixture.gain[OTHER] = 1.4
        if rng.random() > self.recipe.no_voice:
            self.alone(rng, mixture, VOCALS)
            mixture.gain[VOCALS] = db(rng.normal(-1.5, 4.0))

    def from_estimates(self, rng: np.random.Generator, mixture: Mixture) -> None:
        """Voice and accompaniment of one song as a separator heard them, at nearly the song's own balance."""
        song = self.catalogue.estimated[int(rng.integers(len(self.catalogue.estimated)))]
        speed = self.speed(rng, False)
        start = self.start(rng, song["vocals"], speed)
        for stem, name in ((VOCALS, "vocals"), (OTHER, ACCOMPANIMENT)):
            mixture.put(stem, 0, song[name], start, speed)
            mixture.finished[stem] = True
        ratio = self.catalogue.level(song["vocals"]) / self.catalogue.level(song[ACCOMPANIMENT])
        mixture.gain[OTHER] = 1.4
        mixture.gain[VOCALS] = 1.4 * min(ratio, 3.0) * db(rng.normal(0, 2))

    def put_together(self, rng: np.random.Generator, mixture: Mixture) -> None:
        """Stems that need not belong together; often drums, bass and other of one arrangement."""
        r, backings = self.recipe, self.catalogue.backings
        absent = rng.random(N) < np.array([r.no_voice, *r.absent])
        if rng.random() < r.voice_only:
            absent[:] = [False, True, True, True]
        backing = {}
        if rng.random() < r.aligned_backing and backings:
            backing = backings[int(rng.integers(len(backings)))]
            speed = self.speed(rng, False)
            start = self.start(rng, list(backing.values())[int(rng.integers(len(backing)))], speed)
        for i, stem in enumerate(STEMS):
            if absent[i] or (backing and i != VOCALS and stem not in backing):
                continue
            if stem in backing:
                mixture.put(i, 0, backing[stem], start, speed)
            else:
                self.alone(rng, mixture, i)
            mixture.gain[i] = self.gain(rng, i)

    def alone(self, rng: np.random.Generator, mixture: Mixture, stem: int) -> None:
        """Any recording of a stem; at times a second one, or the same doubled."""
        self.put_any(rng, mixture, stem, 0, 1.0)
        if rng.random() >= self.recipe.second[stem]:
            return
        if STEMS[stem] != "drums" and rng.random() < 0.5:
            mixture.double(stem, rng)
        else:
            self.put_any(rng, mixture, stem, 1, db(rng.uniform(-12, 0)))

    def put_any(self, rng: np.random.Generator, mixture: Mixture, stem: int, layer: int, level: float) -> None:
        """A recording of a stem as a layer: its kind by weight, then which, how fast, and from where."""
        entry = drawn(rng, self.catalogue.by_stem[STEMS[stem]], self.recipe.kind_weights[STEMS[stem]])
        speed = self.speed(rng, True)
        mixture.put(stem, layer, entry, self.start(rng, entry, speed), speed, level)

    def start(self, rng: np.random.Generator, entry: int, speed: float) -> float:
        """First sample of a segment that begins, after the lead-in, no later than where the recording sounds."""
        need = (self.samples + LEAD_IN) * speed
        last = self.catalogue.lengths[entry] - need
        if last <= 0:
            # Shorter than a segment: somewhere within.
            return float(rng.uniform(last, 0)) - LEAD_IN * speed * 0.5
        active = self.catalogue.active(entry)
        if len(active) == 0:
            return float(rng.uniform(0, last))
        first = int(active[int(rng.integers(len(active)))])
        return float(np.clip(first - rng.uniform(0.1, 0.8) * need, 0, last))

    def speed(self, rng: np.random.Generator, free: bool) -> float:
        """Varispeed; 0.919 makes a 48 kHz recording of it. `free` stems may go further than songs as a whole."""
        low, high = self.recipe.pitch_range if free and rng.random() < 0.5 else (0.91, 1.1)
        pick = rng.random()
        return 1.0 if pick < 0.35 else (0.91875 if pick < 0.5 else float(rng.uniform(low, high)))

    def gain(self, rng: np.random.Generator, stem: int) -> float:
        """Level of a stem in the mixture; some, drums more often, far back."""
        level = self.recipe.levels_db[stem] + rng.normal(0.0, self.recipe.level_spread_db)
        if rng.random() < self.recipe.far_back * (1.6 if STEMS[stem] == "drums" else 1.0):
            level -= rng.uniform(6, 20)
        return db(float(np.clip(level, -26, 9)))

    def chains(self, rng: np.random.Generator, finished: np.ndarray) -> dict[str, np.ndarray]:
        """Effects of each stem; `finished` ones get less."""
        r, f4 = self.recipe, np.float32

        def chance(p) -> np.ndarray:
            return rng.random(N) < np.asarray(p)

        def uniform(low, high) -> np.ndarray:
            return rng.uniform(low, high, N)

        dry = ~finished
        compressed = chance((0.65, 0.35, 0.25, 0.2)) & dry
        ratio = uniform(2, 7)
        driven = chance(r.drive) & dry
        depth = np.where(chance(0.2), uniform(7, 12), uniform(2, 7)) * np.where(finished, 0.7, 1.0)
        fir = chance(np.asarray(r.random_fir)) & (dry | chance(0.3))
        wet = chance(np.array((0.6, 0.4, 0.12, 0.45)) * np.where(finished, 0.5, 1.0))
        echo = chance((0.12, 0.0, 0.0, 0.12)) & dry
        low_cut, high_cut = chance((0.12, 0.12, 0.06, 0.15)), chance((0.15, 0.15, 0.2, 0.15))
        silent = chance(r.pauses)
        begin, pause = uniform(-0.2, 0.9) * self.samples, uniform(0.1, 0.6) * self.samples
        low_hertz = np.exp(uniform(np.log(40), np.log((300, 150, 60, 400))))
        high_hertz = np.exp(uniform(np.log((3500, 4000, 400, 2500)), np.log(16_000)))
        row = {
            "threshold": REFERENCE_RMS * uniform(0.4, 2.0),
            "slope": np.where(compressed, 1 / ratio - 1, 0.0),
            "release": uniform(0.04, 0.2),
            "drive": np.where(driven, 10 ** (uniform((0, -6, 0, 0), (24, 14, 26, 34)) / 20), 0.0),
            "bias": uniform(0, 0.3),
            "eq": rng.normal(0.0, 0.5, (N, EQ_POINTS)) * depth[:, None],
            "tilt": rng.normal(0.0, 1 / 8, N) * depth,
            "low_cut": np.where(low_cut, low_hertz, 1e-3),
            "high_cut": np.where(high_cut, high_hertz, 1e7),
            "fir_gain": np.where(fir, 10 ** (uniform(-12, 3) / 20), 0.0),
            "room_gain": np.where(wet, 10 ** (uniform(-28, -7) / 20), 0.0),
            "echo": uniform(0.08, 0.5) * SAMPLE_RATE,
            "echo_gain": np.where(echo, 10 ** (uniform(-20, -7) / 20), 0.0),
            "matrix": self.width(rng),
            "pause_from": np.where(silent, begin, 1e9),
            "pause_to": np.where(silent, begin + pause, 1e9),
        }
        which = {"fir": rng.integers(RANDOM_FIRS, size=N), "room": rng.integers(ROOMS, size=N)}
        row["side_gain"], which["side"] = np.zeros(N), np.zeros(N, dtype=np.int64)
        # Nothing is drawn where none is wanted: recipes without it keep their mixtures.
        if any(r.widened):
            row["side_gain"] = np.where(chance(r.widened), 10 ** (uniform(*SIDE_DB) / 20), 0.0)
            which["side"] = rng.integers(RANDOM_FIRS, size=N)
        return {name: value.astype(f4) for name, value in row.items()} | which

    def width(self, rng: np.random.Generator) -> np.ndarray:
        """`[stems, 2, 2]`: how each stem's left and right are mixed to its new left and right."""
        out = np.zeros((N, 2, 2), dtype=np.float32)
        for i, pan_range in enumerate((0.12, 0.12, 0.06, 0.4)):
            pick = rng.random()
            mono = self.recipe.mono_stem
            width = 0.0 if pick < mono else (1.0 if pick < mono + 0.3 else rng.uniform(0.2, 1.6))
            same, cross = (1 + width) / 2, (1 - width) / 2
            position = float(np.clip(rng.normal(0.0, pan_range * (1.0 if width < 0.5 else 0.3)), -1, 1))
            angle = (position + 1) * np.pi / 4
            pan = np.array([np.cos(angle), np.sin(angle)]) * 2**0.5
            out[i] = np.array([[same, cross], [cross, same]]) * pan[:, None]
            if rng.random() < 0.5:
                out[i] = out[i, ::-1]
        return out

    def mastering(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Effects of the mixture, as gains that its stems share."""
        pick, mono = rng.random(), self.recipe.mono_sum
        width = 0.0 if pick < mono else (rng.uniform(0.0, 0.6) if pick < mono + 0.15 else 1.0)
        row = {
            "sum_width": width,
            "bus_threshold": rng.uniform(0.1, 0.5),
            "bus_slope": 1 / rng.uniform(1.3, 4) - 1 if rng.random() < 0.3 else 0.0,
            "target": db(rng.uniform(-14, -0.1)) if rng.random() < 0.85 else db(rng.uniform(-40, -14)),
            "push": db(rng.uniform(0, 9)) if rng.random() < 0.4 else 1.0,
        }
        if self.recipe.dense and rng.random() < self.recipe.dense:
            row["bus_threshold"], row["bus_slope"] = rng.uniform(0.08, 0.3), 1 / rng.uniform(2, 6) - 1
            row["target"], row["push"] = db(rng.uniform(-1.0, -0.1)), db(rng.uniform(6, 14))
        return {name: np.float32(value) for name, value in row.items()}

    def coding(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """A codec and its rate, or none (−1); and the parameters of what stands for one on a GPU."""
        coded = rng.random() < self.recipe.coded
        rate, cut = int(rng.integers(len(RATES))), rng.uniform(14_500, 20_000)
        return {
            "codec": np.int64(rate if coded else -1),
            "codec_cut": np.float32(cut if coded else 0.0),
            "codec_noise": np.float32(db(-rng.uniform(12, 26))),
        }
