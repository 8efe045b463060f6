from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from tests.zoo.layers.contract import Case
from zoo.layers import RCConv1D


def conv(**arguments: Any) -> Callable[..., keras.layers.Layer]:
    return lambda name: RCConv1D(6, bias_initializer="normal", name=name, **arguments)


CASES = [
    Case(conv(kernel_size=5), 4, lambda b, n: (b, n - 4, 6), True),
    Case(
        conv(kernel_size=3, dilation_rate=2, padding="same"),
        8,
        lambda b, n: (b, n, 6),
        True,
    ),
    Case(
        conv(kernel_size=4, use_bias=False, dilation_rate=3),
        2,
        lambda b, n: (b, n - 9, 6),
        True,
    ),
]
