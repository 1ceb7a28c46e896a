"""Parts of keyboards, strings, brass and synthesizers, and melodies for any instrument."""

from __future__ import annotations

import numpy as np

from ..instruments.midi import note_array
from . import harmony
from .form import Frame, snap


def chord_part(style: str, frame: Frame, rng: np.random.Generator) -> np.ndarray:
    """Notes of keyboards, strings, brass and synthesizers; `style` as in `PROGRAMS`."""
    rows = []
    memory: dict = {}
    steps = frame.beats * 4
    centre = {
        "piano": 62,
        "epiano": 62,
        "organ": 62,
        "pad": 60,
        "strings": 66,
        "brass": 64,
        "brass_long": 56,
        "stab": 62,
        "arp": 67,
        "bells": 74,
        "accordion": 66,
        "clav": 55,
        "fiddle": 70,
    }.get(style, 62) + int(rng.integers(-4, 5))
    previous = None
    for bar, (chord, entry) in enumerate(zip(frame.chords, frame.plan)):
        section = entry["section"]
        keys = harmony.close_voicing(chord, centre, previous)
        previous = keys
        unit = (frame.bars[bar + 1] - frame.bars[bar]) / steps

        def put(step, length, keys, velocity, bar=bar, unit=unit):
            for key in keys:
                rows.append(
                    (
                        frame.at(bar, step, steps),
                        length * unit * 0.98,
                        key,
                        float(np.clip(velocity + rng.normal(0, 5), 1, 127)),
                    )
                )

        if style in ("pad", "strings", "organ", "accordion", "brass_long", "fiddle"):
            if style in ("organ", "accordion") and memory.setdefault("rhythm", rng.random() < 0.4):
                for step in range(0, steps, 4):
                    put(step + (2 if memory.setdefault("off", rng.random() < 0.5) else 0), 1.8, keys, 88)
            elif style == "fiddle" or (style == "strings" and memory.setdefault("moving", rng.random() < 0.35)):
                for i, step in enumerate(range(0, steps, 4)):
                    put(step, 4, [keys[-1] + (0, 2, 0, -1)[i % 4] if i % 2 == 0 else snap(keys[-1] + 2, frame)], 86)
                if style == "strings":
                    put(0, steps, keys[:2], 78)
            else:
                repeat = (
                    bar > 0
                    and frame.chords[bar - 1] == chord
                    and not entry["first"]
                    and memory.setdefault("tie", rng.random() < 0.3)
                )
                if not repeat:
                    put(0, steps, keys, 84)
        elif style in ("piano", "epiano", "clav"):
            if section not in memory:
                memory[section] = (
                    rng.choice(["block", "eighths", "broken", "syncopated"]),
                    [0, *sorted(int(s) for s in rng.choice(np.arange(2, steps), 3, replace=False))],
                    rng.integers(0, 4, 16),
                )
            kind, starts, order = memory[section]
            loud = 72 + 25 * entry["energy"]
            if kind == "block":
                for step in range(0, steps, 4):
                    put(step, 3.9, keys, loud)
            elif kind == "eighths":
                for step in range(0, steps, 2):
                    put(step, 1.9, keys, loud if step % 4 == 0 else loud - 15)
            elif kind == "broken":
                ladder = [*keys, keys[0] + 12]
                for i, step in enumerate(range(0, steps, 2)):
                    put(step, 2.5, [ladder[order[i % 8] % len(ladder)]], loud)
            else:
                for i, step in enumerate(starts):
                    put(step, (starts[i + 1] if i + 1 < len(starts) else steps) - step, keys, loud)
            if style != "clav" and memory.setdefault("left", rng.random() < 0.5):
                root = 36 + chord.root % 12
                put(0, steps // 2, [root, root + 12] if rng.random() < 0.5 else [root + 12], loud)
                put(steps // 2, steps // 2, [root + (7 if root < 43 else 12)], loud - 10)
        elif style in ("brass", "stab", "piano_house", "skank_piano"):
            if section not in memory:
                if style == "skank_piano":
                    memory[section] = [(s, 1.0) for s in range(4, steps, 8)]
                elif style == "piano_house":
                    memory[section] = [(int(s), 1.5) for s in (0, 3, 6, 8, 11, 14) if s < steps and rng.random() < 0.8]
                else:
                    chosen = sorted(int(s) for s in rng.choice(np.arange(steps), rng.integers(1, 5), replace=False))
                    memory[section] = [(s, float(rng.choice([0.8, 1.5, 3.0]))) for s in chosen]
            if style != "brass" or entry["energy"] > 0.5:
                for step, length in memory[section]:
                    put(step, length, keys, 98)
        elif style in ("arp", "bells"):
            if section not in memory:
                memory[section] = (
                    int(rng.choice([1, 1, 2])) if style == "arp" else int(rng.choice([2, 4, 3])),
                    rng.integers(0, 6, 16),
                    rng.random(16) < rng.uniform(0.6, 1.0),
                )
            grid, order, sounding = memory[section]
            ladder = [*keys, *[k + 12 for k in keys]]
            for i, step in enumerate(range(0, steps, grid)):
                if sounding[i % 16]:
                    put(step, grid * 0.9, [ladder[order[i % 8] % len(ladder)]], 90)
        else:
            raise ValueError(f"no chord style {style!r}")
    return note_array(rows)


def melody(frame: Frame, rng: np.random.Generator, sections: frozenset, low: int = 60, high: int = 84) -> np.ndarray:
    """A singing line over the chords: phrases of two bars with a motif that comes back varied."""
    rows = []
    memory: dict = {}
    steps = frame.beats * 4
    key = (low + high) // 2
    kind = str(rng.choice(["seven", "five", "blues"]))
    for bar, (chord, entry) in enumerate(zip(frame.chords, frame.plan)):
        if entry["section"] not in sections:
            continue
        slot = (entry["section"], entry["index"] % 2, entry["index"] // 2 % 4 == 3)
        if slot not in memory or rng.random() < 0.15:
            density = rng.uniform(0.2, 0.75) * (1.3 if entry["section"] == "solo" else 1.0)
            grid = 1 if entry["section"] == "solo" and rng.random() < 0.4 else 2
            starts = [s for s in range(0, steps, grid) if rng.random() < density]
            if entry["index"] % 2 and rng.random() < 0.6:
                starts = [s for s in starts if s < steps // 2]
            memory[slot] = [(s, int(rng.choice([-3, -2, -1, -1, 0, 1, 1, 2, 3, 4, -4]))) for s in starts]
        motif = memory[slot]
        for i, (step, move) in enumerate(motif):
            until = motif[i + 1][0] if i + 1 < len(motif) else steps
            key = int(np.clip(key + move * 1.6, low, high))
            if step % 8 == 0 and rng.random() < 0.7:
                key = min(
                    (k for k in range(key - 4, key + 5) if k % 12 in chord.tones),
                    key=lambda k: abs(k - key),
                    default=key,
                )
            else:
                key = snap(key, frame, kind)
            unit = (frame.bars[bar + 1] - frame.bars[bar]) / steps
            rows.append(
                (
                    frame.at(bar, step, steps),
                    (until - step) * unit * rng.choice([0.95, 1.0, 0.6]),
                    key,
                    float(rng.uniform(84, 116)),
                )
            )
    return note_array(rows)
