"""Recorded kits without a map that is needed: files told apart by folder and name, hits put in order by loudness.

`KITS` names them all; `recorded_kit` reads one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ...data.audio import decode
from ...data.dataset import SAMPLE_RATE
from ...data.fetch import SourceError
from ...data.repositories import Repositories
from ...data.sources import source
from .kit import GM_ROLES, Blend, Kit, Layer, Pad
from .small import SMALL

AUDIO = (".wav", ".ogg", ".opus", ".flac", ".aif")
LAYERS = 8
"""Ranges of velocity that hits are put into, at most."""


@cache
def loudness(path: Path) -> float:
    """RMS of a hit's loudest tenth of a second."""
    audio = decode(path, channels=1)[: 2 * SAMPLE_RATE, 0]
    size = SAMPLE_RATE // 10
    power = np.square(np.pad(audio, (0, max(0, size - len(audio)))), dtype=np.float64)
    sums = np.cumsum(np.concatenate([[0.0], power]))
    return float(np.sqrt((sums[size:] - sums[:-size]).max() / size))


def by_loudness(files: list[Path]) -> Pad:
    """A pad of hits that nothing but their loudness puts in order."""
    ordered = sorted(files, key=lambda path: (loudness(path), str(path)))
    count = min(LAYERS, max(1, len(ordered) // 2))
    groups = [list(group) for group in np.array_split(np.array(ordered, dtype=object), count)]
    return Pad([Layer(i / count, (i + 1) / count, group) for i, group in enumerate(groups)])


def by_layer(files: dict[int, list]) -> Pad:
    """A pad of hits by number of their layer, softest first."""
    count = len(files)
    return Pad([Layer(i / count, (i + 1) / count, files[layer]) for i, layer in enumerate(sorted(files))])


def _sounds(folder: Path, pattern: str = "*") -> list[Path]:
    return sorted(path for path in folder.glob(pattern) if path.suffix.lower() in AUDIO)


def _numbered(folder: Path, stem: str) -> list[Path]:
    """Files named `stem` and a number, or nothing."""
    return [path for path in _sounds(folder) if re.fullmatch(re.escape(stem) + r"(#?\d+)?", path.stem)]


def _grouped(root: Path, table: dict[str, tuple[str, ...]], rng: np.random.Generator) -> dict[str, Pad]:
    """Pads from `folder/stem` names by role, one of them drawn where there are several."""
    pads = {}
    for role, places in table.items():
        found = [files for place in places if (files := _numbered((root / place).parent, Path(place).name))]
        if found:
            pads[role] = by_loudness(found[int(rng.integers(len(found)))])
    return pads


_OPEN_SOURCE = {
    "kick": ("kick/kick",), "snare": ("snare/snare-top", "snare/snare-top-buttend"), "snare2": ("rimshot/rimshot",), "stick": ("sidestick/sidestick",),
    "closed": ("hihat/closed-hihat/chh", "hihat/half-closed-hihat/hchh"), "open": ("hihat/half-open-hihat/hohh",), "pedal": ("hihat/foot-hihat/fhh",),
    "crash": ("crash/crash",), "crash2": ("crash/crash-edge",), "china": ("gong/wood-stick-hit",), "ride": ("ride/ride-mid-in", "ride/ride-mid-out"), "bell": ("ride/ride-bell",),
    "tom1": ("toms/small-tom",), "tom2": ("toms/medium-tom",), "tom4": ("toms/large-tom",),
}  # fmt: skip
_SAMS_SONOR = {
    "kick": ("Samples/KickSamples",), "snare": ("Samples/SnareRightHand", "Samples/SnareLeftHand", "Samples/SnareSamples"), "snare2": ("Samples/SnareOffRight",),
    "stick": ("Samples/TomClicks",), "closed": ("Samples/HHClosed",), "pedal": ("Samples/HHPedal",), "open": ("Samples/HHOpenTip", "Samples/HHOpenClang", "Samples/HHHalfOpen"),
    "ride": ("Samples/Ride",), "bell": ("Samples/RideBell",), "crash": ("Samples/CrashTip",), "crash2": ("Samples/CrashClang",), "tom1": ("Samples/TomHigh",), "tom4": ("Samples/TomLow",),
}  # fmt: skip
_WORLD = {
    "kick": "Darbuka/doom_*", "snare": "Darbuka/tak_*", "snare2": "Darbuka/pa_*", "clap": "HandClap/*", "closed": "Maracas/01_*", "open": "Tambourine/0*", "shaker": "EggShaker/soft_*",
    "tambourine": "Tambourine/*", "stick": "Castanets/*", "clave": "Claves/*", "bongo1": "Bongos/2_*", "bongo2": "Bongos/1_*", "conga1": "HighConga/*", "conga2": "Conga/*",
    "tom1": "HighConga/*", "tom2": "Conga/*", "tom3": "MutedLowConga/*", "tom4": "LowConga/*", "ride": "EggShaker/fast_*",
}  # fmt: skip
_TRAP = {"kick": "kicks", "snare": "snares", "clap": "claps", "closed": "hi-hats", "open": "open-hats", "crash": "fx"}


def _world(root: Path, rng: np.random.Generator) -> dict[str, Pad]:
    del rng
    return {role: by_loudness(files) for role, place in _WORLD.items() if (files := _sounds(root / "samples", place))}


def _trap(root: Path, style: str, rng: np.random.Generator) -> dict[str, Pad]:
    folder = next(iter(sorted((root / "drum-samples").glob(f"*-{style}"))), root)
    pads = {}
    for role, name in _TRAP.items():
        if files := _sounds(folder / name):
            pads[role] = Pad([Layer(0, 1, [files[int(rng.integers(len(files)))]])])
    for path in _sounds(folder / "percs"):
        for word, role in (
            ("cowbell", "cowbell"),
            ("rimshot", "stick"),
            ("maraca", "shaker"),
            ("low-tom", "tom4"),
            ("high-tom", "tom1"),
        ):
            if word in path.stem:
                pads[role] = Pad([Layer(0, 1, [path])])
    return pads


_TR808 = {
    "kick": "bd8", "snare": "sd8", "stick": "rs8", "clap": "cp8", "closed": "ch8", "open": "oh8", "crash": "cy8", "cowbell": "cb8", "shaker": "ma8", "clave": "cl8",
    "tom1": "ht8", "tom2": "mt8", "tom4": "lt8", "conga1": "hc8", "conga2": "lc8",
}  # fmt: skip
_LMMS = {
    "kick": "kick*", "snare": "snare*", "stick": "sidestick*", "clap": "clap*", "closed": "hihat_closed*", "open": "hihat_opened*", "pedal": "hihat_foot*", "crash": "crash*",
    "ride": "ride*", "shaker": "shaker*", "clave": "clav*", "wood1": "wood*", "tom1": "tom_hi*", "tom2": "tom_mid*", "tom4": "tom_low*",
}  # fmt: skip
_LMMS_ACOUSTIC = {"kick": "bassdrum*", "snare": "snare_acoustic*", "snare2": "snare_muffled*", "tom2": "tom0*"}


def _one_of_each(root: Path, table: dict[str, str], rng: np.random.Generator, folders: bool) -> dict[str, Pad]:
    """One file for each role, of those in a folder or of those that fit a pattern."""
    found = {role: _sounds(root / place) if folders else _sounds(root, place) for role, place in table.items()}
    return {role: Pad([Layer(0, 1, [files[int(rng.integers(len(files)))]])]) for role, files in found.items() if files}


def _lmms(root: Path, acoustic: bool, rng: np.random.Generator) -> dict[str, Pad]:
    folder = root / "usr/share/lmms/samples/drums"
    return _one_of_each(folder, {**_LMMS, **(_LMMS_ACOUSTIC if acoustic else {})}, rng, False)


def _avl(root: Path, rng: np.random.Generator) -> dict[str, Pad]:
    """Files are named key, piece, layer: `38-PearlSnare-3`; one piece is drawn for each role."""
    pieces: dict[str, dict[str, dict[int, list]]] = {}
    for path in _sounds(root / "Samples"):
        if (match := re.fullmatch(r"(\d+)-(.+)-(\d+)", path.stem)) and (role := GM_ROLES.get(int(match[1]))):
            pieces.setdefault(role, {}).setdefault(match[2], {}).setdefault(int(match[3]), []).append(path)
    return {role: by_layer(names[sorted(names)[int(rng.integers(len(names)))]]) for role, names in pieces.items()}


_LAYERED = re.compile(r"(\w+?)_vl(\d+)_rr\d+")


def _through_microphones(folders: list[tuple[Path, float]], code: str) -> dict[int, list]:
    """Hits `CODE_vlN_rrM` of the first folder by layer, blended with those of the same name in the others."""
    layers: dict[int, list] = {}
    for path in _sounds(folders[0][0]):
        if (match := _LAYERED.fullmatch(path.stem)) and match[1] == code:
            parts = [(folder / path.name, gain) for folder, gain in folders if (folder / path.name).is_file()]
            layers.setdefault(int(match[2]), []).append(Blend(tuple(parts)))
    return layers


_GOGODZE = {
    "kick": ("ks", "kick_mic"), "snare": ("sc", "snare_mic"), "snare2": ("se", "snare_mic"), "stick": ("ss", "snare_mic"), "closed": ("ht", "side_mic"), "pedal": ("hf", "side_mic"),
    "open": ("ho", "side_mic"), "tom1": ("th", "oh_mic"), "tom2": ("tm", "oh_mic"), "tom4": ("tl", "side_mic"),
}  # fmt: skip


def _gogodze(root: Path, rng: np.random.Generator) -> dict[str, Pad]:
    """A close microphone, one over the kit, and the room at a level that is drawn."""
    room = str(rng.choice(["front_mic", "wndw_mic", "retro_mic"]))
    over, far = float(rng.uniform(-8, 2)), float(rng.uniform(-20, 0))
    pads = {}
    for role, (code, close) in _GOGODZE.items():
        folders = [(root / "Samples" / close, 0.0), (root / "Samples" / "oh_mic", over), (root / "Samples" / room, far)]
        if layers := _through_microphones(folders, code):
            pads[role] = by_layer(layers)
    return pads


SNARES = (
    "10_basic", "12_basic", "13b_basic", "14a_basic", "14d_basic", "14p_basic", "14p_muted", "14s_basic", "14t_basic", "16_basic", "18_prep", "20_basic", "20m_basic", "20m_tight",
    "22_basic", "10_brush", "14d_brush", "20_brush",
)  # fmt: skip
"""Folders of the library's snares."""

_STROKES = (("snare", "sm"), ("snare", "sb"), ("snare", "sn"), ("stick", "ss"), ("snare2", "sr"))
"""Pads, and how their files are named: muted, brushed, struck; a later one takes the place of an earlier."""


def _frankensnare(root: Path, rng: np.random.Generator) -> dict[str, Pad]:
    """One of the snares, from above, below and over the head."""
    below, over = float(rng.uniform(-14, -2)), float(rng.uniform(-10, 2))
    for which in rng.permutation(len(SNARES)):
        folder = root / "Samples" / SNARES[which]
        folders = [(folder / "top", 0.0), (folder / "btm", below), (folder / "oh", over)]
        found = ((role, _through_microphones(folders, code)) for role, code in _STROKES)
        pads = {role: by_layer(layers) for role, layers in found if layers}
        if "snare" in pads:
            return pads
    return {}


@dataclass(frozen=True)
class RecordedKit:
    """Where a kit comes from, how it sounds, and how it is read."""

    source: str
    character: str
    read: Callable[[Path, np.random.Generator], dict[str, Pad]]
    whole: bool = True
    """False for a set of single drums that only take the place of a kit's own."""


KITS: dict[str, RecordedKit] = {
    "sams-sonor": RecordedKit("sams-sonor", "rock", lambda root, rng: _grouped(root, _SAMS_SONOR, rng)),
    "open-source-drumkit": RecordedKit("open-source-drumkit", "rock", lambda root, rng: _grouped(root, _OPEN_SOURCE, rng)),
    "gogodze-phu": RecordedKit("karoryfer.gogodze-phu-vol-ii", "rock", _gogodze),
    "avl": RecordedKit("avl-drumkits", "rock", _avl),
    "world-percussion": RecordedKit("world-percussion", "hands", _world),
    "hard-trap": RecordedKit("free-drum-samples", "electronic", lambda root, rng: _trap(root, "hard-trap", rng)),
    "bounce": RecordedKit("free-drum-samples", "electronic", lambda root, rng: _trap(root, "bounce", rng)),
    "soulful-vintage": RecordedKit("free-drum-samples", "electronic", lambda root, rng: _trap(root, "soulful-vintage", rng)),
    "tr-808": RecordedKit("sounds-tr808-fischer", "electronic", lambda root, rng: _one_of_each(root, _TR808, rng, True)),
    "lmms": RecordedKit("lmms-common/drums", "electronic", lambda root, rng: _lmms(root, False, rng)),
    "lmms-acoustic": RecordedKit("lmms-common/drums", "rock", lambda root, rng: _lmms(root, True, rng)),
    **{
        name: RecordedKit(
            one.source, one.character, lambda root, rng, one=one: _one_of_each(root / one.folder, one.files, rng, False)
        )
        for name, one in SMALL.items()
    },
    "frankensnare": RecordedKit("karoryfer.frankensnare", "rock", _frankensnare, whole=False),
}  # fmt: skip


def recorded_kit(name: str, root: Path, rng: np.random.Generator) -> Kit:
    """Reads a kit of `KITS` from the folder of its source; where it has several drums for a role, `rng` picks one."""
    entry = KITS[name]
    kit = Kit(name, entry.source, entry.character, entry.read(Path(root), rng))
    if "snare" not in kit.pads or (entry.whole and "kick" not in kit.pads):
        raise SourceError(f"{root} holds no kick or snare of kit {name}; get the folder again")
    if "crash2" not in kit.pads and "crash" in kit.pads:
        kit.pads["crash2"] = kit.pads["crash"]
    return kit


def kit_folder(name: str, instruments: Path | None, repositories: Repositories | None) -> Path | None:
    """Where a kit's source lies; None where it is not to be had."""
    entry = source(KITS[name].source)
    if entry.origin == "folder":
        folder = None if instruments is None else Path(instruments) / entry.package
        return folder if folder is not None and folder.is_dir() else None
    if repositories is None:
        return None
    return repositories.package(entry.package) if entry.origin == "debian" else repositories.have(entry.name)
