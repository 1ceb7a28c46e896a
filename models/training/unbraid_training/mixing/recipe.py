"""Recipe of mixtures: one table of probabilities and ranges, for runs on CPUs and GPUs alike."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field, fields

REFERENCE_RMS = 0.08
"""RMS that the active parts of every stem are brought to before the random gains."""

Chances = tuple[float, float, float, float]
"""Of vocals, drums, bass, other."""

Decibels = tuple[float, float, float, float]
"""Of vocals, drums, bass, other."""


@dataclass(frozen=True)
class Recipe:
    """Probabilities, unless a unit says otherwise. Levels and stereo are nearer to those of records since Studio 0.7.0
    (`models/README.md`, "Real records are wider")."""

    aligned_song: float = 0.13
    """Mixtures whose stems come from one real song."""
    voice_over_instrumental: float = 0.27
    """Mixtures of a voice and a finished instrumental, of which no stems are known."""
    estimated_song: float = 0.0
    """Of these, the part that is a real song, of which a separator's voice is taken for the voice."""
    no_voice: float = 0.32
    voice_only: float = 0.04
    absent: tuple[float, float, float] = (0.17, 0.09, 0.08)
    """Drums, bass, other. Drums more often: strummed guitars without drums were heard as drums."""
    levels_db: Decibels = (1.5, -1.5, -1.5, -1.0)
    """Typical levels of the stems beside one another. They are those of active half seconds: hits stand far above that
    of a kit, which at 0 dB would be louder than it is in songs."""
    level_spread_db: float = 3.3
    """Standard deviation of levels."""
    far_back: float = 0.13
    """A stem 6 to 20 dB below its usual level, as brushes or pads are."""
    aligned_backing: float = 0.45
    """Mixtures whose drums, bass and other come from one arrangement."""
    mono_sum: float = 0.3
    mono_stem: float = 0.2
    """Stems that are the same in both channels but for their level."""
    dense: float = 0.0
    """Mixtures mastered as loud records are: the sum compressed and limited by 6 to 14 dB, close to full scale."""
    coded: float = 0.2
    """Mixtures that have been through MP3 or AAC."""
    random_fir: Chances = (0.3, 0.35, 0.4, 0.4)
    """Stems that get a short random response: another amplifier, another drum, another throat."""
    widened: Chances = (0.5, 0.5, 0.5, 0.5)
    """Stems that get a short random response with one sign in the left channel and the other in the right: the many
    differences of level and phase that microphones, doubles and choruses leave between the channels of a record. Alike
    for all: where the voice was widened less, what is narrow was taken for voice."""
    drive: Chances = (0.15, 0.15, 0.3, 0.3)
    second: Chances = (0.2, 0.15, 0.06, 0.35)
    """Stems with a second recording, or a detuned double of the first."""
    pauses: float = 0.12
    """Stems that fall silent for a while."""
    pitch_range: tuple[float, float] = (0.8, 1.25)
    """Speeds of stems that need not agree with others: pitch by up to a fifth."""
    without: tuple[str, ...] = ()
    """Sources left out, as the catalogue names them (`singers/kumi`), or all parts of one (`singers`)."""
    kind_weights: dict[str, dict[str, float]] = field(
        default_factory=lambda: {
            "vocals": {"singing": 0.46, "multitrack": 0.16, "speech": 0.08, "notes": 0.12, "phrases": 0.18},
            "drums": {"backing": 0.47, "loops": 0.11, "multitrack": 0.12, "grooves": 0.22, "played": 0.08},
            "bass": {"backing": 0.73, "loops": 0.06, "multitrack": 0.13, "played": 0.08},
            "other": {"backing": 0.66, "loops": 0.08, "multitrack": 0.16, "played": 0.10},
        }
    )
    """Of each stem, how often a recording is of which kind, where the dataset has it."""


def recipe(text: str) -> Recipe:
    """A recipe from a JSON object of the fields that differ; an `argparse` type."""
    known = {one.name for one in fields(Recipe)}
    try:
        values = json.loads(text)
        unknown = sorted(set(values) - known)
    except (json.JSONDecodeError, TypeError) as error:
        raise argparse.ArgumentTypeError(f"{text}: expected a JSON object ({error})") from error
    if unknown:
        raise argparse.ArgumentTypeError(f"no field {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    return Recipe(**values)


MIXING_0_6 = Recipe(
    no_voice=0.25,
    levels_db=(0.0, -3.5, -2.0, 0.0),
    level_spread_db=3.5,
    far_back=0.16,
    mono_sum=0.38,
    mono_stem=0.25,
    widened=(0.0, 0.0, 0.0, 0.0),
)
"""As networks up to Studio 0.6.0 were trained: louder other, narrower stems. Scores on built mixtures are of these."""
