"""The table [search] of a configuration: what `seqzoo tune` tries.

Importing this imports neither NumPy nor Keras.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Range:
    """The values of one key that a search tries.

    Attributes:
        low: The smallest; whole if both are whole.
        high: The largest.
        log: Whether equal factors are equally likely, not equal differences.
        choices: The values themselves, in place of low and high.
    """

    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Search:
    """A search for hyperparameters, by `seqzoo tune`.

    Attributes:
        trials: How many configurations are tried.
        prune: Whether a trial ends early that is worse than the median of the others.
        space: Ranges by the place of a key, such as "optimizer.learning_rate".
    """

    space: dict[str, Range]
    trials: int = 20
    prune: bool = True
