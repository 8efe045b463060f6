from __future__ import annotations

from tests.zoo.layers.contract import Case
from zoo.layers import RCLayerNormalization

PAIRING = (2, 1, 0, 4, 3, 5)
CASES = [
    Case(lambda name: RCLayerNormalization(name=name), 6, lambda b, n: (b, n, 6), True),
    Case(
        lambda name: RCLayerNormalization(pairing=PAIRING, center=False, name=name),
        6,
        lambda b, n: (b, n, 6),
        True,
        input_pairing=PAIRING,
        pairing=PAIRING,
    ),
]
