from __future__ import annotations

from tests.zoo.layers.contract import Case
from zoo.layers import KmerEmbedding

CASES = [
    Case(
        lambda name: KmerEmbedding(3, 5, name=name),
        channels,
        lambda b, n: (b, n - 2, 5),
        False,
        differentiable=False,
    )
    for channels in (4, None)
]
