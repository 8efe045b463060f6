"""What a model reads beside the sequence, along a genome: signals and constants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from registry.files import user_path
from zoo.data.examples import Intervals
from zoo.errors import InputError
from zoo.models.inputs import Constants
from zoo.models.interface import inputs_of
from zoo.prediction.inputs import check_categories

if TYPE_CHECKING:
    import keras

    from zoo.data.genomes.genome import Genome
    from zoo.data.tracks.signals import Missing, Negative

Inputs = Mapping[str, Any]
NEGATIVE = ("error", "absolute", "keep")


def plain_inputs(inputs: Inputs) -> dict[str, Any]:
    """The inputs that a user gives as JSON takes them: paths are texts.

    Raises:
        InputError: What is neither paths nor numbers.
    """
    if not isinstance(inputs, Mapping):
        raise InputError(
            "inputs: expected values by the name of the input, as in "
            f"{{'control': 0}}. Received: {inputs!r:.80}"
        )
    found = {}
    for name, value in inputs.items():
        paths = [value] if isinstance(value, (str, Path)) else value
        if (
            isinstance(paths, (list, tuple))
            and paths
            and all(isinstance(path, (str, Path)) for path in paths)
        ):
            found[name] = [str(user_path(path).absolute()) for path in paths]
            continue
        try:
            numbers = np.asarray(value)
        except ValueError:  # rows of different lengths
            numbers = np.asarray(None)
        if numbers.dtype.kind not in "biuf" or not numbers.size:
            raise InputError(
                f"input {name!r}: expected bigWig files, a number or an array. "
                f"Received: {value!r:.80}"
            )
        found[name] = numbers.tolist()
    return found


class FurtherInputs:
    """Reads the other inputs of windows of a genome.

    Args:
        model: Names its inputs.
        given: By name, of each input a number or an array without the axis of the
            windows that holds for all of them, or bigWig files, a channel each.
        negative: What their values below 0 are, as in `zoo.data.read_signals`.
        missing: What bases without a value are, likewise.

    Raises:
        InputError: An input is missing, unknown, of another shape, or a category that
            the model does not know.
    """

    def __init__(
        self,
        model: keras.Model,
        given: Inputs,
        *,
        negative: Negative = "error",
        missing: Missing = "zero",
    ) -> None:
        self._negative, self._missing = negative, missing
        self._tracks: dict[str, Sequence[str]] = {
            name: value
            for name, value in given.items()
            if np.ndim(value) and isinstance(value[0], str)
        }
        # Those of tracks are checked as zeros would be.
        constants = {**given, **dict.fromkeys(self._tracks, 0)}
        self._constants = Constants(model, constants)
        check_categories(model, constants)
        for name, paths in self._tracks.items():
            shape = tuple(inputs_of(model)[name].shape)
            if len(shape) != 3 or shape[2] != len(paths):
                raise InputError(
                    f"input {name!r}: expected values of shape {shape}. Received "
                    f"{len(paths)} bigWig files: {', '.join(paths)}."
                )

    def check_tracks(self, contigs: Mapping[str, int]) -> None:
        """Refuses bigWig files that do not go with the contigs to be predicted.

        Args:
            contigs: Lengths in bp by name.

        Raises:
            InputError: A file cannot be read, lacks a contig, or has one of another
                length, or values below 0 that are an error.
        """
        for paths in self._tracks.values():
            from zoo.data.tracks.signals import check_signals

            check_signals(
                paths,
                contigs,
                "predict the other contigs (--contigs, in Python contigs=).",
                self._negative,
            )

    def of(
        self,
        genome: Genome,
        contig: npt.NDArray[np.int64],
        start: npt.NDArray[np.int64],
        window: int,
    ) -> dict[str, npt.NDArray[Any]]:
        """(window, ...) by name, of windows by their first bases."""
        rows = np.arange(len(start))
        found = self._constants.of(rows, window, 0, window)
        if self._tracks:
            from zoo.data.tracks.signals import read_signals

            names = np.array([*genome.contigs])[contig]
            where = Intervals(names, start, start + window, np.full(len(start), "+"))
            for name, paths in self._tracks.items():
                found[name] = read_signals(
                    paths,
                    where,
                    bin_size=1,
                    contigs=genome.contigs,
                    negative=self._negative,
                    missing=self._missing,
                )
        return found
