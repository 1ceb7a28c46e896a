"""Songs made up from scratch: form, chords, and parts for each player of a band."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import drumming, harmony
from .harmony import Chord
from .midi import Part, Song, humanise, note_array

DISTORTED = (30, 29)
LEADS = {"guitar": (29, 30, 27, 26), "wind": (65, 66, 64, 71, 73, 68, 56, 57, 60, 59, 22, 75, 79), "string": (40, 41, 42, 110), "key": (0, 4, 11, 12, 16, 18, 21), "synth": (80, 81, 82, 84, 87, 62)}


@dataclass(frozen=True)
class Genre:
    """What a kind of music draws from."""

    tempo: tuple[float, float]
    idioms: tuple[str, ...]
    drums: tuple[str, ...]
    basses: tuple[str, ...]
    layers: tuple[tuple[str, ...], ...]
    """Each entry names the other parts of one possible band, from most to least needed."""
    leads: tuple[str, ...] = ("guitar", "synth", "key")
    swing: float = 0.0
    timing: float = 0.008
    tuning: int = 40
    """Lowest guitar string."""


GENRES: dict[str, Genre] = {
    "rock": Genre((92, 150), ("rock", "pop", "minor_pop"), ("rock", "hard_rock", "halftime"), ("root8", "kicklock", "root4", "walkup"), (("powerstrum", "pick"), ("power", "strum_clean"), ("strum_clean", "organ"), ("powerstrum", "lead_riff", "strum"), ("crunch", "crunch"), ("crunch", "piano")), ("guitar", "guitar", "key")),
    "hard_rock": Genre((100, 150), ("rock", "metal", "modal"), ("hard_rock", "rock", "halftime"), ("riff", "root8", "kicklock"), (("riff", "powerstrum"), ("riff",), ("power", "octaves"), ("riff", "organ"), ("crunch", "riff")), ("guitar",)),
    "zeppelin": Genre((72, 130), ("modal", "rock", "blues"), ("hard_rock", "halftime", "rock"), ("riff", "kicklock", "walkup"), (("riff",), ("riff", "crunch"), ("crunch",)), ("guitar",)),
    "punk": Genre((150, 190), ("rock", "pop"), ("punk",), ("root8", "root8", "walkup"), (("powerstrum",), ("powerstrum", "octaves"), ("power", "powerstrum")), ("guitar",)),
    "metal": Genre((90, 180), ("metal", "vamp"), ("metal_double", "hard_rock", "halftime"), ("riff", "root16", "root8"), (("riff", "tremolo"), ("gallop", "powerstrum"), ("riff",), ("riff", "pad"), ("power", "lead_riff")), ("guitar",), tuning=36),
    "extreme": Genre((110, 190), ("metal",), ("blast", "metal_double"), ("root16", "riff"), (("tremolo", "powerstrum"), ("riff", "tremolo"), ("tremolo",)), ("guitar",), tuning=35),
    "doom": Genre((60, 84), ("metal", "modal"), ("doom", "halftime"), ("riff", "sustain"), (("riff", "powerstrum"), ("powerstrum", "pad")), ("guitar",), tuning=33),
    "country": Genre((90, 180), ("country", "pop"), ("country_train", "country", "shuffle", "brush_ballad"), ("country", "country", "root4"), (("strum", "pick"), ("strum", "piano", "fiddle"), ("pick", "strum"), ("strum_clean", "pick", "steel")), ("guitar", "string", "wind")),
    "folk": Genre((70, 130), ("country", "pop", "minor_pop"), ("brush_ballad", "hands", "cross_stick", "country_train"), ("country", "sustain", "root4"), (("pick",), ("strum",), ("strum", "pick"), ("pick", "pad"), ("strum", "accordion")), ("wind", "string", "guitar")),
    "ballad": Genre((60, 90), ("pop", "soul", "minor_pop"), ("cross_stick", "pop", "brush_ballad", "rock"), ("sustain", "root4", "kicklock"), (("piano", "pad"), ("pick", "pad"), ("piano", "strum", "pad"), ("epiano", "pad", "pick")), ("guitar", "wind", "string", "key")),
    "pop": Genre((90, 130), ("pop", "minor_pop", "soul"), ("pop", "disco", "rock", "house"), ("root8", "kicklock", "octave", "sustain"), (("piano", "pad", "pick"), ("strum", "pad"), ("arp", "pad", "stab"), ("funk", "piano"), ("strum_clean", "arp")), ("synth", "guitar", "key")),
    "indie": Genre((100, 160), ("pop", "minor_pop"), ("rock", "disco", "pop"), ("root8", "walkup", "octave"), (("strum_clean", "pick"), ("crunch", "pick", "pad"), ("arp", "strum_clean"), ("octaves", "strum_clean")), ("guitar", "synth")),
    "soul": Genre((70, 115), ("soul", "blues", "modal"), ("funk", "pop", "cross_stick"), ("funk", "walkup", "kicklock"), (("epiano", "funk", "brass"), ("organ", "strum_clean"), ("piano", "brass", "strings")), ("wind", "key")),
    "funk": Genre((92, 122), ("modal", "vamp", "blues"), ("funk", "disco"), ("funk", "octave"), (("funk", "brass"), ("funk", "clav"), ("funk", "epiano", "brass")), ("wind", "guitar", "synth")),
    "blues": Genre((70, 140), ("blues",), ("shuffle", "twelve_eight", "rock"), ("walk", "root4", "walkup"), (("crunch", "organ"), ("strum_clean", "piano"), ("crunch",), ("boogie", "piano")), ("guitar", "wind", "key"), swing=0.33),
    "reggae": Genre((68, 90), ("minor_pop", "pop", "vamp"), ("reggae",), ("dub",), (("skank", "organ"), ("skank", "skank_piano", "pick")), ("wind", "key", "guitar")),
    "ska": Genre((130, 180), ("pop", "rock"), ("ska",), ("walk", "root8"), (("skank", "brass"), ("skank", "organ")), ("wind",)),
    "disco": Genre((108, 128), ("minor_pop", "soul"), ("disco",), ("octave", "funk"), (("funk", "strings"), ("funk", "epiano", "strings"), ("piano", "strings", "stab")), ("string", "synth", "wind"), timing=0.004),
    "house": Genre((118, 130), ("minor_pop", "vamp", "soul"), ("house", "techno"), ("offbeat", "synth16", "octave"), (("stab", "pad"), ("piano_house", "pad"), ("arp", "pad", "stab"), ("arp",)), ("synth",), timing=0.0),
    "techno": Genre((124, 148), ("vamp", "modal"), ("techno", "house"), ("synth16", "offbeat"), (("arp",), ("stab", "arp"), ("pad", "arp")), ("synth",), timing=0.0),
    "trance": Genre((130, 142), ("minor_pop",), ("house", "techno"), ("offbeat", "synth16"), (("arp", "pad", "stab"), ("arp", "pad")), ("synth",), timing=0.0),
    "synthwave": Genre((80, 118), ("minor_pop", "modal"), ("pop", "house", "rock"), ("synth8", "synth16"), (("pad", "arp"), ("pad", "stab", "arp")), ("synth", "guitar"), timing=0.001),
    "trap": Genre((65, 85), ("minor_pop", "vamp"), ("trap",), ("808",), (("bells",), ("pick", "pad"), ("pad", "bells"), ("piano",), ("arp",)), ("synth", "wind", "string"), timing=0.0),
    "hiphop": Genre((80, 100), ("minor_pop", "soul", "vamp"), ("hiphop", "breakbeat"), ("kicklock", "sub", "funk"), (("epiano",), ("piano", "strings"), ("pick", "pad"), ("brass", "epiano")), ("wind", "synth"), timing=0.004),
    "drum_and_bass": Genre((160, 178), ("minor_pop", "vamp"), ("drum_and_bass", "breakbeat"), ("reese", "sub", "sustain"), (("pad", "arp"), ("pad", "stab"), ("epiano", "pad")), ("synth",), timing=0.0),
    "cinematic": Genre((60, 100), ("minor_pop", "modal"), ("tribal", "halftime"), ("sustain",), (("strings", "piano"), ("strings", "brass_long", "arp"), ("pad", "strings", "pick")), ("string", "wind")),
}  # fmt: skip

PROGRAMS = {
    "strum": (25, 24, 25, 105, 15), "strum_clean": (27, 26, 28), "pick": (25, 24, 27, 26, 105, 104), "piano": (0, 1, 2, 3), "piano_house": (0, 1, 2), "skank_piano": (0, 2, 16), "epiano": (4, 5), "organ": (16, 17, 18, 19),
    "accordion": (21, 23), "clav": (7,), "pad": (48, 50, 51, 88, 89, 90, 92, 93, 95), "strings": (48, 49, 50, 44), "brass": (61, 62, 63, 56, 66), "brass_long": (60, 61, 58), "stab": (81, 62, 80, 50, 55),
    "arp": (81, 80, 99, 98, 46, 5, 90), "bells": (98, 10, 11, 9, 12, 14, 88), "fiddle": (40, 110), "steel": (25, 26, 27), "funk": (27, 28, 26), "skank": (27, 28, 25, 16), "boogie": (27, 26),
}  # fmt: skip
GUITAR_DRIVEN = frozenset(("power", "powerstrum", "riff", "gallop", "tremolo", "crunch", "octaves", "lead_riff"))


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


def plan_song(rng: np.random.Generator, idioms, key: int, seconds: float, bar_seconds: float) -> tuple[list[Chord], list[dict]]:
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
    total = max(8, int(round(seconds / bar_seconds)))
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
            plan.append({"section": name, "energy": energy[name], "first": bar == 0, "last": bar == length - 1, "index": bar, "visit": count})
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


# Basses


def bass_line(style: str, frame: Frame, rng: np.random.Generator) -> np.ndarray:
    """Bass notes for the whole song, in the range of a bass guitar (28-52)."""
    rows = []
    for bar, (chord, entry) in enumerate(zip(frame.chords, frame.plan)):
        if entry.get("no_bass"):
            continue
        rng_bar = rng
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
            rows.append((frame.at(bar, step, steps), length * unit * 0.97, key, velocity + rng_bar.normal(0, 5)))

        kind = style
        if kind == "riff":
            riff = _riff(frame, entry, rng)
            for step, length, offset, accent, _ in riff:
                put(step, length, _in_range(frame.tuning - 12 + (frame.key - frame.tuning) % 12 + offset if not _moves(frame) else root + offset, 26, 50), 90 + 20 * accent)
        elif kind in ("root8", "synth8"):
            for step in range(0, steps, 2):
                put(step, 2 if rng.random() < 0.8 else 1.2, root + (12 if kind == "synth8" and step % 4 == 2 and entry["energy"] > 0.8 else 0), 100 if step % 4 == 0 else 88)
            if entry.get("last") and rng.random() < 0.5 and rows:
                rows[-1] = (*rows[-1][:2], _approach(target, rng), rows[-1][3])
        elif kind in ("root16", "synth16"):
            for step in range(steps):
                if kind == "synth16" and step % 4 == 0 and rng.random() < 0.6:
                    continue
                put(step, 1, root + (12 if rng.random() < 0.12 and kind == "synth16" else 0), 100 if step % 4 == 0 else 82)
        elif kind == "root4":
            for step in range(0, steps, 4):
                put(step, 3.8, root if step < steps - 4 or rng.random() < 0.6 else _approach(target, rng))
        elif kind == "sustain":
            put(0, steps, root)
            if rng.random() < 0.2:
                put(steps - 4, 4, root + 7 if root < 40 else root - 5, 80)
        elif kind == "kicklock":
            starts = [0] + sorted({int(s) for s in rng.choice(np.arange(2, steps, 2), rng.integers(1, 4), replace=False)})
            if frame.kicks is not None and len(frame.kicks):
                inside = frame.kicks[(frame.kicks >= frame.bars[bar] - 0.03) & (frame.kicks < frame.bars[bar + 1] - 0.03)]
                found = sorted({int(round((k - frame.bars[bar]) / unit)) for k in inside})
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
                memory = [(0, 2.5, 0)] + [(int(s), float(rng.choice([0.6, 1.0, 2.0])), int(rng.choice([0, 0, 12, 10, 7, third, 5]))) for s in sorted(rng.choice(np.arange(3, steps), rng.integers(3, 7), replace=False))]
                frame.riffs[("funk", entry["section"])] = memory
            for step, length, offset in memory:
                put(step, length, root + offset, 105 if offset == 12 else 92)
        elif kind == "offbeat":
            for step in range(2, steps, 4):
                put(step, 1.8, root + (12 if rng.random() < 0.1 else 0), 100)
        elif kind == "dub":
            memory = frame.riffs.get(("dub", entry["section"]))
            if memory is None:
                memory = sorted({0 if rng.random() < 0.7 else 2, *[int(s) for s in rng.choice([4, 6, 8, 10, 11, 12, 14], 3, replace=False)]})
                frame.riffs[("dub", entry["section"])] = memory
            for i, step in enumerate(memory):
                put(step, 2.5, root + int((0, 7, third, 0, 12)[i % 5]) if root < 38 else root - int((0, 5, 0, 12 - third)[i % 4]), 100)
        elif kind in ("808", "sub"):
            memory = frame.riffs.get(("808", entry["section"], entry["index"] % 2))
            if memory is None:
                memory = [0] + sorted(int(s) for s in rng.choice([3, 6, 7, 10, 11, 13, 14], rng.integers(1, 4), replace=False))
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


def _moves(frame: Frame) -> bool:
    """Whether riffs follow the chords (else they stay on the tonic)."""
    return bool(frame.riffs.get("moves", True))


def _in_range(key: float, low: int, high: int) -> int:
    key = int(key)
    while key < low:
        key += 12
    while key > high:
        key -= 12
    return key


def _approach(target: int, rng) -> int:
    return int(target + rng.choice([-1, 1, -2, 2, 7, -5]))


def _riff(frame: Frame, entry: dict, rng) -> list:
    """A low riff of the section's bar: `(step, length, offset over the root, accent, muted)`, two bars long in memory."""
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


