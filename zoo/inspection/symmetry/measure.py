"""The reverse-complement contract of a model: measure it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from zoo.dna import decode, reverse_complement_codes
from zoo.errors import InputError, said
from zoo.inspection.graph import shortest_above
from zoo.inspection.symmetry.inputs import InputForm, input_form, sequences_by_length
from zoo.inspection.symmetry.outputs import (
    OutputPairs,
    Pairings,
    Reversals,
    Rule,
    rules,
)
from zoo.inspection.symmetry.report import OutputSymmetry, SymmetryReport
from zoo.inspection.symmetry.suggestion import suggest
from zoo.models.creation import called
from zoo.models.inputs import Constants
from zoo.models.interface import by_name

# Some roundings of each precision, as a share of the largest output.
_TOLERANCES = {"float64": 1e-12, "float32": 1e-5, "float16": 1e-2, "bfloat16": 5e-2}

Array = npt.NDArray[np.float64]
Compute = Callable[[npt.NDArray[np.uint8]], dict[str, Array]]


def check(
    model: keras.Model,
    sequences: Any = None,
    *,
    pairing: Pairings = None,
    reverse_positions: Reversals = None,
    output_pairs: OutputPairs = (),
    lengths: Sequence[int] | None = None,
    num_sequences: int = 32,
    tolerance: float | None = None,
    batch_size: int = 32,
    seed: int = 0,
    input_shape: Sequence[int | None] | None = None,
    inputs: Mapping[str, Any] = MappingProxyType({}),
) -> SymmetryReport:
    """Measures how a model treats the two strands of DNA.

    With f the model, RC the reverse complement and T the swap of outputs that the
    arguments declare, it compares f(x) with T f(RC x). Without arguments, outputs
    (batch, channels) should be the same on both strands, and outputs (batch, positions,
    channels) should have their positions reversed.

    Args:
        model: Any Keras model that reads DNA, one-hot (batch, length, 4) or codes
            (batch, length), and has one output or a list or dict of them.
        sequences: Strings, uint8 codes (n, length) or one-hot (n, length, 4). Without
            them, uniform random A, C, G, T.
        pairing: The partner on the other strand of each channel of the last axis, e.g.
            (1, 0) for channels plus, minus. A dict by name for several outputs.
        reverse_positions: Whether axis 1 holds positions (bp or bins). By default it
            does in outputs of three axes or more. A dict by name for several outputs.
        output_pairs: Pairs of names of outputs that swap, e.g. [("plus", "minus")].
        lengths: Of random sequences, in bp. By default the model's own, and for a model
            of any length 256, 301 and 222.
        num_sequences: Random sequences of each length.
        tolerance: Allowed difference, as a share of the largest absolute value of the
            output. By default 1e-5 for a model that computes in float32, 0.01 in
            float16 and 0.05 in bfloat16. On a GPU that rounds float32 products to
            TensorFloat-32, 1e-2 is apt.
        batch_size: Sequences per call.
        seed: Of random sequences.
        input_shape: For a model that does not know its input: (length, 4) or (length,).
        inputs: Of a model that reads more than the sequence, the value of each other
            input by name: a number, or an array without the batch. Values per base
            should be the same in reverse.

    Returns:
        The report; print it, or see `SymmetryReport`.

    Raises:
        InputError: A model, sequences or arguments that do not fit one another.
    """
    form = input_form(model, input_shape)
    batches = list(
        _batches(
            sequences_by_length(form, sequences, lengths, num_sequences, seed),
            batch_size,
        )
    )
    for length in {codes.shape[1] for codes in batches}:
        if form.length is None and (least := shortest_above(model, length)):
            raise InputError(
                f"Expected sequences of at least {least} bp, the shortest that model "
                f"{called(model)} takes. Received: {length} bp. Pass longer ones."
            )
    compute = _compute(model, form, inputs)
    first = compute(batches[0])
    shapes = {name: (None, *value.shape[1:]) for name, value in first.items()}
    found = rules(shapes, pairing, reverse_positions, output_pairs)
    totals = {name: _Total() for name in found}
    reversed_first: dict[str, Array] = {}
    for codes in batches:
        reverse = compute(reverse_complement_codes(codes))
        forward = compute(codes) if reversed_first else first
        reversed_first = reversed_first or reverse
        for name, rule in found.items():
            other = _swap(rule, reverse[rule.source])
            totals[name].add(forward[name], other, codes)
    if tolerance is None:
        tolerance = max(_TOLERANCES.get(dtype, 1e-12) for dtype in _dtypes(model))
    again = compute(batches[0])
    repeats = {name: float(np.abs(first[name] - again[name]).max()) for name in found}
    steady = all(
        repeats[name] <= tolerance * total.largest for name, total in totals.items()
    )
    outputs = tuple(
        total.report(name, found[name], tolerance, steady, first, reversed_first)
        for name, total in totals.items()
    )
    return SymmetryReport(
        model=model.name,
        kind=_kind(outputs),
        outputs=outputs,
        deterministic=steady,
        repeat_difference=max(repeats.values()),
        tolerance=tolerance,
        num_sequences=sum(map(len, batches)),
        lengths=tuple(dict.fromkeys(codes.shape[1] for codes in batches)),
    )


class _Total:
    """Sums over batches, of one output."""

    def __init__(self) -> None:
        self.max = self.sum = self.largest = 0.0
        self.count = 0
        self.moments = np.zeros(2)
        self.worst: npt.NDArray[np.uint8] | None = None

    def add(self, own: Array, other: Array, codes: npt.NDArray[np.uint8]) -> None:
        if own.shape != other.shape:
            raise InputError(
                "Expected outputs of one shape for both strands. Received: "
                f"{own.shape} and {other.shape}."
            )
        difference = np.abs(own - other).reshape(len(own), -1)
        worst = difference.max(axis=1)
        # Not a number is worse than anything.
        if self.worst is None or not worst.max() <= self.max:
            self.max = float(worst.max())
            self.worst = codes[int(worst.argmax())]
        self.sum += float(difference.sum())
        self.count += difference.size
        self.largest = max(self.largest, float(np.abs(own).max()))
        self.moments += (own.sum(), np.square(own).sum())

    def report(
        self,
        name: str,
        rule: Rule,
        tolerance: float,
        steady: bool,
        forward: Mapping[str, Array],
        reverse: Mapping[str, Array],
    ) -> OutputSymmetry:
        mean, square = self.moments / self.count
        spread = float(np.sqrt(max(square - mean * mean, 0.0)))
        allowed = tolerance * self.largest
        expected = "equivariant" if rule.changes(name) else "invariant"
        holds = steady and self.max <= allowed
        suggestion = None
        if steady and not holds:
            suggestion = suggest(name, forward, reverse, allowed)
        assert self.worst is not None
        return OutputSymmetry(
            name=name,
            expected=expected,
            kind=expected if holds else "none",
            max_difference=self.max,
            mean_difference=self.sum / self.count,
            relative_difference=_ratio(self.max, spread),
            spread=spread,
            allowed=allowed,
            worst_sequence=decode(self.worst),
            suggestion=suggestion,
        )


def _kind(outputs: Sequence[OutputSymmetry]) -> str:
    kinds = {output.kind for output in outputs}
    if "none" in kinds:
        return "none"
    return "equivariant" if "equivariant" in kinds else "invariant"


def _ratio(difference: float, spread: float) -> float:
    if spread:
        return difference / spread
    return 0.0 if difference == 0 else float("inf")


def _swap(rule: Rule, value: Array) -> Array:
    if rule.reverse_positions:
        value = value[:, ::-1]
    return value if rule.pairing is None else value[..., list(rule.pairing)]


def _batches(
    groups: Sequence[npt.NDArray[np.uint8]], batch_size: int
) -> Iterator[npt.NDArray[np.uint8]]:
    for codes in groups:
        for start in range(0, len(codes), batch_size):
            yield codes[start : start + batch_size]


def _compute(model: keras.Model, form: InputForm, inputs: Mapping[str, Any]) -> Compute:
    constants = Constants(model, inputs) if inputs or form.others else None

    def compute(codes: npt.NDArray[np.uint8]) -> dict[str, Array]:
        x = ops.convert_to_tensor(form.array(codes), dtype=form.dtype)
        rows, length = np.arange(len(codes)), codes.shape[1]
        values = constants.of(rows, length, 0, length) if constants else {}
        others = {name: ops.convert_to_tensor(value) for name, value in values.items()}
        try:
            outputs = form.call(model, x, others, training=False)
        except Exception as error:
            raise InputError(
                f"{called(model)} cannot take {codes.shape[1]} bp; pass lengths that "
                f"it takes. It said: {said(error)}"
            ) from error
        found = by_name(model, outputs)
        return {name: _array(name, value, len(codes)) for name, value in found.items()}

    return compute


def _array(name: str, value: Any, batch: int) -> Array:
    # Half-precision types of some backends are unknown to NumPy.
    dtype = keras.backend.standardize_dtype(value.dtype)
    wide = "float64" if dtype == "float64" else "float32"
    array = ops.convert_to_numpy(ops.cast(value, wide)).astype(np.float64)
    if array.ndim < 1 or len(array) != batch:
        raise InputError(
            "Expected outputs whose first axis is the batch. "
            f"Received: output {name!r} of shape {array.shape} for {batch} sequences."
        )
    return array


def _dtypes(layer: Any) -> set[str]:
    """Types that the layers compute in, at any depth of models in models."""
    inside = getattr(layer, "layers", None) or [layer]
    if inside == [layer]:
        return {layer.compute_dtype}
    return set().union(*map(_dtypes, inside))
