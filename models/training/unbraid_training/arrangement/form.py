"""Form of a song: sections, bars, chords, and the riffs that several players share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import harmony
from .harmony import Chord


@dataclass
class Frame:
    """Where a part may play: bars with their chords and sections."""

    bars: np.ndarray
    chords: list[Chord]
    plan: list[dict]
    key: int
    minor: bool
    beats: int
    swing: float
    tuning: int
    kicks: np.ndarray | None = None
    riffs: dict | None = None

    def at(self, bar: int, step: float, steps: int) -> float:
        """Time of a step of a bar divided in `steps`, swung on the off sixteenths or eighths."""
        whole = self.bars[bar + 1] - self.bars[bar]
        if self.swing and float(step).is_integer():
            unit = steps // self.beats
            inside = int(step) % max(unit, 1)
            if inside == unit // 2 and unit >= 2:
                step = step + self.swing * unit / 2
        return float(self.bars[bar] + whole * step / steps)


def plan_song(
    rng: np.random.Generator, idioms, key: int, seconds: float, bar_seconds: float
) -> tuple[list[Chord], list[dict]]:
    """Form of a song: a chord and a plan entry for every bar."""
    forms = (
        ("intro", "verse", "chorus", "verse", "chorus", "bridge", "chorus", "outro"),
        ("verse", "verse", "chorus", "verse", "chorus", "solo", "chorus"),
        ("intro", "verse", "verse", "chorus", "break", "chorus", "chorus"),
        ("chorus", "verse", "chorus", "solo", "verse", "chorus"),
        ("intro", "verse", "chorus", "break", "verse", "chorus", "outro"),
    )
    energy = {"intro": 0.4, "verse": 0.55, "chorus": 0.95, "bridge": 0.6, "solo": 0.85, "break": 0.25, "outro": 0.5}
    idiom = str(idioms[rng.integers(len(idioms))])
    minor = harmony.idiom_is_minor(idiom)
    related = [i for i in idioms if harmony.idiom_is_minor(i) == minor]
    total = max(8, round(seconds / bar_seconds))
    base = 8 if bar_seconds < 2.6 else 4
    memory, chords, plan = {}, [], []
    form = forms[rng.integers(len(forms))]
    count = 0
    while len(chords) < total:
        name = form[count % len(form)]
        length = base if name not in ("intro", "break", "outro") else max(4, base // 2)
        if rng.random() < 0.15:
            length *= 2
        if name not in memory:
            memory[name] = harmony.progression(str(related[rng.integers(len(related))]), key, rng)
        sequence = memory[name]
        if idiom == "blues":
            length = len(sequence)
        for bar in range(length):
            chords.append(sequence[bar % len(sequence)])
            plan.append(
                {
                    "section": name,
                    "energy": energy[name],
                    "first": bar == 0,
                    "last": bar == length - 1,
                    "index": bar,
                    "visit": count,
                }
            )
        count += 1
    silence = {}
    for entry in plan:
        visit = (entry["section"], entry["visit"])
        if visit not in silence:
            quiet = entry["section"] in ("intro", "break", "outro")
            silence[visit] = (rng.random() < (0.4 if quiet else 0.03), rng.random() < (0.35 if quiet else 0.04))
        entry["silent"], entry["no_bass"] = silence[visit]
    return chords[:total], plan[:total]


def bars_at(rng: np.random.Generator, tempo: float, beats: int, count: int, human: bool) -> np.ndarray:
    """Bar starts; human tempo wanders by about a percent."""
    step = beats * 60.0 / tempo
    wander = np.zeros(count)
    if human:
        wander = np.cumsum(rng.normal(0, 0.002, count))
        wander = np.clip(wander - wander.mean(), -0.015, 0.015)
    return np.concatenate([[0.0], np.cumsum(step * (1 + wander))]) + 0.05


def riffs_move(frame: Frame) -> bool:
    """True where riffs follow the chords (else they stay on the tonic)."""
    return bool(frame.riffs.get("moves", True))


def section_riff(frame: Frame, entry: dict, rng) -> list:
    """A low riff of the section's bar: `(step, length, offset over the root, accent, muted)`, two bars long in
    memory."""
    slot = ("riff", entry["section"], entry["index"] % 2)
    if slot in frame.riffs:
        return frame.riffs[slot]
    steps = frame.beats * 4
    tones = (0, 0, 0, 0, 3, 5, 6, 7, 10, 12, 1, -2) if frame.minor else (0, 0, 0, 0, 3, 4, 5, 7, 10, 12, -2)
    grid = rng.choice([1, 2, 2])
    density = rng.uniform(0.45, 0.95)
    starts = [0] + [int(s) for s in range(grid, steps, grid) if rng.random() < density]
    riff = []
    for i, step in enumerate(starts):
        until = starts[i + 1] if i + 1 < len(starts) else steps
        muted = until - step <= 2 and rng.random() < 0.5
        offset = 0 if muted and rng.random() < 0.8 else int(rng.choice(tones))
        riff.append((step, (until - step) * (0.5 if muted else 0.95), offset, float(not muted), float(muted)))
    frame.riffs[slot] = riff
    return riff


def snap(key: float, frame: Frame, kind: str = "seven") -> int:
    """Nearest key in the song's scale."""
    tones = harmony.scale(frame.key, frame.minor, kind)
    return min((int(key) + d for d in (0, 1, -1, 2, -2, 3)), key=lambda k: (k % 12 not in tones, abs(k - key)))
