"""DeepLIFT: what differs between two sequences followed through a model's layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from zoo.errors import InputError
from zoo.inspection.graph import Call, Graph, Tensor
from zoo.interpretation.contributions import rules
from zoo.interpretation.contributions.differentiation import Tensors
from zoo.interpretation.contributions.gradients import PairStep, averaged
from zoo.interpretation.contributions.walking import follow, run
from zoo.interpretation.targets import Targets
from zoo.models.creation import called


class DeepLiftStep(PairStep):
    """Multipliers of pairs by the rescale rule, see `zoo.contributions`.

    Values of the sequences are computed once for all references; multipliers depend on
    both and are computed for each pair, in one pass back.

    Raises:
        InputError: The model has no graph.
    """

    def __init__(self, model: keras.Model, targets: Targets, length: int) -> None:
        super().__init__(model, targets, length)
        if self.graph is None:
            raise InputError(
                f"Expected a functional model for DeepLIFT. Received: {called(model)}, "
                f"a {type(model).__name__}. Use method='integrated_gradients'."
            )
        # By the id of the call, which lives as long as the graph.
        self._rules: dict[int, rules.Rule | None] = {}
        changing = {self.graph.inputs[self.sequence]}
        for call in self.graph.calls:
            if changing.intersection(call.inputs):
                self._rules[id(call)] = rules.rule_of(call, changing)
                changing.update(call.outputs)
        for target in targets.all:
            if target.among == "probabilities":
                # Less their mean, logits are linear in what the softmax reads, and that
                # gradient is the multiplier wherever it is taken.
                end = self.graph.outputs[self.names.index(target.head)]
                self._rules[id(_softmax_of(self.graph, end))] = rules.tangent

    def unknown(self) -> list[str]:
        """The layers whose gradient stands in for a rule."""
        return sorted(
            {
                f"{call.name!r} ({type(call.operation).__name__})"
                for call in (self.graph.calls if self.graph else ())
                if self._rules.get(id(call), run) is None
            }
        )

    def point(self, given: Tensors) -> Any:
        """The sequences (pair, position, 4)."""
        x, _, each = self.codes(given)
        return ops.repeat(x, each, axis=0)

    def value(self, point: Any, given: Tensors) -> tuple[Any, Tensors]:
        """The target along the path, and all targets of sequences and references."""
        x, references, each = self.codes(given)
        named = {
            name: rules.Pair(value, ops.repeat(value, each, axis=0), None)
            for name, value in self.further(given).items()
        }
        named[self.sequence] = rules.Pair(x, references, point)
        assert self.graph is not None
        found = follow(self.graph, self.names, named, self._compute)
        heads = {name: found[name] for name in self.targets.heads}
        ends = {name: rules.anchored(pair) for name, pair in heads.items()}
        other = {
            "values": self.targets({name: pair.x for name, pair in heads.items()}),
            "reference_values": self.targets(
                {name: pair.reference for name, pair in heads.items()}
            ),
        }
        return self.chosen(self.targets(ends), given), other

    def result(self, gradient: Any, point: Any, other: Tensors, given: Tensors) -> Any:
        """The mean over the references of a sequence."""
        del point
        x, references, each = self.codes(given)
        return {**averaged(gradient / each, x, references, each), **other}

    def _compute(self, call: Call, of: Callable[[Tensor], rules.Pair]) -> Any:
        pairs = [of(tensor) for tensor in call.inputs]
        if all(pair.path is None for pair in pairs):
            found = run(call, lambda tensor: of(tensor).x)
            copies = pairs[0].reference.shape[0] // pairs[0].x.shape[0]
            return keras.tree.map_structure(
                lambda x: rules.Pair(x, ops.repeat(x, copies, axis=0), None), found
            )
        rule = self._rules[id(call)] or rules.tangent
        return rule(call, of)


def _softmax_of(graph: Graph, end: Tensor) -> Call:
    """The call whose probabilities a head returns, as `last_activation` finds them."""
    for call in reversed(graph.calls):
        if end in call.outputs:
            activation = getattr(call.operation, "activation", type(call.operation))
            if getattr(activation, "__name__", "").lower() == "softmax":
                return call
            end = call.inputs[0]
    raise AssertionError(graph)
