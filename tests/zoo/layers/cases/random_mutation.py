from __future__ import annotations

from tests.zoo.layers.contract import Case
from zoo.layers import RandomMutation

# At inference it is the identity, which commutes with the reverse complement.
CASES = [
    Case(
        lambda name: RandomMutation(0.2, seed=0, name=name),
        4,
        lambda b, n: (b, n, 4),
        True,
    )
]
