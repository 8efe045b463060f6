from __future__ import annotations

from tests.zoo.layers.contract import Case
from zoo.layers import SwapStrands

CASES = [
    Case(
        lambda name: SwapStrands((2, 1, 0), name=name), 3, lambda b, n: (b, n, 3), True
    ),
    Case(
        lambda name: SwapStrands(name=name),
        2,
        lambda b, n: (b, n, 2),
        True,
        input_pairing=(0, 1),
        pairing=(0, 1),
    ),
]
