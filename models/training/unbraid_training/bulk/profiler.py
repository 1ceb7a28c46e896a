"""Where the time of some steps of a run goes."""

from __future__ import annotations

import torch


class Profiler:
    """Prints where the time of four steps goes."""

    FIRST, LAST = 10, 14

    def __init__(self, device: torch.device):
        self.device, self.profiler = device, torch.profiler.profile()

    def done(self, step: int, spent: float) -> bool:
        """To be called after every step; true after the last that is of interest."""
        if step == self.FIRST:
            held = torch.cuda.max_memory_allocated() / 2**30 if self.device.type == "cuda" else 0.0
            print(f"{spent / step:.3f} s a step, memory {held:.1f} GiB", flush=True)
            self.profiler.__enter__()
        if step < self.LAST:
            return False
        self.profiler.__exit__(None, None, None)
        averages = self.profiler.key_averages()
        print(averages.table(sort_by="self_cuda_time_total", row_limit=45, max_name_column_width=70))
        return True
