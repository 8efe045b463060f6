"""What sequences are designed for: one number made of a model's targets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import keras
from keras import ops

from zoo.errors import InputError
from zoo.interpretation.targets import Target, Targets, targets_of


@dataclass(frozen=True)
class Reach:
    """A value that an output is to have, neither less nor more.

    Attributes:
        value: In units of the output, a logit of most models of this zoo.
        weight: Of its distance to the value, against the other outputs of a goal.
    """

    value: float
    weight: float = 1.0


#: The name of an output to raise; or weights by name, below 0 to lower one, and values
#: to reach.
GoalLike = str | Mapping[str, float | Reach]


class Goal:
    """A score of sequences, which a design raises.

        score = sum of w_k t_k over outputs to raise or to lower
              - sum of w_k |t_k - v_k| over outputs that are to reach v_k

    Args:
        model: Whose outputs t are.
        goal: What they are to be. A name that stands for several outputs, as that of
            a head does, has each of them.
        reduction: Of the bins of a profile, as in
            `zoo.interpretation.targets.targets_of`.

    Attributes:
        targets: The outputs, in the order of the goal.

    Raises:
        InputError: No such outputs, or no such goal.
    """

    def __init__(
        self, model: keras.Model, goal: GoalLike, reduction: str | None = None
    ) -> None:
        wanted = {goal: 1.0} if isinstance(goal, str) else goal
        if not isinstance(wanted, Mapping) or not wanted:
            raise InputError(
                "Expected goal to be the name of an output, or weights and values to "
                f"reach by name: {{'tf_1': 1, 'tf_2': -1}}. Received: {goal!r}"
            )
        profiles = {
            name
            for target in targets_of(model, [*wanted], reduction=reduction).all
            if target.reduction
            for name in (target.head, target.name, *target.name.split("+"))
        }
        found: list[Target] = []
        self._aims: list[tuple[float, float | None]] = []
        for name, aim in wanted.items():
            reduced = reduction if name in profiles else None
            targets = targets_of(model, name, reduction=reduced).all
            found += targets
            self._aims += [_aim(name, aim)] * len(targets)
        self.targets = Targets(found)

    def __call__(self, values: Any) -> Any:
        """The score.

        Args:
            values: Of the targets, (..., target), an array or a tensor.

        Returns:
            (...), of the same kind.
        """
        total: Any = 0.0
        for place, (weight, value) in enumerate(self._aims):
            each = values[..., place]
            total = total + weight * (each if value is None else -abs(each - value))
        return total

    def as_targets(self) -> Targets:
        """The score as the only target, through which gradients pass."""
        return _Score(self)


class _Score(Targets):
    def __init__(self, goal: Goal) -> None:
        super().__init__(goal.targets.all)
        self._goal = goal

    def __call__(self, outputs: Mapping[str, Any]) -> Any:
        return ops.expand_dims(self._goal(super().__call__(outputs)), -1)

    def __len__(self) -> int:
        return 1


def _aim(name: str, aim: float | Reach) -> tuple[float, float | None]:
    """A weight, and the value to reach."""
    weight, value = (aim.weight, aim.value) if isinstance(aim, Reach) else (aim, None)
    numbers = [weight] if value is None else [weight, value]
    for number in numbers:
        if not isinstance(number, Real) or not math.isfinite(number):
            raise InputError(
                f"goal {name!r}: expected a weight, such as 1 or -0.5, or Reach(2.0). "
                f"Received: {aim!r}"
            )
    if weight == 0 or (value is not None and weight < 0):
        least = "other than 0" if value is None else "above 0"
        raise InputError(
            f"goal {name!r}: expected a weight {least}. Received: {weight!r}"
        )
    return float(weight), None if value is None else float(value)
