"""Kinds of exercises: what is asked of an answer, and what each wrong one is told."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Hint = str
_UNFINISHED = "It is not finished: {what} is None, or has a None in it."
_NOT_FINITE = (
    "It has an infinity or a NaN in it: a division by zero, the logarithm of zero, or "
    "an exponential that overflows."
)


@dataclass(frozen=True)
class Computed:
    """A function, which is called on inputs.

    Attributes:
        solution: What is right, of the arguments; written apart from the solution
            that is shown.
        mistakes: By the hint for it, what somebody computes who makes a mistake.
        inputs: Arguments, call by call.
        tolerance: Of numbers, relative to the larger of the two; 1e-9 is always
            tolerated.
    """

    solution: Callable[..., Any]
    mistakes: Mapping[Hint, Callable[..., Any]]
    inputs: Sequence[tuple[Any, ...]]
    tolerance: float = 1e-6

    def judge(self, name: str, values: Sequence[Any]) -> Hint | None:
        """The hint for a wrong answer, None for a right one."""
        wrong = [
            i
            for i, is_right in enumerate(self._compare(self.solution, values))
            if not is_right
        ]
        if not wrong:
            return None
        arguments, value = self.inputs[wrong[0]], values[wrong[0]]
        right = self.solution(*arguments)
        call = shortened(f"{name}({', '.join(map(repr, arguments))})")
        told = f"{call} is {shortened(repr(value))}"
        if any(each is None for each in flat(value)):
            return _UNFINISHED.format(what=call)
        for hint, mistake in self.mistakes.items():
            # In all cases: some show no difference between a mistake and what is right.
            if all(self._compare(mistake, values)):
                return f"{told}. {hint}"
        if shape(value) != shape(right):
            return f"{told}. Expected {shape(right)}, received {shape(value)}."
        if any(
            isinstance(each, float) and not math.isfinite(each) for each in flat(value)
        ):
            return f"{told}. {_NOT_FINITE}"
        if isinstance(value, list) and len(value) != len(right):
            return f"{told}. How many entries are there to be? It has {len(value)}."
        others = len(values) - len(wrong)
        more = "other case is" if others == 1 else "other cases are"
        rest = f" {others} {more} right." if others else ""
        return f"{told}, which is wrong.{rest} Work this case out by hand."

    def _compare(
        self, function: Callable[..., Any], values: Sequence[Any]
    ) -> list[bool]:
        """Whether a function returns these values, input by input."""
        return [
            same(function(*arguments), value, self.tolerance)
            for arguments, value in zip(self.inputs, values, strict=True)
        ]


@dataclass(frozen=True)
class Chosen:
    """A word for each of several questions.

    Attributes:
        solution: The right word by question.
        words: Those to choose from.
        mistakes: Hints, by question and wrong word; "" stands for any other.
    """

    solution: Mapping[str, str]
    words: Sequence[str]
    mistakes: Mapping[tuple[str, str], Hint]
    inputs: Sequence[tuple[Any, ...]] = field(default=(), init=False)

    def judge(self, name: str, values: Sequence[Any]) -> Hint | None:
        """The hint for the first wrong word, None for a right answer."""
        (answer,) = values
        if not isinstance(answer, dict) or answer.keys() != self.solution.keys():
            return (
                f"{name} is a dictionary with these keys: {', '.join(self.solution)}."
            )
        for question, right in self.solution.items():
            word = answer[question]
            if word is None:
                return _UNFINISHED.format(what=f"{name}[{question!r}]")
            if word not in self.words:
                return (
                    f"{question}: expected one of {', '.join(self.words)}. "
                    f"Received: {shortened(repr(word))}."
                )
            if word != right:
                hint = self.mistakes.get((question, word))
                return f"{question}: {hint or self.mistakes[question, '']}"
        return None


@dataclass(frozen=True)
class NetworkSize:
    """What is measured of a design.

    Attributes:
        receptive_field: bp that one unit sees by convolutions and pools alone.
        parameters: Those that training changes.
        multiply_adds: Per sequence.
    """

    receptive_field: int
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class Designed:
    """Arguments of an architecture, whose network is built and measured.

    Attributes:
        architecture: As `zoo.create` takes it.
        sequence_length: In bp, at which it is built.
        arguments: Those that an answer may set.
        needs: By the hint for where it does not hold, what is to hold. A hint may
            name what is measured, in braces.
        mistakes: By the same hints, an answer of which each does not hold.
        least: The smallest value of an argument, where it has one.
        most: The largest number in an answer.
    """

    architecture: str
    sequence_length: int
    arguments: Sequence[str]
    needs: Mapping[Hint, Callable[[NetworkSize], bool]]
    mistakes: Mapping[Hint, Mapping[str, Any]]
    least: Mapping[str, int] = field(default_factory=dict)
    most: int = 256
    inputs: Sequence[tuple[Any, ...]] = field(default=(), init=False)

    def refusal(self, name: str, answer: Any) -> Hint | None:
        """Why an answer is not built at all, or None."""
        allowed = ", ".join(self.arguments)
        if not isinstance(answer, dict):
            return f"{name} is a dictionary of arguments: {allowed}."
        numbers = flat(answer)
        if any(each is None for each in numbers):
            return _UNFINISHED.format(what=name)
        if other := sorted(answer.keys() - set(self.arguments)):
            return f"Only these may be set: {allowed}. Received: {shortened(other[0])}."
        if len(numbers) > 32 or not all(
            isinstance(each, int) and 1 <= each <= self.most for each in numbers
        ):
            return f"Expected whole numbers from 1 to {self.most}, and at most 32."
        for argument, least in self.least.items():
            if min(flat(answer.get(argument, least)), default=least) < least:
                return f"Expected {argument} of at least {least}, in each entry."
        return None

    def judge_network(self, measured: NetworkSize) -> Hint | None:
        """The hint for the first need that is not met."""
        for hint, holds in self.needs.items():
            if not holds(measured):
                return hint.format(
                    **{name: f"{value:,}" for name, value in vars(measured).items()}
                )
        return None


Check = Computed | Chosen | Designed


def flat(value: Any) -> list[Any]:
    """All that is in lists in lists, and the values of dictionaries."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [inner for each in value for inner in flat(each)]
    return [value]


def shape(value: Any) -> str:
    """What a value is, in words, but not how long: that may be part of the answer."""
    if isinstance(value, bool):
        return "True or False"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, (list, tuple)):
        kinds = list(dict.fromkeys(map(shape, value)))
        return f"a list, each {' or '.join(kinds)}" if kinds else "an empty list"
    return type(value).__name__


def same(right: Any, value: Any, tolerance: float) -> bool:
    """Whether a value is the right one, numbers within a tolerance."""
    if isinstance(right, (list, tuple)) and isinstance(value, (list, tuple)):
        return len(right) == len(value) and all(
            same(each, other, tolerance)
            for each, other in zip(right, value, strict=True)
        )
    numbers = isinstance(right, (int, float)) and isinstance(value, (int, float))
    if numbers and not isinstance(right, bool) and not isinstance(value, bool):
        return math.isclose(right, value, rel_tol=tolerance, abs_tol=1e-9)
    return type(right) is type(value) and bool(right == value)


def shortened(text: str, most: int = 100) -> str:
    """Not more than a line of it."""
    return text if len(text) <= most else f"{text[: most - 3]}..."
