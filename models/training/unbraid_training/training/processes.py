"""The processes of one run under `torchrun`, which hold the same network and decide together; one process alone,
too."""

from __future__ import annotations

import os

import torch
import torch.distributed as dist

# Before there is a group: its functions take the group of that moment as their default. Imported later (by an
# optimiser), they would keep the group and its threads alive past its end; a thread that then lets go of a tensor while
# Python ends aborts the process.
import torch.distributed.nn


class Processes:
    """All calls but `first` have to be made by every process, in the same order."""

    def __init__(self):
        self.world, self.rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
        self.first = self.rank == 0
        """The process that writes files and speaks."""
        if self.world > 1:
            dist.init_process_group("gloo")

    def average_gradients(self, parameters: list[torch.nn.Parameter]) -> None:
        """Each process's gradients become the mean of all."""
        if self.world > 1:
            for p in parameters:
                dist.all_reduce(p.grad)
                p.grad /= self.world

    def any(self, *flags: bool) -> list[bool]:
        """Each flag, true where it is in any process: all stop, or save, after the same step, or some would wait for
        ever."""
        values = torch.tensor(flags, dtype=torch.float32)
        if self.world > 1:
            dist.all_reduce(values)
        return (values > 0).tolist()

    def gathered(self, value) -> list:
        """Every process's value, in the first process."""
        values = [value] * self.world
        if self.world > 1:
            dist.gather_object(value, values if self.first else None)
        return values

    def end(self, parameters: list[torch.nn.Parameter]) -> None:
        """Raises `SystemExit` where the processes' weights have drifted apart."""
        if self.world == 1:
            return
        sums = [torch.zeros((), dtype=torch.float64) for _ in range(self.world)]
        dist.all_gather(sums, sum(p.detach().double().abs().sum() for p in parameters))
        values = [float(one) for one in sums]
        if len(set(values)) > 1:
            raise SystemExit(f"the processes' weights have drifted apart: {values}; this run is not to be used")
        if self.first:
            print(f"{self.world} processes hold the same weights", flush=True)
        # Nobody leaves while another still answers: without it one run in some ten was aborted in its last line, all
        # saved.
        dist.barrier()
        dist.destroy_process_group()
