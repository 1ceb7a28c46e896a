"""Drum kits: Hydrogen's, recorded samples, and drawn from an oscillator; how a drum part is played on them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy import signal

from ..data.dataset import SAMPLE_RATE
from ..data.fetch import SourceError, debian_package
from . import effects as fx
from .midi import KEY, LENGTH, START, VELOCITY
from .sampling import F32, SampleCache, resample
from .sfz import read_sfz

HYDROGEN = {
    # kit folder: (package, character)
    "GMRockKit": ("hydrogen-data", "rock"),
    "TR808EmulationKit": ("hydrogen-data", "electronic"),
    "Audiophob": ("hydrogen-drumkits", "electronic"),
    "BJA_Pacific": ("hydrogen-drumkits", "rock"),
    "ColomboAcousticDrumkit": ("hydrogen-drumkits", "rock"),
    "ElectricEmpireKit": ("hydrogen-drumkits", "electronic"),
    "ForzeeStereo": ("hydrogen-drumkits", "rock"),
    "Gimme A Hand 1.0": ("hydrogen-drumkits", "hands"),
    "HardElectro1": ("hydrogen-drumkits", "electronic"),
    "Millo-Drums_v.1": ("hydrogen-drumkits", "rock"),
    "Millo_MultiLayered2": ("hydrogen-drumkits", "rock"),
    "Millo_MultiLayered3": ("hydrogen-drumkits", "rock"),
    "The Black Pearl 1.0": ("hydrogen-drumkits", "rock"),
    "VariBreaks": ("hydrogen-drumkits", "electronic"),
    "circAfrique v4": ("hydrogen-drumkits", "hands"),
    "rumpf_kit_z01_h2": ("hydrogen-drumkits", "electronic"),
}

MULDJORD = {48: "kick", 49: "kick", 50: "snare", 51: "snare", 52: "closed", 53: "open", 54: "ride", 55: "bell", 56: "ride", 57: "bell", 58: "crash",
            59: "crash2", 60: "china", 61: "tom1", 62: "tom2", 63: "tom3", 64: "tom4"}  # fmt: skip

GM_ROLES = {35: "kick", 36: "kick", 37: "stick", 38: "snare", 39: "clap", 40: "snare2", 41: "tom4", 43: "tom4", 45: "tom3", 47: "tom3", 48: "tom2", 50: "tom1",
            42: "closed", 44: "pedal", 46: "open", 49: "crash", 57: "crash2", 52: "china", 55: "splash", 51: "ride", 59: "ride", 53: "bell", 54: "tambourine",
            56: "cowbell", 69: "shaker", 70: "shaker", 82: "shaker", 60: "bongo1", 61: "bongo2", 62: "conga1", 63: "conga1", 64: "conga2", 65: "bongo1",
            66: "conga2", 67: "agogo1", 68: "agogo2", 75: "clave", 76: "wood1", 77: "wood2", 73: "shaker", 74: "shaker", 80: "triangle", 81: "triangle",
            31: "stick", 33: "stick", 34: "cowbell", 27: "clap", 28: "clap", 58: "shaker", 71: "shaker", 72: "shaker", 78: "conga1", 79: "conga2"}  # fmt: skip

FALLBACK = {"snare2": ("snare", "clap"), "stick": ("snare2", "clave", "clap", "snare"), "clap": ("snare2", "snare"), "pedal": ("closed",), "open": ("crash", "closed"), "closed": ("pedal", "shaker", "open"),
            "crash2": ("crash", "china", "open"), "china": ("crash2", "crash"), "splash": ("crash",), "crash": ("crash2", "splash", "ride", "open"), "ride": ("bell", "crash", "open", "closed"), "bell": ("ride", "cowbell"),
            "tom1": ("tom2", "tom3", "tom4", "snare"), "tom2": ("tom1", "tom3", "tom4", "snare"), "tom3": ("tom4", "tom2", "tom1", "kick"), "tom4": ("tom3", "tom2", "tom1", "kick"),
            "tambourine": ("shaker", "closed"), "shaker": ("tambourine", "closed"), "cowbell": ("bell", "wood1"), "kick": ("tom4",), "snare": ("snare2", "clap"),
            "bongo1": ("tom1",), "bongo2": ("tom2",), "conga1": ("bongo1", "tom1"), "conga2": ("bongo2", "tom3"), "agogo1": ("bell",), "agogo2": ("bell",), "clave": ("stick",),
            "wood1": ("stick",), "wood2": ("stick",), "triangle": ("bell",)}  # fmt: skip

GROUPS = {"kick": "kick", "snare": "snare", "snare2": "snare", "stick": "snare", "clap": "snare", "closed": "hat", "pedal": "hat", "open": "hat", "crash": "cymbal",
          "crash2": "cymbal", "china": "cymbal", "splash": "cymbal", "ride": "cymbal", "bell": "cymbal", "tom1": "tom", "tom2": "tom", "tom3": "tom", "tom4": "tom"}  # fmt: skip

PLACES = {"closed": -0.35, "pedal": -0.35, "open": -0.35, "crash": -0.5, "crash2": 0.55, "china": 0.7, "splash": 0.1, "ride": 0.45, "bell": 0.45, "tom1": -0.3, "tom2": 0.0,
          "tom3": 0.3, "tom4": 0.5, "tambourine": 0.4, "shaker": 0.3, "cowbell": -0.2, "conga1": 0.4, "conga2": 0.5, "bongo1": -0.4, "bongo2": -0.3}  # fmt: skip


@dataclass
class Layer:
    """Alternatives for one range of velocities (0-1)."""

    low: float
    high: float
    samples: list
    """Paths, or arrays for drawn drums."""
    gain: float = 1.0
    pitch: float = 0.0


@dataclass
class Pad:
    """One drum of a kit."""

    layers: list[Layer]
    volume: float = 1.0
    place: float = 0.0


@dataclass
class Kit:
    """Pads by role (see `GM_ROLES`), with the origin of the samples."""

    name: str
    source: str
    """Key of the catalogue in `sources`."""
    character: str
    pads: dict[str, Pad] = field(default_factory=dict)

    def pad(self, role: str) -> Pad | None:
        """The pad for a role, or the nearest thing this kit has."""
        if role in self.pads:
            return self.pads[role]
        for other in FALLBACK.get(role, ()):
            if other in self.pads:
                return self.pads[other]
        return None


_NAMES = (
    (r"choke|flink|swish|whistle|zap|\bfx\b|click|roll|redo", None),
    (r"rim ?click|stick|side", "stick"),
    (r"rim", "snare2"),
    (r"crash.*(cup|bell)|ride.*(cup|bell)|^bell|paiste bell|ride-cup", "bell"),
    (r"china", "china"),
    (r"splash", "splash"),
    (r"ride", "ride"),
    (r"crash|cymbal", "crash"),
    (r"(hh|hat).*(pd|ped)|(ped).*(hh|hat)", "pedal"),
    (r"side o?hh|semi", "open2"),
    (r"(hh|hat).*\b(op|open|opened|free)|open (hh|hat)|ohh", "open"),
    (r"(hh|hat)", "closed"),
    (r"kick|bass ?drum|cajon thump", "kick"),
    (r"snare|cajon slap", "snare"),
    (r"clap|snap", "clap"),
    (r"floor", "tom4"),
    (r"tom.?(low|l\b)|low tom", "tom4"),
    (r"tom.?(mid|m\b)|middle tom|tom 2", "tom2"),
    (r"tom.?(hi|h\b)|high tom|tom 1|^tom", "tom1"),
    (r"cowbell", "cowbell"),
    (r"tambourine", "tambourine"),
    (r"shaker|maraca", "shaker"),
    (r"bongo hi", "bongo1"),
    (r"bongo lo", "bongo2"),
    (r"conga.?1|conga$", "conga1"),
    (r"conga", "conga2"),
    (r"clave|wood.*hi", "clave"),
    (r"wood", "wood2"),
    (r"agogo", "agogo1"),
)
_AFRIQUE = {"Dununba1 Head Hit": "kick", "Djembe1 Slap": "snare", "Djembe1 Tone": "tom1", "Djembe2 Tone": "tom2", "Djembe3 Bass": "tom4", "Djembe2 Slap": "snare2", "Sangban1 Head Hit": "tom3",
            "Kenkeni1 Bell Hit": "ride", "Sangban1 Bell Mute": "closed", "Sangban1 Bell Hit": "open", "Djembe4 Slap": "stick", "Dununba1 Bell": "bell"}  # fmt: skip


def _role(name: str) -> str | None:
    if name in _AFRIQUE:
        return _AFRIQUE[name]
    for pattern, role in _NAMES:
        if re.search(pattern, name.lower()):
            return role
    return None


def hydrogen_kit(folder_name: str, cache: Path, rng: np.random.Generator) -> Kit:
    """Reads a Hydrogen kit. Where a kit has several drums for one role, `rng` picks one."""
    package, character = HYDROGEN[folder_name]
    folder = debian_package(package, cache) / "usr/share/hydrogen/data/drumkits" / folder_name
    path = folder / "drumkit.xml"
    try:
        root = ET.fromstring(
            re.sub(r' xmlns(:\w+)?="[^"]+"| xsi:\S+="[^"]*"', "", path.read_text(encoding="utf-8", errors="replace"))
        )
    except (OSError, ET.ParseError) as error:
        raise SourceError(
            f"Hydrogen kit {path} cannot be read ({error}); delete unpacked/{package} to unpack it again"
        ) from error
    choices: dict[str, list[Pad]] = {}
    for node in root.find("instrumentList"):
        name = node.findtext("name") or ""
        role = _role(name)
        if role is None:
            continue
        layers = []
        for layer in node.iter("layer"):
            file = folder / (layer.findtext("filename") or "?")
            if file.is_file():
                layers.append(
                    Layer(
                        float(layer.findtext("min", "0")),
                        float(layer.findtext("max", "1")),
                        [file],
                        float(layer.findtext("gain", "1")),
                        float(layer.findtext("pitch", "0")),
                    )
                )
        single = node.findtext("filename")
        if not layers and single and (folder / single).is_file():
            layers = [Layer(0.0, 1.0, [folder / single])]
        if not layers:
            continue
        if node.findtext("pan") is not None:
            place = float(node.findtext("pan"))
        else:
            left, right = float(node.findtext("pan_L", "1")), float(node.findtext("pan_R", "1"))
            place = (right - left) / max(left, right, 1e-6)
        layers.sort(key=lambda l: l.low)
        choices.setdefault(role, []).append(Pad(layers, float(node.findtext("volume", "1")), place))
    if "open2" in choices and "open" not in choices:
        choices["open"] = choices["open2"]
    choices.pop("open2", None)
    kit = Kit(folder_name, f"{package}/{folder_name}", character)
    for role, pads in choices.items():
        kit.pads[role] = pads[rng.integers(len(pads))]
        if role == "crash" and len(pads) > 1:
            kit.pads["crash2"] = pads[rng.integers(len(pads))]
        if role == "snare" and len(pads) > 1 and "snare2" not in choices:
            kit.pads["snare2"] = pads[rng.integers(len(pads))]
    if "kick" not in kit.pads or "snare" not in kit.pads:
        raise SourceError(
            f"Hydrogen kit {path} has no kick or no snare that could be told by name; delete unpacked/{package} to unpack it again"
        )
    return kit


def muldjord_kit(instruments: Path, rng: np.random.Generator) -> Kit:
    """The recorded rock kit beside the other instruments, read from its SFZ map."""
    maps = sorted((Path(instruments) / "muldjordkit").glob("*.sfz"))
    if not maps:
        raise SourceError(f"{instruments}/muldjordkit holds no .sfz map; clone freepats/muldjordkit from GitHub there")
    instrument = read_sfz(maps[0], name="muldjordkit")
    kit = Kit("muldjordkit", "muldjordkit", "rock")
    keys = dict(MULDJORD)
    for first, second in ((48, 49), (50, 51), (54, 56), (55, 57)):
        keys.pop(first if rng.random() < 0.5 else second)
    for key, role in keys.items():
        ranges: dict[tuple[int, int], list[Path]] = {}
        for region in instrument.keys.get(key, []):
            ranges.setdefault((region.low_velocity, region.high_velocity), []).append(region.sample)
        layers = [Layer(low / 127, (high + 1) / 127, files) for (low, high), files in sorted(ranges.items())]
        if layers:
            kit.pads[role] = Pad(layers, 1.0, 0.0)
    kit.pads["pedal"] = kit.pads["closed"]
    return kit


_SONIC = {
    "acoustic": {
        "kick": ("drum_bass_soft", "drum_bass_hard"), "snare": ("drum_snare_soft", "drum_snare_hard"), "closed": ("drum_cymbal_closed",), "pedal": ("drum_cymbal_pedal",),
        "open": ("drum_cymbal_open",), "crash": ("drum_cymbal_soft", "drum_cymbal_hard"), "splash": ("drum_splash_soft", "drum_splash_hard"), "tom1": ("drum_tom_hi_soft", "drum_tom_hi_hard"),
        "tom2": ("drum_tom_mid_soft", "drum_tom_mid_hard"), "tom4": ("drum_tom_lo_soft", "drum_tom_lo_hard"), "cowbell": ("drum_cowbell",), "clap": ("perc_snap",),
    },
    "kick": ("bd_808", "bd_ada", "bd_boom", "bd_fat", "bd_gas", "bd_haus", "bd_klub", "bd_pure", "bd_sone", "bd_tek", "bd_zome", "bd_zum", "elec_soft_kick", "elec_hollow_kick", "drum_heavy_kick"),
    "snare": ("sn_dolf", "sn_dub", "sn_zome", "elec_snare", "elec_lo_snare", "elec_hi_snare", "elec_mid_snare", "elec_filt_snare", "drum_snare_hard"),
    "closed": ("drum_cymbal_closed", "drum_cymbal_pedal", "elec_tick", "elec_cymbal"),
    "stick": ("elec_wood", "perc_snap", "elec_tick", "elec_pop"),
    "clap": ("perc_snap", "perc_snap2"),
    "tom1": ("elec_fuzz_tom", "drum_tom_hi_hard"),
}  # fmt: skip
"""Sonic Pi's one-shots that the package lists under CC0; the samples it does not list are left alone."""


