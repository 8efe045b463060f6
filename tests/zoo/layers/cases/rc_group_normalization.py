from __future__ import annotations

from tests.zoo.layers.contract import Case
from zoo.layers import RCGroupNormalization

PAIRING = (1, 0, 4, 5, 2, 3)
CASES = [
    Case(
        lambda name, groups=groups: RCGroupNormalization(groups, name=name),
        6,
        lambda b, n: (b, n, 6),
        True,
    )
    for groups in (1, 3, -1)
] + [
    Case(
        lambda name: RCGroupNormalization(3, pairing=PAIRING, scale=False, name=name),
        6,
        lambda b, n: (b, n, 6),
        True,
        input_pairing=PAIRING,
        pairing=PAIRING,
    )
]
