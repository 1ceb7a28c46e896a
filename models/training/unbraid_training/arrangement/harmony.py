"""Keys, chord progressions and voicings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")

QUALITIES = {
    "": (0, 4, 7), "m": (0, 3, 7), "7": (0, 4, 7, 10), "m7": (0, 3, 7, 10), "maj7": (0, 4, 7, 11), "sus2": (0, 2, 7), "sus4": (0, 5, 7), "dim": (0, 3, 6),
    "6": (0, 4, 7, 9), "9": (0, 4, 7, 10, 14), "add9": (0, 4, 7, 14), "m9": (0, 3, 7, 10, 14), "5": (0, 7),
}  # fmt: skip
"""Chord tones in semitones over the root; the names are those that `mma` reads."""


@dataclass(frozen=True)
class Chord:
    """A chord on a pitch class."""

    root: int
    quality: str = ""

    @property
    def tones(self) -> tuple[int, ...]:
        """Pitch classes, root first."""
        return tuple((self.root + i) % 12 for i in QUALITIES[self.quality])

    @property
    def name(self) -> str:
        """Name as `mma` reads it."""
        return NAMES[self.root] + {"5": "5", "add9": "add9"}.get(self.quality, self.quality)

    @property
    def minor(self) -> bool:
        """True for a minor third."""
        return 3 in QUALITIES[self.quality]


_MAJOR = {
    "I": (0, ""),
    "ii": (2, "m"),
    "iii": (4, "m"),
    "IV": (5, ""),
    "V": (7, ""),
    "vi": (9, "m"),
    "bVII": (10, ""),
    "iv": (5, "m"),
    "bVI": (8, ""),
    "bIII": (3, ""),
    "II": (2, ""),
    "III": (4, ""),
    "VI": (9, ""),
    "v": (7, "m"),
}
_MINOR = {
    "i": (0, "m"),
    "bII": (1, ""),
    "ii": (2, "dim"),
    "bIII": (3, ""),
    "iv": (5, "m"),
    "v": (7, "m"),
    "V": (7, ""),
    "bVI": (8, ""),
    "bVII": (10, ""),
    "IV": (5, ""),
    "I": (0, ""),
    "bV": (6, ""),
}

_IDIOMS = {
    "pop": ("I V vi IV", "vi IV I V", "I vi IV V", "IV V iii vi", "I IV vi V", "vi V IV V", "I iii IV V", "IV I V vi", "I IV I V", "ii V I vi", "I V IV IV", "IV iv I I"),
    "rock": ("I bVII IV I", "I IV V IV", "I IV I V", "I bIII IV I", "I V bVII IV", "I I IV IV", "bVI bVII I I", "I bVII bVI V", "I V IV I", "I IV bVII I"),
    "blues": ("I I I I IV IV I I V IV I V", "I IV I I IV IV I I V IV I I", "I I IV I V IV I V"),
    "country": ("I I IV I V V I I", "I IV I V", "I I V V V V I I", "I IV V I", "vi IV I V", "I II V I"),
    "soul": ("I vi ii V", "I IV ii V", "ii V I I", "I iii IV V", "I VI ii V"),
    "minor_pop": ("i bVI bIII bVII", "i bVII bVI bVII", "i iv bVII bIII", "i bVI iv V", "i v bVI bVII", "i iv v i", "i bIII bVII iv", "bVI bVII i i"),
    "metal": ("i i bVI bVII", "i bII i bVII", "i bVI bV V", "i i i bII", "i bIII bVI bVII", "i bVII bVI V", "i iv bII i", "i bV i bII"),
    "modal": ("i IV i IV", "i bVII i bVII", "i i i i", "i bVII IV i", "i i bVII bVII"),
    "vamp": ("i i i i", "i i bVI bVII", "i iv i iv", "i i bII bII"),
}  # fmt: skip
_MINOR_IDIOMS = frozenset(("minor_pop", "metal", "modal", "vamp"))


def idiom_is_minor(idiom: str) -> bool:
    """True where an idiom's progressions stand in minor."""
    return idiom in _MINOR_IDIOMS


def progression(idiom: str, key: int, rng: np.random.Generator, colour: float = 0.15) -> list[Chord]:
    """One chord per bar. `colour` is the chance that a chord gains a seventh, ninth or suspension."""
    choices = _IDIOMS[idiom]
    degrees = str(choices[rng.integers(len(choices))]).split()
    table = _MINOR if idiom in _MINOR_IDIOMS else _MAJOR
    chords = []
    for degree in degrees:
        offset, quality = table[degree]
        if idiom == "blues" and rng.random() < 0.7:
            quality = "7"
        elif rng.random() < colour:
            if quality == "":
                quality = str(rng.choice(["7" if degree == "V" else "maj7", "sus2", "sus4", "add9", "6"]))
            elif quality == "m":
                quality = str(rng.choice(["m7", "m7", "m9"]))
        chords.append(Chord((key + offset) % 12, quality))
    return chords


def scale(key: int, minor: bool, kind: str = "seven") -> np.ndarray:
    """Pitch classes of the key's scale: `seven` notes, `five` (pentatonic) or `blues`."""
    steps = {
        ("seven", False): (0, 2, 4, 5, 7, 9, 11), ("seven", True): (0, 2, 3, 5, 7, 8, 10), ("five", False): (0, 2, 4, 7, 9), ("five", True): (0, 3, 5, 7, 10),
        ("blues", False): (0, 2, 3, 4, 7, 9), ("blues", True): (0, 3, 5, 6, 7, 10),
    }[(kind, minor)]  # fmt: skip
    return (key + np.array(steps)) % 12


def close_voicing(chord: Chord, around: float, previous: list[int] | None = None) -> list[int]:
    """Keys of a chord near `around`, moving as little as may be from `previous`."""
    centre = float(np.mean(previous)) * 0.7 + around * 0.3 if previous else around
    keys = []
    for tone in dict.fromkeys(chord.tones):
        octave = round((centre - tone) / 12)
        keys.append(int(tone + 12 * octave))
    return sorted(keys)


def guitar_chord(chord: Chord, rng: np.random.Generator, low: int = 40) -> list[int]:
    """Keys of a barre-like guitar chord, five or six strings, lowest first."""
    root = low + (chord.root - low) % 12
    third = 3 if chord.minor else 5 if chord.quality == "sus4" else 2 if chord.quality == "sus2" else 4
    seventh = {"7": 10, "m7": 10, "maj7": 11, "9": 10, "m9": 10}.get(chord.quality)
    fifth = 6 if chord.quality == "dim" else 7
    if root <= 46:
        shape = [0, fifth, seventh or 12, 12 + third, 12 + fifth, 24]
    else:
        shape = [0, fifth, seventh or 12, 12 + third, 12 + fifth]
    if chord.quality == "5":
        shape = [0, 7, 12]
    return [root + s for s in shape]


def power_chord(chord: Chord, low: int = 40, octave: bool = True) -> list[int]:
    """Root, fifth and perhaps octave on the low strings."""
    root = low + (chord.root - low) % 12
    if root > low + 10:
        root -= 12 if root - 12 >= low - 4 else 0
    fifth = 6 if chord.quality == "dim" else 7
    return [root, root + fifth, root + 12] if octave else [root, root + fifth]
