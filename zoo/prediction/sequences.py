"""Sequences -> predictions, by a compiled forward pass on each Keras backend.

`model.predict` is not used: for small models most of its time is not the model's.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from zoo.data.fasta import OnInvalid
from zoo.data.record import Record
from zoo.data.sequences import (
    WINDOW_BASES,
    WINDOW_SEQUENCES,
    batch_rows,
    none_received,
    windows,
)
from zoo.errors import InputError, check_at_least
from zoo.models.inputs import Constants
from zoo.models.interface import only, sequence_input
from zoo.prediction.forward import (
    Activation,
    Compute,
    Inputs,
    Outputs,
    Predictions,
    compiled,
)
from zoo.prediction.inputs import check_categories, split
from zoo.prediction.lengths import Lengths, misfit


def predict(
    model: keras.Model,
    sequences: Any,
    *,
    batch_size: int = 256,
    activation: Activation = None,
    min_length: int | None = None,
    window: int | str | None = None,
    jit_compile: bool = False,
    run_eagerly: bool = False,
) -> Any:  # an array or a dictionary of them, as only the model tells
    """Predict many sequences.

    Args:
        model: Reads DNA, (batch, length, 4), channels A, C, G, T: its only input of
            that shape, or the one named "sequence".
        sequences: Strings, which may differ in length if the model takes any;
            one-hot (sequence, length, 4); uint8 codes (sequence, length); examples or
            records of `zoo.data`. Any iterable will do: a list, a series of a data
            frame, a generator, which is read once. For a model with further inputs:
            all of them by name, `{"sequence": sequences, "cell_type": array, ...}`,
            or examples that hold them.
        batch_size: Sequences per batch; fewer for sequences of more than 2 kb.
        activation: A name of `keras.activations` ("sigmoid", "softmax", ...) to
            apply to the output, or such names by output; "softmax_over_bins" makes a
            profile's logits the share of each bin in its whole. Without it the model's
            own output is returned: logits, for the models of this zoo.
        min_length: Shortest sequence in bp to predict; by default that of the release
            that the model was loaded from, or is made of, and at least what leaves
            every layer something to read.
        window: bp that longer sequences are cut to, in their middle. By default those
            that a released model was trained and measured on, with a warning, as is
            told of shorter ones, which are predicted as they are; "full" predicts
            longer ones as they are, too.
        jit_compile: Use XLA on TensorFlow, as in `keras.Model.compile`. It takes
            seconds for each length, is faster only where nothing else runs on the
            machine, and differs in the last bits.
        run_eagerly: Compute op by op on TensorFlow, likewise: for a few sequences of a
            model that is used once, as making its graph takes longer than they do. The
            last bits differ.

    Returns:
        float32 (sequence, output), or (sequence, bin, output) for profiles, in the
        order of `sequences`. Of a model with several outputs a dictionary of these, by
        the output's name.

    Raises:
        InputError: Sequences that are not as above, or a length or a model that
            does not fit.

    Warns:
        UserWarning: Sequences are cut, or of another length than in training.
    """
    compute = compiled(
        model, activation, jit_compile=jit_compile, run_eagerly=run_eagerly
    )
    forward = _Forward(model, compute, batch_size, min_length)
    lengths = Lengths(model, window)
    sequences, others = split(model, sequences)
    done: list[tuple[npt.NDArray[np.int64], Outputs]] = []
    for parts in windows(sequences):
        for part in parts:
            size = min(part.length, lengths.window or part.length)
            if misfit := forward.misfit(size):
                raise InputError(f"{part.first}: {misfit}")
            start = lengths.start(part.length)
            further = others.of(part.rows, part.length, start, size)
            done.append((part.rows, forward(lengths.middle(part.values), further)))
    if not done:
        raise none_received()
    others.check_rows(sum(len(rows) for rows, _ in done))
    if warning := lengths.warning():
        warnings.warn(warning, stacklevel=2)
    return only({name: _in_order(done, name) for name in done[0][1]})


def _in_order(
    done: list[tuple[npt.NDArray[np.int64], Outputs]], name: str
) -> Predictions:
    """One output of all sequences, in the order in which they were given."""
    if len(done) == 1:
        return done[0][1][name]
    shape = done[0][1][name].shape[1:]
    found = np.empty((sum(len(rows) for rows, _ in done), *shape), np.float32)
    for rows, outputs in done:
        if outputs[name].shape[1:] != shape:
            raise InputError(
                "Expected sequences of one length: this model's output has as many "
                "bins as the sequence has room for. Predict each length by itself."
            )
        found[rows] = outputs[name]
    return found


def predict_records(
    model: keras.Model,
    records: Iterable[Record],
    *,
    batch_size: int = 256,
    activation: Activation = None,
    min_length: int | None = None,
    on_invalid: OnInvalid | None = None,
    inputs: Mapping[str, Any] = MappingProxyType({}),
) -> Iterator[tuple[list[Record], Any]]:
    """Predict a stream of records in constant memory.

    Of 4,096 records, or 4 Mb, at a time those of one length form batches.

    Args:
        model: As in `predict`; so are `batch_size`, `activation` and `min_length`.
        records: What the readers of `zoo.data` yield.
        batch_size: Records a batch; fewer for records of more than 2 kb.
        activation: A name to apply to the output, as in `predict`.
        min_length: Shortest record in bp to predict.
        on_invalid: Called with the error of each record whose length the model
            cannot take, which is then skipped. Without it the error is raised.
        inputs: What all records have in common in the model's further inputs, by
            name: a number, or an array without the axis of the records.

    Yields:
        Records in the order of the input and their predictions, as in `predict`.

    Raises:
        InputError: As `predict`.
    """
    forward = _Forward(model, compiled(model, activation), batch_size, min_length)
    constants = Constants(model, inputs)
    check_categories(model, inputs)
    waiting: list[Record] = []

    def fitting() -> Iterator[Record]:
        for record in records:
            if misfit := forward.misfit(record.codes.size):
                error = InputError(f"{record.source}: record {record.name!r}: {misfit}")
                if on_invalid is None:
                    raise error
                on_invalid(error)
                continue
            waiting.append(record)
            yield record

    first = 0
    for parts in windows(
        fitting(), max_sequences=WINDOW_SEQUENCES, max_bases=WINDOW_BASES
    ):
        found: list[dict[str, Predictions]] = [{} for _ in waiting]
        for part in parts:
            values = constants.of(part.rows, part.length, 0, part.length)
            for name, output in forward(part.values, values).items():
                for row, prediction in zip(part.rows, output, strict=True):
                    found[row - first][name] = prediction
        # Profiles of sequences of different lengths have different numbers of bins.
        pairs = zip(waiting, found, strict=True)
        for _, group in itertools.groupby(pairs, key=lambda pair: _shapes(pair[1])):
            done, predictions = zip(*group, strict=True)
            names = predictions[0]
            yield (
                list(done),
                only({n: np.stack([p[n] for p in predictions]) for n in names}),
            )
        first += len(waiting)
        waiting.clear()


def _shapes(outputs: Outputs) -> list[tuple[int, ...]]:
    return [output.shape for output in outputs.values()]


class _Forward:
    """A model's forward pass with its batch size and the lengths it takes."""

    def __init__(
        self,
        model: keras.Model,
        compute: Compute,
        batch_size: int,
        min_length: int | None,
    ) -> None:
        check_at_least(1, batch_size=batch_size)
        self.sequence = sequence_input(model)
        self.compute = compute
        # The compiled function does not keep its model alive.
        self.model = model
        self.batch_size = batch_size
        self.min_length = min_length

    def misfit(self, length: int) -> str | None:
        """Why the model cannot take sequences of so many bp, if it cannot."""
        return misfit(self.model, length, self.min_length)

    def __call__(
        self, sequences: npt.NDArray[Any], others: Inputs = MappingProxyType({})
    ) -> Outputs:
        """Codes or one-hot of any number of sequences, batch by batch."""
        step = batch_rows(self.batch_size, sequences.shape[1])
        inputs = {self.sequence: sequences, **others}
        found: Outputs = {}
        for start in range(0, len(sequences), step):
            stop = start + step
            batch = self.compute({name: x[start:stop] for name, x in inputs.items()})
            for name, output in batch.items():
                if name not in found:
                    shape = (len(sequences), *output.shape[1:])
                    found[name] = np.empty(shape, np.float32)
                found[name][start:stop] = output
        return found
