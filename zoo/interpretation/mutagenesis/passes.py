"""The two passes in full: of the reference, and behind the last windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from zoo.inspection.graph import Call, Tensor
from zoo.interpretation.mutagenesis.compiling import Pass, compiled_pass
from zoo.interpretation.mutagenesis.plan import MutationPlan
from zoo.interpretation.targets import Targets
from zoo.layers.one_hot import one_hot


def reference_pass(plan: MutationPlan) -> Pass:
    """Codes and other inputs -> what each step needs, and the border.

    The inputs are uint8 codes (batch, length), then `plan.others`.
    """

    def run(arrays: Sequence[Any]) -> list[Any]:
        codes, *others = arrays
        values: dict[Tensor, Any] = {plan.sequence: one_hot(codes)}
        values |= dict(zip(plan.others.values(), others, strict=True))
        found = []
        for call, steps in plan.calls:
            _call(call, values)
            inputs = [values[tensor] for tensor in call.inputs]
            for step in steps:
                found.append(list(step.references(inputs, values[call.outputs[0]])))
        return [found, [values[tensor] for tensor in plan.border]]

    return compiled_pass(run)


def rest_pass(plan: MutationPlan, targets: Targets) -> Pass:
    """The border -> the targets, (batch, target)."""

    def run(arrays: Sequence[Any]) -> list[Any]:
        values = dict(zip(plan.border, arrays, strict=True))
        for call in plan.rest:
            _call(call, values)
        return [targets({name: values[t] for name, t in plan.outputs.items()})]

    return compiled_pass(run)


def _call(call: Call, values: dict[Tensor, Any]) -> None:
    """Computes what a call returns."""
    args, kwargs = keras.tree.map_structure(
        lambda leaf: values[leaf] if isinstance(leaf, Tensor) else leaf, call.arguments
    )
    results = keras.tree.flatten(call.operation(*args, **kwargs))
    values.update(zip(call.outputs, results, strict=True))
