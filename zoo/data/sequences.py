"""Whatever users give as sequences -> arrays of codes or one-hot, in windows.

The one place that decides what "sequences" are: whatever takes them from a user reads
them here. Iterators are read once, and in constant memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.data.examples import Examples
from zoo.data.record import Record
from zoo.data.rows import Sequences
from zoo.dna import ALPHABET, UNKNOWN, Codes, OneHot, check_codes, encode_batch
from zoo.errors import InputError

#: What is read of an iterator before it is worked on.
WINDOW_SEQUENCES = 4_096
WINDOW_BASES = 1 << 22
# Long sequences go in smaller batches: 64 channels at full length take 128 MiB.
MAX_BATCH_BASES = 1 << 19

Rows = npt.NDArray[np.int64]

_CHANNELS = len(ALPHABET)
_EXPECTED = (
    "Expected strings, one-hot (sequence, length, 4) with channels A, C, G, T, uint8 "
    "codes (sequence, length), or examples or records of zoo.data."
)
_ONE_ITEM = "expected a string, codes (length,) or one-hot (length, 4) of one sequence"


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Sequences of one length."""

    rows: Rows  # places among all that were given, from 0, increasing
    values: Codes | OneHot  # uint8 (n, length) or float32 (n, length, 4)
    first: str  # what errors call the first of them

    @property
    def length(self) -> int:
        """In bp."""
        return self.values.shape[1]

    def codes(self) -> Codes:
        """uint8 codes `(n, length)`.

        Raises:
            InputError: One-hot with other values than 0 and 1.
        """
        if self.values.ndim == 2:
            return self.values  # type: ignore[return-value]
        known = self.values.max(axis=2) == 1
        sums = self.values.sum(axis=2)
        if self.values.min() < 0 or not np.array_equal(sums, known):
            raise InputError(
                "Expected hard one-hot: each position one 1, or all 0 for N. Received: "
                "other values."
            )
        return np.where(known, self.values.argmax(axis=2), UNKNOWN).astype(np.uint8)


def windows(
    sequences: Any,
    *,
    max_sequences: int | None = WINDOW_SEQUENCES,
    max_bases: int | None = WINDOW_BASES,
) -> Iterator[list[Part]]:
    """Reads sequences in their order, some at a time, those of one length together.

    Args:
        sequences: `Examples`; an array or tensor, codes `(sequence, length)` or
            one-hot `(sequence, length, 4)`; or any iterable, series and iterators
            among them, of strings, bytes, codes `(length,)`, one-hot `(length, 4)`,
            and records of `zoo.data`, Biopython or pyfaidx, of any lengths.
        max_sequences: Of one window of an iterable, None for all in one.
        max_bases: Likewise, of any window; a single sequence may have more.

    Yields:
        The parts of each window: every sequence is in one of them. No part is empty.

    Raises:
        InputError: They are none of these, or could be two of them.
    """
    if isinstance(sequences, Examples):
        sequences = sequences.sequences
    if isinstance(sequences, Sequences):
        length = sequences.sequence_length
        for rows in _slices(len(sequences), length, max_bases):
            yield [Part(rows, sequences.gather(rows), _label(int(rows[0])))]
        return
    array = _array(sequences) if hasattr(sequences, "__array__") else None
    if array is None or (array.ndim == 1 and array.dtype.kind in "OSTU"):
        items = items_of(sequences if array is None else array)
        yield from _read(items, max_sequences, max_bases)
        return
    is_codes = _check_array(array)
    for rows in _slices(len(array), array.shape[1], max_bases):
        values = array[rows[0] : rows[-1] + 1]
        values = check_codes(values) if is_codes else _floats(values)
        yield [Part(rows, values, _label(int(rows[0])))]


def all_parts(sequences: Any) -> list[Part]:
    """All sequences at once, those of one length and form together.

    Raises:
        InputError: As `windows`, or there is none.
    """
    found = list(windows(sequences, max_sequences=None, max_bases=None))
    if not found:
        raise none_received()
    return found[0]


def codes_of_one_length(sequences: Any) -> Codes:
    """All sequences that `windows` reads, as uint8 codes `(n, length)`, n at least 1.

    Raises:
        InputError: As `all_parts`; lengths differ, or one-hot is not 0 and 1.
    """
    parts = all_parts(sequences)
    for part in parts:
        if part.length != parts[0].length:
            raise InputError(
                f"Expected sequences of one length. Received: {parts[0].first} has "
                f"{parts[0].length} bp, {part.first} has {part.length} bp."
            )
    if len(parts) == 1:
        return parts[0].codes()
    order = np.argsort(np.concatenate([part.rows for part in parts]))
    return np.concatenate([part.codes() for part in parts])[order]


def none_received() -> InputError:
    """The error for no sequence at all."""
    return InputError("Expected at least one sequence. Received none.")


def _label(row: int) -> str:
    return f"sequence {row + 1}"


def _floats(values: npt.NDArray[Any]) -> OneHot:
    return values.astype(np.float32, copy=False)


