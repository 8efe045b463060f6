"""What is explained: numbers made of a model's outputs, one per sequence each."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from zoo.errors import InputError, check_choice
from zoo.inspection.symmetry.wrappers import last_activation
from zoo.models.creation import called
from zoo.models.interface import outputs_of
from zoo.models.outputs import declared_of

#: How the bins of a profile become one number.
REDUCTIONS = ("sum", "mean", "max", "center", "profile")

_TINY = 1e-30  # the logarithm of a probability of 0 is none


@dataclass(frozen=True)
class Target:
    """One number of each sequence.

    Attributes:
        name: The output's. Outputs that one target is made of are joined by "+", and a
            name that several heads have is behind that of its head: "counts_dyads".
        head: The output of the Keras model, by its name in
            `zoo.models.interface.outputs_of`.
        columns: Places along its last axis; one, but for the reduction "profile".
        reduction: One of `REDUCTIONS` of a profile, else None.
        among: None, "logits" or "probabilities" of classes: the mean of the logits of
            all classes, or of the logarithms of their probabilities, is subtracted.
    """

    name: str
    head: str
    columns: tuple[int, ...]
    reduction: str | None = None
    among: str | None = None

    def of(self, output: Any, columns: Sequence[int]) -> Any:
        """The values of targets that differ in their columns only.

        Args:
            output: Of the head, (batch, outputs) or (batch, bins, outputs).
            columns: Of the targets; those of one with the reduction "profile".

        Returns:
            float32 (batch, target).
        """
        values = ops.cast(output, "float32")
        if self.among == "probabilities":
            values = ops.log(ops.maximum(values, _TINY))
        if self.among:
            values = values - ops.mean(values, axis=-1, keepdims=True)
        if tuple(columns) != tuple(range(values.shape[-1])):
            values = ops.take(values, list(columns), axis=-1)
        if self.reduction is None:
            return values
        if self.reduction == "profile":
            values = ops.reshape(values, (ops.shape(values)[0], -1))
            shares = ops.stop_gradient(ops.softmax(values, axis=-1))
            centered = values - ops.mean(values, axis=-1, keepdims=True)
            return ops.sum(shares * centered, axis=-1, keepdims=True)
        if self.reduction == "center":
            return values[:, ops.shape(values)[1] // 2]
        reduced: Any = getattr(ops, self.reduction)
        return reduced(values, axis=1)


class Targets:
    """Several targets of one model, as `targets_of` makes them.

    Attributes:
        all: In order.
        names: Theirs.
        heads: The outputs of the model that they read.
    """

    def __init__(self, targets: Sequence[Target]) -> None:
        self.all = tuple(targets)
        self.names = tuple(target.name for target in self.all)
        self.heads = tuple(dict.fromkeys(target.head for target in self.all))
        # A head may have thousands, which are taken of it at once.
        alike = itertools.groupby(
            self.all,
            lambda t: (t.head, t.reduction, t.reduction == "profile" and t.name),
        )
        self._groups = [list(group) for _, group in alike]

    def __call__(self, outputs: Mapping[str, Any]) -> Any:
        """Their values, through which gradients pass.

        Args:
            outputs: By the name of the head, (batch, outputs) or (batch, bins,
                outputs) tensors, as `zoo.models.interface.by_name` has them of a call.

        Returns:
            float32 (batch, target).
        """
        found = []
        for group in self._groups:
            columns = [column for each in group for column in each.columns]
            found.append(group[0].of(outputs[group[0].head], columns))
        return found[0] if len(found) == 1 else ops.concatenate(found, axis=-1)

    def __len__(self) -> int:
        return len(self.all)

    def __repr__(self) -> str:
        return f"Targets({', '.join(self.names)})"


@dataclass(frozen=True)
class _Head:
    name: str
    is_profile: bool
    among: str | None
    names: tuple[str, ...]  # of its outputs, which no other head has
    own: tuple[str, ...]  # as the release has them
    partners: tuple[str | None, ...] | None

    def place(self, output: str) -> int | None:
        for names in (self.names, self.own):
            if output in names:
                return names.index(output)
        return None


def targets_of(
    model: keras.Model,
    outputs: str | Sequence[str] | None = None,
    *,
    reduction: str | None = None,
) -> Targets:
    """The numbers of a model that are to be explained, one per sequence each.

    They are what the model returns: logits, of the models of this zoo. A class among
    several (activation "softmax") is its logit minus the mean of all classes' logits,
    which a constant added to all of them, as it leaves the probabilities, leaves too.

    Args:
        model: Its outputs are (batch, outputs) or profiles, (batch, bins, outputs).
        outputs: Their names, see `zoo.output_names`; "output_0", ... where nobody has
            named them, "HEAD_0", ... of a model with several heads, and "HEAD_NAME"
            where several heads have an output of one name. The name of a head stands
            for all outputs that it has. None for all of the only head, or the only one
            that is no profile, or the only profile if there is a `reduction`.
        reduction: Of the bins of a profile: their "sum", "mean" or "max", the one in
            the "center" (of an even number the one behind the middle), or "profile":
            sum_i p_i (z_i - mean of z), with z the logits and p their softmax, through
            which no gradient passes, over the bins i of the outputs that are one
            target. Those are the partners on the two strands, as plus and minus of one
            factor, as far as both are chosen, and all that are chosen where nobody has
            declared partners.

    Raises:
        InputError: No such output or reduction, or it must be said which: names of
            classes, a reduction of a profile, a head. It names the choices.

    Source:
        Classes: Shrikumar, Greenside and Kundaje 2017, arXiv:1704.02685, section 3.6.
        "profile": Avsec et al. 2021, doi:10.1038/s41588-021-00782-6, as ChromBPNet has
        it; over both strands together, as in bpnet-lite's `ProfileWrapper`. That gives
        the same values, but lets gradients pass the softmax, and contributions differ.
        One output chosen alone has a softmax of its own.
    """
    check_choice("reduction", reduction, (None, *REDUCTIONS))
    heads = _heads(model)
    chosen = _chosen(model, heads, outputs, reduction)
    found: list[Target] = []
    for head, places in chosen.items():
        if not head.is_profile:
            found += [_target(head, (place,), None) for place in places]
            continue
        if reduction is None:
            raise InputError(
                f"Expected reduction=, as output {head.name!r} of {called(model)} is a "
                "profile, whose bins become one number by one of "
                f"{', '.join(map(repr, REDUCTIONS))}. Received: reduction=None"
            )
        groups = (
            _together(head, places)
            if reduction == "profile"
            else [(place,) for place in places]
        )
        found += [_target(head, group, reduction) for group in groups]
    if reduction is not None and not any(target.reduction for target in found):
        raise InputError(
            "Expected reduction=None, as none of the chosen outputs is a profile: "
            f"{', '.join(target.name for target in found)}. Received: "
            f"reduction={reduction!r}"
        )
    return Targets(found)


def on_the_other_strand(model: keras.Model, targets: Targets) -> Targets:
    """What the reverse complement of a sequence gives in the place of each target.

    An output that nobody has declared is taken for its own partner.

    Raises:
        InputError: An output says something of one strand only.
    """
    heads = {head.name: head for head in _heads(model)}
    found = []
    for target in targets.all:
        head = heads[target.head]
        places = tuple(_partner(head, place) for place in target.columns)
        found.append(_target(head, places, target.reduction))
    return Targets(found)


def _partner(head: _Head, place: int) -> int:
    if head.partners is None:
        return place
    partner = head.partners[place]
    if partner is None:
        raise InputError(
            "Expected an output with a partner on the other strand for both strands. "
            f"Received: {head.names[place]!r}, which says something of one strand only."
        )
    return head.own.index(partner)


def _heads(model: keras.Model) -> list[_Head]:
    tensors = outputs_of(model)
    own: dict[str, tuple[str, ...]] = {}
    partners: dict[str, tuple[str | None, ...] | None] = {}
    for name, tensor in tensors.items():
        if len(tensor.shape) not in (2, 3) or tensor.shape[-1] is None:
            raise InputError(
                "Expected outputs (batch, outputs) or (batch, bins, outputs). "
                f"Received: {called(model)} with output {name!r} of shape "
                f"{tuple(tensor.shape)}."
            )
        known = declared_of(tensor)
        prefix = name if len(tensors) > 1 else "output"
        own[name] = (
            tuple(f"{prefix}_{place}" for place in range(tensor.shape[-1]))
            if known is None
            else tuple(output.name for output in known)
        )
        partners[name] = (
            None
            if known is None
            else tuple(output.reverse_complement_partner for output in known)
        )
    every = [output for names in own.values() for output in names]
    return [
        _Head(
            name,
            len(tensor.shape) == 3,
            _among(tensor),
            tuple(n if every.count(n) == 1 else f"{name}_{n}" for n in own[name]),
            own[name],
            partners[name],
        )
        for name, tensor in tensors.items()
    ]


def _among(tensor: Any) -> str | None:
    """Whether outputs are classes, of which one says nothing without the others."""
    if tensor.shape[-1] == 1:
        return None
    if last_activation(tensor) == "softmax":
        return "probabilities"
    known = declared_of(tensor)
    return "logits" if known and known[0].activation == "softmax" else None


def _chosen(
    model: keras.Model,
    heads: Sequence[_Head],
    outputs: str | Sequence[str] | None,
    reduction: str | None,
) -> dict[_Head, list[int]]:
    """The places of the outputs, by head, in the order in which they are named."""
    choices = ", ".join(repr(name) for head in heads for name in head.names)
    if outputs is None:
        like = [head for head in heads if head.is_profile == (reduction is not None)]
        fitting = heads if len(heads) == 1 else like
        if len(fitting) != 1:
            raise InputError(
                f"Expected outputs=, some of {choices}, as {called(model)} has the "
                f"heads {', '.join(repr(head.name) for head in heads)}. Received: none."
            )
        head = fitting[0]
        if head.among:
            raise InputError(
                f"Expected outputs=, some of the classes {choices}, as those of "
                f"{called(model)} exclude one another. Received: none."
            )
        return {head: list(range(len(head.names)))}
    found: dict[_Head, list[int]] = {}
    by_head = {head.name: head for head in heads}
    for output in [outputs] if isinstance(outputs, str) else outputs:
        head_of = by_head.get(output) if len(heads) > 1 else None
        places = (
            [(head, head.place(output)) for head in heads]
            if head_of is None
            else [(head_of, place) for place in range(len(head_of.names))]
        )
        known = [(head, place) for head, place in places if place is not None]
        if not known or (head_of is None and len(known) > 1):
            raise InputError(
                f"Expected outputs= of {called(model)} among {choices}. Received: "
                f"{output!r}"
            )
        for head, place in known:
            if place not in found.setdefault(head, []):
                found[head].append(place)
    if not found:
        raise InputError(f"Expected outputs=, some of {choices}. Received: none.")
    return found


def _together(head: _Head, places: Sequence[int]) -> list[tuple[int, ...]]:
    """The outputs that share a softmax."""
    if head.partners is None:
        return [tuple(places)]
    groups: dict[frozenset[str], list[int]] = {}
    for place in places:
        pair = {head.own[place], head.partners[place] or head.own[place]}
        groups.setdefault(frozenset(pair), []).append(place)
    return [tuple(group) for group in groups.values()]


def _target(head: _Head, places: tuple[int, ...], reduction: str | None) -> Target:
    name = "+".join(head.names[place] for place in places)
    return Target(name, head.name, places, reduction, head.among)
