"""What `tools.bench.bpnet` measures of bpnet-lite, in a Python that has it.

That need not have seqzoo. The steps are those of `bpnetlite.BPNet.fit` in float32, on
tensors that are ready.
"""

from __future__ import annotations

import sys
import time

import torch
from bpnetlite.bpnet import BPNet
from bpnetlite.losses import _mixture_loss

COUNTS_LOSS_WEIGHT = 10.0
LEARNING_RATE = 1e-3


def epochs(n: int, batch_size: int) -> None:
    """Trains an epoch for each line of the standard input.

    Prints wall and processor seconds of each.
    """
    torch.manual_seed(0)
    codes = torch.randint(0, 4, (n, 2114))
    sequences = torch.nn.functional.one_hot(codes, 4).permute(0, 2, 1).float()
    reads = torch.poisson(torch.full((n, 2, 1000), 0.3))
    model = BPNet(n_filters=64, n_layers=8, n_control_tracks=0, verbose=False)
    model.count_loss_weight = COUNTS_LOSS_WEIGHT
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    batches = list(
        zip(sequences.split(batch_size), reads.split(batch_size), strict=True)
    )
    for _ in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        for x, y in batches:
            optimizer.zero_grad()
            logits, counts = model(x.contiguous())
            *_, loss = _mixture_loss(y, logits, counts, model.count_loss_weight)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
            optimizer.step()
        print(time.perf_counter() - wall, time.process_time() - cpu, flush=True)
