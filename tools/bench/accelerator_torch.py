"""`rc_dilated` in plain PyTorch, and what `tools.bench.accelerator` measures with it.

The same network, equation by equation, as a PyTorch user would write it for
`torch.compile`, in either of two layouts: convolutions of one dimension on (batch,
channels, length), or of two on (batch, channels, 1, length) in PyTorch's
`channels_last`, which NVIDIA's matrix units prefer. That it is the same network is
tested with Keras's weights in it. Deviations, neither of which changes what is computed
forward: the moving variance of `pool_norm` is that of the unbiased variance, as PyTorch
has it; and of several positions with the same maximum one gets the gradient.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from tools.bench.accelerator import (
    EPSILON,
    LAYOUTS,
    LEARNING_RATE,
    RESIDENT,
    Sizes,
    data,
    matrix_rate,
    released_config,
    seconds_per_round,
)

TOLERANCE = 1e-4  # of float32 logits
NORM_EPSILON = 1e-3  # of Keras's normalizations
#: Keras's names of weights, and PyTorch's.
NAMES = {
    "kernel": "weight",
    "gamma": "weight",
    "bias": "bias",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


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
    return {"flop_per_second": rate}


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

    seconds = seconds_per_round(one_round, sizes.rounds)
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


def expanded(values: Any) -> Any:
    """(pairs,) -> (channels,): both partners get the value of their pair."""
    return torch.cat([values, values.flip(0)])


def positions(x: Any) -> tuple[int, ...]:
    """The axes behind batch and channels."""
    return tuple(range(2, x.ndim))


class RCConv(nn.Module):
    """`RCConv1D` with padding "same": kernels W and, for the partners, W reversed."""

    def __init__(
        self,
        inputs: int,
        filters: int,
        width: int,
        dilation: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(filters // 2, inputs, width))
        self.bias = nn.Parameter(torch.zeros(filters // 2)) if bias else None
        nn.init.xavier_uniform_(self.weight)
        self.dilation, self.padding = dilation, dilation * (width - 1) // 2

    def forward(self, x: Any) -> Any:
        kernel = torch.cat([self.weight, self.weight.flip(0, 1, 2)])
        bias = None if self.bias is None else expanded(self.bias)
        if x.ndim == 3:
            return F.conv1d(
                x, kernel, bias, padding=self.padding, dilation=self.dilation
            )
        padding, dilation = (0, self.padding), (1, self.dilation)
        return F.conv2d(x, kernel[:, :, None], bias, padding=padding, dilation=dilation)


class RCBatchNorm(nn.Module):
    """`RCBatchNormalization`: partners share statistics, scale and offset."""

    running_mean: torch.Tensor
    running_var: torch.Tensor

    def __init__(self, channels: int, momentum: float) -> None:
        super().__init__()
        pairs = channels // 2
        self.weight = nn.Parameter(torch.ones(pairs))
        self.bias = nn.Parameter(torch.zeros(pairs))
        self.register_buffer("running_mean", torch.zeros(pairs))
        self.register_buffer("running_var", torch.ones(pairs))
        self.momentum = momentum

    def forward(self, x: Any) -> Any:
        values = x.float()
        if self.training:
            mean, variance = self._shared_moments(values)
            with torch.no_grad():
                self.running_mean.lerp_(mean, 1 - self.momentum)
                self.running_var.lerp_(variance, 1 - self.momentum)
        else:
            mean, variance = self.running_mean, self.running_var
        scale = self.weight * torch.rsqrt(variance + NORM_EPSILON)
        offset = self.bias - mean * scale
        shape = (1, -1, *(1 for _ in positions(x)))
        y = values * expanded(scale).view(shape) + expanded(offset).view(shape)
        return y.to(x.dtype)

    def _shared_moments(self, x: Any) -> tuple[Any, Any]:
        variance, mean = torch.var_mean(x, dim=(0, *positions(x)), correction=0)
        pairs = len(mean) // 2
        m, partner_m = mean[:pairs], mean[pairs:].flip(0)
        v, partner_v = variance[:pairs], variance[pairs:].flip(0)
        return (m + partner_m) / 2, (v + partner_v) / 2 + ((m - partner_m) / 2) ** 2


class RCDilated(nn.Module):
    """Codes (batch, length) -> logits (batch, num_outputs).

    Args:
        config: The arguments of `zoo.architectures.rc_dilated`, all of them.
        layout: One of `LAYOUTS`.
    """

    def __init__(self, config: Mapping[str, Any], layout: str = "NCL") -> None:
        super().__init__()
        assert layout in LAYOUTS and config["units"]
        assert (config["activation"], config["pooling"]) == ("relu", "max_average")
        stem, filters = config["stem_filters"], config["filters"]
        self.layout = layout
        self.stem_conv = RCConv(4, stem, config["stem_kernel_size"])
        self.neck_conv = RCConv(stem, filters, 1, bias=False)
        self.neck_norm = RCBatchNorm(filters, momentum=0.9)
        self.tower = []
        for layer, rate in enumerate(config["dilation_rates"][1:], start=1):
            conv = RCConv(filters, filters, config["kernel_size"], rate)
            self.add_module(f"tower_{layer}_conv", conv)
            self.tower.append(conv)
        self.pool_norm = nn.BatchNorm1d(stem + filters, eps=NORM_EPSILON, momentum=0.1)
        self.head_hidden = nn.Linear(stem + filters, config["units"])
        self.dropout = nn.Dropout(config["dropout"])
        self.head_logits = nn.Linear(config["units"], config["num_outputs"])
        self.register_buffer("bases", torch.arange(4, dtype=torch.uint8), False)

    def forward(self, codes: Any) -> Any:
        motifs = F.relu(self.stem_conv(self._one_hot(codes)))
        x = self.neck_norm(self.neck_conv(motifs))
        for conv in self.tower:
            x = x + F.relu(conv(x))
        pooled = [pool(maps) for maps in (motifs, x) for pool in (_maximum, _average)]
        features = torch.cat(pooled, dim=1)
        x = self.pool_norm(features.float()).to(features.dtype)
        x = self.dropout(F.relu(self.head_hidden(x)))
        with torch.autocast(codes.device.type, enabled=False):
            return self.head_logits(x.float())

    def _one_hot(self, codes: Any) -> Any:
        device = codes.device.type
        low = torch.is_autocast_enabled(device)
        dtype = torch.get_autocast_dtype(device) if low else torch.float32
        if self.layout == "NCL":
            return (codes[:, None] == self.bases[:, None]).to(dtype)
        # (batch, 1, length, 4) seen as (batch, 4, 1, length) is channels_last.
        one_hot = (codes[:, None, :, None] == self.bases).to(dtype)
        return one_hot.permute(0, 3, 1, 2)

    def take(self, weights: Mapping[str, np.ndarray]) -> None:
        """Puts Keras's weights in the place of its own.

        Args:
            weights: By Keras's path, such as "stem_conv/kernel"; kernels there have the
                axes of PyTorch's in the reverse order.
        """
        found = {}
        for path, values in weights.items():
            layer, name = path.split("/")
            found[f"{layer}.{NAMES[name]}"] = torch.from_numpy(values.T.copy())
        found["pool_norm.num_batches_tracked"] = torch.tensor(0)
        self.load_state_dict(found)


def _maximum(x: Any) -> Any:
    """(batch, channels, ...) -> (batch, pairs), over positions and partners."""
    # Not amax: its gradient compares x with the maximum, and where the compiled code
    # has x unrounded and the maximum in bfloat16, none is equal: 0 / 0, seen on a CPU.
    first, second = x.flatten(2).max(dim=2).values.chunk(2, dim=1)
    return torch.maximum(first, second.flip(1))


def _average(x: Any) -> Any:
    """(batch, channels, ...) -> (batch, pairs), over positions and partners."""
    first, second = x.mean(positions(x)).chunk(2, dim=1)
    return (first + second.flip(1)) / 2
