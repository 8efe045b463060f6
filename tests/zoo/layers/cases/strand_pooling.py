from __future__ import annotations

from tests.zoo.layers.contract import Case
from zoo.layers import StrandPooling

CASES = [
    Case(
        lambda name, pooling=pooling: StrandPooling(pooling, name=name),
        8,
        lambda b, n: (b, n, 4),
        True,
        pairing=(0, 1, 2, 3),  # no partners are left to swap
    )
    for pooling in ("average", "max")
] + [
    Case(
        lambda name: StrandPooling(pairing=(2, 1, 0, 4, 3, 5), name=name),
        6,
        lambda b, n: (b, n, 4),
        True,
        input_pairing=(2, 1, 0, 4, 3, 5),
        pairing=(0, 1, 2, 3),
    )
]
