"""What of a model is computed by windows, and what in full from there on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import lcm

import keras

from zoo.inspection.graph import Call, Graph, Tensor
from zoo.interpretation.mutagenesis.convolutions import Convolution, Scale
from zoo.interpretation.mutagenesis.rules import has_rule, steps_of
from zoo.interpretation.mutagenesis.steps import ChangeStep


@dataclass
class MutationPlan:
    """A model at one length, in the order in which it is computed.

    Attributes:
        sequence: The input that is mutated.
        others: The other inputs, by name.
        calls: Those computed of the reference, with their steps.
        steps: All steps.
        done: By the number of the step, the tensors that no later step reads.
        rest: Calls that are computed in full.
        border: What `rest` and the outputs read of the reference and of the steps, with
            the tensor whose change is theirs.
        outputs: By name.
        strides: Bases for one position, of each tensor that changes along the sequence.
        period: Positions so far apart are computed alike.
        unknown: Names of layers that change along the sequence and have no rule.
    """

    sequence: Tensor
    others: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]
    calls: list[tuple[Call, list[ChangeStep]]] = field(default_factory=list)
    steps: list[ChangeStep] = field(default_factory=list)
    done: dict[int, list[Tensor]] = field(default_factory=dict)
    rest: list[Call] = field(default_factory=list)
    border: dict[Tensor, Tensor] = field(default_factory=dict)
    strides: dict[Tensor, int] = field(default_factory=dict)
    period: int = 1
    unknown: list[str] = field(default_factory=list)

    def stride(self, step: ChangeStep) -> int:
        """Bases for one position of what a step reads."""
        found = self.strides
        return next(found[source] for source in step.sources if source in found)


def planned(graph: Graph, sequence: str, outputs: Mapping[str, Tensor]) -> MutationPlan:
    """Follows what a mutation reaches.

    Args:
        graph: Of the model, at one length.
        sequence: The name of the input that is mutated.
        outputs: Those that are looked at, by name.
    """
    calls = _needed(graph.calls, outputs.values())
    others = dict(graph.inputs)
    found = MutationPlan(others.pop(sequence), others, outputs)
    found.strides[found.sequence] = 1
    uses = Counter(tensor for call in calls for tensor in set(call.inputs))
    uses.update(outputs.values())
    same: dict[Tensor, Tensor] = {}
    made: dict[Tensor, ChangeStep] = {}
    equal: dict[Tensor, list[Tensor]] = {}
    in_full: set[Tensor] = set()
    pooled: set[Tensor] = set()
    for call in calls:
        sources = [same.get(tensor, tensor) for tensor in call.inputs]
        if not in_full.isdisjoint(sources) or not pooled.isdisjoint(sources):
            steps = None
        elif not found.strides.keys().isdisjoint(sources):
            steps = _steps(call, sources, found.strides)
            if steps is None and not _expected(call):
                found.unknown.append(call.name)
        elif _makes_mask(call):
            steps = None
        else:
            found.calls.append((call, []))
            continue
        if steps is None:
            found.rest.append(call)
            in_full.update(call.outputs)
            continue
        kept = []
        for step in steps:
            before = made.get(step.sources[0])
            if (
                isinstance(step, Scale)
                and isinstance(before, Convolution)
                # Nobody else reads what the convolution makes, by any name.
                and all(uses[t] == 1 for t in equal[before.result])
            ):
                before.scaled(step.factor)
                same[step.result] = before.result
                equal[before.result].append(step.result)
                continue
            kept.append(step)
            made[step.result] = step
            equal[step.result] = [step.result]
            if step.pools:
                pooled.add(step.result)
            else:
                found.strides[step.result] = found.stride(step) * step.strides
        if not steps:
            same[call.outputs[0]] = sources[0]
            equal.setdefault(sources[0], []).append(call.outputs[0])
        found.calls.append((call, kept))
        found.steps += kept
    read = [tensor for call in found.rest for tensor in call.inputs]
    for tensor in (*read, *outputs.values()):
        if tensor not in in_full:
            found.border[tensor] = same.get(tensor, tensor)
    found.period = lcm(*found.strides.values())
    last = {source: n for n, step in enumerate(found.steps) for source in step.sources}
    kept_to_the_end = set(found.border.values())
    for tensor, number in last.items():
        if tensor not in kept_to_the_end:
            found.done.setdefault(number, []).append(tensor)
    return found


def _steps(
    call: Call, sources: Sequence[Tensor], strides: Mapping[Tensor, int]
) -> list[ChangeStep] | None:
    """Those of the call, if positions of all its inputs are equally far apart."""
    found = {strides[source] for source in sources if source in strides}
    dtype = getattr(call.operation, "compute_dtype", "float32")
    if len(found) > 1 or dtype != "float32":
        return None
    return steps_of(call, sources)


def _expected(call: Call) -> bool:
    """Whether nobody expects windows behind it."""
    return isinstance(call.operation, (keras.layers.Flatten, keras.layers.Reshape))


def _makes_mask(call: Call) -> bool:
    """Whether what it returns may have a mask, which only layers behind it see."""
    own = getattr(type(call.operation), "compute_mask", keras.Layer.compute_mask)
    return own is not keras.Layer.compute_mask and not has_rule(call.operation)


def _needed(calls: Sequence[Call], outputs: Iterable[Tensor]) -> list[Call]:
    """The calls behind some tensors."""
    needed = set(outputs)
    found = []
    for call in reversed(calls):
        if not needed.isdisjoint(call.outputs):
            found.append(call)
            needed.update(call.inputs)
    return found[::-1]
