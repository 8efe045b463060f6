"""Rows of any source, some thousand at a time -> examples of one length."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.data.examples import CodesInMemory, Examples
from zoo.data.genomes.genome import check_length
from zoo.data.sources.input_columns import Columns, InputColumns
from zoo.data.sources.labels import Labels, Mask, names_of, parse_weights
from zoo.data.sources.rejected import Rejected, Where
from zoo.data.tables import encode_cell
from zoo.dna import ASCII_TO_CODE, INVALID, UNKNOWN, Codes
from zoo.errors import InputError

Lengths = npt.NDArray[np.int64]


class Collected:
    """Rows that are usable, as columns; the arguments are those of `from_table`."""

    def __init__(
        self,
        labels: Labels,
        columns: str | Sequence[str],
        sequence_length: int | None,
        resize: bool,
        rejected: Rejected,
        sample_weight: str | None = None,
        inputs: Columns | None = None,
    ) -> None:
        if sequence_length is not None:
            check_length(sequence_length, "sequence_length")
        elif resize:
            raise InputError("resize=True needs a sequence_length to crop or pad to.")
        further = names_of(columns, "columns")
        weights = () if sample_weight is None else (sample_weight,)
        self._inputs = InputColumns(inputs)
        #: The columns of cells that `add` takes.
        self.wanted = (*weights, *labels.columns, *self._inputs.columns, *further)
        self._labels, self._rejected, self._weight = labels, rejected, sample_weight
        self._length, self._resize = sequence_length, resize
        self._like = "sequence_length"
        self._codes: list[Codes] = []
        self._targets: list[npt.NDArray[np.float32]] = []
        self._values: list[npt.NDArray[np.float32]] = []
        self._weights: list[npt.NDArray[np.float32]] = []
        self._names: list[str] = []
        self._kept: dict[str, list[Any]] = {column: [] for column in further}

    def add(
        self,
        flat: Codes,
        lengths: Lengths,
        names: Sequence[str],
        cells: Mapping[str, Sequence[Any]],
        ok: Mask,
        where: Where,
    ) -> None:
        """Adds rows, but for those that are not `ok` or cannot be used.

        Args:
            flat: Codes of their sequences, one behind the other.
            lengths: Of each in bp.
            names: One per row, or none at all.
            cells: The `wanted` columns.
            ok: Whether each row is usable so far; changed.
            where: What errors call a row.
        """
        codes = self._of_one_length(flat, lengths, ok, where)
        by_target = [cells[column] for column in self._labels.columns]
        targets = self._labels.parse(by_target, ok, where, self._rejected)
        by_input = [cells[column] for column in self._inputs.columns]
        values = self._inputs.parse(by_input, ok, where, self._rejected)
        if self._weight is not None:
            column = cells[self._weight]
            weights = parse_weights(self._weight, column, ok, where, self._rejected)
            self._weights.append(weights[ok])
        if not ok.any():
            return
        self._codes.append(codes if ok.all() else codes[ok])
        self._targets.append(targets[ok])
        self._values.append(values[ok])
        self._names += itertools.compress(names, ok)
        for name, kept in self._kept.items():
            kept += itertools.compress(cells[name], ok)

    def _of_one_length(
        self, flat: Codes, lengths: Lengths, ok: Mask, where: Where
    ) -> Codes:
        if self._length is None and ok.any():
            first = int(np.argmax(ok))
            self._length = int(lengths[first])
            self._like = f"the sequence of {where(first)}"
        length = self._length or 0
        if (lengths == length).all():
            return flat.reshape(len(lengths), length)
        starts = np.cumsum(lengths) - lengths
        rows = np.full((len(lengths), length), UNKNOWN, np.uint8)
        same = lengths == length
        rows[same] = flat[starts[same, None] + np.arange(length)]
        for row in np.flatnonzero(~same & ok).tolist():
            start, size = int(starts[row]), int(lengths[row])
            if self._resize:
                _fit(flat[start : start + size], rows[row])
                continue
            ok[row] = False
            error = InputError(
                f"{where(row)}: expected {length} bp, as {self._like}. Received: "
                f"{size} bp. sequence_length={length}, resize=True crops or pads with "
                "N; on_invalid='drop' leaves such rows out."
            )
            self._rejected("another length", error)
        return rows

    def examples(self, source: str) -> Examples:
        """All of them.

        Raises:
            InputError: There is none.
        """
        if not self._codes:
            raise self._rejected.nothing_left(source)
        codes, self._codes = np.concatenate(self._codes), []
        outputs = self._labels.outputs
        return Examples(
            CodesInMemory(codes),
            targets=np.concatenate(self._targets) if outputs else None,
            outputs=outputs,
            names=np.array(self._names) if self._names else None,
            sample_weight=np.concatenate(self._weights) if self._weights else None,
            inputs=self._inputs.by_name(np.concatenate(self._values)),
            columns={name: as_column(found) for name, found in self._kept.items()},
            dropped=dict(self._rejected.counts),
            source=source,
        )


def _fit(codes: Codes, out: Codes) -> None:
    """The middle of `codes` into the middle of `out`."""
    extra = codes.size - out.size
    if extra >= 0:
        out[:] = codes[extra // 2 : extra // 2 + out.size]
    else:
        out[-extra // 2 : -extra // 2 + codes.size] = codes


def encode_texts(
    texts: Sequence[Any], ok: Mask, where: Where, rejected: Rejected
) -> tuple[Codes, Lengths]:
    """Codes of the texts one behind the other, and their lengths; 0 if rejected."""
    try:
        joined = "".join(texts).encode("ascii")
    except (TypeError, UnicodeEncodeError):
        joined = b""
    flat = np.frombuffer(joined.translate(ASCII_TO_CODE), np.uint8)
    if joined:
        lengths = np.array(list(map(len, texts)))
        # Shorter ones may be NA or NaN.
        if ok.all() and lengths.min() > 3 and flat.max() != INVALID:
            return flat, lengths
    parts = [np.empty(0, np.uint8)] * len(texts)
    for row in np.flatnonzero(ok).tolist():
        try:
            parts[row] = encode_cell(texts[row], where(row))
        except InputError as error:
            ok[row] = False
            rejected("invalid sequence", error)
    return np.concatenate(parts), np.array([part.size for part in parts])


def as_column(values: Sequence[Any]) -> npt.NDArray[Any]:
    """An array of numbers or of text, from cells that may be None."""
    kinds = set(map(type, values))
    if kinds <= {int} or kinds <= {float} or kinds <= {bool}:
        return np.array(values)
    return np.array(as_texts(values))


def as_texts(values: Sequence[Any]) -> Sequence[str]:
    """Cells as text, "" for None."""
    if set(map(type, values)) == {str}:
        return values
    return ["" if cell is None else str(cell) for cell in values]
