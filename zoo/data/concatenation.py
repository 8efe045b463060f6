"""Several sets of examples as one, such as positives and negatives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.data.examples import CodesInMemory, Examples, Intervals
from zoo.data.rows import Rows, Sequences
from zoo.data.wide import is_middle, middle
from zoo.dna import Codes
from zoo.errors import InputError


def concatenate(*examples: Examples) -> Examples:
    """The rows of each, one set after the other.

    Sequences in memory become one array; others stay where they are. Names and
    intervals stay if every set has them, columns if every set has them under one
    name. Where only some sets have weights, the weight of the others is 1. What was
    dropped is added up. Windows can be moved (`Examples.wide`) as far as those of every
    set, if that is equally far.

    Args:
        *examples: At least one, of one sequence length and with the same outputs.

    Raises:
        InputError: They do not fit each other.
    """
    if not examples:
        raise InputError("Expected at least one set of examples. Received: none")
    for given in examples:
        if not isinstance(given, Examples):
            raise InputError(
                "Expected sets of examples, one argument each: concatenate(a, b). "
                f"Received: {type(given).__name__}"
            )
    first = examples[0]
    alike: dict[str, list[Any]] = {
        "sequence_length": [e.sequence_length for e in examples],
        "outputs": [e.outputs for e in examples],
        "shape of targets": [
            None if e.targets is None else e.targets.shape[1:] for e in examples
        ],
        "shape of inputs": [
            {name: values.shape[1:] for name, values in e.inputs.items()}
            for e in examples
        ],
    }
    for name, values in alike.items():
        if any(one != other for one, other in pairwise(values)):
            raise InputError(
                f"Expected examples of one {name}. Received: "
                + ", ".join(
                    f"{value} ({e.source})"
                    for value, e in zip(values, examples, strict=True)
                )
            )
    if len(examples) == 1:
        return first
    shared = set.intersection(*(set(e.columns) for e in examples))
    wides = [e.wide for e in examples if e.wide is not None]
    kinds = {(w.sequence_length, w.outputs, tuple(w.inputs)) for w in wides}
    wide = None
    if len(wides) == len(examples) and len(kinds) == 1:
        wide = concatenate(*wides)
    return Examples(
        sequences=_sequences([e.sequences for e in examples]),
        targets=_within(
            [e.targets for e in examples],
            [w.targets for w in wides],
            None if wide is None else wide.targets,
        ),
        outputs=first.outputs,
        names=_joined([e.names for e in examples]),
        intervals=_intervals([e.intervals for e in examples]),
        sample_weight=_weights(examples),
        inputs={
            name: _within(
                [e.inputs[name] for e in examples],
                [w.inputs.get(name) for w in wides],
                None if wide is None else wide.inputs.get(name),
            )
            for name in first.inputs
        },
        columns={
            name: np.concatenate([e.columns[name] for e in examples])
            for name in first.columns
            if name in shared
        },
        dropped=dict(sum((Counter(e.dropped) for e in examples), Counter())),
        source=" + ".join(e.source for e in examples),
        wide=wide,
    )


@dataclass(frozen=True, eq=False)
class ChainedSequences:
    """Sequences of several sources, one after the other."""

    parts: tuple[Sequences, ...]  # the sources, all of one sequence length
    part: npt.NDArray[np.integer[Any]]  # which of them each row is of
    row: npt.NDArray[np.integer[Any]]  # and which row of it

    @property
    def sequence_length(self) -> int:
        """Length of each in bp."""
        return self.parts[0].sequence_length

    def __len__(self) -> int:
        return len(self.row)

    def gather(self, rows: Rows) -> Codes:
        """uint8 codes `(len(rows), sequence_length)`, a new array."""
        codes = np.empty((len(rows), self.sequence_length), np.uint8)
        part, row = self.part[rows], self.row[rows]
        for number, sequences in enumerate(self.parts):
            here = np.flatnonzero(part == number)
            if len(here):
                codes[here] = sequences.gather(row[here])
        return codes

    def subset(self, rows: Rows) -> ChainedSequences:
        """Those of `rows`, in that order; the sources are shared."""
        return ChainedSequences(self.parts, self.part[rows], self.row[rows])


def _sequences(parts: Sequence[Sequences]) -> Sequences:
    in_memory = [part.codes for part in parts if isinstance(part, CodesInMemory)]
    if len(in_memory) == len(parts):
        return CodesInMemory(np.concatenate(in_memory))
    sizes = [len(part) for part in parts]
    return ChainedSequences(
        tuple(parts),
        np.repeat(np.arange(len(parts)), sizes),
        np.concatenate([np.arange(size) for size in sizes]),
    )


def _within(
    parts: Sequence[npt.NDArray[Any] | None],
    wides: Sequence[npt.NDArray[Any] | None],
    wide: npt.NDArray[Any] | None,
) -> Any:
    """All parts as one array, a view of the wide one where each is one of its own."""
    first = parts[0]
    if wide is not None and first is not None:
        within = zip(parts, wides, strict=True)
        if all(is_middle(part, own) for part, own in within):
            return middle(wide, first.shape[1])
    return _joined(parts)


def _joined(arrays: Sequence[npt.NDArray[Any] | None]) -> Any:
    known = [array for array in arrays if array is not None]
    return np.concatenate(known) if len(known) == len(arrays) else None


def _intervals(parts: Sequence[Intervals | None]) -> Intervals | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    columns = zip(*(vars(part).values() for part in known), strict=True)
    return Intervals(*map(np.concatenate, columns))


def _weights(examples: Sequence[Examples]) -> npt.NDArray[np.float32] | None:
    weights = [e.sample_weight for e in examples]
    shapes = {w.shape[1:] for w in weights if w is not None}
    if not shapes:
        return None
    if len(shapes) > 1:
        raise InputError(
            f"Expected weights of one shape per row. Received: {sorted(shapes)}"
        )
    (shape,) = shapes
    return np.concatenate(
        [
            np.ones((len(e), *shape), np.float32) if w is None else w
            for e, w in zip(examples, weights, strict=True)
        ]
    )
