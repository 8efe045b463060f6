from __future__ import annotations

from tests.zoo.layers.contract import Case
from zoo.layers import ReverseComplement

CASES = [
    Case(lambda name: ReverseComplement(name=name), 4, lambda b, n: (b, n, 4), True)
]
