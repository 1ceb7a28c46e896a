"""Reading audio of any format as 44.1 kHz float32, and small measurements on it."""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from .dataset import SAMPLE_RATE
from .fetch import SourceError


def db(value: float) -> float:
    """Amplitude factor of a level in dB."""
    return float(10.0 ** (value / 20.0))


def decode(path: Path, channels: int | None = None, rate: int = SAMPLE_RATE) -> np.ndarray:
    """Decodes `path` to float32 `[samples, channels]` at `rate` Hz, full scale ±1.

    `channels` None keeps mono files mono and folds everything else to stereo. Not clipped: lossy
    codecs may overshoot ±1. libsndfile reads what it can, in this process; ffmpeg the rest. Raises
    `SourceError` where neither can.
    """
    path = Path(path)
    try:
        audio, original = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        return _decode_with_ffmpeg(path, channels, rate, str(error))
    channels = channels or min(2, audio.shape[1])
    if channels == 1:
        audio = audio.mean(axis=1, keepdims=True)
    elif audio.shape[1] != channels:
        audio = np.repeat(audio[:, :1], channels, axis=1) if audio.shape[1] == 1 else audio[:, :channels]
    if original == rate:
        return np.ascontiguousarray(audio)
    divisor = math.gcd(rate, original)
    return resample_poly(audio, rate // divisor, original // divisor, axis=0).astype(np.float32)


def _decode_with_ffmpeg(path: Path, channels: int | None, rate: int, reason: str) -> np.ndarray:
    if channels is None:
        channels = min(2, probe(path)["channels"])
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-map", "0:a:0"]
    command += ["-ac", str(channels), "-ar", str(rate), "-f", "f32le", "-"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0:
        raise SourceError(f"{path} could not be decoded: {reason}; {done.stderr.decode(errors='replace').strip()}")
    return np.frombuffer(done.stdout, dtype="<f4").reshape(-1, channels).copy()


def probe(path: Path) -> dict:
    """`channels`, `sample_rate` in Hz and `duration` in seconds (0 where unknown) of a file's first audio stream."""
    try:
        info = soundfile.info(path)
        return {"channels": info.channels, "sample_rate": info.samplerate, "duration": info.duration}
    except soundfile.LibsndfileError as error:
        reason = str(error)
    command = ["ffprobe", "-v", "error", "-select_streams", "a:0", "-of", "json"]
    command += ["-show_entries", "stream=channels,sample_rate:format=duration", str(path)]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    streams = json.loads(done.stdout or "{}").get("streams") if done.returncode == 0 else None
    if not streams:
        raise SourceError(f"{path} holds no audio stream: {reason}; {done.stderr.strip() or 'ffprobe names none'}")
    duration = json.loads(done.stdout).get("format", {}).get("duration", 0.0)
    return {
        "channels": int(streams[0]["channels"]),
        "sample_rate": int(streams[0]["sample_rate"]),
        "duration": float(duration),
    }


def decibels(amplitude: float) -> float:
    """Level of an amplitude in dB; silence is −120 dB."""
    return float(20.0 * np.log10(max(float(amplitude), 1e-6)))


def rms(audio: np.ndarray) -> float:
    """Root mean square over all samples and channels; 0 for an empty array."""
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64)))) if audio.size else 0.0


def frame_levels(audio: np.ndarray, frame: int) -> np.ndarray:
    """RMS level in dB of each whole, non-overlapping `frame` of samples (channels averaged in power)."""
    power = np.square(audio, dtype=np.float64)
    if power.ndim == 2:
        power = power.mean(axis=1)
    count = len(power) // frame
    means = power[: count * frame].reshape(count, frame).mean(axis=1)
    return 10.0 * np.log10(np.maximum(means, 1e-12))


def active_regions(
    audio: np.ndarray, rate: int = SAMPLE_RATE, below_peak_db: float = 40.0, gap_s: float = 0.25, pad_s: float = 0.04
) -> list[tuple[int, int]]:
    """Sample ranges (start, end) that hold sound: within `below_peak_db` of the loudest 10 ms frame.

    Pauses shorter than `gap_s` do not split a region; each is widened by `pad_s` on both sides.
    """
    frame = max(1, rate // 100)
    levels = frame_levels(audio, frame)
    if not len(levels) or levels.max() < -80.0:
        return []
    active = np.flatnonzero(levels > levels.max() - below_peak_db)
    splits = np.flatnonzero(np.diff(active) > gap_s * rate / frame) + 1
    pad = int(pad_s * rate)
    return [
        (max(0, int(run[0]) * frame - pad), min(len(audio), (int(run[-1]) + 1) * frame + pad))
        for run in np.split(active, splits)
    ]


def fade(audio: np.ndarray, fade_in: int, fade_out: int) -> np.ndarray:
    """A copy with raised-cosine edges of so many samples, so that a cut makes no click."""
    audio = np.array(audio, dtype=np.float32)
    fade_in, fade_out = (min(n, len(audio)) for n in (fade_in, fade_out))
    shape = (-1,) + (1,) * (audio.ndim - 1)
    if fade_in:
        audio[:fade_in] *= (0.5 - 0.5 * np.cos(np.pi * (np.arange(fade_in) + 0.5) / fade_in)).reshape(shape)
    if fade_out:
        audio[-fade_out:] *= (0.5 + 0.5 * np.cos(np.pi * (np.arange(fade_out) + 0.5) / fade_out)).reshape(shape)
    return audio
