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
]
