"""Plans on their way to the device while the step before still runs."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import torch

from ..mixing.planner import Plan, Planner

AHEAD = 3
"""Plans that wait on the device."""

STARVED = 600.0
"""Seconds without a plan after which a run ends."""


class Plans:
    """Plans `first` to `last − 1` in order, each with its copy on `device`.

    Worker processes draw them; a thread of its own fetches them and begins their transfer, so that a step finds both
    where it needs them.
    """

    def __init__(self, planner: Planner, device: torch.device, workers: int, first: int, last: int):
        self.device = device
        self.loader = torch.utils.data.DataLoader(
            planner,
            batch_size=None,
            sampler=range(first, last),
            num_workers=workers,
            prefetch_factor=4 if workers else None,
            pin_memory=device.type == "cuda",
        )
        # Here, so that the workers are there before the device is touched, and as copies of this thread.
        self.source = iter(self.loader)
        self.waiting: queue.Queue = queue.Queue(AHEAD)
        self.ended = threading.Event()
        self.thread: threading.Thread | None = None

    def __iter__(self) -> Iterator[tuple[Plan, Plan]]:
        return self

    def __next__(self) -> tuple[Plan, Plan]:
        """The next plan on the CPU and on the device; begins fetching when it is first called."""
        if self.thread is None:
            self.thread = threading.Thread(target=self._fetch, daemon=True)
            self.thread.start()
        try:
            one = self.waiting.get(timeout=STARVED)
        except queue.Empty:
            raise RuntimeError(
                f"no plan came for {STARVED:.0f} s; give --workers more, or look for one that died"
            ) from None
        if one is None:
            raise StopIteration
        if isinstance(one, BaseException):
            raise one
        return one

    def _fetch(self) -> None:
        try:
            for plan in self.source:
                placed = {name: value.to(self.device, non_blocking=True) for name, value in plan.items()}
                if not self._put((plan, placed)):
                    return
            self._put(None)
        except BaseException as error:  # noqa: BLE001 — said where plans are taken
            self._put(error)

    def _put(self, one) -> bool:
        while not self.ended.is_set():
            try:
                self.waiting.put(one, timeout=0.2)
                return True
            except queue.Full:
                pass
        return False

    def end(self) -> None:
        """No plan is fetched after this; the workers end."""
        self.ended.set()
        if self.thread:
            self.thread.join()
        self.source = self.loader = None
