"""Bass lines in the styles of `genres`."""

from __future__ import annotations

import numpy as np

from ..instruments.midi import note_array
from .form import Frame, riffs_move, section_riff


def bass_line(style: str, frame: Frame, rng: np.random.Generator) -> np.ndarray:
    """Bass notes for the whole song, in the range of a bass guitar (28-52)."""
    rows = []
    for bar, (chord, entry) in enumerate(zip(frame.chords, frame.plan)):
        if entry.get("no_bass"):
            continue
        root = 28 + (chord.root - 28) % 12
        if frame.tuning < 40 and root > 36:
            root -= 12 if root - 12 >= frame.tuning - 12 else 0
        following = frame.chords[bar + 1] if bar + 1 < len(frame.chords) else chord
        target = 28 + (following.root - 28) % 12
        steps = frame.beats * 4
        third = 3 if chord.minor else 4
        whole = frame.bars[bar + 1] - frame.bars[bar]
        unit = whole / steps

        def put(step, length, key, velocity=96, bar=bar, unit=unit, steps=steps):
            rows.append((frame.at(bar, step, steps), length * unit * 0.97, key, velocity + rng.normal(0, 5)))

        kind = style
        if kind == "riff":
            riff = section_riff(frame, entry, rng)
            for step, length, offset, accent, _ in riff:
                put(
                    step,
                    length,
                    _in_range(
                        frame.tuning - 12 + (frame.key - frame.tuning) % 12 + offset
                        if not riffs_move(frame)
                        else root + offset,
                        26,
                        50,
                    ),
                    90 + 20 * accent,
                )
        elif kind in ("root8", "synth8"):
            for step in range(0, steps, 2):
                put(
                    step,
                    2 if rng.random() < 0.8 else 1.2,
                    root + (12 if kind == "synth8" and step % 4 == 2 and entry["energy"] > 0.8 else 0),
                    100 if step % 4 == 0 else 88,
                )
            if entry.get("last") and rng.random() < 0.5 and rows:
                rows[-1] = (*rows[-1][:2], _approach(target, rng), rows[-1][3])
        elif kind in ("root16", "synth16"):
            for step in range(steps):
                if kind == "synth16" and step % 4 == 0 and rng.random() < 0.6:
                    continue
                put(
                    step,
                    1,
                    root + (12 if rng.random() < 0.12 and kind == "synth16" else 0),
                    100 if step % 4 == 0 else 82,
                )
        elif kind == "root4":
            for step in range(0, steps, 4):
                put(step, 3.8, root if step < steps - 4 or rng.random() < 0.6 else _approach(target, rng))
        elif kind == "sustain":
            put(0, steps, root)
            if rng.random() < 0.2:
                put(steps - 4, 4, root + 7 if root < 40 else root - 5, 80)
        elif kind == "kicklock":
            starts = [0] + sorted(
                {int(s) for s in rng.choice(np.arange(2, steps, 2), rng.integers(1, 4), replace=False)}
            )
            if frame.kicks is not None and len(frame.kicks):
                inside = frame.kicks[
                    (frame.kicks >= frame.bars[bar] - 0.03) & (frame.kicks < frame.bars[bar + 1] - 0.03)
                ]
                found = sorted({round((k - frame.bars[bar]) / unit) for k in inside})
                starts = found or starts
            for i, step in enumerate(starts):
                until = starts[i + 1] if i + 1 < len(starts) else steps
                put(step, min(until - step, rng.choice([2, 4, 6])), root if rng.random() < 0.85 else root + 12, 98)
        elif kind == "octave":
            for step in range(0, steps, 2):
                put(step, 1.6, root + (12 if step % 4 == 2 else 0), 98)
        elif kind in ("walk", "walkup"):
            if kind == "walkup" and not entry.get("last") and rng.random() < 0.7:
                for step in range(0, steps, 2):
                    put(step, 1.9, root)
                continue
            ladder = [root, root + third, root + 7, root + rng.choice([9, 10, 8, 12])]
            for i in range(frame.beats):
                key = ladder[i % 4] if i < frame.beats - 1 else _approach(target, rng)
                put(i * 4, 3.6, _in_range(key, 28, 52))
        elif kind == "country":
            fifth = root - 5 if root - 5 >= 28 else root + 7
            half = steps // 2 if frame.beats % 2 == 0 else steps
            put(0, half * 0.8, root)
            if half < steps:
                put(half, half * 0.8, fifth)
            if entry.get("last") and frame.beats == 4 and rng.random() < 0.6:
                put(12, 3, _approach(target, rng))
        elif kind == "funk":
            memory = frame.riffs.setdefault(("funk", entry["section"]), None)
            if memory is None:
                memory = [(0, 2.5, 0)] + [
                    (int(s), float(rng.choice([0.6, 1.0, 2.0])), int(rng.choice([0, 0, 12, 10, 7, third, 5])))
                    for s in sorted(rng.choice(np.arange(3, steps), rng.integers(3, 7), replace=False))
                ]
                frame.riffs[("funk", entry["section"])] = memory
            for step, length, offset in memory:
                put(step, length, root + offset, 105 if offset == 12 else 92)
        elif kind == "offbeat":
            for step in range(2, steps, 4):
                put(step, 1.8, root + (12 if rng.random() < 0.1 else 0), 100)
        elif kind == "dub":
            memory = frame.riffs.get(("dub", entry["section"]))
            if memory is None:
                memory = sorted(
                    {
                        0 if rng.random() < 0.7 else 2,
                        *[int(s) for s in rng.choice([4, 6, 8, 10, 11, 12, 14], 3, replace=False)],
                    }
                )
                frame.riffs[("dub", entry["section"])] = memory
            for i, step in enumerate(memory):
                put(
                    step,
                    2.5,
                    root + int((0, 7, third, 0, 12)[i % 5]) if root < 38 else root - int((0, 5, 0, 12 - third)[i % 4]),
                    100,
                )
        elif kind in ("808", "sub"):
            memory = frame.riffs.get(("808", entry["section"], entry["index"] % 2))
            if memory is None:
                memory = [0] + sorted(
                    int(s) for s in rng.choice([3, 6, 7, 10, 11, 13, 14], rng.integers(1, 4), replace=False)
                )
                frame.riffs[("808", entry["section"], entry["index"] % 2)] = memory
            for i, step in enumerate(memory):
                until = memory[i + 1] if i + 1 < len(memory) else steps
                low = root if root < 36 else root - 12
                put(step, until - step, max(24, low) + int(rng.choice([0, 0, 0, 12, 7]) if i else 0), 105)
        elif kind == "reese":
            put(0, steps * 0.9 if rng.random() < 0.6 else steps * 0.45, root)
            if rng.random() < 0.5:
                put(steps * 5 // 8, steps * 0.3, root + int(rng.choice([0, 3, 12, -2])))
        else:
            raise ValueError(f"no bass style {kind!r}")
    return note_array(rows)


def _in_range(key: float, low: int, high: int) -> int:
    key = int(key)
    while key < low:
        key += 12
    while key > high:
        key -= 12
    return key


def _approach(target: int, rng) -> int:
    return int(target + rng.choice([-1, 1, -2, 2, 7, -5]))
