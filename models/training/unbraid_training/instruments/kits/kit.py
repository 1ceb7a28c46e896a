"""Drum kits: pads by role, with the samples of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..midi import KEY, LENGTH

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


@dataclass(frozen=True)
class Blend:
    """One hit through several microphones."""

    parts: tuple[tuple[Path, float], ...]
    """Files that begin together, and the gain of each, dB."""


@dataclass
class Layer:
    """Alternatives for one range of velocities (0-1)."""

    low: float
    high: float
    samples: list
    """Paths, blends of several, or arrays for drawn drums."""
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


def borrow(kit: Kit, other: Kit, role: str) -> Kit:
    """The kit with one drum replaced by another kit's, as producers layer samples."""
    if role in other.pads:
        kit.pads[role] = other.pads[role]
    return kit


def drum_notes_only(notes: np.ndarray) -> np.ndarray:
    """Notes that some kit can play, lengths irrelevant."""
    keep = np.isin(notes[:, KEY].astype(int), list(GM_ROLES))
    out = notes[keep].copy()
    out[:, LENGTH] = 0.2
    return out
