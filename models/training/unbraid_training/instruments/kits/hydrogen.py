"""Kits of the drum machine Hydrogen, read from its packages."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np

from ...data.fetch import SourceError, debian_package
from .kit import Kit, Layer, Pad

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
