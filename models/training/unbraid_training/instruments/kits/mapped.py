"""Recorded kits: of the folders and repositories of the catalogue, and of Sonic Pi's one-shots."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...data.fetch import SourceError, debian_package
from ..sfz import read_sfz
from .kit import Kit, Layer, Pad

MULDJORD = {48: "kick", 49: "kick", 50: "snare", 51: "snare", 52: "closed", 53: "open", 54: "ride", 55: "bell", 56: "ride", 57: "bell", 58: "crash",
            59: "crash2", 60: "china", 61: "tom1", 62: "tom2", 63: "tom3", 64: "tom4"}  # fmt: skip


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
