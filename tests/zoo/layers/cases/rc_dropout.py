from __future__ import annotations

from tests.zoo.layers.contract import Case
from zoo.layers import RCDropout

CASES = [
    Case(
        lambda name, spatial=spatial: RCDropout(
            0.4, spatial=spatial, seed=1, name=name
        ),
        6,
        lambda b, n: (b, n, 6),
        True,
    )
    for spatial in (False, True)
]
