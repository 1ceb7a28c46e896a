"""A whole take: style, singer and melody drawn, sung, and doubled or sung by a choir."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..data.dataset import SAMPLE_RATE
from ..instruments.rooms import reverb
from .character import STYLE_WEIGHTS, STYLES, draw_singer
from .melody import compose
from .singing import sing
from .vocoder import Material


def perform(
    rng: np.random.Generator,
    material: Material,
    seconds: float,
    sung: bool = False,
    bandwidth: float = 20_000.0,
    style: str | None = None,
    doubles: bool | None = None,
    choir: bool | None = None,
) -> tuple[np.ndarray, dict]:
    """A whole take by one voice: (audio, meta data: `tempo_bpm`, `key`, `minor`, `details`).

    Mono `[samples]`; with `doubles` (one in five when None) stereo `[samples, 2]` with doubled and
    harmony parts added to the lead; with `choir` (one in sixteen when None) stereo too, by singers that are all made
    of the one voice.
    """
    if choir is None:
        choir = style is None and rng.random() < 1 / 16
    if style is None:
        style = str(rng.choice(CHOIR_STYLES if choir else STYLES, p=None if choir else STYLE_WEIGHTS))
    if style == "rap" and sung:
        style = "pop"
    singer = draw_singer(rng, material.median_pitch, style, sung, bandwidth)
    density = {"ballad": 0.15, "rap": 1.0}.get(style)
    melody = compose(rng, singer.low, singer.high, seconds, density)
    lyrics: dict = {}
    if choir:
        audio, parts = _choir(rng, material, melody, style, lyrics, sung, bandwidth)
    else:
        lead = sing(rng, material, melody, singer, style, lyrics)
        parts = ["lead"]
        audio = lead.audio
        if doubles is None:
            doubles = rng.random() < 0.2
        if doubles:
            audio, parts = _with_doubles(rng, material, melody, singer, style, lyrics, lead.audio)
    level = np.sqrt(np.mean(audio[np.abs(audio) > 1e-3] ** 2) + 1e-12)
    audio = audio * min(0.1 / level, 0.97 / max(float(np.abs(audio).max()), 1e-6))
    details = {
        "style": style,
        "parts": parts,
        "tract": [round(value, 3) for value in singer.tract],
        "range": [round(singer.low, 1), round(singer.high, 1)],
    }
    meta = {"tempo_bpm": round(melody.tempo_bpm, 2), "key": melody.tonic, "minor": melody.minor, "details": details}
    return audio.astype(np.float32), meta


def _with_doubles(rng, material, melody, singer, style, lyrics, lead) -> tuple[np.ndarray, list[str]]:
    """The lead in the centre and two to four further voices around it, stereo."""
    layouts = [
        [("double", 0), ("double", 0)],
        [("harmony", 2)],
        [("double", 0), ("harmony", 2)],
        [("harmony", 2), ("harmony", -3)],
        [("double", 0), ("double", 0), ("harmony", 2), ("harmony", 4)],
        [("octave", -7), ("double", 0)],
    ]
    layout = layouts[int(rng.integers(len(layouts)))]
    # Backing voices often sing in the chorus alone.
    chorus_only = rng.random() < 0.5 and any(phrase.lyric >= 1000 for phrase in melody.phrases)
    part_melody = melody
    if chorus_only:
        part_melody = replace(melody, phrases=tuple(p for p in melody.phrases if p.lyric >= 1000))
    total = np.stack([lead, lead], axis=1) * np.sqrt(0.5)
    spread = rng.uniform(0.3, 1.0)
    for index, (_, steps) in enumerate(layout):
        moved = part_melody.shifted(steps) if steps and style != "rap" else part_melody
        twin = singer.twin(rng)
        sound = sing(rng, material, moved, twin, style, lyrics).audio
        pan = spread * (1 if index % 2 else -1) * rng.uniform(0.7, 1.0) if len(layout) > 1 else rng.uniform(-0.4, 0.4)
        gain = 10.0 ** (rng.uniform(-10.0, -3.0) / 20.0)
        size = min(len(sound), len(total))
        total[:size] += _placed(sound[:size] * gain, pan)
    return total, ["lead", *(kind for kind, _ in layout)]


def _placed(sound: np.ndarray, place: float) -> np.ndarray:
    """Mono `sound` in stereo, `[samples, 2]`, at a place from −1 (left) to 1; its power is everywhere the same."""
    angle = (place + 1.0) * np.pi / 4.0
    return sound[:, None] * np.array([np.cos(angle), np.sin(angle)])


CHOIR_STYLES = ("pop", "ballad", "breathy")

SECTIONS = ((0,), (0, -7), (0, 2), (0, 2, 4), (0, -3, -7), (0, 2, -7))
"""Parts of choirs, steps of the scale from the melody."""


def _choir(rng, material, melody, style, lyrics, sung, bandwidth) -> tuple[np.ndarray, list[str]]:
    """Two to four singers in each of one to three sections, side by side, in a room; stereo."""
    sections = SECTIONS[int(rng.integers(len(SECTIONS)))]
    places = np.linspace(-1.0, 1.0, len(sections)) if len(sections) > 1 else np.zeros(1)
    total = np.zeros((0, 2))
    parts = []
    for steps, place in zip(sections, rng.permutation(places), strict=True):
        part = melody.shifted(steps) if steps else melody
        for _ in range(int(rng.integers(2, 5))):
            singer = draw_singer(rng, material.median_pitch, style, sung, bandwidth)
            sound = sing(rng, material, part, singer, style, lyrics).audio * 10.0 ** (rng.normal(0.0, 1.5) / 20.0)
            begin = int(rng.uniform(0.0, 0.06) * SAMPLE_RATE)
            where = float(np.clip(0.6 * place + rng.normal(0.0, 0.25), -1.0, 1.0))
            size = begin + len(sound)
            if size > len(total):
                total = np.pad(total, ((0, size - len(total)), (0, 0)))
            total[begin:size] += _placed(sound, where)
            parts.append(f"choir {steps:+d}")
    return reverb(total.astype(np.float32), rng, float(rng.uniform(0.8, 3.0)), float(rng.uniform(-14.0, -2.0))), parts