def sonic_pi_kit(cache: Path, rng: np.random.Generator) -> Kit:
    """A kit of Sonic Pi's CC0 one-shots: its acoustic set, or electronic drums drawn at random."""
    folder = debian_package("sonic-pi-samples", cache) / "usr/share/sonic-pi/samples"
    electronic = rng.random() < 0.7
    kit = Kit("sonic-pi", "sonic-pi-samples", "electronic" if electronic else "rock")
    for role, names in _SONIC["acoustic"].items():
        files = [folder / f"{n}.flac" for n in names]
        bounds = np.linspace(0, 1, len(files) + 1)
        kit.pads[role] = Pad([Layer(bounds[i], bounds[i + 1], [f]) for i, f in enumerate(files)])
    if electronic:
        for role in ("kick", "snare", "closed", "stick", "clap", "tom1"):
            kit.pads[role] = Pad([Layer(0, 1, [folder / f"{_SONIC[role][rng.integers(len(_SONIC[role]))]}.flac"])])
    return kit


def drawn_kit(rng: np.random.Generator) -> Kit:
    """Analogue-style drums computed with random settings."""
    kit = Kit("drawn", "generated", "electronic")

    def t(seconds):
        return np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE

    def noise(seconds, low, high):
        x = rng.standard_normal(round(seconds * SAMPLE_RATE))
        return signal.sosfilt(signal.butter(2, [low, min(high, 20_000)], "band", fs=SAMPLE_RATE, output="sos"), x)

    def store(role, audio, volume=1.0):
        audio = np.asarray(audio, dtype=F32)
        fade = min(400, len(audio))
        audio[-fade:] *= np.linspace(1, 0, fade, dtype=F32)
        kit.pads[role] = Pad([Layer(0, 1, [audio / max(np.abs(audio).max(), 1e-6)])], volume)

    x = t(rng.uniform(0.25, 0.9))
    base, sweep, speed = rng.uniform(40, 62), rng.uniform(60, 400), rng.uniform(15, 70)
    phase = 2 * np.pi * np.cumsum(base + sweep * np.exp(-x * speed)) / SAMPLE_RATE
    kick = np.sin(phase) * np.exp(-x * rng.uniform(3, 14))
    kick += rng.uniform(0, 0.4) * np.exp(-x * 300) * rng.standard_normal(len(x))
    store("kick", np.tanh(kick * rng.uniform(1, 4)))

    x = t(rng.uniform(0.12, 0.4))
    body = np.sin(2 * np.pi * rng.uniform(160, 240) * x + 3 * np.exp(-x * 80)) * np.exp(-x * rng.uniform(15, 40))
    wires = noise(len(x) / SAMPLE_RATE, rng.uniform(300, 2000), rng.uniform(7000, 16_000))[: len(x)] * np.exp(
        -x * rng.uniform(9, 30)
    )
    store("snare", np.tanh((body * rng.uniform(0.3, 1) + wires * rng.uniform(0.6, 1.5)) * rng.uniform(1, 3)))

    x = t(0.35)
    bursts = sum(
        np.where(x >= d, np.exp(-(x - d) * (90 if d < 0.03 else rng.uniform(12, 30))), 0.0)
        for d in (0, 0.011, 0.022, 0.033)
    )
    store("clap", noise(0.35, rng.uniform(700, 1200), rng.uniform(2500, 8000))[: len(x)] * bursts)

    ratios = np.array([2.0, 3.0, 4.16, 5.43, 6.79, 8.21]) * rng.uniform(35, 60)
    for role, seconds, decay in (
        ("closed", 0.12, rng.uniform(30, 90)),
        ("open", 0.7, rng.uniform(5, 10)),
        ("crash", 2.2, rng.uniform(1.5, 3)),
        ("ride", 1.6, rng.uniform(2.5, 5)),
    ):
        x = t(seconds)
        metal = sum(signal.square(2 * np.pi * r * rng.uniform(0.98, 1.02) * 4 * x) for r in ratios)
        mixture = rng.uniform(0.1, 0.9)
        raw = mixture * metal / 6 + (1 - mixture) * rng.standard_normal(len(x))
        sos = signal.butter(
            3,
            rng.uniform(5000, 8500) if role != "crash" else rng.uniform(2500, 5000),
            "high",
            fs=SAMPLE_RATE,
            output="sos",
        )
        store(role, signal.sosfilt(sos, raw) * np.exp(-x * decay), 0.5)
    x = t(0.06)
    store("stick", np.sin(2 * np.pi * rng.uniform(1200, 2600) * x) * np.exp(-x * 90))
    for role, hertz in (("tom1", 180), ("tom2", 140), ("tom3", 110), ("tom4", 85)):
        x = t(0.5)
        f = hertz * rng.uniform(0.9, 1.1)
        store(
            role,
            np.sin(2 * np.pi * np.cumsum(f * (1 + 0.5 * np.exp(-x * 25))) / SAMPLE_RATE)
            * np.exp(-x * rng.uniform(6, 12)),
        )
    x = t(0.4)
    store("cowbell", (signal.square(2 * np.pi * 540 * x) + signal.square(2 * np.pi * 800 * x)) * np.exp(-x * 14), 0.5)
    x = t(0.08)
    store("shaker", noise(0.08, 5000, 14_000)[: len(x)] * np.sin(np.pi * x / 0.08) ** 2, 0.4)
    return kit


