"""Kinds of music: tempo, chords, drums, basses and bands that belong together."""

from __future__ import annotations

from dataclasses import dataclass

DISTORTED = (30, 29)
LEADS = {
    "guitar": (29, 30, 27, 26),
    "wind": (65, 66, 64, 71, 73, 68, 56, 57, 60, 59, 22, 75, 79),
    "string": (40, 41, 42, 110),
    "key": (0, 4, 11, 12, 16, 18, 21),
    "synth": (80, 81, 82, 84, 87, 62),
}


@dataclass(frozen=True)
class Genre:
    """A kind of music: what its songs draw from."""

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
