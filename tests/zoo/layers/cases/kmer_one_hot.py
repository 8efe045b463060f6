from __future__ import annotations

from tests.zoo.layers.contract import Case
from zoo.layers import KmerOneHot

CASES = [
    Case(
        lambda name: KmerOneHot(2, name=name),
        channels,
        lambda b, n: (b, n - 1, 16),
        True,
        # The partner of a k-mer is its reverse complement: AA - TT, AC - GT ...
        pairing=[15 - (4 * (i % 4) + i // 4) for i in range(16)],
        differentiable=False,
    )
    for channels in (4, None)
]
