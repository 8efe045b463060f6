from __future__ import annotations

from tests.zoo.layers.contract import Case
from zoo.layers import RCDense

PAIRING = (1, 0, 4, 3, 2)
CASES = [
    Case(lambda name: RCDense(4, name=name), 6, lambda b, n: (b, n, 4), True),
    Case(
        lambda name: RCDense(
            5, pairing=PAIRING, input_pairing=(0, 2, 1), use_bias=False, name=name
        ),
        3,
        lambda b, n: (b, n, 5),
        True,
        input_pairing=(0, 2, 1),
        pairing=PAIRING,
    ),
]
