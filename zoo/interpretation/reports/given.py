"""Whatever users give as sequences -> a few with names, by their length."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from zoo.data.examples import Examples
from zoo.data.record import Record
from zoo.data.sequences import all_parts, items_of, none_received


@dataclass(frozen=True)
class Given:
    """What goes into a page.

    Attributes:
        records: In their order.
        has_more: Whether there are others, which do not.
    """

    records: list[Record]
    has_more: bool

    def groups(self) -> Iterator[list[int]]:
        """Places of records of one length, the first of all first."""
        by_length: dict[int, list[int]] = {}
        for place, record in enumerate(self.records):
            by_length.setdefault(len(record.codes), []).append(place)
        yield from by_length.values()


def given(sequences: Any, most: int) -> Given:
    """The first of sequences, with a name each.

    Args:
        sequences: As `zoo.predict` takes them, but for a mapping of further inputs.
        most: How many are taken, and read, of an iterator.

    Raises:
        InputError: They are none, or there is none.
    """
    items: Iterator[Any]
    if isinstance(sequences, Examples) or hasattr(sequences, "__array__"):
        items = (row for part in all_parts(sequences) for row in part.codes())
    else:
        items = items_of(sequences)
    first = list(itertools.islice(items, most + 1))
    if not first:
        raise none_received()
    records = [
        item
        if isinstance(item, Record)
        else Record(f"sequence {number}", all_parts([item])[0].codes()[0], "given")
        for number, item in enumerate(first[:most], start=1)
    ]
    return Given(records, len(first) > most)
