from __future__ import annotations

from tests.zoo.layers.contract import Case
from zoo.layers import AttentionPooling

# The weights of a position are learned for one strand: the other has other weights.
CASES = [
    Case(
        lambda name, heads=heads: AttentionPooling(num_heads=heads, name=name),
        6,
        lambda b, n: (b, 6),
        equivariant=False,
        pooled=True,
    )
    for heads in (1, 3)
] + [
    Case(
        lambda name: AttentionPooling(num_heads=6, pool_size=3, name=name),
        6,
        lambda b, n: (b, n // 3, 6),
        equivariant=False,
    )
]
