"""Scripts of zones become a SoundFont."""

import base64
import io
import struct

import numpy as np
import pytest
import soundfile
from unbraid_training.data.fetch import SourceError
from unbraid_training.instruments import webfont

RATE = 32_000


def zone(low, high, key, hertz, loop=(8000, 16000), rate=RATE, coarse=0, fine=0):
    """A zone as it is published, of a sine at `hertz`."""
    stream = io.BytesIO()
    sine = 0.5 * np.sin(2 * np.pi * hertz * np.arange(20_000) / RATE)
    soundfile.write(stream, sine, RATE, format="MP3")
    fields = {
        "midi": 0,
        "originalPitch": 100 * key,
        "keyRangeLow": low,
        "keyRangeHigh": high,
        "loopStart": loop[0],
        "loopEnd": loop[1],
        "coarseTune": coarse,
        "fineTune": fine,
        "sampleRate": rate,
        "ahdsr": "true",
        "file": f"'{base64.b64encode(stream.getvalue()).decode()}'",
    }
    return "{\n" + "\n\t\t\t,".join(f"{name}:{value}" for name, value in fields.items()) + "\n\t\t}"


def script(path, *zones):
    path.write_text("var _tone={\n\tzones:[\n\t\t" + "\n\t\t,".join(zones) + "\n\t]\n};\n", encoding="utf-8")


def chunks(data):
    """Names and contents of a file's chunks, those within lists too."""
    found, at = {}, 0
    while at < len(data):
        name, size = data[at : at + 4], struct.unpack("<I", data[at + 4 : at + 8])[0]
        inside = data[at + 8 : at + 8 + size]
        found |= chunks(inside[4:]) if name in (b"RIFF", b"LIST") else {name: inside}
        at += 8 + size + size % 2
    return found


def generators(data):
    return [struct.unpack("<HH", data[at : at + 4]) for at in range(0, len(data) - 4, 4)]


def test_pitch_keys_and_loop(tmp_path):
    script(tmp_path / "0480_Bank.js", zone(0, 60, 57, 220.0), zone(61, 127, 69, 440.0, fine=-7))
    parts = chunks(webfont.bank(tmp_path, "Bank", tmp_path / "made" / "bank.sf2").read_bytes())
    first, second = struct.unpack("<5I", parts[b"shdr"][20:40]), struct.unpack("<5I", parts[b"shdr"][66:86])
    assert first[0] == 0 and first[2:] == (8000, 16000, RATE)
    assert second[2] - second[0] == 8000 and second[0] >= first[1] + 46
    sound = np.frombuffer(parts[b"smpl"], "<i2")[first[0] : first[1]]
    assert np.argmax(np.abs(np.fft.rfft(sound[4000:12_000]))) == 220 * 8000 // RATE
    values = generators(parts[b"igen"])
    assert [value for name, value in values if name == webfont._KEYS] == [60 << 8, 61 | 127 << 8]
    assert [value for name, value in values if name == webfont._ROOT] == [57, 69]
    assert [value for name, value in values if name == webfont._FINE] == [0, 65536 - 7]
    assert [value for name, value in values if name == webfont._MODE] == [1, 1]


def test_variants_are_banks_and_parts_of_a_keyboard_are_left_out(tmp_path):
    whole = zone(0, 127, 60, 261.6)
    script(tmp_path / "0000_Bank.js", zone(0, 50, 60, 261.6))
    script(tmp_path / "0001_Bank.js", whole)
    script(tmp_path / "0002_Bank.js", whole)
    script(tmp_path / "00010_Bank.js", zone(0, 127, 60, 262.6))
    script(tmp_path / "0330_Bank.js", zone(20, 60, 40, 82.4))
    script(tmp_path / "0010_Other.js", whole)
    (tmp_path / "readme_Bank.js").write_text("no instrument")
    parts = chunks(webfont.bank(tmp_path, "Bank", tmp_path / "bank.sf2").read_bytes())
    presets = parts[b"phdr"][:-38]
    numbers = [struct.unpack("<HH", presets[at + 20 : at + 24]) for at in range(0, len(presets), 38)]
    assert numbers == [(0, 0), (33, 0), (0, 1)]
    assert len(parts[b"shdr"]) == 46 * 4


def test_struck_instruments_fade_and_winds_do_not(tmp_path):
    script(tmp_path / "0000_Bank.js", zone(0, 127, 60, 261.6))
    script(tmp_path / "0730_Bank.js", zone(0, 127, 60, 261.6))
    values = generators(chunks(webfont.bank(tmp_path, "Bank", tmp_path / "b.sf2").read_bytes())[b"igen"])
    assert [name for name, _ in values].count(webfont._VOLUME_SUSTAIN) == 1


def test_a_folder_without_instruments_is_named(tmp_path):
    with pytest.raises(SourceError, match="Bank"):
        webfont.bank(tmp_path, "Bank", tmp_path / "bank.sf2")
