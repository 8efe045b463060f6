"""What batches are made of: rows that can be had by their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from zoo.dna import Codes
from zoo.errors import InputError

Rows = npt.NDArray[np.integer[Any]]
TARGETS = "targets"  # their name in pairings by name
BACKGROUND = "background"  # the column that tells regions without peaks


@runtime_checkable
class Sequences(Protocol):
    """Sequences of one length that can be had by their numbers, many at a time."""

    @property
    def sequence_length(self) -> int:
        """Length of each in bp."""

    def __len__(self) -> int: ...

    def gather(self, rows: Rows) -> Codes:
        """uint8 codes `(len(rows), sequence_length)`, a new array of the caller's."""

    def subset(self, rows: Rows) -> Sequences:
        """Those of `rows`, in that order, without copying what can be shared."""


class Table(Protocol):
    """What a `SequenceDataset` reads; `zoo.data.Examples` is one."""

    @property
    def sequences(self) -> Sequences:
        """One a row."""

    @property
    def targets(self) -> npt.NDArray[Any] | None:
        """(row, ...)."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the last axis of the targets."""

    @property
    def inputs(self) -> Mapping[str, npt.NDArray[Any]]:
        """What is read beside the sequence, by the name of the model's input."""

    @property
    def columns(self) -> Mapping[str, npt.NDArray[Any]]:
        """Other columns of the source, (row,)."""

    @property
    def sample_weight(self) -> npt.NDArray[Any] | None:
        """(row,) or (row, ...)."""

    @property
    def wide(self) -> Table | None:
        """The same rows in wider windows, with what has a value per base in them."""

    @property
    def max_shift(self) -> int:
        """How many bp wider these are on each side."""

    @property
    def sequence_length(self) -> int:
        """Of every sequence, in bp."""

    @property
    def source(self) -> str:
        """What they were read from, for messages."""

    def __len__(self) -> int: ...


def background_of(examples: Table) -> npt.NDArray[np.bool_]:
    """Which rows are background, bool `(n,)`.

    Raises:
        InputError: The examples do not say so.
    """
    column: npt.NDArray[Any] | None = examples.columns.get(BACKGROUND)
    if column is None or column.dtype != bool:
        raise InputError(
            f"{examples.source}: expected a column {BACKGROUND!r} of bools to draw "
            "background from. Received: "
            + ("none" if column is None else str(column.dtype))
            + ". zoo.data.with_background(peaks, background) makes it."
        )
    return column
