"""The outputs of any model by name, and what becomes of each on the other strand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zoo.errors import InputError
from zoo.layers import pairings
from zoo.layers.swap_strands import check_shape, reverses

Pairings = Sequence[int] | Mapping[str, Sequence[int]] | None
Reversals = bool | Mapping[str, bool] | None
OutputPairs = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Rule:
    """What an output says on the other strand.

    Attributes:
        source: The output of the reverse complement that takes its place; itself,
            unless two outputs swap.
        pairing: Of its channels, or None.
        reverse_positions: Whether its positions are reversed.
    """

    source: str
    pairing: tuple[int, ...] | None
    reverse_positions: bool

    def changes(self, name: str) -> bool:
        """Whether the rule of this output is more than equality."""
        paired = self.pairing is not None and self.pairing != tuple(
            range(len(self.pairing))
        )
        return self.source != name or paired or self.reverse_positions


def like(outputs: Any, values: Mapping[str, Any]) -> Any:
    """Values by name in the structure of `outputs`: a tensor, a list or a dict."""
    if isinstance(outputs, Mapping):
        return {key: values[str(key)] for key in outputs}
    if isinstance(outputs, (list, tuple)):
        return list(values.values())
    return next(iter(values.values()))


def rules(
    shapes: Mapping[str, tuple[int | None, ...]],
    pairing: Pairings,
    reverse_positions: Reversals,
    output_pairs: OutputPairs,
) -> dict[str, Rule]:
    """The rule of each output, from the arguments of the public functions.

    Args:
        shapes: Of each output, with the batch.
        pairing: As in `zoo.inspection.symmetry.check`.
        reverse_positions: As in `zoo.inspection.symmetry.check`.
        output_pairs: As in `zoo.inspection.symmetry.check`.

    Raises:
        InputError: A name that no output has, or a rule that does not fit an output.
    """
    pairing_of = _each("pairing", pairing, shapes)
    reversals = (
        _each("reverse_positions", reverse_positions, shapes)
        if isinstance(reverse_positions, Mapping)
        else dict.fromkeys(shapes, reverse_positions)
    )
    sources = _sources(output_pairs, shapes)
    found = {}
    for name, shape in shapes.items():
        try:
            own = pairing_of.get(name)
            own = None if own is None else pairings.check(own)
            check_shape(shape, own, reversals.get(name))
        except ValueError as error:
            raise InputError(f"output {name!r}: {error}") from None
        reverse = reverses(len(shape), reversals.get(name))
        found[name] = Rule(sources[name], own, reverse)
    for name, rule in found.items():
        other = found[rule.source]
        same = (rule.pairing, rule.reverse_positions) == (
            other.pairing,
            other.reverse_positions,
        )
        if not same or shapes[name] != shapes[rule.source]:
            raise InputError(
                "Outputs that swap must have one shape and one rule. Received: "
                f"{name!r} of shape {shapes[name]} and {rule.source!r} of shape "
                f"{shapes[rule.source]}, with pairings {rule.pairing} and "
                f"{other.pairing}."
            )
    return found


def _each(
    argument: str, given: Any, shapes: Mapping[str, tuple[int | None, ...]]
) -> dict[str, Any]:
    """An argument by output: a mapping, or one value for the only output."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        if len(shapes) > 1:
            raise InputError(
                f"Expected {argument} as a dict by output name, as the model has "
                f"{len(shapes)} outputs: {', '.join(map(repr, shapes))}. "
                f"Received: {given!r}."
            )
        return dict.fromkeys(shapes, given)
    _check_names(argument, given, shapes)
    return dict(given)


def _sources(
    output_pairs: OutputPairs, shapes: Mapping[str, tuple[int | None, ...]]
) -> dict[str, str]:
    sources = {name: name for name in shapes}
    for pair in output_pairs:
        if isinstance(pair, str) or len(tuple(pair)) != 2:
            raise InputError(
                "Expected output_pairs as pairs of output names, e.g. [('plus', "
                f"'minus')]. Received: {pair!r}."
            )
        one, other = pair
        _check_names("output_pairs", pair, shapes)
        if sources[one] != one or sources[other] != other or one == other:
            raise InputError(
                "Expected each output in one pair, with another one. "
                f"Received: output_pairs with {pair!r}."
            )
        sources[one], sources[other] = other, one
    return sources


def _check_names(argument: str, names: Iterable[str], known: Iterable[str]) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(
            f"{argument}: expected names of outputs, {', '.join(map(repr, known))}. "
            f"Received: {', '.join(map(repr, unknown))}."
        )
