from __future__ import annotations

from tests.zoo.layers.contract import Case
from zoo.layers import GappedKmerEmbedding

CASES = [
    Case(
        lambda name: GappedKmerEmbedding(
            ("111", "1011", "1001011"), 5, scale=0.5, name=name
        ),
        channels,
        lambda b, n: (b, 5),
        True,
        pairing=range(5),
        differentiable=False,
        pooled=True,
    )
    for channels in (4, None)
]
