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
    Case(
        conv(kernel_size=4, strides=3),
        4,
        lambda b, n: (b, (n - 4) // 3 + 1, 6),
        True,
        lengths=(19,),
    ),
    Case(
        conv(kernel_size=5, strides=2, padding="same"),
        4,
        lambda b, n: (b, (n + 1) // 2, 6),
        True,
        lengths=(13,),
    ),
    Case(
        conv(kernel_size=5, palindromic_filters=2),
        4,
        lambda b, n: (b, n - 4, 6),
        True,
        pairing=(5, 4, 2, 3, 1, 0),
    ),
    Case(
        conv(kernel_size=3, pairing=(1, 0, 5, 3, 4, 2), input_pairing=(0, 2, 1)),
        3,
        lambda b, n: (b, n - 2, 6),
        True,
        input_pairing=(0, 2, 1),
        pairing=(1, 0, 5, 3, 4, 2),
    ),
]
