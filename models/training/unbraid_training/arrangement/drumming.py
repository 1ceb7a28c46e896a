"""Drum patterns of our own, for the idioms that accompaniment styles lack: rock to metal, country, dance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..instruments.midi import note_array

LOUD = {"X": 118, "x": 96, "o": 72, "g": 40}
"""Pattern letters: accent, normal, soft, ghost; a point is a rest. Sixteen steps are a bar of four."""

KEYS = {"kick": 36, "snare": 38, "snare2": 40, "stick": 37, "clap": 39, "closed": 42, "pedal": 44, "open": 46, "ride": 51, "bell": 53, "crash": 49, "crash2": 57,
        "china": 52, "splash": 55, "tom1": 50, "tom2": 48, "tom3": 45, "tom4": 41, "cowbell": 56, "shaker": 70, "tambourine": 54, "conga1": 62, "conga2": 64}  # fmt: skip

BACKBEAT = "....X.......X..."
EIGHTHS = "X.x.X.x.X.x.X.x."
SIXTEENTHS = "XoxoXoxoXoxoXoxo"
QUARTERS = "X...X...X...X..."
OFFBEATS = "..X...X...X...X."


@dataclass
class Style:
    """Patterns and habits of a drummer in an idiom."""

    kicks: tuple[str, ...]
    snares: tuple[str, ...] = (BACKBEAT,)
    hats: tuple[str, ...] = (EIGHTHS,)
    hat_roles: tuple[str, ...] = ("closed", "closed", "open", "ride", "crash")
    extras: tuple[tuple[str, str], ...] = ()
    ghosts: float = 0.1
    loudness: float = 1.0
    timing: float = 0.005
    swing: float = 0.0
    fills: float = 0.8
    crash: float = 0.8
    kit: tuple[str, ...] = ("rock",)
    """Characters of kit that suit: `rock`, `electronic`, `hands`, `brush`, `jazz`."""


STYLES: dict[str, Style] = {
    "rock": Style(("X.......X.......", "X.....x.X.......", "X.......X.x.....", "X..x....X.x.....", "X.x.....x.x.....", "X.....x...x.....", "X......xX.....x.")),
    "hard_rock": Style(("X.....x.X.x.....", "X.x...x.X.......", "X..x..x.X.x...x."), (BACKBEAT,), (EIGHTHS, QUARTERS), ("open", "crash", "ride", "closed", "china"), loudness=1.1),
    "punk": Style(("X.....x.X.....x.", "X.x.....X.x.....", "x.x.x.x.x.x.x.x."), (BACKBEAT, "..X...X...X...X."), (EIGHTHS,), ("open", "crash", "ride", "closed"), ghosts=0.0, loudness=1.1, timing=0.007),
    "metal_double": Style(("xxxxxxxxxxxxxxxx", "xx.xxx.xxx.xxx.x", "x.xxx.xxx.xxx.xx", "xxx.xxx.xxx.xxx."), (BACKBEAT, "........X......."), (QUARTERS, EIGHTHS), ("ride", "bell", "china", "crash", "open"), ghosts=0.0, loudness=1.15, timing=0.003),
    "blast": Style(("x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx"), (".x.x.x.x.x.x.x.x", "x.x.x.x.x.x.x.x."), (EIGHTHS, QUARTERS), ("ride", "crash", "china", "open"), ghosts=0.0, loudness=1.1, timing=0.004),
    "halftime": Style(("X.........x.....", "X..x......x..x..", "X.x.......X.x...", "X......x..x....."), ("........X.......",), (EIGHTHS, QUARTERS), ("closed", "open", "crash", "china", "ride")),
    "doom": Style(("X.......x.......", "X.....x........."), ("........X.......", BACKBEAT), (QUARTERS,), ("crash", "ride", "open", "bell"), loudness=1.1, timing=0.010),
    "country_train": Style(("X.......X.......", "X...x...X...x..."), ("gxgxXgxggxgxXgxg", "xgxgXgxgxgxgXgxg", "oxoxXxoxoxoxXxox"), ("................", OFFBEATS), ("pedal", "closed"), ghosts=0.0, loudness=0.7, kit=("brush", "rock"), fills=0.4, crash=0.3),
    "country": Style(("X.......X.......", "X.....x.X......."), (BACKBEAT,), (EIGHTHS, QUARTERS), ("closed", "ride"), loudness=0.85, fills=0.5),
    "brush_ballad": Style(("X.......o.......", "X.........o....."), ("g.g.X.g.g.g.X.g.", "..g.o.g...g.o.g."), ("X.o.X.o.X.o.X.o.", QUARTERS), ("ride", "closed"), ghosts=0.1, loudness=0.45, kit=("brush", "jazz"), fills=0.25, crash=0.2, timing=0.012),
    "cross_stick": Style(("X.......X.......", "X.....o.X......."), ("................",), (EIGHTHS,), ("closed", "ride"), (("stick", BACKBEAT),), loudness=0.65, fills=0.4, crash=0.4),
    "shuffle": Style(("X.......X.......", "X.....x.X.....x."), (BACKBEAT,), ("X..xX..xX..xX..x", "X...X..xX...X..x"), ("closed", "ride"), swing=0.33, loudness=0.9),
    "twelve_eight": Style(("X.......x.......", "X......xx......."), ("....X.......X...",), ("X.xxX.xxX.xxX.xx",), ("closed", "ride"), swing=0.33, loudness=0.85),
    "pop": Style(("X.......X.......", "X.....x.X.......", "X..x......x.....", "X.....x...x....."), (BACKBEAT,), (EIGHTHS, SIXTEENTHS), ("closed", "shaker", "closed"), (("clap", BACKBEAT), ("tambourine", BACKBEAT)), kit=("rock", "electronic"), fills=0.5),
    "funk": Style(("X..x..x...x.....", "X.x....x..x..x..", "X..x......xx...."), ("....X..g.g..X..g", "....X..g.g.gX..."), (SIXTEENTHS, EIGHTHS), ("closed",), ghosts=0.5, timing=0.004),
    "disco": Style((QUARTERS,), (BACKBEAT,), ("x.X.x.X.x.X.x.X.", OFFBEATS, SIXTEENTHS), ("open", "closed"), (("clap", BACKBEAT), ("tambourine", SIXTEENTHS), ("conga1", "..x..x....x..x..")), kit=("rock", "electronic"), timing=0.003),
    "house": Style((QUARTERS,), ("................", BACKBEAT), (OFFBEATS, SIXTEENTHS), ("open", "closed"), (("clap", BACKBEAT), ("shaker", SIXTEENTHS), ("stick", "...x..x....x..x.")), kit=("electronic",), ghosts=0.0, timing=0.0, fills=0.3, crash=0.5),
    "techno": Style((QUARTERS, "X...X...X...X.x."), ("................",), (OFFBEATS, SIXTEENTHS), ("open", "closed", "ride"), (("clap", BACKBEAT), ("tom4", "...x..x....x.x.."), ("cowbell", "..x..x....x..x..")), kit=("electronic",), ghosts=0.0, timing=0.0, fills=0.2, crash=0.4),
    "trap": Style(("X......x..x.....", "X.....x....x....", "X..........x..x.", "X..x......X....."), ("........X.......",), (EIGHTHS, "x.xxx.x.x.xxx.xx", SIXTEENTHS), ("closed",), (("clap", "........X......."), ("stick", "..........x..x..")), kit=("electronic",), ghosts=0.0, timing=0.0, fills=0.2, crash=0.3),
    "hiphop": Style(("X.....x..xx.....", "X..x...x..x.....", "X.....xX........"), (BACKBEAT,), (EIGHTHS, SIXTEENTHS), ("closed",), ghosts=0.2, timing=0.008, swing=0.12, kit=("electronic", "rock"), fills=0.2, crash=0.3),
    "breakbeat": Style(("X.x.......xx....", "X.x......xx.....", "X.......x.x....."), ("....X..g.g..X..g", "....X..x.x..X...", "....X..g.g....X."), (EIGHTHS, SIXTEENTHS), ("closed", "ride", "open"), kit=("electronic", "rock"), timing=0.003),
    "drum_and_bass": Style(("X.........x.....", "X.x.......x....."), (BACKBEAT, "....X..g.g..X..g"), (EIGHTHS, SIXTEENTHS), ("closed", "ride"), ghosts=0.25, kit=("electronic", "rock"), timing=0.0, fills=0.4),
    "reggae": Style(("........X.......", "X.......X......."), ("................",), (EIGHTHS, "X..xX..xX..xX..x"), ("closed",), (("stick", "........X......."),), swing=0.15, loudness=0.75, fills=0.6),
    "ska": Style(("X.......X.......",), (BACKBEAT,), (OFFBEATS,), ("closed", "ride"), fills=0.7),
    "tribal": Style(("X..x..x.X..x..x.", QUARTERS), ("................", BACKBEAT), ("................",), ("closed",), (("tom4", "x.x..x.xx.x..x.x"), ("tom2", "...x..x....x..x."), ("tom1", "......x.......xx")), ghosts=0.0),
    "hands": Style(("X.....x.X.......", "X..x....X..x...."), (BACKBEAT, "..x.X..x..x.X..."), (SIXTEENTHS, EIGHTHS), ("shaker", "tambourine"), (("conga1", "..x..x....x..x.."), ("clap", BACKBEAT)), kit=("hands",), loudness=0.7, fills=0.2, crash=0.0),
    "waltz": Style(("X...........", "X.......o..."), ("....x...x...", "....o...x..."), ("x...x...x...", "x.o.x.o.x.o."), ("closed", "ride"), loudness=0.7, kit=("rock", "brush"), fills=0.4),
}  # fmt: skip


def _fill(rng, steps: int, first: int, loud: float) -> list:
    """A fill over the steps from `first` to the bar's end: `(step, role, velocity)`."""
    hits = []
    kind = rng.choice(["toms", "snare", "mixed", "stops", "flams"])
    order = ["snare", "tom1", "tom2", "tom3", "tom4"]
    grid = rng.choice([1, 1, 2]) if kind != "stops" else 2
    for step in range(first, steps, int(grid)):
        progress = (step - first) / max(1, steps - first)
        velocity = (80 + 40 * progress) * loud
        if kind == "snare":
            hits.append((step, "snare", velocity))
        elif kind == "toms":
            hits.append((step, order[min(4, int(progress * 5))], velocity))
        elif kind == "mixed":
            if rng.random() < 0.8:
                hits.append((step, str(rng.choice(order)), velocity))
            if rng.random() < 0.3:
                hits.append((step, "kick", velocity))
        elif kind == "flams":
            hits.append((step - 0.12, "snare", velocity * 0.6))
            hits.append((step, "tom4", velocity))
        elif rng.random() < 0.6:
            hits += [(step, "snare", velocity), (step, "crash", velocity), (step, "kick", velocity)]
    return hits