def _slices(count: int, length: int, max_bases: int | None) -> Iterator[Rows]:
    step = count if max_bases is None else max(1, max_bases // max(length, 1))
    for first in range(0, count, max(step, 1)):
        yield np.arange(first, min(first + step, count))


def _array(given: Any) -> npt.NDArray[Any]:
    try:
        return np.asarray(given)
    except (TypeError, ValueError, RuntimeError) as error:
        kind = type(given).__name__
        raise InputError(f"{_EXPECTED} Received: {kind}, {error!s:.200}") from None


def items_of(sequences: Any) -> Iterator[Any]:
    """The items of an iterable whose order means something.

    Raises:
        InputError: One sequence, a mapping or a set, or no iterable.
    """
    hint = "One sequence goes in a list."
    if isinstance(sequences, (str, bytes, bytearray)):
        raise InputError(
            "Expected a list of sequences. Received one string: put it in a list, or "
            "read a file with zoo.data.from_fasta or zoo.data.from_table."
        )
    if isinstance(sequences, Mapping):
        hint = "The sequences of a mapping are its values: list(sequences.values())."
    elif isinstance(sequences, (set, frozenset)):
        hint = "A set has no order to tell results apart by: make it a list."
    else:
        try:
            return iter(sequences)
        except TypeError:
            pass
    raise InputError(f"{_EXPECTED} Received: {type(sequences).__name__}. {hint}")


def _read(
    items: Iterator[Any], max_sequences: int | None, max_bases: int | None
) -> Iterator[list[Part]]:
    # By form and length: places, sequences and what errors call them.
    groups: dict[tuple[str, int], list[tuple[int, Any, str]]] = {}
    count = bases = 0
    for row, item in enumerate(items):
        label = _label(row)
        if isinstance(item, Record):
            label = f"{item.source}: record {item.name!r}"
        form, value = _form(item, label)
        groups.setdefault((form, len(value)), []).append((row, value, label))
        count += 1
        bases += len(value)
        if count == max_sequences or (max_bases is not None and bases >= max_bases):
            yield [_part(form, group) for (form, _), group in groups.items()]
            groups = {}
            count = bases = 0
    if groups:
        yield [_part(form, group) for (form, _), group in groups.items()]


def _form(item: Any, label: str) -> tuple[str, Any]:
    """Whether it is "text", "codes", "numbers" or "one_hot", and the sequence."""
    if isinstance(item, (str, bytes)):
        return "text", item
    if isinstance(item, Record):
        return "codes", item.codes
    item = getattr(item, "seq", item)  # records of Biopython and pyfaidx
    if isinstance(item, (bytearray, memoryview)) or hasattr(item, "__bytes__"):
        return "text", bytes(item)
    try:
        array = np.asarray(item)
    except (TypeError, ValueError, RuntimeError) as error:
        kind = type(item).__name__
        raise InputError(f"{label}: {_ONE_ITEM}. Received: {kind}, {error!s}") from None
    if not array.ndim and isinstance(array.item(), (str, bytes)):
        return "text", array.item()
    if array.ndim == 1 and array.size and array.dtype.kind in "iu":
        # Numbers in lists are an array that was written out.
        return "codes" if hasattr(item, "dtype") else "numbers", array
    shaped = array.ndim == 2 and array.size and array.shape[1] == _CHANNELS
    if shaped and array.dtype.kind in "biuf":
        return "one_hot", array
    if array.ndim:
        received = f"{array.dtype} of shape {array.shape}"
    else:
        missing = str(item) in ("None", "nan", "<NA>", "NaT")
        received = "a missing value" if missing else type(item).__name__
    raise InputError(f"{label}: {_ONE_ITEM}. Received: {received}.")


def _part(form: str, group: list[tuple[int, Any, str]]) -> Part:
    places, items, labels = zip(*group, strict=True)
    rows = np.array(places, np.int64)
    if form == "text":
        return Part(rows, encode_batch(items, names=labels), labels[0])
    values = np.stack(items)
    if form == "one_hot":
        return Part(rows, _floats(values), labels[0])
    if form == "numbers":
        _refuse_ambiguous(values)
    try:
        return Part(rows, check_codes(values), labels[0])
    except InputError as error:
        wrong = labels[int(((values < 0) | (values > UNKNOWN)).any(axis=1).argmax())]
        raise InputError(f"{wrong}: {error}") from None


def _check_array(array: npt.NDArray[Any]) -> bool:
    """Whether it is codes; else it is one-hot."""
    shape, kind = array.shape, array.dtype.kind
    if array.ndim > 1 and len(array) and not array.size:
        hint = "A sequence has at least one base."
    elif array.ndim == 2 and kind in "iu":
        _refuse_ambiguous(array)
        return True
    elif array.ndim == 3 and kind in "biuf" and shape[2] == _CHANNELS:
        return False
    elif array.ndim == 3 and shape[1] == _CHANNELS:
        hint = "Channels are last here: transpose(0, 2, 1)."
    elif array.ndim == 2 and kind in "bf" and _CHANNELS in shape:
        hint = "For one-hot of one sequence (length, 4) write one_hot[np.newaxis]."
    elif array.ndim == 2 and kind in "OSTU":
        hint = "Of a table give the one column that holds the sequences."
    elif array.ndim < 2:
        hint = "One sequence goes in a list."
    else:
        hint = "Codes are integers, 0 to 4 for A, C, G, T and N."
    raise InputError(f"{_EXPECTED} Received: {array.dtype} of shape {shape}. {hint}")


def _refuse_ambiguous(codes: npt.NDArray[Any]) -> None:
    """Integers (n, 4) or (4, n) may be one-hot of one sequence."""
    for axis in (1, 0):
        if codes.shape[axis] != _CHANNELS or not codes.size:
            continue
        sums = codes.sum(axis=axis)
        if codes.min() < 0 or codes.max() != 1 or sums.max() > 1:
            continue
        turned = "" if axis else ".T"
        raise InputError(
            f"{_EXPECTED} Received: {codes.dtype} of shape {codes.shape}, which may be "
            f"one-hot of one sequence of {len(sums)} bp, or codes of {len(codes)} "
            f"sequences of {codes.shape[1]} bp. For the former write "
            f"one_hot{turned}[np.newaxis], for the latter list(codes)."
        )


def batch_rows(batch_size: int, length: int) -> int:
    """How many sequences of so many bp go in a batch."""
    return max(1, min(batch_size, MAX_BATCH_BASES // length))