def borrow(kit: Kit, other: Kit, role: str) -> Kit:
    """The kit with one drum replaced by another kit's, as producers layer samples."""
    if role in other.pads:
        kit.pads[role] = other.pads[role]
    return kit


class _Voice:
    """A pad tuned and damped for one song, its samples resampled once."""

    def __init__(self, pad: Pad, cache: SampleCache, tune: float, damp: float | None, volume: float):
        self.pad, self.cache, self.tune, self.damp, self.volume = pad, cache, tune, damp, volume
        self.ready: dict[int, np.ndarray] = {}

    def sample(self, layer: Layer, which: int) -> np.ndarray:
        source = layer.samples[which]
        key = id(source) if isinstance(source, np.ndarray) else str(source)
        if (key, layer.pitch) not in self.ready:
            audio = source if isinstance(source, np.ndarray) else self.cache.load(source)
            audio = audio[: 8 * SAMPLE_RATE]
            rate = self.tune * 2 ** (layer.pitch / 12)
            if abs(rate - 1) > 1e-3:
                audio = resample(audio, rate, int(len(audio) / rate))
            if self.damp is not None:
                t = np.arange(len(audio), dtype=F32) / SAMPLE_RATE
                curve = np.exp(-np.maximum(t - 0.02, 0) / F32(self.damp))
                keep = min(len(audio), int(SAMPLE_RATE * (0.02 + 7 * self.damp)))
                audio = (audio * (curve if audio.ndim == 1 else curve[:, None]))[:keep]
            self.ready[(key, layer.pitch)] = audio
        return self.ready[(key, layer.pitch)]


