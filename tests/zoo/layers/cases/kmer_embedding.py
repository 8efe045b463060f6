from __future__ import annotations

from tests.zoo.layers.contract import Case
from zoo.layers import KmerEmbedding

CASES = [
    Case(
        lambda name: KmerEmbedding(3, 5, name=name),
        4,
        lambda b, n: (b, n - 2, 5),
        False,
        differentiable=False,
    )
]
