"""Cells of labels -> float32 targets: numbers, or classes by name; NaN if missing."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.data.sources.rejected import Rejected, Where
from zoo.data.tables import MISSING
from zoo.errors import InputError

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_MAX_FLOAT32 = float(np.finfo(np.float32).max)


class Labels:
    """How the cells of the target columns become targets.

    Args:
        targets: Names of columns, or one name.
        classes: Names of the classes in a single column of text. None for numbers.
        one_hot: Whether a class is a row of 0 and 1, with an output for each class,
            or the class's number in one output, named as the column.
    """

    kind = "label"  # what errors call a cell

    def __init__(
        self,
        targets: str | Sequence[str],
        classes: Sequence[Any] | None = None,
        one_hot: bool = True,
    ) -> None:
        self.columns = names_of(targets, "targets")
        self.classes = None if classes is None else tuple(str(c) for c in classes)
        self.one_hot = one_hot
        self.outputs = self.columns
        if self.classes is None:
            return
        if len(self.columns) != 1 or isinstance(classes, str):
            raise InputError(
                "Expected a list of classes for one column of labels. Received: "
                f"targets={self.columns}, classes={classes!r}"
            )
        if len(self.classes) < 2 or len(set(self.classes)) < len(self.classes):
            raise InputError(
                f"Expected at least two different classes. Received: {self.classes}"
            )
        if one_hot:
            self.outputs = self.classes

    def parse(
        self, cells: Sequence[Sequence[Any]], ok: Mask, where: Where, rejected: Rejected
    ) -> npt.NDArray[np.float32]:
        """The targets of some rows.

        Args:
            cells: One sequence of cells per column.
            ok: Whether each row is usable so far; set to False for those rejected.
            where: What errors call a row.
            rejected: Told of each row that cannot be used.

        Returns:
            float32 `(rows, num_outputs)`.
        """
        if self.classes is not None:
            return self._classes(cells[0], ok, where, rejected)
        found = np.empty((len(ok), len(self.columns)), np.float32)
        for place, (column, values) in enumerate(zip(self.columns, cells, strict=True)):
            numbers, wrong = as_numbers(values)
            for row in wrong:
                if ok[row]:
                    ok[row] = False
                    message = _no_number(where(row), column, values, row)
                    if self.kind == "label":
                        message += _hint(values, wrong)
                    rejected(f"unreadable {self.kind}", InputError(message))
            found[:, place] = numbers
        return found

    def _classes(
        self, cells: Sequence[Any], ok: Mask, where: Where, rejected: Rejected
    ) -> npt.NDArray[np.float32]:
        assert self.classes is not None
        count = len(self.classes)
        number = {name: place for place, name in enumerate(self.classes)}
        found = np.empty(len(ok), np.int64)
        for row, cell in enumerate(cells):
            name = "" if cell is None else str(cell).strip()
            place = number.get(name)
            if place is None:
                place = count  # one past the last: missing
                if name.lower() not in MISSING and ok[row]:
                    ok[row] = False
                    near = difflib.get_close_matches(name, self.classes, 1, cutoff=0.5)
                    hint = f" Did you mean {near[0]!r}?" if near else ""
                    rejected(
                        "unknown class",
                        InputError(
                            f"{where(row)}: column {self.columns[0]!r}: expected one "
                            f"of {', '.join(map(repr, self.classes))}. Received: "
                            f"{name!r:.60}.{hint}"
                        ),
                    )
            found[row] = place
        table = np.eye(count, dtype=np.float32)
        if not self.one_hot:
            table = np.arange(count, dtype=np.float32)[:, None]
        missing = np.full((1, table.shape[1]), np.nan, np.float32)
        return np.concatenate([table, missing])[found]


def as_numbers(cells: Sequence[Any]) -> tuple[Numbers, list[int]]:
    """Cells as numbers.

    Returns:
        float64 `(n,)`, NaN where the cell is missing; and the places of cells that
        are neither a number that float32 can hold nor missing.
    """
    if _plain(cells):
        try:
            numbers = np.fromiter(map(float, cells), np.float64, len(cells))
        except (ValueError, TypeError):
            pass
        else:
            wrong = np.flatnonzero(np.abs(numbers) > _MAX_FLOAT32)
            numbers[wrong] = np.nan
            return numbers, wrong.tolist()
    numbers, places = np.full(len(cells), np.nan), []
    for place, cell in enumerate(cells):
        text = "" if cell is None else str(cell).strip()
        if text.lower() in MISSING:
            continue
        try:
            if "_" in text:
                raise ValueError
            number = float(text)
        except ValueError:
            number = np.inf
        if abs(number) > _MAX_FLOAT32:
            places.append(place)
        else:
            numbers[place] = number
    return numbers, places


def parse_weights(
    column: str, cells: Sequence[Any], ok: Mask, where: Where, rejected: Rejected
) -> npt.NDArray[np.float32]:
    """Sample weights: numbers of at least 0, none missing; as `Labels.parse`."""
    numbers, _ = as_numbers(cells)
    for row in np.flatnonzero(~(numbers >= 0) & ok).tolist():
        ok[row] = False
        rejected(
            "unreadable sample weight",
            InputError(
                f"{where(row)}: column {column!r}: expected a sample weight of at "
                f"least 0. Received: {str(cells[row])!r:.60}."
            ),
        )
    return numbers.astype(np.float32)


def names_of(columns: str | Sequence[str], argument: str) -> tuple[str, ...]:
    """Names of columns from one name or several."""
    single = isinstance(columns, str) or not isinstance(columns, Iterable)
    names: tuple[Any, ...] = (columns,) if single else tuple(columns)
    wrong = [name for name in names if not isinstance(name, str)]
    if wrong:
        raise InputError(
            f"Expected names of columns as {argument}. Received: {wrong[0]!r}. They "
            "are those of the header; BED calls them chrom, start, end, name, score, "
            "strand."
        )
    if len(set(names)) < len(names):
        raise InputError(f"Expected each of {argument} once. Received: {names}")
    return names


def _plain(cells: Sequence[Any]) -> bool:
    """Whether float() reads no more into the cells than is meant."""
    try:
        return "_" not in "".join(cells)
    except TypeError:
        return True


def _no_number(where: str, column: str, cells: Sequence[Any], row: int) -> str:
    text = f"{where}: column {column!r}: expected a finite number, or nothing if it "
    return text + f"is missing. Received: {str(cells[row])!r:.60}."


def _hint(cells: Sequence[Any], wrong: Sequence[int]) -> str:
    found = sorted({str(cells[place]).strip() for place in wrong})
    if all(name and not name[0].isdigit() for name in found) and len(found) <= 20:
        return f" If these are classes, name them: classes={found}."
    return ""
