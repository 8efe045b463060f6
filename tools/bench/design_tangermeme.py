"""What `tools.bench.design` measures of tangermeme, in a Python that has it.

That need not have seqzoo. It is `greedy_substitution` of the network of the bench,
whose weights and sequences are in a file.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import torch
from tangermeme.design import greedy_substitution


class Network(torch.nn.Module):
    """`tools.bench.timing.network`."""

    def __init__(self, weights: list[np.ndarray]) -> None:
        super().__init__()
        nn = torch.nn
        self.stem = nn.Conv1d(4, 64, 15, padding="same")
        self.tower = nn.ModuleList(
            nn.Conv1d(64, 64, 3, padding="same", dilation=rate) for rate in (1, 2, 4, 8)
        )
        self.head = nn.Linear(64, 1)
        for parameter, values in zip(self.parameters(), weights, strict=True):
            # Keras has the output channels last.
            parameter.data = torch.from_numpy(np.ascontiguousarray(values.T))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, 4, length) -> (batch, 1)."""
        x = torch.nn.functional.max_pool1d(torch.relu(self.stem(x)), 4)
        for layer in self.tower:
            x = x + torch.relu(layer(x))
        return self.head(x.mean(dim=-1))


def serve(path: str, edits: int) -> None:
    """Designs the sequence whose number each line of the standard input has.

    Prints the processor seconds that it took, and the design.
    """
    torch.set_num_threads(1)
    with np.load(path) as file:
        codes = torch.from_numpy(file["codes"].astype(np.int64))
        model = Network([file[f"weights_{n}"] for n in range(len(file.files) - 1)])
    model.eval()
    one_hot = torch.nn.functional.one_hot(codes, 4).permute(0, 2, 1)
    warm = one_hot[:1].float().contiguous()  # what is compiled is not counted
    greedy_substitution(model, warm, max_iter=1, batch_size=256, device="cpu")
    for line in sys.stdin:
        x = one_hot[int(line)][None].float().contiguous()
        before = time.process_time()
        found = greedy_substitution(
            model, x, max_iter=edits, batch_size=256, device="cpu"
        )
        seconds = time.process_time() - before
        letters = "".join("ACGT"[code] for code in found[0].argmax(dim=0))
        print(seconds, letters, flush=True)