# Guitars


def guitar_part(style: str, frame: Frame, rng: np.random.Generator) -> np.ndarray:
    """Notes of a guitar: `power`, `powerstrum`, `riff`, `gallop`, `tremolo`, `crunch`, `octaves`, `strum`, `strum_clean`, `pick`, `funk`, `skank`, `boogie`, `steel`, `lead_riff`."""
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
                rows.append((start + abs(spread) * i, max(0.04, length * unit - abs(spread) * i), key, float(np.clip(velocity + rng.normal(0, 5) - (6 if spread < 0 else 0), 1, 127)), mute))

        low = frame.tuning
        if style in ("power", "gallop"):
            chug = harmony.power_chord(chord, low, octave=False)
            full = harmony.power_chord(chord, low)
            pattern = memory.setdefault(section, (rng.choice([1, 2], p=[0.3, 0.7]), rng.random(16) < rng.uniform(0.1, 0.35)))
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
            for step, length, offset, accent, muted in _riff(frame, entry, rng):
                root = low + ((chord.root if _moves(frame) else frame.key) - low) % 12
                if root > low + 8:
                    root -= 12 if root - 12 >= low - 3 else 0
                fifths = memory.setdefault("fifths", rng.random() < 0.6)
                put(step, length, [root + offset, root + offset + 7] if fifths or accent else [root + offset], 98 + 14 * accent, muted * rng.uniform(0.5, 0.9), 0.003)
        elif style == "tremolo":
            if section not in memory:
                memory[section] = [int(rng.choice([0, 0, 3, 5, 7, 8, 12])) for _ in range(4)]
            root = low + 12 + (chord.root - low) % 12
            grid = 1
            for step in range(0, steps, grid):
                offset = memory[section][(step * 4 // steps) % 4]
                put(step, grid, [root + offset, root + offset + 7] if memory.setdefault("fifth", rng.random() < 0.4) else [root + offset], 96)
        elif style in ("powerstrum", "crunch"):
            keys = harmony.power_chord(chord, low) if style == "powerstrum" else harmony.guitar_chord(chord, rng, low)
            if section not in memory:
                memory[section] = _strum_pattern(rng, steps, rng.choice([1, 2, 2, 4]))
            for step, length, down, accent in memory[section]:
                put(step, length, keys if down else keys[1:], 100 + 14 * accent, 0.0, rng.uniform(0.004, 0.012) * (1 if down else -1))
        elif style in ("strum", "strum_clean"):
            keys = harmony.guitar_chord(chord, rng, max(low, 40))
            if section not in memory:
                memory[section] = _strum_pattern(rng, steps, rng.choice([1, 2, 2, 4]))
            for step, length, down, accent in memory[section]:
                put(step, length, keys if down else keys[-4:], 70 + 30 * accent + 15 * entry["energy"], 0.0, rng.uniform(0.008, 0.025) * (1 if down else -1))
        elif style == "octaves":
            root = 52 + (chord.root - 52) % 12
            line = memory.setdefault(section, [int(rng.choice([0, 2, 3, 4, 5, 7])) for _ in range(8)])
            for i in range(0, steps, 2):
                key = _snap(root + line[(i // 2) % 8], frame)
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
            for step in range(2 if memory.setdefault("fast", rng.random() < 0.5) else 4, steps, 4 if memory["fast"] else 8):
                put(step, 0.9, keys, 92, 0.3, 0.006)
        elif style == "boogie":
            root = low + (chord.root - low) % 12
            for i, step in enumerate(range(0, steps, 2)):
                put(step, 1.7, [root, root + (7, 9, 10, 9)[(i // 1) % 4]], 96, 0.3)
        elif style == "steel":
            keys = harmony.close_voicing(chord, 64)[-3:]
            put(0, steps * 0.9, keys, 84, 0.0, 0.03)
        elif style == "lead_riff":
            line = memory.setdefault(section, [(int(rng.integers(0, 7)), bool(rng.random() < 0.75)) for _ in range(steps // 2)])
            notes = harmony.scale(frame.key, frame.minor, "five")
            for i, (degree, sounding) in enumerate(line):
                if sounding:
                    put(i * 2, 1.9, [60 + (int(notes[degree % len(notes)]) - 60) % 12 + 12 * (degree // len(notes))], 100)
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
        out.append((step, (until - step) * rng.choice([0.98, 0.98, 0.6]), down, float(step % (steps // 2) == 0) * 0.7 + 0.3 * rng.random()))
    return out


def _snap(key: float, frame: Frame, kind: str = "seven") -> int:
    """Nearest key in the song's scale."""
    tones = harmony.scale(frame.key, frame.minor, kind)
    return min((int(key) + d for d in (0, 1, -1, 2, -2, 3)), key=lambda k: (k % 12 not in tones, abs(k - key)))


# Keyboards and ensembles


def chord_part(style: str, frame: Frame, rng: np.random.Generator) -> np.ndarray:
    """Notes of keyboards, strings, brass and synthesizers; `style` as in `PROGRAMS`."""
    rows = []
    memory: dict = {}
    steps = frame.beats * 4
    centre = {"piano": 62, "epiano": 62, "organ": 62, "pad": 60, "strings": 66, "brass": 64, "brass_long": 56, "stab": 62, "arp": 67, "bells": 74, "accordion": 66, "clav": 55, "fiddle": 70}.get(style, 62) + int(rng.integers(-4, 5))
    previous = None
    for bar, (chord, entry) in enumerate(zip(frame.chords, frame.plan)):
        section = entry["section"]
        keys = harmony.close_voicing(chord, centre, previous)
        previous = keys
        unit = (frame.bars[bar + 1] - frame.bars[bar]) / steps

        def put(step, length, keys, velocity, bar=bar, unit=unit):
            for key in keys:
                rows.append((frame.at(bar, step, steps), length * unit * 0.98, key, float(np.clip(velocity + rng.normal(0, 5), 1, 127))))

        if style in ("pad", "strings", "organ", "accordion", "brass_long", "fiddle"):
            if style in ("organ", "accordion") and memory.setdefault("rhythm", rng.random() < 0.4):
                for step in range(0, steps, 4):
                    put(step + (2 if memory.setdefault("off", rng.random() < 0.5) else 0), 1.8, keys, 88)
            elif style == "fiddle" or (style == "strings" and memory.setdefault("moving", rng.random() < 0.35)):
                for i, step in enumerate(range(0, steps, 4)):
                    put(step, 4, [keys[-1] + (0, 2, 0, -1)[i % 4] if i % 2 == 0 else _snap(keys[-1] + 2, frame)], 86)
                if style == "strings":
                    put(0, steps, keys[:2], 78)
            else:
                repeat = bar > 0 and frame.chords[bar - 1] == chord and not entry["first"] and memory.setdefault("tie", rng.random() < 0.3)
                if not repeat:
                    put(0, steps, keys, 84)
        elif style in ("piano", "epiano", "clav"):
            if section not in memory:
                memory[section] = (rng.choice(["block", "eighths", "broken", "syncopated"]), [0, *sorted(int(s) for s in rng.choice(np.arange(2, steps), 3, replace=False))], rng.integers(0, 4, 16))
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
                memory[section] = (int(rng.choice([1, 1, 2])) if style == "arp" else int(rng.choice([2, 4, 3])), rng.integers(0, 6, 16), rng.random(16) < rng.uniform(0.6, 1.0))
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
                key = min((k for k in range(key - 4, key + 5) if k % 12 in chord.tones), key=lambda k: abs(k - key), default=key)
            else:
                key = _snap(key, frame, kind)
            unit = (frame.bars[bar + 1] - frame.bars[bar]) / steps
            rows.append((frame.at(bar, step, steps), (until - step) * unit * rng.choice([0.95, 1.0, 0.6]), key, float(rng.uniform(84, 116))))
    return note_array(rows)


def layer_part(name: str, frame: Frame, rng: np.random.Generator, timing: float) -> Part:
    """One other part by its layer name (see `GENRES`)."""
    if name in ("fiddle", *PROGRAMS) and name not in ("strum", "strum_clean", "pick", "funk", "skank", "boogie", "steel"):
        notes = chord_part(name, frame, rng)
        style = {"pad": "pad", "strings": "pad", "arp": "arp", "bells": "arp", "stab": "stab", "brass": "stab"}.get(name, "comp")
    else:
        notes = guitar_part(name, frame, rng)
        style = "drive" if name in GUITAR_DRIVEN else "strum" if name in ("strum", "strum_clean") else "pick"
    if name == "crunch":
        style = "crunch"
    if name in ("octaves", "lead_riff"):
        style = "lead"
    programs = PROGRAMS.get(name, DISTORTED)
    notes = humanise(notes, rng, timing, 3.0)
    return Part("other", int(programs[rng.integers(len(programs))]), notes, name, style)


def lead_part(frame: Frame, rng: np.random.Generator, families, timing: float) -> Part:
    """A melody on an instrument of one of the families."""
    family = str(families[rng.integers(len(families))])
    programs = LEADS[family]
    names = sorted({e["section"] for e in frame.plan})
    sections = {"solo"} if "solo" in names and rng.random() < 0.4 else {str(n) for n in rng.permutation(names)[: rng.integers(1, len(names) + 1)]}
    low = int(rng.integers(52, 68))
    notes = melody(frame, rng, frozenset(sections), low, low + 22)
    return Part("other", int(programs[rng.integers(len(programs))]), humanise(notes, rng, timing, 4.0), family, "lead")


def compose(rng: np.random.Generator, genre_name: str, seconds: float) -> Song:
    """A song of a genre, about `seconds` long."""
    genre = GENRES[genre_name]
    tempo = float(rng.uniform(*genre.tempo))
    drum_name = str(genre.drums[rng.integers(len(genre.drums))])
    beats = 4
    if genre_name in ("folk", "country", "ballad") and rng.random() < 0.12:
        beats, drum_name = 3, "waltz"
    style = drumming.STYLES[drum_name]
    key = int(rng.integers(12))
    if genre.tuning < 40 and rng.random() < 0.6 or genre_name in ("hard_rock", "zeppelin", "punk") and rng.random() < 0.4:
        key = int((genre.tuning + rng.choice([0, 0, 5, 3, 7])) % 12)
    chords, plan = plan_song(rng, genre.idioms, key, seconds, beats * 60 / tempo)
    bars = bars_at(rng, tempo, beats, len(chords), genre.timing > 0.002)
    minor = _is_minor(chords, key)
    swing = style.swing if style.swing >= 0.3 else genre.swing
    frame = Frame(bars, chords, plan, key, minor, beats, swing, genre.tuning, riffs={"moves": rng.random() < 0.5})
    drums = humanise(drumming.play_style(style, bars, plan, rng), rng, style.timing, 3.0)
    frame.kicks = drums[drums[:, 2] == 36, 0] if len(drums) else np.zeros(0)
    timing = genre.timing
    parts = []
    if rng.random() > 0.05:
        parts.append(Part("drums", 0, drums, drum_name, " ".join(style.kit)))
    if rng.random() > 0.06:
        bass_style = str(genre.basses[rng.integers(len(genre.basses))])
        parts.append(Part("bass", 33, humanise(bass_line(bass_style, frame, rng), rng, timing, 3.0), bass_style, bass_style))
    layers = list(genre.layers[rng.integers(len(genre.layers))])
    if rng.random() < 0.15:
        layers = layers[:1]
    for name in layers:
        part = layer_part(name, frame, rng, timing)
        parts.append(thin_out(part, frame, rng))
    if rng.random() < 0.55:
        parts.append(lead_part(frame, rng, genre.leads, timing))
    return Song([p for p in parts if len(p.notes)], tempo, key, minor, bars, ["generated"], genre_name, swing)


def _is_minor(chords: list[Chord], key: int) -> bool:
    votes = [c.minor for c in chords if c.root == key]
    return sum(votes) * 2 > len(votes) if votes else False


def thin_out(part: Part, frame: Frame, rng: np.random.Generator) -> Part:
    """Lets a part rest in some sections, as bands do."""
    if rng.random() < 0.5:
        return part
    sections = sorted({e["section"] for e in frame.plan})
    if len(sections) < 2:
        return part
    resting = str(rng.choice(sections))
    for bar, entry in enumerate(frame.plan):
        if entry["section"] == resting:
            inside = (part.notes[:, 0] >= frame.bars[bar] - 0.02) & (part.notes[:, 0] < frame.bars[bar + 1] - 0.02)
            part.notes = part.notes[~inside]
    return part
