"""Mixtures in bulk: hundreds of stems at once on one device, of which `loader.py` makes one after the other on the CPU.

Three steps. `Planner` draws with NumPy what a batch is made of, and nothing of it touches sound; it can run in worker processes.
`Mixer` turns the plan into stems: sound is looked up in one long tensor, and every stem goes through compressor, drive,
equaliser, body, echo, room, width, and the mixture through bus compressor and limiter. `Statistics` reduces stems to what
the loss needs, once for every layout that is trained.

Beside the loader's recipe stems are varied further, because training can see a thousand times as much here, and what it sees
too often it learns by heart: pitch by up to a fifth where stems need not agree, a short random response ("body": another amplifier,
another drum, another throat), doubles, and rests in which a stem falls silent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy.fft
import torch
from torch.nn import functional as F

from ..data.dataset import ACTIVE, SAMPLE_RATE
from ..data.pack import BLOCK, Excerpt, block_levels
from ..model.layout import STEMS, Layout
from ..model.network import features
from .augment import Rooms, db
from .codec import share_out
from .loader import REFERENCE_RMS, Batch, drawn, pool_groups, random_gain

LEAD = 22_050
"""Samples before a segment that fill reverbs and are cut off."""

TAPS, PHASES = 8, 256
"""Samples that one interpolated sample is made of, and fractions of a sample that are told apart."""

GUARD = TAPS
"""Silence around every recording, so that what is looked up beyond its ends is silence."""

EQ_POINTS = 9
"""Points of an equaliser, on an even scale of octaves from 20 Hz."""

STEP = 64
"""Samples that share one value of a level or a gain."""

BODIES, ROOMS = 96, 40

MOST_SAMPLES = 2**31 - 1
"""Of a catalogue. With more the compiled look-up (PyTorch 2.11) took numbers of samples for negative ones and ended the program."""

NYQUIST = SAMPLE_RATE / 2


class Catalogue:
    """What there is to draw from: a line per recording of a stem, and all sound in one piece."""

    def __init__(self, excerpts: Iterable[Excerpt]):
        self.offsets: list[tuple[int, int]] = []
        self.lengths: list[int] = []
        self.levels: list[float] = []
        self.active: list[np.ndarray] = []
        self.by_stem: dict[str, dict[str, list[int]]] = {stem: {} for stem in (*STEMS, "rest")}
        self.songs: list[dict[str, int]] = []
        self.backings: list[dict[str, int]] = []
        self.licences: set[str] = set()
        self.left_out = 0
        """Excerpts for which there was no room."""
        parts, at = [np.zeros(GUARD, dtype=np.int16)], GUARD
        for excerpt in excerpts:
            entries = {}
            if at + sum(audio.size + GUARD * len(audio) for audio in excerpt.stems.values()) > MOST_SAMPLES:
                self.left_out += 1
                continue
            self.licences |= set(excerpt.licence.split("; "))
            for stem, audio in excerpt.stems.items():
                channels, length = audio.shape
                places = []
                for channel in audio:
                    parts += [channel, np.zeros(GUARD, dtype=np.int16)]
                    places.append(at)
                    at += length + GUARD
                levels = block_levels(audio.T)
                entries[stem] = len(self.lengths)
                self.offsets.append((places[0], places[-1]))
                self.lengths.append(length)
                self.levels.append(max(excerpt.loudness[stem], ACTIVE))
                self.active.append(np.flatnonzero(levels > max(ACTIVE, 0.15 * excerpt.loudness[stem])))
                self.by_stem[stem].setdefault(excerpt.kind, []).append(entries[stem])
            if excerpt.kind == "multitrack":
                self.songs.append(entries)
            elif excerpt.kind == "backing":
                self.backings.append(entries)
        for stem in (*STEMS, "rest"):
            if not self.by_stem[stem]:
                raise ValueError(
                    f"the packed pool has no {stem}; pack all kinds, and more of them: python -m unbraid_training.pack"
                )
        self.sound = torch.from_numpy(np.concatenate(parts))
        """All recordings one after the other, int16; `Mixer` moves it to its device."""

    def without_sound(self) -> Catalogue:
        """A copy for worker processes."""
        copy = object.__new__(Catalogue)
        copy.__dict__.update({name: value for name, value in self.__dict__.items() if name != "sound"})
        return copy


@dataclass(frozen=True)
class BulkRecipe:
    """What mixtures are made of; probabilities, unless a unit says otherwise. See `loader.Recipe`, which it goes beyond."""

    aligned_song: float = 0.13
    voice_over_instrumental: float = 0.27
    no_voice: float = 0.25
    voice_only: float = 0.04
    absent: tuple[float, float, float] = (0.17, 0.09, 0.08)
    far_back: float = 0.16
    aligned_backing: float = 0.45
    mono_sum: float = 0.38
    coded: float = 0.2
    body: tuple[float, float, float, float] = (0.3, 0.35, 0.4, 0.4)
    """Stems that get a short random response: vocals, drums, bass, other."""
    drive: tuple[float, float, float, float] = (0.15, 0.15, 0.3, 0.3)
    second: tuple[float, float, float, float] = (0.2, 0.15, 0.06, 0.35)
    """Stems with a second recording, or a detuned double of the first."""
    rests: float = 0.12
    """Stems that fall silent for a while."""
    pitch_range: tuple[float, float] = (0.8, 1.25)
    """Speeds of stems that need not agree with others."""


KIND_WEIGHTS = {
    "vocals": {"singing": 0.66, "multitrack": 0.23, "speech": 0.11},
    "drums": {"backing": 0.68, "loops": 0.16, "multitrack": 0.16},
    "bass": {"backing": 0.80, "loops": 0.06, "multitrack": 0.14},
    "other": {"backing": 0.74, "loops": 0.08, "multitrack": 0.18},
}


class Planner:
    """Draws plans: dictionaries of arrays whose first axis is the mixture and whose second, where there is one, the stem."""

    def __init__(self, catalogue: Catalogue, recipe: BulkRecipe, items: int, samples: int, seed: int):
        self.catalogue, self.recipe, self.items, self.samples, self.seed = catalogue, recipe, items, samples, seed

    def __getitem__(self, number: int) -> dict[str, torch.Tensor]:
        """Plan `number`; depends on it, the seed, the recipe and the catalogue alone."""
        rng = np.random.default_rng([self.seed, number])
        rows = [self.mixture(rng) for _ in range(self.items)]
        return {name: torch.from_numpy(np.stack([row[name] for row in rows])) for name in rows[0]}

    def draw(self, rng, stem: str) -> int:
        """A recording of `stem`: first its kind, by weight, then which."""
        return drawn(rng, self.catalogue.by_stem[stem], KIND_WEIGHTS[stem])

    def start(self, rng, entry: int, speed: float) -> float:
        """First sample of a segment that begins, after the lead-in, no later than where the recording sounds."""
        need = (self.samples + LEAD) * speed
        last = self.catalogue.lengths[entry] - need
        if last <= 0:
            # Shorter than a segment: somewhere within.
            return float(rng.uniform(last, 0)) - LEAD * speed * 0.5
        active = self.catalogue.active[entry]
        if len(active) == 0:
            return float(rng.uniform(0, last))
        block = int(active[int(rng.integers(len(active)))])
        return float(np.clip(block * BLOCK - rng.uniform(0.1, 0.8) * need, 0, last))

    def speed(self, rng, free: bool) -> float:
        """Varispeed; 0.919 makes a 48 kHz recording of it. `free` stems may go further than songs as a whole."""
        low, high = self.recipe.pitch_range if free and rng.random() < 0.5 else (0.91, 1.1)
        pick = rng.random()
        return 1.0 if pick < 0.35 else (0.91875 if pick < 0.5 else float(rng.uniform(low, high)))

    def gain(self, rng, stem: int) -> float:
        """Level of a stem in the mixture, some far back."""
        return random_gain(rng, STEMS[stem], self.recipe.far_back)

    def mixture(self, rng) -> dict[str, np.ndarray]:
        """One row of a plan."""
        r, cat, n = self.recipe, self.catalogue, len(STEMS)
        plan = {
            "offset": np.zeros((n, 2, 2), dtype=np.int64),
            "length": np.zeros((n, 2), dtype=np.int64),
            "start": np.zeros((n, 2)),
            "speed": np.ones((n, 2)),
            "level": np.zeros((n, 2), dtype=np.float32),
            "gain": np.zeros(n, dtype=np.float32),
        }
        real = np.zeros(n, dtype=bool)

        def put(stem: int, layer: int, entry: int, start: float, speed: float, level: float = 1.0) -> None:
            plan["offset"][stem, layer] = cat.offsets[entry]
            plan["length"][stem, layer] = cat.lengths[entry]
            plan["start"][stem, layer], plan["speed"][stem, layer] = start, speed
            plan["level"][stem, layer] = level * REFERENCE_RMS / cat.levels[entry] / 32768.0

        def second(stem: int) -> None:
            if rng.random() >= r.second[stem]:
                return
            if stem != 1 and rng.random() < 0.5:
                # A double: the same, a little later and out of tune.
                plan["offset"][stem, 1], plan["length"][stem, 1] = plan["offset"][stem, 0], plan["length"][stem, 0]
                plan["start"][stem, 1] = plan["start"][stem, 0] - rng.uniform(100, 1500)
                plan["speed"][stem, 1] = plan["speed"][stem, 0] * (1 + rng.normal(0, 0.003))
                plan["level"][stem, 1] = plan["level"][stem, 0] * db(rng.uniform(-10, 0))
            else:
                entry, speed = self.draw(rng, STEMS[stem]), self.speed(rng, True)
                put(stem, 1, entry, self.start(rng, entry, speed), speed, db(rng.uniform(-12, 0)))

        def alone(stem: int) -> None:
            entry, speed = self.draw(rng, STEMS[stem]), self.speed(rng, True)
            put(stem, 0, entry, self.start(rng, entry, speed), speed)
            second(stem)

        rest_only = False
        mode = rng.random()
        if mode < r.aligned_song and cat.songs:
            song = cat.songs[int(rng.integers(len(cat.songs)))]
            lead = list(song.values())[int(rng.integers(len(song)))]
            speed = self.speed(rng, False)
            start = self.start(rng, lead, speed)
            own_balance = rng.random() < 0.5
            for i, stem in enumerate(STEMS):
                if stem in song and rng.random() > 0.06:
                    put(i, 0, song[stem], start, speed)
                    real[i] = True
                    ratio = cat.levels[song[stem]] / cat.levels[lead]
                    plan["gain"][i] = min(ratio, 3.0) * db(rng.normal(0, 2)) if own_balance else self.gain(rng, i)
        elif mode < r.aligned_song + r.voice_over_instrumental:
            rest_only = True
            options = [e for entries in cat.by_stem["rest"].values() for e in entries]
            entry, speed = options[int(rng.integers(len(options)))], self.speed(rng, False)
            put(3, 0, entry, self.start(rng, entry, speed), speed)
            real[3] = True
            plan["gain"][3] = 1.4
            if rng.random() > r.no_voice:
                alone(0)
                plan["gain"][0] = db(rng.normal(-1.5, 4.0))
        else:
            absent = rng.random(n) < np.array([r.no_voice, *r.absent])
            if rng.random() < r.voice_only:
                absent[:] = [False, True, True, True]
            shared = cat.backings[int(rng.integers(len(cat.backings)))] if rng.random() < r.aligned_backing else None
            speed = self.speed(rng, False)
            if shared:
                lead = list(shared.values())[int(rng.integers(len(shared)))]
                start = self.start(rng, lead, speed)
            for i, stem in enumerate(STEMS):
                if absent[i] or (shared and i and stem not in shared):
                    continue
                if shared and i:
                    put(i, 0, shared[stem], start, speed)
                else:
                    alone(i)
                plan["gain"][i] = self.gain(rng, i)
        plan.update(self.chains(rng, real))
        plan.update(self.mastering(rng))
        plan["gain"] *= np.where(rng.random(n) < 0.5, 1.0, -1.0).astype(np.float32)
        plan["rest_only"] = np.array(rest_only)
        return plan

    def chains(self, rng, real: np.ndarray) -> dict[str, np.ndarray]:
        """What each stem goes through; finished recordings (`real`) get less of it."""
        r, n, f4 = self.recipe, len(STEMS), np.float32

        def chance(p) -> np.ndarray:
            return rng.random(n) < np.asarray(p)

        def uniform(low, high) -> np.ndarray:
            return rng.uniform(low, high, n)

        dry = ~real
        compressed = chance((0.65, 0.35, 0.25, 0.2)) & dry
        ratio = uniform(2, 7)
        driven = chance(r.drive) & dry
        depth = np.where(chance(0.2), uniform(7, 12), uniform(2, 7)) * np.where(real, 0.7, 1.0)
        body = chance(np.asarray(r.body)) & (dry | chance(0.3))
        wet = chance(np.array((0.6, 0.4, 0.12, 0.45)) * np.where(real, 0.5, 1.0))
        echo = chance((0.12, 0.0, 0.0, 0.12)) & dry
        low_cut, high_cut = chance((0.12, 0.12, 0.06, 0.15)), chance((0.15, 0.15, 0.2, 0.15))
        silent = chance(r.rests)
        begin, silence = uniform(-0.2, 0.9) * self.samples, uniform(0.1, 0.6) * self.samples
        return {
            "threshold": (REFERENCE_RMS * uniform(0.4, 2.0)).astype(f4),
            "slope": np.where(compressed, 1 / ratio - 1, 0.0).astype(f4),
            "release": uniform(0.04, 0.2).astype(f4),
            "drive": np.where(driven, 10 ** (uniform((0, -6, 0, 0), (24, 14, 26, 34)) / 20), 0.0).astype(f4),
            "bias": uniform(0, 0.3).astype(f4),
            "eq": (rng.normal(0.0, 0.5, (n, EQ_POINTS)) * depth[:, None]).astype(f4),
            "tilt": (rng.normal(0.0, 1 / 8, n) * depth).astype(f4),
            "low_cut": np.where(low_cut, np.exp(uniform(np.log(40), np.log((300, 150, 60, 400)))), 1e-3).astype(f4),
            "high_cut": np.where(
                high_cut, np.exp(uniform(np.log((3500, 4000, 400, 2500)), np.log(16_000))), 1e7
            ).astype(f4),
            "body": rng.integers(BODIES, size=n),
            "body_gain": np.where(body, 10 ** (uniform(-12, 3) / 20), 0.0).astype(f4),
            "room": rng.integers(ROOMS, size=n),
            "room_gain": np.where(wet, 10 ** (uniform(-28, -7) / 20), 0.0).astype(f4),
            "echo": (uniform(0.08, 0.5) * SAMPLE_RATE).astype(f4),
            "echo_gain": np.where(echo, 10 ** (uniform(-20, -7) / 20), 0.0).astype(f4),
            "matrix": self.width(rng),
            "rest_from": np.where(silent, begin, 1e9).astype(f4),
            "rest_to": np.where(silent, begin + silence, 1e9).astype(f4),
        }

    def width(self, rng) -> np.ndarray:
        """`[stems, 2, 2]`: what of its left and right each stem's left and right become."""
        n = len(STEMS)
        out = np.zeros((n, 2, 2), dtype=np.float32)
        for i, spread in enumerate((0.12, 0.12, 0.06, 0.4)):
            pick = rng.random()
            width = 0.0 if pick < 0.25 else (1.0 if pick < 0.55 else rng.uniform(0.2, 1.6))
            same, cross = (1 + width) / 2, (1 - width) / 2
            angle = (float(np.clip(rng.normal(0.0, spread * (1.0 if width < 0.5 else 0.3)), -1, 1)) + 1) * np.pi / 4
            pan = np.array([np.cos(angle), np.sin(angle)]) * 2**0.5
            out[i] = np.array([[same, cross], [cross, same]]) * pan[:, None]
            if rng.random() < 0.5:
                out[i] = out[i, ::-1]
        return out

    def mastering(self, rng) -> dict[str, np.ndarray]:
        """What the mixture goes through, as gains that its stems share."""
        f4 = np.float32
        pick = rng.random()
        width = (
            0.0
            if pick < self.recipe.mono_sum
            else (rng.uniform(0.0, 0.6) if pick < self.recipe.mono_sum + 0.15 else 1.0)
        )
        target = db(rng.uniform(-14, -0.1)) if rng.random() < 0.85 else db(rng.uniform(-40, -14))
        coded = rng.random() < self.recipe.coded
        return {
            "sum_width": f4(width),
            "bus_threshold": f4(rng.uniform(0.1, 0.5)),
            "bus_slope": f4(1 / rng.uniform(1.3, 4) - 1 if rng.random() < 0.3 else 0.0),
            "target": f4(target),
            "push": f4(db(rng.uniform(0, 9)) if rng.random() < 0.4 else 1.0),
            "codec_cut": f4(rng.uniform(14_500, 20_000) if coded else 0.0),
            "codec_noise": f4(db(-rng.uniform(12, 26))),
        }


