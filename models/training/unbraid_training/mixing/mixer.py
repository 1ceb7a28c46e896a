"""Plans into stems: the chain of every stem and of the mixture, on CPUs and GPUs by the same code (`chain.py`)."""

from __future__ import annotations

import numpy as np
import scipy.fft
import torch

from ..data.dataset import SAMPLE_RATE
from .chain import STEP, compressor, driven, mastered, paused, transfer
from .planner import LEAD_IN, Plan
from .responses import responses, spectrum
from .sound import Sound


class Mixer:
    """Makes the stems of a plan from `sound`, on its device.

    On a CPU stem after stem, without those that are absent and the effects that are off; on a GPU all at once.
    """

    def __init__(self, sound: Sound, samples: int, seed: int, compiled: bool = False):
        self.sound, self.samples, self.device = sound, samples, sound.device
        self.length = STEP * scipy.fft.next_fast_len(-(-(samples + LEAD_IN) // STEP), real=True)
        hertz = torch.linspace(0, SAMPLE_RATE / 2, self.length // 2 + 1, device=self.device)
        self.hertz = hertz.clamp_min(1.0)
        self.octave = torch.log2(hertz.clamp_min(20.0) / 20.0)
        self.responses = responses(seed, self.length)
        self.one_by_one = self.device.type == "cpu"
        if not self.one_by_one:
            self.firs = torch.stack([self._spectrum(one)[0] for one in self.responses[0]])
            self.rooms = torch.stack([self._spectrum(one) for one in self.responses[1]])
        compile_ = (lambda f: torch.compile(f, dynamic=False)) if compiled else (lambda f: f)
        self.transfer, self.driven = compile_(transfer), compile_(driven)

    def _spectrum(self, response: np.ndarray) -> torch.Tensor:
        """`[channels, bins, 2]`."""
        return torch.view_as_real(torch.from_numpy(spectrum(response, self.length))).to(self.device)

    @torch.no_grad()
    def __call__(self, plan: Plan) -> torch.Tensor:
        """Stems `[items, 4, 2, samples]`, mastered; `plan` on the same device."""
        items, n = plan["gain"].shape
        flat = {name: value.flatten(0, 1) for name, value in plan.items() if value.ndim > 1}
        if self.one_by_one:
            stems = torch.zeros(items * n, 2, self.samples)
            for row in torch.nonzero(flat["gain"])[:, 0].tolist():
                stems[row] = self.stem({name: value[row : row + 1] for name, value in flat.items()})[0]
        else:
            stems = self.stems(flat, self.firs, self.rooms)
        return mastered(stems.unflatten(0, (items, n)), plan)

    def stem(self, p: Plan) -> torch.Tensor:
        """One stem through the effects that are on, `[1, 2, samples]`."""
        firs, rooms = self.responses

        def found(name: str, bank: list[np.ndarray]) -> torch.Tensor:
            return self._spectrum(bank[int(p[name])]) if p[f"{name}_gain"] else torch.zeros(1, len(self.hertz), 2)

        zero, one = torch.zeros_like(p["fir"]), torch.ones_like(p["fir"])
        used = torch.cat([found("fir", firs), found("side", firs)])
        return self.stems(p | {"fir": zero, "side": one, "room": zero}, used, found("room", rooms)[None])

    def stems(self, p: Plan, firs: torch.Tensor, rooms: torch.Tensor) -> torch.Tensor:
        """`[N, 2, samples]` of flat plans `[N]`."""
        audio = self.sound.read(p["entry"], p["start"], p["speed"], p["level"], self.length)
        if self.on(p["slope"]):
            audio = audio * compressor(audio, p["threshold"], p["slope"], p["release"])[:, None]
        if self.on(p["drive"]):
            audio = self.driven(audio, p["drive"], p["bias"])
        names = ("eq", "tilt", "low_cut", "high_cut", "echo", "echo_gain")
        names += tuple(name for one in ("fir", "room", "side") for name in (one, f"{one}_gain"))
        bins = torch.view_as_real(torch.fft.rfft(audio))
        bins = self.transfer(bins, firs, rooms, self.hertz, self.octave, {name: p[name] for name in names})
        audio = torch.fft.irfft(torch.view_as_complex(bins), n=self.length)[..., -self.samples :]
        gain = paused(self.samples, p["pause_from"], p["pause_to"]) * p["gain"][:, None]
        return torch.einsum("nij,njs->nis", p["matrix"], audio) * gain[:, None]

    def on(self, amount: torch.Tensor) -> bool:
        """True where an effect has something to do; on a GPU always, since asking would wait for it."""
        return not self.one_by_one or bool(amount.any())
