"""What `tools.bench.accelerator` measures with PyTorch; each in its own process."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from tools.bench.accelerator_data import (
    EPSILON,
    LAYOUTS,
    LEARNING_RATE,
    RESIDENT,
    Sizes,
    data,
    matrix_rate,
    released_config,
    seconds_a_round,
)
from tools.bench.rc_dilated_torch import RCDilated

TOLERANCE = 1e-4  # of float32 logits


def device() -> dict[str, Any]:
    """What PyTorch computes on, and the versions."""
    found = torch.cuda.is_available()
    versions = {"torch": torch.__version__, "cuda": torch.version.cuda}
    if found:
        versions["cudnn"] = torch.backends.cudnn.version()
    name = torch.cuda.get_device_name() if found else "cpu"
    return {"accelerator": found, "device": name, "versions": versions}


def same(sizes: Sizes) -> dict[str, Any]:
    """How far the logits are from those of Keras, in float32 on the processor.

    Raises:
        SystemExit: Further than they may be.
    """
    weights, codes, logits = _network(sizes)
    furthest = 0.0
    for layout in LAYOUTS:
        network = RCDilated(released_config(), layout).eval()
        network.take(weights)
        with torch.no_grad():
            ours = network(torch.from_numpy(codes)).numpy()
        furthest = max(furthest, float(np.abs(ours - logits).max()))
    if not furthest <= TOLERANCE:
        raise SystemExit(f"PyTorch's network is another: logits differ by {furthest}")
    return {"max_difference": furthest}


def matrix(sizes: Sizes) -> dict[str, Any]:
    """FLOP/s of a bfloat16 matrix product."""
    where = _where(sizes)
    shape = (sizes.matrix_size, sizes.matrix_size)
    a, b = (torch.randn(shape, device=where, dtype=torch.bfloat16) for _ in range(2))
    product = torch.empty_like(a)
    rate = matrix_rate(
        lambda: torch.mm(a, b, out=product), lambda _: _wait(where), sizes
    )
    return {"flop_a_second": rate}


def training(sizes: Sizes, mode: str, layout: str) -> dict[str, Any]:
    """Steps of the compiled network on batches that lie on the device.

    Args:
        sizes: Those of the bench.
        mode: Of `torch.compile`.
        layout: One of `LAYOUTS`.
    """
    where = _where(sizes)
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    network = RCDilated(released_config(), layout)
    network.take(_network(sizes)[0])
    network.to(where).train()
    parameters = network.parameters()
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, eps=EPSILON, fused=True)
    batches = [
        tuple(part.to(where) for part in batch)
        for batch in zip(
            *(torch.from_numpy(part).chunk(RESIDENT) for part in data(sizes, RESIDENT)),
            strict=True,
        )
    ]

    @torch.compile(mode=mode)
    def loss_of(codes: Any, labels: Any) -> Any:
        with torch.autocast(where, torch.bfloat16):
            logits = network(codes)
        return F.binary_cross_entropy_with_logits(logits, labels)

    last = float("nan")

    def one_round() -> None:
        nonlocal last
        total = torch.zeros((), device=where)
        for number in range(sizes.steps):
            optimizer.zero_grad()
            loss = loss_of(*batches[number % RESIDENT])
            loss.backward()
            optimizer.step()
            total += loss.detach()
        last = total.item() / sizes.steps
        _wait(where)

    seconds = seconds_a_round(one_round, sizes.rounds)
    return {"seconds": seconds, "loss": last}


def _where(sizes: Sizes) -> str:
    return "cpu" if sizes.cpu else "cuda"


def _wait(where: str) -> None:
    if where == "cuda":
        torch.cuda.synchronize()


def _network(sizes: Sizes) -> tuple[dict[str, Any], Any, Any]:
    """Weights by Keras's path, codes and logits, of `accelerator_jax.network`."""
    with np.load(sizes.network) as file:
        arrays = dict(file)
    codes, logits = arrays.pop("codes"), arrays.pop("logits")
    return arrays, codes, logits
