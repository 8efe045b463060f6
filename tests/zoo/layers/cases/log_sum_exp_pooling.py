from __future__ import annotations

from tests.zoo.layers.contract import Case
from zoo.layers import LogSumExpPooling

CASES = [
    Case(
        lambda name, arguments=arguments: LogSumExpPooling(name=name, **arguments),
        6,
        lambda b, n: (b, 6),
        # What is learned has a value per channel, which differs between partners.
        equivariant="learn_temperature" not in arguments,
        pooled=True,
    )
    for arguments in (
        {},
        {"temperature": 0.5, "reduction": "mean"},
        {"background": -1.0, "temperature": 2.0},
        {"background": 0.5, "learn_background": True, "learn_temperature": True},
    )
]
