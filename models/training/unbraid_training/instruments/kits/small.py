"""Kits of one hit for each drum: drum machines, and an acoustic one."""

from __future__ import annotations

from dataclasses import dataclass

_RZ1 = {
    "kick": "kick*", "snare": "snare*", "clap": "clap*", "closed": "hihat-closed*", "open": "hihat-open*", "crash": "crash*", "ride": "ride*", "cowbell": "cowbell*",
    "clave": "clave*", "stick": "rimshot*", "tom1": "tom-1*", "tom2": "tom-2*", "tom4": "tom-3*",
}  # fmt: skip
_LM2 = {
    "kick": "kick*", "snare": "snare-*", "stick": "stick-*", "clap": "clap*", "closed": "hhclosed*", "open": "hhopen*", "crash": "crash*", "ride": "ride*", "tambourine": "tambourine*",
    "shaker": "cabasa*", "cowbell": "cowbell*", "conga1": "conga-h*", "conga2": "conga-l*", "tom1": "tom-h*", "tom2": "tom-m*", "tom4": "tom-l*",
}  # fmt: skip
_HIGH_AND_LOW = {
    "kick": "kick*", "snare": "snare*", "clap": "clap*", "closed": "hihat-closed*", "open": "hihat-open*", "crash": "cymbal*", "tom1": "tom-h*", "tom2": "tom-mid*", "tom4": "tom-low*",
}  # fmt: skip
_CR8000 = _HIGH_AND_LOW | {
    "crash": "cymball*", "stick": "rimshot*", "cowbell": "cowbell*", "clave": "clave*", "conga1": "conga-high*", "conga2": "conga-low*",
}  # fmt: skip
_DRUMTRAKS = {
    "kick": "DT_Kick*", "snare": "DT_Snare*", "stick": "DT_Rimshot*", "clap": "DT_Clap*", "closed": "DT_Closedhat*", "open": "DT_Openhat*", "crash": "DT_Crash*", "ride": "DT_Ride*",
    "cowbell": "DT_Cowbell*", "shaker": "DT_Cabasa*", "tambourine": "DT_Tamborine*", "tom1": "DT_Tom01*", "tom4": "DT_Tom02*",
}  # fmt: skip
_MR10 = {
    "kick": "kick*", "snare": "snare*", "snare2": "shortsn*", "closed": "chihat*", "open": "ohihat*", "crash": "crash*", "ride": "cymbal*", "shaker": "shaker*", "tom1": "hitom*",
    "tom2": "midtom*", "tom4": "lowtom*",
}  # fmt: skip
_CR78 = {
    "kick": "kick*", "snare": "snare*", "stick": "rim*", "closed": "hihat.*", "open": "hihat-metal*", "crash": "cymbal*", "tambourine": "tamb-*", "cowbell": "cowbell*", "shaker": "guiro-short*",
    "bongo1": "bongo-h*", "bongo2": "bongo-l*", "conga2": "conga-l*", "tom1": "bongo-h*", "tom2": "bongo-l*", "tom4": "conga-l*",
}  # fmt: skip
_MRK2 = {
    "kick": "kick*", "snare": "snare*", "closed": "hihat-closed*", "open": "hihat-open*", "crash": "cymball-long*", "ride": "cymball-short*", "clave": "clave*", "wood1": "block*",
    "bongo1": "bongo*", "tom2": "tom*",
}  # fmt: skip
_TR505 = {
    "kick": "*kick*", "snare": "*snare*", "stick": "*rim*", "clap": "*clap*", "closed": "*hihat-closed*", "open": "*hihat-open*", "crash": "*crash*", "ride": "*ride*", "cowbell": "*cowb-*",
    "conga1": "*conga-h*", "conga2": "*conga-l*", "tom1": "*tom-h*", "tom2": "*tom-m*", "tom4": "*tom-l*",
}  # fmt: skip
_PEARL = {
    "kick": "kick*", "snare": "snare*", "closed": "hihat-closed*", "open": "hihat-open*", "crash": "crash-01*", "crash2": "crash-02*", "splash": "splash*", "ride": "ride*",
    "tom1": "tom-01*", "tom2": "tom-02*", "tom4": "tom-03*",
}  # fmt: skip


@dataclass(frozen=True)
class Small:
    """Where a kit comes from, how it sounds, and patterns of its files by role; one is drawn where several fit."""

    source: str
    character: str
    folder: str
    files: dict[str, str]


SMALL: dict[str, Small] = {
    "rz-1": Small("drum-machines", "electronic", "Casio-RZ1", _RZ1),
    "sk-1": Small("drum-machines", "electronic", "Casio-SK1", _HIGH_AND_LOW | {"closed": "hithat*"}),
    "lm-2": Small("drum-machines", "electronic", "LM-2", _LM2),
    "mfb-512": Small("drum-machines", "electronic", "MFB-512", _HIGH_AND_LOW),
    "cr-8000": Small("drum-machines", "electronic", "Roland-CR-8000", _CR8000),
    "drumtraks": Small("drum-machines", "electronic", "Sequential-Circuits-Drumtraks", _DRUMTRAKS),
    "mr-10": Small("drum-machines", "electronic", "Yamaha-MR10", _MR10),
    "cr-78": Small("sampled/drum-machines", "electronic", "DM/CR-78/samples", _CR78),
    "mrk-2": Small("sampled/drum-machines", "electronic", "DM/MRK-2/samples", _MRK2),
    "tr-505": Small("sampled/drum-machines", "electronic", "DM/TR-505/samples", _TR505),
    "pearl-master": Small("sampled/pearl-master-studio", "rock", "DRUMS/pearl-master-studio/samples", _PEARL),
}
"""The kits by name."""
