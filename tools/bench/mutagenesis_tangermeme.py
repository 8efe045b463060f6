"""What `tools.bench.mutagenesis` measures of tangermeme, in a Python that has it.

That need not have seqzoo. It is `saturation_mutagenesis(fast=True)` of the networks of
the bench, which it always tries: by itself it leaves jobs of half a minute alone.
"""

from __future__ import annotations

import sys
import time

import torch
from tangermeme import saturation_mutagenesis as tangermeme

FILTERS, STEM_KERNEL_SIZE, KERNEL_SIZE = 64, 15, 3


class Network(torch.nn.Module):
    """A stem, a pooling, residual dilated layers, and one output of their mean."""

    def __init__(self, pool_size: int, dilation_rates: list[int]) -> None:
        super().__init__()
        nn = torch.nn
        self.stem = nn.Conv1d(4, FILTERS, STEM_KERNEL_SIZE, padding="same")
        self.pool = nn.MaxPool1d(pool_size) if pool_size > 1 else nn.Identity()
        self.tower = nn.ModuleList(
            nn.Conv1d(FILTERS, FILTERS, KERNEL_SIZE, padding="same", dilation=rate)
            for rate in dilation_rates
        )
        self.head = nn.Linear(FILTERS, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, 4, length) -> (batch, 1)."""
        x = self.pool(torch.relu(self.stem(x)))
        for layer in self.tower:
            x = x + torch.relu(layer(x))
        return self.head(x.mean(dim=-1))


def serve() -> None:
    """Answers each line, a length, a pool size and dilation rates, with seconds.

    They are processor seconds of one more sequence in a call: what a call costs once,
    to capture the network and to check itself, is not counted.
    """
    torch.set_num_threads(1)
    tangermeme._FAST_MIN_SECONDS = 0.0
    torch.manual_seed(0)
    for line in sys.stdin:
        length, pool_size, *rates = map(int, line.split())
        model = Network(pool_size, rates).eval()
        seconds = []
        for count in (1, 1, 3):  # the first warms up
            codes = torch.randint(0, 4, (count, length))
            x = torch.nn.functional.one_hot(codes, 4).permute(0, 2, 1).float()
            before = time.process_time()
            tangermeme.saturation_mutagenesis(
                model, x.contiguous(), fast=True, raw_outputs=True, device="cpu"
            )
            seconds.append(time.process_time() - before)
        print((seconds[2] - seconds[1]) / 2, flush=True)