def play_kit(
    kit: Kit,
    notes: np.ndarray,
    samples: int,
    cache: SampleCache,
    rng: np.random.Generator,
    dynamics: float | None = None,
    spread: float | None = None,
) -> dict[str, np.ndarray]:
    """Plays GM drum notes on a kit: float32 `[samples, 2]` for each group of drums that sounds.

    Groups are `kick`, `snare`, `hat`, `cymbal`, `tom`, `other`. `spread` scales the stereo places (0 keeps
    everything in the middle), `dynamics` is the exponent from velocity to amplitude.
    """
    spread = rng.choice([0.0, 0.4, 1.0]) if spread is None else spread
    dynamics = rng.uniform(0.8, 2.0) if dynamics is None else dynamics
    mirror = rng.choice([-1.0, 1.0])
    tuning = {
        g: 2 ** (rng.normal(0, s) / 12)
        for g, s in (("kick", 1.5), ("snare", 1.2), ("tom", 1.5), ("hat", 1.0), ("cymbal", 0.8), ("other", 0.5))
    }
    damping = {g: (rng.uniform(*r) if rng.random() < p else None) for g, r, p in
               (("kick", (0.08, 0.3), 0.35), ("snare", (0.06, 0.25), 0.3), ("tom", (0.12, 0.4), 0.4), ("hat", (0.1, 0.5), 0.1), ("cymbal", (0.5, 1.5), 0.2), ("other", (0.2, 0.5), 0.1))}  # fmt: skip
    levels = {g: fx.db(rng.normal(0, 2.0)) for g in tuning}
    voices: dict[str, _Voice | None] = {}
    buses: dict[str, np.ndarray] = {}
    open_hat: tuple[int, int, np.ndarray] | None = None
    for note in notes:
        role = GM_ROLES.get(int(note[KEY]))
        if role is None:
            continue
        if role not in voices:
            pad = kit.pad(role)
            group = GROUPS.get(role, "other")
            voices[role] = (
                None
                if pad is None
                else _Voice(pad, cache, float(tuning[group]), damping[group], pad.volume * levels[group])
            )
        voice = voices[role]
        if voice is None:
            continue
        group = GROUPS.get(role, "other")
        v = float(np.clip(note[VELOCITY] / 127, 0.02, 1.0))
        layers = voice.pad.layers
        drawn = np.clip(v + rng.normal(0, 0.04 if len(layers) > 1 else 0.0), 0, 0.999)
        index = max((i for i, l in enumerate(layers) if l.low <= drawn), default=0)
        layer = layers[index]
        audio = voice.sample(layer, int(rng.integers(len(layer.samples))))
        start = int(note[START] * SAMPLE_RATE)
        if start >= samples or not len(audio):
            continue
        softer = dynamics * (0.5 if len(layers) > 3 else 1.0)
        gain = v**softer * layer.gain * voice.volume * fx.db(rng.normal(0, 0.7))
        if group not in buses:
            buses[group] = np.zeros((samples, 2), dtype=F32)
        bus = buses[group]
        place = (
            spread
            * mirror
            * (voice.pad.place if voice.pad.place else PLACES.get(role, 0.0) if audio.ndim == 1 else 0.0)
        )
        angle = (np.clip(place, -1, 1) + 1) * np.pi / 4
        gains = np.array([np.cos(angle), np.sin(angle)], dtype=F32) * F32(np.sqrt(2) * gain)
        if role in ("closed", "pedal", "open") and open_hat is not None:
            began, ended, tail = open_hat
            if began < start < ended:
                # A closing hat silences the open one: take the rest of its sound back, faded over 20 ms.
                rest = tail[start - began :]
                fade = np.minimum(1.0, np.arange(len(rest), dtype=F32) / 900.0)
                bus[start : start + len(rest)] -= rest * fade[:, None]
            open_hat = None
        placed = fx.stereo(audio[: samples - start]) * gains
        bus[start : start + len(placed)] += placed
        if role == "open":
            open_hat = (start, start + len(placed), placed)
    return buses


