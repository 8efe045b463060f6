"""seqzoo predict: windows of the length that a release was trained on."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import registry
from zoo.commands.options import add_beyond, add_window, positive
from zoo.commands.printing import tell
from zoo.errors import InputError

if TYPE_CHECKING:
    import keras

    from zoo.data.record import Record
    from zoo.prediction.sequences import Predictions

    Batches = Iterator[tuple[list[Record], Predictions]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments that say what is predicted at once."""
    group = parser.add_argument_group(
        "windows",
        "what is predicted at once: for intervals the window around the centre, for "
        "longer sequences and genomes one window after the other",
    )
    add_window(group)
    group.add_argument(
        "--step",
        metavar="BP",
        type=positive,
        help="from one window to the next; with it, intervals are cut into windows, "
        "too (default: all that a window predicts)",
    )
    group.add_argument(
        "--centre",
        choices=("midpoint", "summit"),
        help="one window per sequence or interval, around its midpoint or the summit "
        "of its peak (default: for intervals, the summit where the file has it)",
    )
    add_beyond(group, "pad", default="pad")


def check_arguments(arguments: argparse.Namespace) -> None:
    """Refuses arguments that contradict each other.

    Raises:
        InputError: Such arguments.
    """
    if arguments.step is not None and (
        arguments.centre is not None or arguments.window == "full"
    ):
        other = "--centre" if arguments.centre is not None else "--window full"
        raise InputError(f"Expected --step or {other}, not both.")
    if arguments.bed is None and arguments.centre == "summit":
        raise InputError("--centre summit goes with --bed, a file of peaks.")
    if arguments.genome is not None or arguments.bed is not None:
        return
    for name, default in (("beyond", "pad"), ("ambiguous", "error")):
        if getattr(arguments, name) != default:
            raise InputError(f"--{name} goes with --bed or --genome.")


def around_centres(
    arguments: argparse.Namespace, release: registry.Release
) -> int | None:
    """The bp to cut out around the centres of intervals; None for the intervals.

    As in `zoo.prediction.lengths.Lengths`, which needs the model, and so Keras.
    """
    if arguments.window == "full" or arguments.step is not None:
        return None
    usual = release.input.sequence_length or release.input.training_length
    return arguments.window or usual


class Windows:
    """Cuts records into windows, and counts those of other lengths than in training.

    Args:
        arguments: Of the command.
        release: What is predicted with.
        model: What `zoo.load` gives for the release.
    """

    def __init__(
        self,
        arguments: argparse.Namespace,
        release: registry.Release,
        model: keras.Model,
    ) -> None:
        from zoo.prediction.lengths import Lengths

        self.lengths = Lengths(model, arguments.window)
        least, window = release.input.min_length, self.lengths.window
        if window is not None and window < least:
            raise InputError(
                f"Expected a --window of at least {least} bp, the shortest that "
                f"{release.name} takes. Received: {window} bp."
            )
        # That the user names a length makes it none of the training.
        self.lengths.usual = {self.lengths.trained}
        self.known = arguments.window is not None or self.lengths.window is not None
        self.step = _step(arguments, release, model, self.lengths.window)
        self._padded = 0

    def cut(self, records: Iterable[Record]) -> Iterator[Record]:
        """The windows of records, in their order."""
        from zoo.prediction.lengths import windowed

        return windowed(records, self.lengths, self.step)

    def counted(self, batches: Batches) -> Batches:
        """The batches, whose windows are counted."""
        for records, predictions in batches:
            for record in records:
                self.lengths.add(record.codes.size)
                self._padded += _is_padded(record)
            yield records, predictions

    def tell(self) -> None:
        """Says on standard error what was of another length, or not all sequence."""
        message = self.lengths.warning(cut=False)
        if not self.known:
            message = (
                f"{self.lengths.name} does not say at which length it was trained: "
                "sequences are predicted as they are. --window BP cuts them."
            )
        if message:
            tell(message)
        if self._padded:
            tell(
                f"{self._padded:,} of {self.lengths.count:,} windows reach beyond "
                "their contig, and are filled with N there. --beyond drop leaves them "
                "out."
            )


def _is_padded(record: Record) -> bool:
    where = record.interval
    if where is None or where.contig_length is None:
        return False
    return where.start < 0 or where.end > where.contig_length


def _step(
    arguments: argparse.Namespace,
    release: registry.Release,
    model: keras.Model,
    window: int | None,
) -> int | None:
    """The bp from one window to the next, or None for one window per record."""
    if window is None:
        if arguments.step is None:
            return None
        raise InputError(
            f"--step needs a --window, as {release.name} does not say at which length "
            "it was trained."
        )
    if arguments.centre is not None or (
        arguments.bed is not None and arguments.step is None
    ):
        return None
    from zoo.prediction.genome import bins

    return bins.geometry(model, release, window, arguments.step).step
