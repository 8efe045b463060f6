from __future__ import annotations

from tests.zoo.layers.contract import Case
from zoo.layers import RCBatchNormalization

CASES = [
    Case(lambda name: RCBatchNormalization(name=name), 6, lambda b, n: (b, n, 6), True)
]
