"""The arithmetic of the layers of Keras and PyTorch, in NumPy.

By these functions a file's network predicts without the program that wrote it, as the
proof of a conversion asks: float64, and nothing shared with the layers of our models.
Sequences are (batch, length, channels).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from zoo.errors import WeightsError

Values = npt.NDArray[np.float64]
MAXIMUM_VALUES = 100_000_000  # of one array, 800 MB
_AT_ONCE = 1_000_000  # values of windows


def conv1d(
    x: Values,
    kernel: npt.NDArray[np.floating],
    bias: npt.NDArray[np.floating] | None = None,
    *,
    padding: str = "valid",
    strides: int = 1,
    dilation_rate: int = 1,
) -> Values:
    """Convolution over the length.

        y_i = b + sum_j W_j x_(i s + j d)

    Args:
        x: (batch, length, channels).
        kernel: (width, channels, filters), Keras's layout.
        bias: (filters,), or None.
        padding: "valid", "same" (zeros on both sides, one more at the end where they
            are odd) or "causal" (zeros in front).
        strides: s.
        dilation_rate: d.

    Returns:
        (batch, new_length, filters).

    Raises:
        WeightsError: The shapes do not fit, or the result would be too large.
    """
    width, channels, filters = kernel.shape
    span = (width - 1) * dilation_rate + 1
    if strides < 1 or dilation_rate < 1 or x.ndim != 3 or x.shape[2] != channels:
        raise WeightsError(f"a kernel {kernel.shape} does not fit {x.shape}")
    length = x.shape[1]
    before = after = 0
    if padding == "same":
        total = max((-(-length // strides) - 1) * strides + span - length, 0)
        before, after = total // 2, total - total // 2
    elif padding == "causal":
        before = span - 1
    elif padding != "valid":
        raise WeightsError(f"padding {padding!r:.80} is not known")
    check_size(len(x) * (length + before + after) * max(channels, filters))
    x = np.pad(x, ((0, 0), (before, after), (0, 0)))
    new_length = (x.shape[1] - span) // strides + 1
    if new_length < 1:
        raise WeightsError(f"a kernel that spans {span:,} does not fit {length:,} bp")
    # One product for many positions: one for each place in the kernel takes longer.
    windows = np.lib.stride_tricks.sliding_window_view(x, span, axis=1)
    windows = windows[:, ::strides, :, ::dilation_rate]
    matrix = kernel.transpose(1, 0, 2).reshape(-1, filters).astype("f8")
    y = np.empty((len(x), new_length, filters))
    step = max(1, _AT_ONCE // (len(x) * len(matrix)))
    for start in range(0, new_length, step):
        part = windows[:, start : start + step]
        y[:, start : start + step] = part.reshape(*part.shape[:2], -1) @ matrix
    return y if bias is None else y + bias


def dense(
    x: Values,
    kernel: npt.NDArray[np.floating],
    bias: npt.NDArray[np.floating] | None = None,
) -> Values:
    """(..., channels) @ (channels, units) + (units,)."""
    check_size(math.prod(x.shape[:-1]) * kernel.shape[-1])
    y = x @ kernel.astype("f8")
    return y if bias is None else y + bias


def batch_normalization(
    x: Values,
    gamma: npt.NDArray[np.floating],
    beta: npt.NDArray[np.floating],
    mean: npt.NDArray[np.floating],
    variance: npt.NDArray[np.floating],
    *,
    epsilon: float = 1e-3,
) -> Values:
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta, channel by channel."""
    return (x - mean) / np.sqrt(variance.astype("f8") + epsilon) * gamma + beta


def max_pooling1d(
    x: Values, pool_size: int, strides: int | None = None, padding: str = "valid"
) -> Values:
    """The maximum of windows over the length; "same" reads nothing beyond the ends."""
    strides = strides or pool_size
    if pool_size < 1 or strides < 1 or padding not in ("valid", "same"):
        raise WeightsError(f"pooling by {pool_size}, {strides}, {padding!r:.80}")
    if padding == "same":
        total = (-(-x.shape[1] // strides) - 1) * strides + pool_size - x.shape[1]
        check_size(len(x) * (x.shape[1] + max(total, 0)) * x.shape[2])
        ends = (max(total, 0) // 2, max(total, 0) - max(total, 0) // 2)
        x = np.pad(x, ((0, 0), ends, (0, 0)), constant_values=-np.inf)
    if pool_size > x.shape[1]:
        raise WeightsError(f"pooling by {pool_size:,} of {x.shape[1]:,} positions")
    windows = np.lib.stride_tricks.sliding_window_view(x, pool_size, axis=1)
    found: Values = windows[:, ::strides].max(-1)
    return found


def log_sum_exp(x: Values) -> Values:
    """ln(sum(exp(x))) over the last axis, which stays, 1 wide."""
    largest = x.max(-1, keepdims=True)
    total: Values = largest + np.log(np.exp(x - largest).sum(-1, keepdims=True))
    return total


def check_size(values: int) -> None:
    """Refuses an array that no network of this field needs.

    Raises:
        WeightsError: It is larger than `MAXIMUM_VALUES`.
    """
    if values > MAXIMUM_VALUES:
        raise WeightsError(f"{values:,} values are more than {MAXIMUM_VALUES:,}")


def _sigmoid(x: Values) -> Values:
    return np.exp(-np.logaddexp(0, -x))


def _softmax(x: Values) -> Values:
    return np.exp(x - log_sum_exp(x))


def _gelu(x: Values) -> Values:
    return 0.5 * x * (1 + np.vectorize(math.erf, otypes="d")(x / math.sqrt(2)))


#: By Keras's name.
ACTIVATIONS: dict[str, Callable[[Values], Values]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "gelu": _gelu,
    "silu": lambda x: x * _sigmoid(x),
    "swish": lambda x: x * _sigmoid(x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "tanh": np.tanh,
    "exponential": np.exp,
    "sigmoid": _sigmoid,
    "softmax": _softmax,
    "softplus": lambda x: np.logaddexp(0, x),
}


def activate(x: Values, activation: str) -> Values:
    """An activation by Keras's name.

    Raises:
        WeightsError: It is none of `ACTIVATIONS`.
    """
    if activation not in ACTIVATIONS:
        raise WeightsError(
            f"activation {activation!r:.80} is not known. Known: "
            f"{', '.join(ACTIVATIONS)}"
        )
    return ACTIVATIONS[activation](x)
