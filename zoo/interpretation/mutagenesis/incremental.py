"""The targets of every substitution, by what each of them reaches."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from zoo.dna import ALPHABET, Codes
from zoo.inspection.graph import Tensor, trace
from zoo.interpretation.mutagenesis.changes import Change
from zoo.interpretation.mutagenesis.full import NO_INPUTS, Inputs, Values, slices
from zoo.interpretation.mutagenesis.one_thread import one_thread
from zoo.interpretation.mutagenesis.passes import reference_pass, rest_pass
from zoo.interpretation.mutagenesis.plan import MutationPlan, planned
from zoo.interpretation.mutagenesis.rest import Rest, some_of
from zoo.interpretation.mutagenesis.steps import Changed, ChangeStep
from zoo.interpretation.targets import Targets
from zoo.models.interface import outputs_of, sequence_input

_BASES = len(ALPHABET)
_MAX_POSITIONS = 128  # that are computed together
# Numbers of what is worked on at once, few enough for a processor's cache.
_NUMBERS = 192 * 1024
_REFERENCE_BASES = 1 << 15  # in a batch
_PLANS = 8  # of a model, for as many lengths and choices of outputs

Changes = dict[Tensor, Changed]


class IncrementalSubstitutions:
    """As `Substitutions`, by the windows that each substitution reaches.

    Layer by layer, the difference from the reference sequence is computed where there
    is one, and nowhere else. A layer without a rule is computed in full, and all that
    comes behind it; so are the layers behind a pooling over the length. It is NumPy's,
    on the CPU, on all backends; what is in full is the backend's. It sees new weights
    of the model.

    Args:
        model: Functional or sequential, in float32.
        targets: Of the model.

    Source:
        The idea: Nair, Shrikumar, Schreiber and Kundaje 2022, fastISM,
        doi:10.1093/bioinformatics/btac135, who recompute each layer's window. Here
        convolutions are computed of the differences alone, without the positions
        around them that they also read.
    """

    def __init__(self, model: keras.Model, targets: Targets) -> None:
        self.model = model
        self.targets = targets
        self._sequence = sequence_input(model)

    def plan(self, sequence_length: int | None = None) -> MutationPlan:
        """What is computed by windows, and what in full.

        Args:
            sequence_length: In bp; see `zoo.inspection.graph.trace`.
        """
        return self._at_length(sequence_length).plan

    def _at_length(self, length: int | None) -> _AtLength:
        plans = _plans(self.model)
        key = self.targets.all, length
        found = plans.get(key)
        if found is None:
            graph = trace(self.model, length)
            named = dict(zip(outputs_of(self.model), graph.outputs, strict=True))
            outputs = {head: named[head] for head in self.targets.heads}
            made = planned(graph, self._sequence, outputs)
            found = plans[key] = _AtLength(made, self.targets)
            for oldest in list(plans)[:-_PLANS]:
                plans.pop(oldest, None)
        return found

    def __call__(
        self,
        codes: Codes,
        start: int = 0,
        stop: int | None = None,
        inputs: Inputs = NO_INPUTS,
    ) -> Values:
        """The targets' values, see `Substitutions`."""
        length = codes.shape[1]
        start, stop, _ = slice(start, stop).indices(length)
        at = self._at_length(length)
        shape = (len(codes), max(0, stop - start), _BASES, len(self.targets))
        found = np.empty(shape, np.float32)
        step = max(1, _REFERENCE_BASES // length)
        # Several threads take longer to meet than products of windows take.
        with one_thread():
            for some in slices(len(codes), step):
                named = {name: array[some] for name, array in inputs.items()}
                at.compute(codes[some], start, stop, named, found[some])
        return found


Plans = dict[Any, "_AtLength"]

# With the weights that the plans were made of. Plans know layers, and not the model,
# which would else be kept forever, as the value of its own key.
_known: weakref.WeakKeyDictionary[keras.Model, tuple[list[Any], Plans]] = (
    weakref.WeakKeyDictionary()
)


def _plans(model: keras.Model) -> Plans:
    """Those of a model with the weights that it has now."""
    weights = [weight.numpy() for weight in model.weights]
    before, plans = _known.get(model, ([], {}))
    if not _are_same(before, weights):
        plans = {}
        _known[model] = [np.array(weight) for weight in weights], plans
    return plans


def _are_same(before: Sequence[Any], now: Sequence[Any]) -> bool:
    return len(before) == len(now) > 0 and all(
        old.dtype == new.dtype and np.array_equal(old, new)
        for old, new in zip(before, now, strict=True)
    )


class _AtLength:
    """The substitutions of sequences of one length."""

    def __init__(self, made: MutationPlan, targets: Targets) -> None:
        self.plan = made
        self._reference = reference_pass(made)
        self._rest = rest_pass(made, targets)
        # Windows of positions that are computed together begin so many bases apart.
        farthest = min(_MAX_POSITIONS * made.period, made.sequence.shape[1] or 0)
        self._margins = [
            farthest // made.stride(step) + 2 * step.reach + 1 for step in made.steps
        ]

    def compute(
        self, codes: Codes, start: int, stop: int, inputs: Inputs, found: Values
    ) -> None:
        """Writes the values of a few sequences."""
        others = [inputs[name] for name in self.plan.others]
        references, border = self._reference([codes, *others])
        found[:] = self._rest(border)[0][:, None, None]
        rest = Rest(border, self._rest, found)
        for row, sequence in enumerate(codes):
            states = [
                step.prepare([array[row] for array in arrays], margin)
                for step, margin, arrays in zip(
                    self.plan.steps, self._margins, references, strict=True
                )
            ]
            run = _Run(self.plan, states, rest, row, start)
            for positions in _together(start, stop, self.plan.period):
                run.all_steps(sequence, positions)
        rest.flush()


def _together(start: int, stop: int, period: int) -> list[npt.NDArray[Any]]:
    """Positions that are computed together."""
    return [
        every[some]
        for phase in range(period)
        for every in [np.arange(start + phase, stop, period)]
        for some in slices(len(every), _MAX_POSITIONS)
    ]


class _Run:
    """The steps of one sequence."""

    def __init__(
        self,
        made: MutationPlan,
        states: Sequence[Any],
        rest: Rest,
        row: int,
        start: int,
    ) -> None:
        self._plan = made
        self._states = states
        self._rest = rest
        self._row = row
        self._start = start

    def all_steps(self, sequence: Codes, positions: npt.NDArray[Any]) -> None:
        """Computes the substitutions at some positions, equally far apart."""
        own = sequence[positions][:, None]
        bases = np.arange(_BASES)[None].repeat(len(own), 0)
        if (own < _BASES).all():
            bases = (own + np.arange(1, _BASES)) % _BASES
        # N is no base: zeros.
        one_hot = np.eye(_BASES + 1, _BASES, dtype=np.float32)
        delta = one_hot[bases] - one_hot[np.minimum(own, _BASES)]
        change = Change(delta[:, :, None], int(positions[0]), self._plan.period)
        self._steps(0, {self._plan.sequence: change}, positions, bases)

    def _steps(
        self,
        first: int,
        changes: Changes,
        positions: npt.NDArray[Any],
        bases: npt.NDArray[Any],
    ) -> None:
        for number in range(first, len(self._plan.steps)):
            step = self._plan.steps[number]
            given = [changes.get(source) for source in step.sources]
            count = len(positions)
            if count > 1 and _numbers(step, given) > _NUMBERS:
                for some in (slice(0, count // 2), slice(count // 2, count)):
                    part = {key: some_of(each, some) for key, each in changes.items()}
                    self._steps(number, part, positions[some], bases[some])
                return
            known = any(change is not None for change in given)
            state = self._states[number]
            changes[step.result] = step.apply(given, state) if known else None
            for tensor in self._plan.done.get(number, ()):
                changes.pop(tensor, None)
        border = [changes.get(key) for key in self._plan.border.values()]
        self._rest.add(self._row, positions - self._start, bases, border)


def _numbers(step: ChangeStep, given: Sequence[Changed]) -> int:
    """How many numbers the result of a step holds."""
    changes = [change for change in given if isinstance(change, Change)]
    if step.pools or not changes:
        return 0
    rows, bases = changes[0].delta.shape[:2]
    width = step.width(max(change.width for change in changes))
    return rows * bases * width * (step.result.shape[-1] or 1)
