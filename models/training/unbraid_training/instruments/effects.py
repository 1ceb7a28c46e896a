"""Studio effects for the data builder: amplifiers, cabinets, rooms, compressors, width.

Audio is float32, `[samples]` (mono) or `[samples, 2]`, full scale ±1, 44,100 Hz.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import ndimage, signal

from ..data.audio import db
from ..data.dataset import SAMPLE_RATE

F32 = np.float32


def active_rms(audio: np.ndarray, floor: float = 40.0) -> float:
    """Root mean square over the 4,096-sample blocks within `floor` dB of the loudest; 0 if silent."""
    channels = 1 if audio.ndim == 1 else audio.shape[1]
    count = max(1, len(audio) // 4096)
    blocks = np.array(
        [np.vdot(b, b) for b in np.ascontiguousarray(audio[: count * 4096], dtype=F32).reshape(count, -1)]
    ) / (channels * min(4096, max(1, len(audio))))
    top = float(blocks.max(initial=0.0))
    if top <= 1e-12:
        return 0.0
    return float(np.sqrt(blocks[blocks > top * 10 ** (-floor / 10)].mean()))


def level_to(audio: np.ndarray, rms_db: float) -> np.ndarray:
    """Audio scaled so that its active level is `rms_db` (dBFS); silence stays."""
    rms = active_rms(audio)
    return audio if rms == 0.0 else (audio * F32(db(rms_db) / rms)).astype(F32, copy=False)


def mono(audio: np.ndarray) -> np.ndarray:
    """One channel: the mean of two."""
    return audio if audio.ndim == 1 else (audio[:, 0] + audio[:, 1]) * F32(0.5)


def stereo(audio: np.ndarray) -> np.ndarray:
    """Two channels; mono goes to both."""
    return audio if audio.ndim == 2 else np.repeat(audio[:, None], 2, axis=1)


def pan(audio: np.ndarray, place: float) -> np.ndarray:
    """Places audio between −1 (left) and 1 (right), constant power, centre at unity; 0 leaves mono mono."""
    if abs(place) < 1e-3:
        return audio
    angle = (place + 1.0) * np.pi / 4.0
    gains = np.array([np.cos(angle), np.sin(angle)], dtype=F32) * F32(np.sqrt(2.0))
    return stereo(audio) * gains


def width(audio: np.ndarray, amount: float) -> np.ndarray:
    """Stereo audio with its side scaled by `amount`; 0 gives mono `[samples]`."""
    if audio.ndim == 1:
        return audio
    if amount <= 0.0:
        return mono(audio)
    middle = mono(audio)[:, None]
    return (middle + (audio - middle) * F32(amount)).astype(F32)


def add(target: np.ndarray, audio: np.ndarray, gain: float = 1.0) -> np.ndarray:
    """Sum of two tracks, stereo if either is."""
    if target.ndim != audio.ndim:
        target, audio = stereo(target), stereo(audio)
    return target + audio[: len(target)] * F32(gain)


def filter_sos(audio: np.ndarray, sos) -> np.ndarray:
    """Audio through second-order sections."""
    return signal.sosfilt(np.asarray(sos), audio, axis=0).astype(F32)


def highpass(audio, hertz, order=2):
    """Butterworth high-pass."""
    return filter_sos(audio, signal.butter(order, hertz, "high", fs=SAMPLE_RATE, output="sos"))


def lowpass(audio, hertz, order=2):
    """Butterworth low-pass."""
    return filter_sos(audio, signal.butter(order, min(hertz, 21_000), "low", fs=SAMPLE_RATE, output="sos"))


def bell(hertz: float, gain_db: float, q: float = 0.8):
    """Peaking filter as one second-order section (Bristow-Johnson's formulas)."""
    a = 10 ** (gain_db / 40)
    w = 2 * np.pi * min(hertz, 20_000) / SAMPLE_RATE
    alpha = np.sin(w) / (2 * q)
    b = np.array([1 + alpha * a, -2 * np.cos(w), 1 - alpha * a])
    den = np.array([1 + alpha / a, -2 * np.cos(w), 1 - alpha / a])
    return np.concatenate([b / den[0], den / den[0]])


def shelf(hertz: float, gain_db: float, high: bool):
    """Low or high shelf as one second-order section."""
    a = 10 ** (gain_db / 40)
    w = 2 * np.pi * hertz / SAMPLE_RATE
    c, alpha = np.cos(w), np.sin(w) / np.sqrt(2)
    s = 1.0 if high else -1.0
    root = 2 * np.sqrt(a) * alpha
    b = np.array(
        [
            a * ((a + 1) + s * (a - 1) * c + root),
            -s * 2 * a * ((a - 1) + s * (a + 1) * c),
            a * ((a + 1) + s * (a - 1) * c - root),
        ]
    )
    den = np.array(
        [(a + 1) - s * (a - 1) * c + root, s * 2 * ((a - 1) - s * (a + 1) * c), (a + 1) - s * (a - 1) * c - root]
    )
    return np.concatenate([b / den[0], den / den[0]])


def random_eq(audio: np.ndarray, rng: np.random.Generator, amount: float = 4.0) -> np.ndarray:
    """Two shelves and one or two bells of up to ±`amount` dB."""
    sections = [
        shelf(rng.uniform(80, 300), rng.uniform(-amount, amount), False),
        shelf(rng.uniform(3000, 9000), rng.uniform(-amount, amount), True),
    ]
    for _ in range(rng.integers(1, 3)):
        sections.append(
            bell(np.exp(rng.uniform(np.log(150), np.log(7000))), rng.uniform(-amount, amount), rng.uniform(0.5, 2.0))
        )
    return filter_sos(audio, sections)


def convolve(audio: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Convolution cut to the audio's length; a stereo response makes mono audio stereo."""
    if response.ndim == 2 and audio.ndim == 1:
        audio = stereo(audio)
    if response.ndim == 1 and audio.ndim == 2:
        response = response[:, None]
    return signal.oaconvolve(audio, response, axes=0)[: len(audio)].astype(F32)


def minimum_phase(magnitude: np.ndarray, taps: int) -> np.ndarray:
    """Minimum-phase response whose half spectrum has `magnitude` (length a power of two plus one)."""
    full = np.concatenate([magnitude, magnitude[-2:0:-1]])
    cepstrum = np.fft.ifft(np.log(np.maximum(full, 1e-5))).real
    n = len(cepstrum)
    fold = np.zeros(n)
    fold[0] = fold[n // 2] = 1.0
    fold[1 : n // 2] = 2.0
    response = np.fft.ifft(np.exp(np.fft.fft(cepstrum * fold))).real[:taps]
    return (response * np.cos(np.linspace(0, np.pi / 2, taps)) ** 0.5).astype(F32)


def cabinet(rng: np.random.Generator, bass: bool = False) -> np.ndarray:
    """Response of a loudspeaker cabinet and its microphone, drawn at random; unity loudness at mid."""
    if bass:
        points = [
            (20, -24),
            (40, rng.uniform(-8, -2)),
            (80, rng.uniform(0, 4)),
            (200, 0),
            (500, rng.uniform(-5, 0)),
            (1200, rng.uniform(-5, 2)),
            (2500, rng.uniform(-4, 4)),
            (4000, rng.uniform(-14, -3)),
            (7000, rng.uniform(-36, -18)),
            (20_000, -60),
        ]
    else:
        presence = rng.uniform(1800, 3600)
        edge = rng.uniform(4300, 6500)
        points = [
            (20, -30),
            (60, rng.uniform(-18, -9)),
            (rng.uniform(95, 130), rng.uniform(1, 6)),
            (240, rng.uniform(-2, 2)),
            (450, rng.uniform(-6, 0)),
            (900, rng.uniform(-4, 1)),
            (presence, rng.uniform(2, 8)),
            (edge, rng.uniform(-6, 2)),
            (edge * 1.4, rng.uniform(-24, -12)),
            (11_000, rng.uniform(-36, -24)),
            (20_000, -50),
        ]
    size = 4096
    hertz = np.fft.rfftfreq(2 * size, 1 / SAMPLE_RATE)
    curve = np.interp(np.log(hertz + 5), np.log([p[0] for p in points]), [p[1] for p in points])
    ripple = np.zeros_like(curve)
    for _ in range(14):
        centre, spread = np.log(np.exp(rng.uniform(np.log(150), np.log(9000)))), rng.uniform(0.03, 0.15)
        ripple += rng.normal(0, 2.2) * np.exp(-0.5 * ((np.log(hertz + 5) - centre) / spread) ** 2)
    return minimum_phase(10 ** ((curve + ripple) / 20), 2048)


TONES = {
    # (hertz, dB) of long-term spectra: what recorded tracks of the kind look like, from bass to air.
    "driven guitar": ((60, -10), (100, -2), (160, -1), (250, -4), (400, -9), (630, -12), (1000, -13), (1600, -12), (2500, -14), (4000, -17), (5000, -22), (6300, -33), (8000, -43), (10_000, -49), (12_500, -59), (16_000, -74)),
    "crunch guitar": ((60, -14), (100, -4), (160, 0), (250, -2), (400, -5), (630, -8), (1000, -10), (1600, -12), (2500, -14), (4000, -20), (5000, -26), (6300, -35), (8000, -45), (10_000, -53), (12_500, -62), (16_000, -76)),
    "clean guitar": ((60, -18), (100, -5), (160, -1), (250, 0), (400, -3), (630, -6), (1000, -9), (1600, -13), (2500, -17), (4000, -23), (5000, -27), (6300, -33), (8000, -40), (10_000, -46), (12_500, -53), (16_000, -64)),
    "acoustic guitar": ((60, -16), (100, -4), (160, 0), (250, -1), (400, -4), (630, -8), (1000, -12), (1600, -14), (2500, -16), (4000, -19), (5000, -21), (6300, -24), (8000, -27), (10_000, -31), (12_500, -37), (16_000, -47)),
    "driven bass": ((40, -6), (60, 0), (100, -1), (160, -4), (250, -10), (400, -16), (630, -18), (1000, -20), (1600, -23), (2500, -27), (4000, -36), (5000, -43), (6300, -50), (8000, -58), (12_500, -75), (16_000, -85)),
}  # fmt: skip
_BANDS = np.array(
    [
        40,
        60,
        80,
        100,
        125,
        160,
        200,
        250,
        315,
        400,
        500,
        630,
        800,
        1000,
        1250,
        1600,
        2000,
        2500,
        3150,
        4000,
        5000,
        6300,
        8000,
        10_000,
        12_500,
        16_000,
    ],
    dtype=float,
)


def match_tone(
    audio: np.ndarray, kind: str, rng: np.random.Generator, amount: float = 0.8, limit: float = 14.0
) -> np.ndarray:
    """Brings the long-term spectrum nearer to a tone of `TONES`, each time a few dB different.

    Samples recorded straight from the pickup are much duller than tracks on records are.
    """
    points = TONES[kind]
    if active_rms(audio) == 0.0:
        return audio
    hertz, power = signal.welch(mono(audio), SAMPLE_RATE, nperseg=8192)
    have = np.array([10 * np.log10(power[(hertz >= b / 1.15) & (hertz < b * 1.15)].mean() + 1e-14) for b in _BANDS])
    wander = np.cumsum(rng.normal(0, 1.1, len(_BANDS)))
    want = np.interp(np.log(_BANDS), np.log([p[0] for p in points]), [p[1] for p in points]) + wander - wander.mean()
    weight = 10 ** (np.maximum(want, -30) / 20)
    change = want - have
    change -= np.average(change, weights=weight)
    change = np.clip(change * amount, -limit, limit)
    grid = np.fft.rfftfreq(4096, 1 / SAMPLE_RATE)
    curve = np.interp(np.log(grid + 1.0), np.log(_BANDS), change)
    return convolve(audio, minimum_phase(10 ** (curve / 20), 1536))


def amplifier(audio: np.ndarray, rng: np.random.Generator, drive_db: float, bass: bool = False) -> np.ndarray:
    """Mono signal through a pickup-to-microphone chain: tightening filters, two clipping stages, tone, cabinet.

    `drive_db` 0 is clean, 20 crunch, 40 and more high gain. Clips at twice the rate, because the
    products above the band would fold back audibly.
    """
    rms = active_rms(audio)
    if rms == 0.0:
        return audio
    x = audio * F32(0.1 / rms)
    sections = [
        *signal.butter(
            1,
            rng.uniform(20, 40) if bass else rng.uniform(60, 110) + 2.0 * max(drive_db - 20, 0),
            "high",
            fs=SAMPLE_RATE,
            output="sos",
        )
    ]
    sections.append(bell(rng.uniform(600, 1100), rng.uniform(0, 6) if drive_db > 12 else 0.0, 0.6))
    # The pickup's resonance and the bright channel: what reaches the clipping stages is not as dull as a direct signal.
    sections.append(bell(rng.uniform(2200, 4200), rng.uniform(2, 10) if not bass else rng.uniform(0, 6), 0.7))
    if drive_db > 12 and not bass:
        sections.append(shelf(1500, rng.uniform(0, 9), True))
    x = filter_sos(x, sections)
    if drive_db > 12 and rng.random() < 0.5:
        # Hum-free hiss of a gain stage; without it the pauses are digitally black.
        x = x + rng.standard_normal(len(x), dtype=F32) * F32(db(-rng.uniform(66, 92)) * 0.1)
    if drive_db > 3.0:
        x = signal.resample_poly(x, 2, 1).astype(F32)
        bias = F32(rng.uniform(0.05, 0.35))
        x = np.tanh(x * F32(db(drive_db * 0.6)) + bias) - np.tanh(bias)
        nyquist_scale = 2.0
        sos = signal.butter(
            1, [30 / nyquist_scale, rng.uniform(6000, 9000) / nyquist_scale], "band", fs=SAMPLE_RATE, output="sos"
        )
        x = signal.sosfilt(sos, x).astype(F32)
        x = np.tanh(x * F32(db(drive_db * 0.4) * rng.uniform(0.8, 1.4)))
        x = signal.resample_poly(x, 1, 2).astype(F32)[: len(audio)]
    tone = [
        shelf(180, rng.uniform(-4, 4), False),
        bell(rng.uniform(450, 900), rng.uniform(-7, 4), 0.7),
        shelf(2600, rng.uniform(-3, 5), True),
    ]
    x = convolve(filter_sos(x, tone), cabinet(rng, bass))
    if bass:
        x = match_tone(x, "driven bass", rng, rng.uniform(0.2, 0.8), 10.0) if drive_db > 8 else x
    else:
        x = match_tone(
            x,
            "driven guitar" if drive_db > 26 else "crunch guitar" if drive_db > 9 else "clean guitar",
            rng,
            rng.uniform(0.6, 0.95),
        )
    return level_to(x, -20.0)


@lru_cache(maxsize=48)
def room_response(seed: int, seconds: float, wide: bool) -> np.ndarray:
    """Decaying noise with early reflections; highs die faster. `seconds` is the 60 dB decay time."""
    rng = np.random.default_rng(seed)
    length = int(SAMPLE_RATE * min(seconds * 1.1 + 0.05, 4.0))
    t = np.arange(length) / SAMPLE_RATE
    channels = 2 if wide else 1
    noise = rng.standard_normal((length, channels)).astype(F32)
    edges = (400.0, rng.uniform(2500, 5000))
    low = signal.sosfilt(signal.butter(1, edges[0], fs=SAMPLE_RATE, output="sos"), noise, axis=0)
    high = signal.sosfilt(signal.butter(1, edges[1], "high", fs=SAMPLE_RATE, output="sos"), noise, axis=0)
    middle = noise - low - high
    decay = lambda s: np.exp(-6.9 * t / s)[:, None]
    out = (
        low * decay(seconds * rng.uniform(0.8, 1.3))
        + middle * decay(seconds)
        + high * decay(seconds * rng.uniform(0.3, 0.7))
    )
    onset = int(rng.uniform(0.004, 0.03) * SAMPLE_RATE)
    ramp = np.minimum(1.0, np.arange(length) / (onset + 1.0))[:, None]
    out *= ramp
    for _ in range(rng.integers(4, 10)):
        at = int(rng.uniform(0.002, 0.05) * SAMPLE_RATE)
        if at < length:
            out[at] += rng.choice([-1.0, 1.0]) * rng.uniform(0.5, 2.5) * rng.uniform(0.4, 1.0, channels)
    ahead = int(rng.uniform(0.0, 0.03) * SAMPLE_RATE)
    out = np.concatenate([np.zeros((ahead, channels)), out])
    out = signal.sosfilt(signal.butter(1, rng.uniform(80, 250), "high", fs=SAMPLE_RATE, output="sos"), out, axis=0)
    out /= np.sqrt(np.square(out).sum() / channels)
    return (out if wide else out[:, 0]).astype(F32)


def reverb(audio: np.ndarray, rng: np.random.Generator, seconds: float, wet_db: float, wide: bool = True) -> np.ndarray:
    """Audio plus its room, the room `wet_db` against the audio."""
    wide = wide or audio.ndim == 2
    response = room_response(int(rng.integers(12)), round(float(seconds), 1), wide)
    return add(audio, convolve(mono(audio) if wide else audio, response), db(wet_db))


def _spread(values: np.ndarray, step: int, length: int) -> np.ndarray:
    """One value a block as one a sample, in straight lines."""
    values = values.astype(F32)
    following = np.append(values[1:], values[-1])
    ramp = np.arange(step, dtype=F32) / step
    curve = (values[:, None] + (following - values)[:, None] * ramp).reshape(-1)
    return np.concatenate([curve, np.full(max(0, length - len(curve)), values[-1], dtype=F32)])[:length]


def compressor(
    audio: np.ndarray, ratio: float, below_peak_db: float, attack_ms: float = 10.0, release_ms: float = 120.0
) -> np.ndarray:
    """Feed-forward compressor; the threshold lies `below_peak_db` under the loudest block. Makeup keeps the active
    level."""
    step = 64
    length = len(audio) // step * step
    if length == 0:
        return audio
    before = active_rms(audio)
    if before == 0.0:
        return audio
    blocks = np.abs(mono(audio)[:length]).reshape(-1, step).max(axis=1)
    fast = signal.lfilter([1 - np.exp(-step / (attack_ms * 44.1))], [1, -np.exp(-step / (attack_ms * 44.1))], blocks)
    pole = np.exp(-step / (release_ms * 44.1))
    slow = signal.lfilter([1 - pole], [1, -pole], np.maximum(fast, 0))
    envelope = np.maximum(fast, slow)
    over = 20 * np.log10(np.maximum(envelope, 1e-6)) - (20 * np.log10(envelope.max() + 1e-9) - below_peak_db)
    gain = 10 ** (-np.maximum(over, 0.0) * (1 - 1 / ratio) / 20)
    curve = _spread(gain, step, len(audio))
    out = audio * (curve if audio.ndim == 1 else curve[:, None])
    return out * F32(before / max(active_rms(out), 1e-9))


def limiter(audio: np.ndarray, crest_db: float) -> np.ndarray:
    """Peaks held to `crest_db` over the active level by a look-ahead gain; the level is kept.

    Recorded stems have been through this many times; bare samples would leave the loudness to single peaks.
    """
    rms = active_rms(audio)
    step = 64
    length = len(audio) // step * step
    if rms == 0.0 or length == 0:
        return audio
    ceiling = rms * db(crest_db)
    loud = (
        np.abs(audio[:length]) if audio.ndim == 1 else np.maximum(np.abs(audio[:length, 0]), np.abs(audio[:length, 1]))
    )
    needed = np.minimum(1.0, ceiling / np.maximum(loud.reshape(-1, step).max(axis=1), 1e-9))
    held = ndimage.uniform_filter1d(ndimage.minimum_filter1d(needed, 9), 5)
    pole = np.exp(-step / (60.0 * 44.1))
    slow = 1.0 - signal.lfilter([1 - pole], [1, -pole], 1.0 - held)
    gain = np.minimum(held, slow)
    curve = _spread(gain, step, len(audio))
    return np.clip(audio * (curve if audio.ndim == 1 else curve[:, None]), -ceiling, ceiling).astype(F32)


def saturate(audio: np.ndarray, drive_db: float) -> np.ndarray:
    """Soft clipping around the loudest peaks; level kept."""
    rms = active_rms(audio)
    if rms == 0.0:
        return audio
    gain = F32(db(drive_db) * 0.12 / rms)
    out = np.tanh(audio * gain)
    return out * F32(rms / max(active_rms(out), 1e-9))


def chorus(audio: np.ndarray, rng: np.random.Generator, depth_ms: float = 2.5, wide: bool = True) -> np.ndarray:
    """Mono audio with one or two slowly swept copies; stereo when `wide`."""
    source = mono(audio)
    time = np.arange(len(source), dtype=np.float64)
    base = rng.uniform(5, 18) * 44.1
    rate = rng.uniform(0.2, 1.6)
    copies = []
    for phase in (0.0, np.pi / 2):
        delay = base + depth_ms * 44.1 * (1 + np.sin(2 * np.pi * rate * time / SAMPLE_RATE + phase)) / 2
        position = np.maximum(time - delay, 0.0)
        whole = position.astype(np.int64)
        part = (position - whole).astype(F32)
        after = np.minimum(whole + 1, len(source) - 1)
        copies.append(source[whole] * (1 - part) + source[after] * part)
    mix = F32(rng.uniform(0.4, 0.9))
    if not wide:
        return source + mix * copies[0]
    return np.stack([source + mix * copies[0], source + mix * copies[1]], axis=1)


def echo(audio: np.ndarray, seconds: float, feedback: float, wet_db: float, ping_pong: bool = False) -> np.ndarray:
    """Repeating delay, each repeat darker."""
    step = max(1, int(seconds * SAMPLE_RATE))
    out = stereo(audio).copy() if ping_pong else audio.copy()
    repeat = lowpass(mono(audio), 6000, 1) if ping_pong else lowpass(audio, 6000, 1)
    gain, side = db(wet_db), 0
    for count in range(1, 8):
        offset = step * count
        if offset >= len(audio) or gain < 0.01:
            break
        if ping_pong:
            out[offset:, side] += repeat[:-offset] * F32(gain)
            side = 1 - side
        else:
            out[offset:] += repeat[:-offset] * F32(gain)
        gain *= feedback
    return out


def tremolo(audio: np.ndarray, hertz: float, depth: float, wide: bool = False) -> np.ndarray:
    """Swept level; `wide` sweeps the two sides against each other."""
    swing = (np.sin(2 * np.pi * hertz * np.arange(len(audio)) / SAMPLE_RATE) * 0.5 * depth).astype(F32)
    if wide:
        return stereo(audio) * np.stack([1 - depth / 2 + swing, 1 - depth / 2 - swing], axis=1).astype(F32)
    curve = F32(1 - depth / 2) + swing
    return audio * (curve if audio.ndim == 1 else curve[:, None])


def sweep_lowpass(audio: np.ndarray, cutoff: np.ndarray, resonance: float = 0.0) -> np.ndarray:
    """Low-pass whose cut-off (hertz, per sample) moves: a blend between seven fixed filters."""
    grid = np.geomspace(120, 14_000, 7)
    place = np.clip(np.interp(np.log(np.maximum(cutoff, 20)), np.log(grid), np.arange(7)), 0, 6).astype(F32)
    out = np.zeros_like(audio)
    for i, hertz in enumerate(grid):
        weight = np.maximum(0.0, 1.0 - np.abs(place - i)).astype(F32)
        if not weight.any():
            continue
        sos = signal.butter(2, hertz, fs=SAMPLE_RATE, output="sos")
        if resonance > 0:
            sos = np.vstack([sos, bell(hertz, resonance, 2.5)])
        layer = filter_sos(audio, sos)
        out += layer * (weight if audio.ndim == 1 else weight[:, None])
    return out
