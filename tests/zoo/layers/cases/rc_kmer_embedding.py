from __future__ import annotations

from tests.zoo.layers.contract import Case
from zoo.layers import RCKmerEmbedding

CASES = [
    Case(
        lambda name, k=k: RCKmerEmbedding(k, 6, name=name),
        channels,
        lambda b, n, k=k: (b, n - k + 1, 6),
        True,
        differentiable=False,
    )
    for channels in (4, None)
    for k in (1, 4)
] + [
    Case(
        lambda name: RCKmerEmbedding(2, 5, pairing=(1, 0, 2, 4, 3), name=name),
        None,
        lambda b, n: (b, n - 1, 5),
        True,
        pairing=(1, 0, 2, 4, 3),
        differentiable=False,
    )
]
