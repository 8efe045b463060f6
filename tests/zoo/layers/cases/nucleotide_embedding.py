from __future__ import annotations

from tests.zoo.layers.contract import Case
from zoo.layers import NucleotideEmbedding

CASES = [
    Case(
        lambda name: NucleotideEmbedding(6, name=name),
        channels,
        lambda b, n: (b, n, 6),
        False,
        differentiable=channels == 4,
    )
    for channels in (4, None)
]