def play_style(style: Style, bars: np.ndarray, plan: list[dict], rng: np.random.Generator) -> np.ndarray:
    """Notes of a drum part.

    `bars` holds bar starts in seconds and the end; `plan` one entry a bar: `section` (any hashable), `energy` 0-1,
    `last` (bar closes its section), `first`, `silent`.
    """
    rows = []
    memory: dict = {}
    for index, entry in enumerate(plan):
        if entry.get("silent"):
            continue
        section = entry["section"]
        if section not in memory:
            memory[section] = {
                "kick": [str(rng.choice(style.kicks)) for _ in range(2)],
                "snare": str(rng.choice(style.snares)),
                "hat": str(rng.choice(style.hats)),
                "hat_role": _hat_role(style, entry["energy"], rng),
                "extras": [e for e in style.extras if rng.random() < 0.4],
                "pedal": rng.random() < 0.25,
            }
        groove = memory[section]
        start, end = bars[index], bars[index + 1]
        hat = groove["hat"]
        steps = len(hat)
        loud = style.loudness * (0.8 + 0.25 * entry["energy"])

        def at(step, start=start, end=end, steps=steps, hat=hat):
            late = style.swing / 2 if int(step) % 2 and style.swing else 0.0
            if style.swing and steps == 16 and int(step) % 4 == 2 and hat in (EIGHTHS, OFFBEATS):
                late = style.swing * 1.6 if style.swing < 0.2 else style.swing * 2
            return start + (end - start) * (step + late) / steps

        def hit(role, step, velocity, at=at, loud=loud):
            rows.append((at(step), 0.1, KEYS[role], float(np.clip(velocity * loud + rng.normal(0, 4), 1, 127))))

        fill_from = steps
        if entry.get("last") and rng.random() < style.fills:
            fill_from = steps - int(rng.choice([4, 4, 8, 2])) if steps == 16 else steps - 4
            for step, role, velocity in _fill(rng, steps, fill_from, loud):
                rows.append((at(max(step, 0)), 0.1, KEYS[role], float(np.clip(velocity, 1, 127))))
        kick = groove["kick"][index % 2]
        for step in range(min(steps, fill_from)):
            letter = kick[step] if step < len(kick) else "."
            if letter == "." and rng.random() < 0.02 and style.timing > 0 and step % 2 == 0:
                letter = "o"
            if letter != ".":
                hit("kick", step, LOUD[letter])
            letter = groove["snare"][step] if step < len(groove["snare"]) else "."
            if letter != ".":
                hit("snare", step, LOUD[letter])
            elif style.ghosts and rng.random() < style.ghosts * 0.15:
                hit("snare", step, 32)
            if hat[step] != ".":
                role = groove["hat_role"]
                if role == "closed" and step == steps - 2 and rng.random() < 0.12:
                    role = "open"
                hit(role, step, LOUD[hat[step]] * (0.75 if role in ("closed", "shaker", "tambourine") else 0.85))
            for role, pattern in groove["extras"]:
                if step < len(pattern) and pattern[step] != ".":
                    hit(role, step, LOUD[pattern[step]] * 0.8)
            if groove["pedal"] and step % 8 == 4 and groove["hat_role"] in ("ride", "bell", "crash"):
                hit("pedal", step, 60)
        if entry.get("first") and rng.random() < style.crash:
            hit(str(rng.choice(["crash", "crash", "crash2", "splash"])), 0, 112)
            hit("kick", 0, 112)
        if style is STYLES["trap"]:
            for beat in range(4):
                if rng.random() < 0.15:
                    count = int(rng.choice([3, 4, 6, 8]))
                    for i in range(count):
                        rows.append((at(beat * 4 + 4 * i / count), 0.05, KEYS["closed"], float(rng.uniform(50, 90))))
    return note_array(rows)


def _hat_role(style: Style, energy: float, rng) -> str:
    roles = list(style.hat_roles)
    if energy < 0.45:
        quiet = [r for r in roles if r in ("closed", "ride", "shaker", "tambourine", "pedal")]
        roles = quiet or roles
    return str(rng.choice(roles))
