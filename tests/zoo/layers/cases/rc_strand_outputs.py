from __future__ import annotations

from tests.zoo.layers.contract import Case
from zoo.layers import RCStrandOutputs

CASES = [
    Case(
        lambda name: RCStrandOutputs(2, 1, kernel_size=5, name=name),
        6,
        lambda b, n: (b, n, 5),
        True,
        pairing=(1, 0, 3, 2, 4),
    ),
    Case(
        lambda name: RCStrandOutputs(0, 2, kernel_size=4, padding="valid", name=name),
        6,
        lambda b, n: (b, n - 3, 2),
        True,
        pairing=(0, 1),
    ),
]