def mix_drums(buses: dict[str, np.ndarray], rng: np.random.Generator, dry_mono: bool) -> np.ndarray:
    """Drum groups to one track: group tone, room, bus compression and saturation, each by chance."""
    total = None
    room_send = None
    sends = {"kick": 0.15, "snare": 1.0, "tom": 0.8, "cymbal": 0.5, "hat": 0.3, "other": 0.6}
    for group, bus in buses.items():
        if rng.random() < 0.5:
            bus = fx.random_eq(bus, rng, 4.0)
        if group in ("kick", "snare") and rng.random() < 0.35:
            bus = fx.compressor(bus, rng.uniform(2, 5), rng.uniform(6, 16), rng.uniform(5, 25), rng.uniform(50, 150))
        total = bus.copy() if total is None else total + bus
        part = fx.mono(bus) * F32(sends[group])
        room_send = part if room_send is None else room_send + part
    if total is None:
        return np.zeros(0, dtype=F32)
    if dry_mono:
        total = fx.mono(total)
    elif rng.random() < 0.75:
        seconds = float(np.exp(rng.uniform(np.log(0.2), np.log(1.8))))
        wet = fx.convolve(room_send, fx.room_response(int(rng.integers(12)), round(seconds, 1), True))
        if rng.random() < 0.3:
            wet = fx.compressor(wet, 6, 20, 3, 80)
        total = fx.add(total, fx.level_to(wet, 20 * np.log10(max(fx.active_rms(total), 1e-6)) + rng.uniform(-20, -6)))
    if rng.random() < 0.7:
        total = fx.compressor(total, rng.uniform(1.5, 4), rng.uniform(4, 14), rng.uniform(3, 30), rng.uniform(60, 250))
    if rng.random() < 0.5:
        total = fx.saturate(total, rng.uniform(-2, 8))
    if rng.random() < 0.4:
        total = fx.random_eq(total, rng, 3.0)
    return total


def drum_notes_only(notes: np.ndarray) -> np.ndarray:
    """Notes that some kit can play, lengths irrelevant."""
    keep = np.isin(notes[:, KEY].astype(int), list(GM_ROLES))
    out = notes[keep].copy()
    out[:, LENGTH] = 0.2
    return out
