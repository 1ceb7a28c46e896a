"""Guitar parts: riffs, power chords, strumming, picking."""

from __future__ import annotations

import numpy as np

from ..instruments.midi import note_array
from . import harmony
from .form import Frame, riffs_move, section_riff, snap


def guitar_part(style: str, frame: Frame, rng: np.random.Generator) -> np.ndarray:
    """Notes of a guitar: `power`, `powerstrum`, `riff`, `gallop`, `tremolo`, `crunch`, `octaves`, `strum`,
    `strum_clean`, `pick`, `funk`, `skank`, `boogie`, `steel`, `lead_riff`."""
    rows = []
    memory: dict = {}
    steps = frame.beats * 4
    for bar, (chord, entry) in enumerate(zip(frame.chords, frame.plan)):
        section = entry["section"]
        unit = (frame.bars[bar + 1] - frame.bars[bar]) / steps

        def put(step, length, keys, velocity, mute=0.0, spread=0.0, bar=bar, unit=unit):
            start = frame.at(bar, step, steps)
            keys = list(keys)
            order = keys if spread >= 0 else keys[::-1]
            for i, key in enumerate(order):
                rows.append(
                    (
                        start + abs(spread) * i,
                        max(0.04, length * unit - abs(spread) * i),
                        key,
                        float(np.clip(velocity + rng.normal(0, 5) - (6 if spread < 0 else 0), 1, 127)),
                        mute,
                    )
                )

        low = frame.tuning
        if style in ("power", "gallop"):
            chug = harmony.power_chord(chord, low, octave=False)
            full = harmony.power_chord(chord, low)
            pattern = memory.setdefault(
                section, (rng.choice([1, 2], p=[0.3, 0.7]), rng.random(16) < rng.uniform(0.1, 0.35))
            )
            cell = (0, 2, 3) if style == "gallop" else None
            step = 0
            while step < steps:
                opened = bool(pattern[1][step % 16]) or step == 0
                if cell is not None and step % 4 not in cell:
                    step += 1
                    continue
                if opened:
                    put(step, 2.0, full, 112, 0.0, 0.004)
                    step += 2
                else:
                    put(step, 0.8, chug, 104, rng.uniform(0.5, 0.95))
                    step += int(pattern[0])
        elif style == "riff":
            for step, length, offset, accent, muted in section_riff(frame, entry, rng):
                root = low + ((chord.root if riffs_move(frame) else frame.key) - low) % 12
                if root > low + 8:
                    root -= 12 if root - 12 >= low - 3 else 0
                fifths = memory.setdefault("fifths", rng.random() < 0.6)
                put(
                    step,
                    length,
                    [root + offset, root + offset + 7] if fifths or accent else [root + offset],
                    98 + 14 * accent,
                    muted * rng.uniform(0.5, 0.9),
                    0.003,
                )
        elif style == "tremolo":
            if section not in memory:
                memory[section] = [int(rng.choice([0, 0, 3, 5, 7, 8, 12])) for _ in range(4)]
            root = low + 12 + (chord.root - low) % 12
            grid = 1
            for step in range(0, steps, grid):
                offset = memory[section][(step * 4 // steps) % 4]
                put(
                    step,
                    grid,
                    [root + offset, root + offset + 7]
                    if memory.setdefault("fifth", rng.random() < 0.4)
                    else [root + offset],
                    96,
                )
        elif style in ("powerstrum", "crunch"):
            keys = harmony.power_chord(chord, low) if style == "powerstrum" else harmony.guitar_chord(chord, rng, low)
            if section not in memory:
                memory[section] = _strum_pattern(rng, steps, rng.choice([1, 2, 2, 4]))
            for step, length, down, accent in memory[section]:
                put(
                    step,
                    length,
                    keys if down else keys[1:],
                    100 + 14 * accent,
                    0.0,
                    rng.uniform(0.004, 0.012) * (1 if down else -1),
                )
        elif style in ("strum", "strum_clean"):
            keys = harmony.guitar_chord(chord, rng, max(low, 40))
            if section not in memory:
                memory[section] = _strum_pattern(rng, steps, rng.choice([1, 2, 2, 4]))
            for step, length, down, accent in memory[section]:
                put(
                    step,
                    length,
                    keys if down else keys[-4:],
                    70 + 30 * accent + 15 * entry["energy"],
                    0.0,
                    rng.uniform(0.008, 0.025) * (1 if down else -1),
                )
        elif style == "octaves":
            root = 52 + (chord.root - 52) % 12
            line = memory.setdefault(section, [int(rng.choice([0, 2, 3, 4, 5, 7])) for _ in range(8)])
            for i in range(0, steps, 2):
                key = snap(root + line[(i // 2) % 8], frame)
                put(i, 1.9, [key, key + 12], 100, 0.0, 0.004)
        elif style == "pick":
            keys = harmony.guitar_chord(chord, rng, max(low, 40))
            pattern = memory.setdefault(section, [0, *[int(i) for i in rng.integers(1, 6, 15)]])
            grid = memory.setdefault("grid", int(rng.choice([1, 2, 2])))
            for i, step in enumerate(range(0, steps, grid)):
                string = pattern[i % 8]
                put(step, grid * 3.0, [keys[string % len(keys)]], 84 if string else 96)
        elif style == "funk":
            keys = harmony.guitar_chord(chord, rng, 45)[-4:]
            pattern = memory.setdefault(section, rng.choice([0.0, 1.0, 2.0], steps, p=[0.35, 0.35, 0.3]))
            for step in range(steps):
                if pattern[step] == 1:
                    put(step, 0.9, keys, 62, 0.97, 0.006 * (-1) ** step)
                elif pattern[step] == 2:
                    put(step, 1.0, keys, 98, 0.25, 0.006 * (-1) ** step)
        elif style == "skank":
            keys = harmony.guitar_chord(chord, rng, 45)[-4:]
            for step in range(
                2 if memory.setdefault("fast", rng.random() < 0.5) else 4, steps, 4 if memory["fast"] else 8
            ):
                put(step, 0.9, keys, 92, 0.3, 0.006)
        elif style == "boogie":
            root = low + (chord.root - low) % 12
            for i, step in enumerate(range(0, steps, 2)):
                put(step, 1.7, [root, root + (7, 9, 10, 9)[(i // 1) % 4]], 96, 0.3)
        elif style == "steel":
            keys = harmony.close_voicing(chord, 64)[-3:]
            put(0, steps * 0.9, keys, 84, 0.0, 0.03)
        elif style == "lead_riff":
            line = memory.setdefault(
                section, [(int(rng.integers(0, 7)), bool(rng.random() < 0.75)) for _ in range(steps // 2)]
            )
            notes = harmony.scale(frame.key, frame.minor, "five")
            for i, (degree, sounding) in enumerate(line):
                if sounding:
                    put(
                        i * 2,
                        1.9,
                        [60 + (int(notes[degree % len(notes)]) - 60) % 12 + 12 * (degree // len(notes))],
                        100,
                    )
        else:
            raise ValueError(f"no guitar style {style!r}")
    return note_array(rows)


def _strum_pattern(rng, steps: int, grid: int) -> list:
    """Strokes: `(step, length, down, accent 0-1)`."""
    starts = [0] + [int(s) for s in range(grid, steps, grid) if rng.random() < (0.75 if grid > 1 else 0.5)]
    if grid == 4 and rng.random() < 0.4:
        starts = [0]
    out = []
    for i, step in enumerate(starts):
        until = starts[i + 1] if i + 1 < len(starts) else steps
        down = grid >= 4 or (step // grid) % 2 == 0
        out.append(
            (
                step,
                (until - step) * rng.choice([0.98, 0.98, 0.6]),
                down,
                float(step % (steps // 2) == 0) * 0.7 + 0.3 * rng.random(),
            )
        )
    return out
