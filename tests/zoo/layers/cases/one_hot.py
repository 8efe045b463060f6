from __future__ import annotations

from tests.zoo.layers.contract import Case
from zoo.layers import OneHot

CASES = [
    Case(
        lambda name: OneHot(name=name),
        None,
        lambda b, n: (b, n, 4),
        True,
        differentiable=False,
    )
]
