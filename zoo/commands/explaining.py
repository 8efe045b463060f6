"""What the commands that explain predictions read: sequences, or intervals."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

import registry
from zoo.commands.options import (
    add_batch_size,
    add_bed,
    add_fasta,
    add_genome,
    add_outputs,
    add_reading,
    add_reduction,
    add_window,
    read_config,
)
from zoo.commands.printing import Skipped, counted, refuse, tell
from zoo.errors import InputError
from zoo.files.output import refuse_replacing

if TYPE_CHECKING:
    import keras

    from zoo.data.record import Record
    from zoo.interpretation.explained import Explained
    from zoo.prediction.lengths import Lengths

Found = TypeVar("Found")

_RECORDS_AT_ONCE = 64
_BASES_AT_ONCE = 1 << 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments that say what is explained."""
    group = parser.add_argument_group("what is explained")
    source = group.add_mutually_exclusive_group(required=True)
    add_fasta(source)
    add_bed(source, "of --genome")
    add_genome(group, "whose intervals --bed has")
    add_window(group)
    add_reading(group)
    add_outputs(group)
    add_reduction(group)
    add_batch_size(group)


class ExplainedRecords:
    """Reads the records of the command line, some of one length at a time.

    Args:
        arguments: Of the command.
        release: What explains them.
        beside: Bases to read on each side of the window, where the genome has them.

    Attributes:
        intervals: Whether they are intervals of a genome.

    Raises:
        InputError: Arguments that contradict each other.
    """

    def __init__(
        self, arguments: argparse.Namespace, release: registry.Release, beside: int = 0
    ) -> None:
        self._arguments, self._release, self._beside = arguments, release, beside
        self.intervals = arguments.bed is not None
        if self.intervals != (arguments.genome is not None):
            raise InputError("--bed and --genome go together.")
        inputs = (arguments.fasta, arguments.bed, arguments.genome)
        refuse_replacing(arguments.out, *inputs)
        self._skipped = Skipped(shown=20) if arguments.on_invalid == "drop" else None
        self._on_invalid = self._skipped or refuse
        self._records: Iterator[Record] = iter(())

    def begin(self) -> None:
        """Reads the first record, which tells a bad input before Keras is imported."""
        records = self._read()
        self._records = itertools.chain([*itertools.islice(records, 1)], records)

    def records(self) -> Iterator[Record]:
        """All of them, in their order, as they are in the file."""
        return self._records

    def fitting(self, model: keras.Model) -> Iterator[Record]:
        """Those of `records` that have a length that the model takes."""
        from zoo.prediction.lengths import Lengths, misfit

        window = Lengths(model, self._arguments.window).window
        for record in self.records():
            size = record.codes.size
            if message := misfit(model, min(size, window or size)):
                self.refuse([record], InputError(message))
            else:
                yield record

    def results(
        self, model: keras.Model, explain: Callable[[Explained], Found]
    ) -> Iterator[tuple[list[Record], Found]]:
        """Records of one length, with what is found of them, in the order of the file.

        Args:
            model: What `zoo.load` gives for the release.
            explain: What is computed of them; its `InputError` refuses the records.

        Raises:
            InputError: A record is refused, or all were left out.
        """
        import numpy as np

        from zoo.files import progress
        from zoo.interpretation.explained import in_window
        from zoo.models.inputs import Constants
        from zoo.prediction.inputs import check_categories
        from zoo.prediction.lengths import Lengths

        lengths = Lengths(model, self._arguments.window)
        given = read_config(self._arguments.inputs, "--inputs")
        others = Constants(model, given)
        check_categories(model, given)
        used = False
        with progress.counted(None, 0, "sequences") as advance:
            for records in _groups(self.records()):
                codes = np.stack([record.codes for record in records])
                try:
                    found = explain(in_window(model, lengths, codes, others))
                except InputError as error:
                    self.refuse(records, error)
                else:
                    used = True
                    yield records, found
                advance(len(records))
        self._tell(lengths)
        self.tell_skipped()
        if not used:
            raise InputError("No record could be used. No output was written.")

    def refuse(self, records: list[Record], error: InputError) -> None:
        """Ends at records that cannot be used, or leaves them out, as is asked for."""
        for record in records:
            self._on_invalid(
                InputError(f"{record.source}: record {record.name!r}: {error}")
            )

    def _read(self) -> Iterator[Record]:
        arguments = self._arguments
        if not self.intervals:
            from zoo.data.fasta import read_fasta

            return read_fasta(arguments.fasta, on_invalid=self._on_invalid)
        from zoo.data.intervals.reading import read_intervals

        window = None
        if arguments.window != "full":
            known = self._release.input
            window = arguments.window or known.sequence_length or known.training_length
        return read_intervals(
            arguments.genome,
            arguments.bed,
            window=window and window + 2 * self._beside,
            ambiguous=arguments.ambiguous,
            on_invalid=self._on_invalid,
        )

    def _tell(self, lengths: Lengths) -> None:
        """Says on standard error what was cut, of another length, or left out."""
        # Intervals are read around their centers, and not cut.
        if lengths.cut and self._arguments.window is None and not self.intervals:
            tell(
                f"{lengths.cut:,} of {lengths.count:,} sequences are longer than the "
                f"{lengths.window} bp that {lengths.name} takes: their middle is "
                "explained. --window BP takes another length, --window full all of it."
            )
        if message := lengths.warning(cut=False):
            tell(message)

    def tell_skipped(self) -> None:
        """Says on standard error how many were left out."""
        if self._skipped is not None and self._skipped.count:
            tell(f"{counted(self._skipped.count, 'record')} skipped")


def _groups(records: Iterator[Record]) -> Iterator[list[Record]]:
    """Neighboring records of one length, some at a time."""
    for size, some in itertools.groupby(records, key=lambda record: record.codes.size):
        step = min(max(_BASES_AT_ONCE // size, 1), _RECORDS_AT_ONCE)
        while group := list(itertools.islice(some, step)):
            yield group
