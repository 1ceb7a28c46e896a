"""Who sings: the sound and habits of a singer, drawn anew for each take."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import PchipInterpolator

from .vocoder import FREQUENCIES

STYLES = ("pop", "ballad", "belt", "breathy", "rap", "raspy", "scream")
STYLE_WEIGHTS = (0.36, 0.14, 0.16, 0.08, 0.10, 0.11, 0.05)


@dataclass(frozen=True)
class Singer:
    """Sound of a singer; drawn anew for each take, so that one speaker becomes many singers."""

    tract: tuple[float, float, float]
    """Frequency warp of the envelope at low, middle and high frequencies; above 1 is a shorter vocal tract."""
    colour: np.ndarray
    """Static timbre per bin, dB."""
    tilt: float
    """dB per octave above 1 kHz added at middle effort."""
    formant: float
    """Height of the singer's formant near 3 kHz, dB."""
    breath: float
    """Exponent on the aperiodicity: below 1 breathier than the source, above 1 clearer."""
    vibrato_rate: float
    """Hz."""
    vibrato_depth: float
    """Peak, semitones."""
    glide: float
    """Seconds from one note to the next."""
    scoop: float
    """Probability that a note is approached from below."""
    drift: float
    """Slow intonation error, semitones RMS."""
    rough: float
    """0–1: sub-harmonics, noise and irregular pitch of a strained voice."""
    drive: float
    """Saturation of the finished sound, dB into a soft limit; 0 is none."""
    low: float
    """Lowest note, MIDI."""
    high: float
    """Highest note, MIDI."""
    bandwidth: float = 20_000.0
    """Highest frequency the recording holds, Hz; the envelope above is made up."""
    speech_pitch: float = 50.0
    """MIDI pitch of the voice at rest: where rhythmic speech lies."""

    def twin(self, rng: np.random.Generator) -> Singer:
        """The same singer once more, or one much like them: for doubles and harmonies."""
        shift = 1.0 + rng.normal(0, 0.02)
        return replace(
            self,
            tract=tuple(value * shift for value in self.tract),
            vibrato_rate=self.vibrato_rate * (1 + rng.normal(0, 0.05)),
            vibrato_depth=self.vibrato_depth * rng.uniform(0.5, 1.1),
            drift=self.drift * rng.uniform(0.9, 1.6),
            breath=self.breath * rng.uniform(0.8, 1.05),
        )


def draw_singer(
    rng: np.random.Generator, speech_hz: float, style: str, sung: bool = False, bandwidth: float = 20_000.0
) -> Singer:
    """A singer made from a voice whose median pitch is `speech_hz`.

    `sung` says that the source is singing already: its median pitch is then in the middle of the
    range, and stronger warps are drawn, as one recorded singer has to become many.
    """
    source = 69.0 + 12.0 * np.log2(speech_hz / 440.0)
    warp = float(np.exp(rng.normal(0.0, 0.13 if sung else 0.09)))
    if sung and speech_hz < 300 and rng.random() < 0.5:
        warp = rng.uniform(0.78, 0.9)
    warp = float(np.clip(warp, 0.78, 1.22))
    # A shorter tract goes with a higher voice; about 12 semitones per 25 % of length.
    speech = source + 14.0 * np.log2(warp) / np.log2(1.25) * 0.75
    centre = speech if sung else speech + rng.uniform(2.0, 8.0)
    if sung:
        centre += rng.uniform(-4.0, 3.0)
    if style in ("belt", "raspy"):
        centre += rng.uniform(1.0, 4.0)
    centre = float(np.clip(centre, 49.0, 70.0))
    half = rng.uniform(5.0, 8.5)
    tract = tuple(float(np.clip(warp * (1 + rng.normal(0, 0.03)), 0.76, 1.25)) for _ in range(3))
    knots = np.linspace(0, np.log2(1 + 20_000 / 300), 11)
    scale = np.log2(1 + FREQUENCIES / 300)
    colour = PchipInterpolator(knots, rng.normal(0, 1.8, len(knots)))(np.minimum(scale, knots[-1]))
    by_style = {
        #          tilt, formant, breath, vibrato, rough, drive
        "pop": (0.5, 4.0, 1.05, 0.30, 0.0, 0.0),
        "ballad": (-0.5, 3.0, 0.95, 0.40, 0.0, 0.0),
        "belt": (2.0, 8.0, 1.3, 0.45, 0.05, 2.0),
        "breathy": (-1.5, 1.0, 0.55, 0.15, 0.0, 0.0),
        "rap": (1.0, 4.0, 1.0, 0.0, 0.03, 1.0),
        "raspy": (2.2, 6.0, 0.85, 0.20, 0.5, 6.0),
        "scream": (3.0, 5.0, 0.6, 0.1, 1.0, 10.0),
    }
    tilt, formant, breath, vibrato, rough, drive = by_style[style]
    return Singer(
        tract=tract,
        colour=colour,
        tilt=tilt + rng.normal(0, 0.8),
        formant=max(0.0, formant + rng.normal(0, 2.0)),
        breath=float(np.clip(breath * np.exp(rng.normal(0, 0.15)), 0.35, 2.0)),
        vibrato_rate=rng.uniform(4.7, 6.6),
        vibrato_depth=float(np.clip(vibrato * rng.lognormal(0, 0.5), 0.0, 0.9)) if rng.random() < 0.85 else 0.0,
        glide=rng.uniform(0.05, 0.14),
        scoop=rng.uniform(0.05, 0.45),
        drift=rng.uniform(0.08, 0.25),
        rough=float(np.clip(rough * rng.uniform(0.5, 1.4), 0.0, 1.0)),
        drive=max(0.0, drive * rng.uniform(0.5, 1.5)),
        low=max(45.0, centre - half),
        high=min(76.0, centre + half),
        bandwidth=bandwidth,
        speech_pitch=float(np.clip(speech + rng.uniform(-1.0, 3.0), 40.0, 66.0)),
    )