def interpolation_table() -> np.ndarray:
    """`[PHASES, TAPS]`: windowed sinc functions, one row per fraction of a sample."""
    at = np.arange(TAPS)[None] - (TAPS // 2 - 1) - np.arange(PHASES)[:, None] / PHASES
    table = np.sinc(at * 0.97) * 0.5 * (1 + np.cos(np.pi * np.clip(at / (TAPS / 2), -1, 1)))
    return (table / table.sum(1, keepdims=True)).astype(np.float32)


def body_spectra(length: int, seed: int) -> np.ndarray:
    """`[BODIES, bins]` complex64: spectra of short, random, decaying responses of unit energy."""
    rng = np.random.default_rng([seed, 78])
    out = []
    for _ in range(BODIES):
        decay = np.exp(rng.uniform(np.log(0.001), np.log(0.03)))
        size = int(decay * 1.1 * SAMPLE_RATE) + 8
        t = np.arange(size) / SAMPLE_RATE
        response = rng.standard_normal(size) * np.exp(-6.9 * t / decay)
        for _ in range(int(rng.integers(0, 4))):
            # A resonance, as wood, cones and throats have them.
            hertz = np.exp(rng.uniform(np.log(70), np.log(5000)))
            response += rng.normal(0, 2) * np.sin(2 * np.pi * hertz * t) * np.exp(-6.9 * t / decay)
        padded = np.zeros(length, dtype=np.float32)
        padded[:size] = response / np.sqrt(np.sum(response**2))
        out.append(scipy.fft.rfft(padded).astype(np.complex64))
    return np.stack(out)


def look_up(sound, table, offset, length, start, speed, level, samples: int):
    """`[N, 2, samples]`: recordings at their speeds, float32, from `sound` int16; all else `[N]`, `offset` `[N, 2]`."""
    position = torch.arange(samples, device=sound.device, dtype=torch.float64) * speed[:, None] + start[:, None]
    whole = torch.floor(position)
    phase = ((position - whole) * PHASES).to(torch.int64)
    first = whole.to(torch.int64) - (TAPS // 2 - 1)
    total = 0.0
    for k in range(TAPS):
        # Beyond its ends a recording has silence.
        at = torch.minimum(torch.clamp(first + k, min=-1), length[:, None])
        total = total + table[phase, k][:, None] * sound[offset[:, :, None] + at[:, None]].to(torch.float32)
    return total * level[:, None, None]


def compressor(audio, threshold, slope, release):
    """Gain `[N, samples]` of a compressor of `audio` `[N, 2, samples]` that rises at once and falls within `release` seconds."""
    blocks = audio.abs().amax(1).unflatten(-1, (-1, STEP)).amax(-1)
    fall = (STEP / SAMPLE_RATE / release)[:, None] * torch.arange(blocks.shape[1], device=audio.device)
    level = torch.cummax(torch.log(blocks + 1e-5) + fall, dim=1).values - fall
    over = torch.relu(level - torch.log(threshold)[:, None])
    return stretched(torch.exp(slope[:, None] * over))


def stretched(gains):
    """Gains per `STEP` samples `[N, blocks]` as gains per sample."""
    return F.interpolate(gains[:, None], scale_factor=STEP, mode="linear", align_corners=False)[:, 0]


def driven(audio, amount, bias):
    """Soft clipping with make-up where `amount` is above 0; `[N, 2, samples]`."""
    before = audio.square().mean((1, 2), keepdim=True).sqrt() + 1e-6
    bias = bias[:, None, None]
    pushed = torch.tanh(audio * (amount[:, None, None] * 0.2 / before) + bias) - torch.tanh(bias)
    after = pushed.square().mean((1, 2), keepdim=True).sqrt() + 1e-6
    return torch.where(amount[:, None, None] > 0, pushed * (before / after), audio)


def transfer(spectrum, bodies, rooms, hertz, octave, p):
    """Equaliser, body, echo and room of `spectrum` `[N, 2, bins, 2]`, in real arithmetic; `p` is the plan, `[N]` each."""
    point = torch.clamp(octave * ((EQ_POINTS - 1) / 10.2), 0, EQ_POINTS - 1 - 1e-4)
    low = point.to(torch.int64)
    part = point - low
    curve = p["eq"][:, low] * (1 - part) + p["eq"][:, low + 1] * part + p["tilt"][:, None] * (octave - 5)
    gain = torch.exp(curve * 0.11512925)
    gain = gain / (1 + (p["low_cut"][:, None] / hertz) ** 4) / torch.sqrt(1 + (hertz / p["high_cut"][:, None]) ** 8)
    body = bodies[p["body"]] * p["body_gain"][:, None, None]
    br, bi = 1 + body[..., 0], body[..., 1]
    angle = hertz * (-2 * torch.pi / SAMPLE_RATE) * p["echo"][:, None]
    # Two repeats.
    g = p["echo_gain"][:, None]
    er, ei = (
        1 + g * torch.cos(angle) + g * g * torch.cos(2 * angle),
        g * torch.sin(angle) + g * g * torch.sin(2 * angle),
    )
    hr, hi = gain * (br * er - bi * ei), gain * (br * ei + bi * er)
    room = rooms[p["room"]] * p["room_gain"][:, None, None, None]
    rr, ri = 1 + room[..., 0], room[..., 1]
    hr, hi = hr[:, None] * rr - hi[:, None] * ri, hr[:, None] * ri + hi[:, None] * rr
    re, im = spectrum[..., 0], spectrum[..., 1]
    return torch.stack([re * hr - im * hi, re * hi + im * hr], dim=-1)


class Mixer:
    """Plans into stems, on the device of `sound`."""

    def __init__(self, sound: torch.Tensor, samples: int, seed: int, compiled: bool):
        device = sound.device
        self.sound, self.samples = sound, samples
        self.length = STEP * scipy.fft.next_fast_len(-(-(samples + LEAD) // STEP), real=True)
        hertz = torch.linspace(0, NYQUIST, self.length // 2 + 1, device=device)
        self.hertz = hertz.clamp_min(1.0)
        self.octave = torch.log2(hertz.clamp_min(20.0) / 20.0)
        self.table = torch.from_numpy(interpolation_table()).to(device)
        self.bodies = torch.view_as_real(torch.from_numpy(body_spectra(self.length, seed))).to(device)
        rooms = np.stack(Rooms(ROOMS, seed, self.length).spectra)
        self.rooms = torch.view_as_real(torch.from_numpy(rooms)).to(device)
        wrap = (lambda f: torch.compile(f, dynamic=False)) if compiled else (lambda f: f)
        self.look_up, self.transfer, self.driven = wrap(look_up), wrap(transfer), wrap(driven)

    @torch.no_grad()
    def __call__(self, plan: dict[str, torch.Tensor]) -> torch.Tensor:
        """Stems `[items, 4, 2, samples]`, mastered; `plan` on the same device."""
        items, n = plan["gain"].shape
        p = {name: value.flatten(0, 1) for name, value in plan.items() if value.ndim > 1}
        audio = 0.0
        for layer in range(2):
            audio = audio + self.look_up(
                self.sound,
                self.table,
                *(p[name][:, layer] for name in ("offset", "length", "start", "speed", "level")),
                self.length,
            )
        audio = audio * compressor(audio, p["threshold"], p["slope"], p["release"])[:, None]
        audio = self.driven(audio, p["drive"], p["bias"])
        chain = {
            name: p[name]
            for name in (
                "eq",
                "tilt",
                "low_cut",
                "high_cut",
                "body",
                "body_gain",
                "echo",
                "echo_gain",
                "room",
                "room_gain",
            )
        }
        spectrum = torch.view_as_real(torch.fft.rfft(audio))
        spectrum = self.transfer(spectrum, self.bodies, self.rooms, self.hertz, self.octave, chain)
        audio = torch.fft.irfft(torch.view_as_complex(spectrum), n=self.length)[..., -self.samples :]
        at = torch.arange(self.samples, device=audio.device)
        fade = 0.02 * SAMPLE_RATE
        silence = ((at - p["rest_from"][:, None]) / fade).clamp(0, 1) * ((p["rest_to"][:, None] - at) / fade).clamp(
            0, 1
        )
        audio = torch.einsum("nij,njs->nis", p["matrix"], audio) * ((1 - silence) * p["gain"][:, None])[:, None]
        return self.master(audio.unflatten(0, (items, n)), plan)

    def master(self, stems, plan):
        """Width of the sum, bus compressor, limiter, level: gains that all stems share."""
        mid = stems.mean(2, keepdim=True)
        stems = mid + (stems - mid) * plan["sum_width"][:, None, None, None]
        # Levels are per `STEP` samples; the end that does not fill one is left as the last.
        whole = stems.shape[-1] // STEP * STEP

        def applied(values, gain):
            return values * F.pad(gain, (0, values.shape[-1] - whole), mode="replicate").reshape(
                -1, *[1] * (values.ndim - 2), values.shape[-1]
            )

        mixture = stems.sum(1)
        peak = mixture.abs().amax((1, 2)) + 1e-5
        release = torch.full_like(peak, 0.15)
        gain = compressor(mixture[..., :whole], peak * plan["bus_threshold"], plan["bus_slope"], release)
        stems, mixture = applied(stems, gain), applied(mixture, gain)
        peak = mixture.abs().amax((1, 2)) + 1e-5
        push = plan["push"] * plan["target"] / peak
        peaks = mixture[..., :whole].abs().amax(1).unflatten(-1, (-1, STEP)).amax(-1) * push[:, None]
        wanted = (plan["target"][:, None] / peaks.clamp_min(1e-6)).clamp_max(1.0)
        held = -F.max_pool1d(-wanted[:, None], 25, 1, 12)
        smooth = F.avg_pool1d(held, 25, 1, 12, count_include_pad=False)[:, 0]
        return applied(stems, stretched(smooth)) * push[:, None, None, None]


def as_coded(stems, cut, noise, layout: Layout):
    """Spectra of stems `[items, 4, 2, T, bins]` much as a lossy codec leaves their sum: highs missing, what is masked gone, noise in
    every band. What it changes is shared out as in `codec.share_out`."""
    bins = stems.shape[-1]
    x = stems.sum(1)
    width = 16
    power = x.real.square() + x.imag.square()
    band = F.avg_pool1d(power.flatten(0, 2), width + 1, 1, width // 2, count_include_pad=False).reshape(power.shape)
    depth = noise[:, None, None, None]
    random = torch.view_as_complex(torch.randn(*x.shape, 2, device=x.device)) * (band * 0.5).sqrt() * depth
    heard = power > band * depth.square() * 2
    hertz = torch.arange(bins, device=x.device) * (SAMPLE_RATE / layout.fft)
    decoded = torch.where(heard, x + random, torch.zeros_like(x)) * (hertz < cut[:, None, None, None])
    return share_out(stems, decoded)


def pooled(spectrum, layout: Layout):
    """`features`, `pxx`, `pxs` and `pss` of stems' spectra `[items, 4, 2, T, bins, 2]`, in real arithmetic; see `loader.statistics`."""
    re, im = spectrum[..., 0], spectrum[..., 1]
    xr, xi = re.sum(1), im.sum(1)
    sr, si = (xr[:, 0] - xr[:, 1]) * 0.5, (xi[:, 0] - xi[:, 1]) * 0.5
    xx = pool_groups(xr.square() + xi.square(), layout)
    side = pool_groups(sr.square() + si.square(), layout)
    xs = pool_groups(xr[:, None] * re + xi[:, None] * im, layout)
    ss = pool_groups(re.square() + im.square(), layout)
    feats = features(xx[:, 0], xx[:, 1], side)
    return feats, xx.movedim(2, 1).contiguous(), xs.movedim(3, 1).contiguous(), ss.movedim(3, 1).contiguous()


class Statistics:
    """What the loss needs of stems, for one layout."""

    def __init__(self, layout: Layout, device: torch.device, compiled: bool, at_once: int = 16):
        if layout.lookahead_frames:
            raise ValueError("look-ahead is not made in bulk; train with unbraid_training.train")
        self.layout, self.at_once = layout, at_once
        self.window = torch.from_numpy(layout.windows()[0].astype(np.float32)).to(device)
        self.pooled = torch.compile(pooled, dynamic=False) if compiled else pooled

    @torch.no_grad()
    def __call__(self, stems: torch.Tensor, plan: dict[str, torch.Tensor], coded: torch.Tensor) -> Batch:
        """Of stems `[items, 4, 2, samples]`, `at_once` of which are transformed together; `coded` are the numbers, on the CPU, of
        those that have been through a codec."""
        parts = []
        for first in range(0, len(stems), self.at_once):
            chunk = stems[first : first + self.at_once]
            spectrum = torch.fft.rfft(chunk.unfold(-1, self.layout.fft, self.layout.hop) * self.window)
            rows = coded[(coded >= first) & (coded < first + len(chunk))]
            if len(rows):
                within, rows = (rows - first).to(stems.device), rows.to(stems.device)
                spectrum[within] = as_coded(
                    spectrum[within], plan["codec_cut"][rows], plan["codec_noise"][rows], self.layout
                )
            parts.append(self.pooled(torch.view_as_real(spectrum), self.layout))
        return Batch(*(torch.cat(column) for column in zip(*parts)), plan["rest_only"])
