"""A table of examples: sequences as codes, targets, names, where they lie."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoo.data.late_method import LateMethod
from zoo.data.rows import Rows, Sequences
from zoo.data.wide import taken
from zoo.dna import UNKNOWN, Codes
from zoo.errors import InputError

if TYPE_CHECKING:
    from zoo.data.batches import SequenceDataset

_NAMED = 4  # outputs that the short form of examples names


@dataclass(frozen=True, eq=False)
class Intervals:
    """Where sequences lie, one column per field, one row per sequence.

    Attributes:
        chrom: Names of contigs `(n,)`, text.
        start: First base, 0-based, int64 `(n,)`.
        end: One past the last base, int64 `(n,)`.
        strand: "+", "-" or "." `(n,)`.
    """

    chrom: npt.NDArray[np.str_]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    strand: npt.NDArray[np.str_]

    def __post_init__(self) -> None:
        _as_arrays(self, chrom=str, start=np.int64, end=np.int64, strand=str)
        shapes = {name: column.shape for name, column in vars(self).items()}
        if len(set(shapes.values())) > 1 or self.start.ndim != 1:
            raise InputError(
                "Expected chrom, start, end and strand (n,), one row per interval. "
                f"Received shapes: {shapes}"
            )

    def __len__(self) -> int:
        return len(self.start)

    def subset(self, rows: Rows) -> Intervals:
        """Those of `rows`, in that order."""
        return Intervals(*(column[rows] for column in vars(self).values()))


@dataclass(frozen=True, eq=False)
class CodesInMemory:
    """Sequences held as one array of codes.

    Attributes:
        codes: uint8 `(n, length)`, A C G T = 0 1 2 3, N = 4.
    """

    codes: Codes

    def __post_init__(self) -> None:
        if self.codes.dtype != np.uint8 or self.codes.ndim != 2:
            raise InputError(
                "Expected uint8 codes (n, length), as zoo.dna makes them. Received: "
                f"{self.codes.dtype} {self.codes.shape}"
            )
        if self.codes.size and int(self.codes.max()) > UNKNOWN:
            raise InputError(
                f"Expected codes from 0 to {UNKNOWN}. Received: {self.codes.max()}"
            )

    @property
    def sequence_length(self) -> int:
        """Length of each in bp."""
        return self.codes.shape[1]

    def __len__(self) -> int:
        return len(self.codes)

    def gather(self, rows: Rows) -> Codes:
        """uint8 codes `(len(rows), sequence_length)`, a new array."""
        return np.take(self.codes, rows, axis=0)

    def subset(self, rows: Rows) -> CodesInMemory:
        """Those of `rows`, in that order."""
        return CodesInMemory(self.codes[rows])


def _sequence_dataset() -> type[SequenceDataset]:
    from zoo.data.batches import SequenceDataset  # it imports Keras

    return SequenceDataset


@dataclass(frozen=True, repr=False, eq=False)
class Examples:
    """What a model is trained or measured on; made by `zoo.data.from_*`.

    Every array has one row per example, in the same order.

    Attributes:
        sequences: Codes by row.
        targets: float32 `(n, num_outputs)`, or `(n, bins, num_outputs)` for a
            profile, NaN where a label is missing; None without labels.
        outputs: Names of the last axis of `targets`.
        names: Text `(n,)`, or None.
        intervals: Where the sequences lie, or None.
        sample_weight: float32 `(n,)`, or None.
        inputs: What a model reads beside the sequence, by the name of its input:
            `(n, ...)`; values along the sequence are `(n, sequence_length, channels)`.
        columns: Other columns of the source by name, such as its split.
        dropped: How many rows of the source were left out, by reason.
        source: What errors and reports call the data.
        wide: The same rows in windows with equal flanks on both sides, for windows that
            `batches(max_shift=)` moves: their sequences, and those targets and inputs
            that have a value per base, of which the ones above are the middle. None
            where the data were not read so.
    """

    sequences: Sequences
    targets: npt.NDArray[np.float32] | None = None
    outputs: tuple[str, ...] = ()
    names: npt.NDArray[np.str_] | None = None
    intervals: Intervals | None = None
    sample_weight: npt.NDArray[np.float32] | None = None
    inputs: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    columns: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    source: str = "examples"
    wide: Examples | None = None

    def __post_init__(self) -> None:
        _as_arrays(self, targets=np.float32, names=str, sample_weight=np.float32)
        for further in ("inputs", "columns"):
            kept = {n: np.asarray(v) for n, v in getattr(self, further).items()}
            object.__setattr__(self, further, kept)
        columns = {
            "targets": self.targets,
            "names": self.names,
            "intervals": self.intervals,
            "sample_weight": self.sample_weight,
            "wide": self.wide,
            **{f"inputs[{name!r}]": values for name, values in self.inputs.items()},
            **{f"columns[{name!r}]": values for name, values in self.columns.items()},
        }
        lengths = {k: len(v) for k, v in columns.items() if v is not None}
        wrong = {k: n for k, n in lengths.items() if n != len(self)}
        if wrong:
            raise InputError(
                f"Expected {len(self)} rows in every column, one per sequence. "
                f"Received: {wrong}"
            )
        if self.targets is None:
            return
        if self.targets.ndim not in (2, 3):
            raise InputError(
                "Expected targets (n, num_outputs) or (n, bins, num_outputs). "
                f"Received: shape {self.targets.shape}"
            )
        if len(self.outputs) != self.targets.shape[-1]:
            raise InputError(
                f"Expected one name for each of {self.targets.shape[-1]} outputs. "
                f"Received: {self.outputs}"
            )

    def __len__(self) -> int:
        return len(self.sequences)

    def __repr__(self) -> str:
        parts = [f"{len(self):,} sequences of {self.sequence_length:,} bp"]
        if self.targets is not None:
            names = ", ".join(self.outputs[:_NAMED])
            more = len(self.outputs) - _NAMED
            rest = f" and {more:,} more" if more > 0 else ""
            parts.append(f"targets {self.targets.shape}: {names}{rest}")
        optional = ("names", "intervals", "sample_weight")
        parts += [name for name in optional if getattr(self, name) is not None]
        if self.max_shift:
            parts.append(f"max_shift up to {self.max_shift:,}")
        if self.inputs:
            parts.append(f"inputs {', '.join(self.inputs)}")
        if self.columns:
            parts.append(f"columns {', '.join(self.columns)}")
        if left_out := sum(self.dropped.values()):
            parts.append(f"{left_out:,} left out")
        return f"Examples({self.source!r}: {'; '.join(parts)})"

    @property
    def sequence_length(self) -> int:
        """Length of each sequence in bp."""
        return self.sequences.sequence_length

    @property
    def max_shift(self) -> int:
        """How many bp their windows can be moved along the genome, see `wide`."""
        if self.wide is None:
            return 0
        return (self.wide.sequence_length - self.sequence_length) // 2

    def codes(self, rows: Rows | None = None) -> Codes:
        """uint8 codes `(n, sequence_length)` of `rows`, or of all."""
        return self.sequences.gather(np.arange(len(self)) if rows is None else rows)

    def subset(self, rows: npt.ArrayLike) -> Examples:
        """The examples of `rows` (numbers, or one bool per row), in that order."""
        chosen = np.asarray(rows)
        if chosen.dtype == bool:
            if len(chosen) != len(self):
                raise InputError(
                    f"Expected one bool for each of {len(self)} rows. Received: "
                    f"{len(chosen)}"
                )
            chosen = np.flatnonzero(chosen)
        elif not chosen.size:  # NumPy makes an empty list one of floats
            chosen = chosen.astype(np.int64)
        wide = None if self.wide is None else self.wide.subset(chosen)

        def of(values: npt.NDArray[Any], name: str | None = None) -> npt.NDArray[Any]:
            """Those of some targets, or of an input."""
            if self.wide is None or wide is None:
                return values[chosen]
            if name is None:
                return taken(values, chosen, self.wide.targets, wide.targets)
            wider = self.wide.inputs.get(name), wide.inputs.get(name)
            return taken(values, chosen, *wider)

        return dataclasses.replace(
            self,
            wide=wide,
            sequences=self.sequences.subset(chosen),
            targets=None if self.targets is None else of(self.targets),
            names=None if self.names is None else self.names[chosen],
            intervals=None if self.intervals is None else self.intervals.subset(chosen),
            sample_weight=(
                None if self.sample_weight is None else self.sample_weight[chosen]
            ),
            inputs={name: of(values, name) for name, values in self.inputs.items()},
            columns={name: column[chosen] for name, column in self.columns.items()},
        )

    # mypy does not know Keras's classes; editors that do see the arguments.
    batches = LateMethod(_sequence_dataset)  # type: ignore[var-annotated]


def _as_arrays(table: Any, **types: Any) -> None:
    """Makes fields arrays of a type: a series has rows of its own numbers."""
    for name, wanted in types.items():
        column = getattr(table, name)
        if column is None:
            continue
        array = np.asarray(column)
        if wanted is np.int64 and array.size and array.dtype.kind not in "iu":
            raise InputError(f"Expected integers as {name}. Received: {array.dtype}")
        if wanted is not str or array.dtype.kind != "U":
            try:
                array = array.astype(wanted, copy=False)
            except (TypeError, ValueError) as error:
                raise InputError(f"Expected numbers as {name}: {error}.") from None
        object.__setattr__(table, name, array)
