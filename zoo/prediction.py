"""Sequences -> predictions, by a compiled forward pass on each Keras backend.

`model.predict` is not used: for small models most of its time is not the model's.
"""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from zoo.data.fasta import OnInvalid
from zoo.data.record import Record
from zoo.dna import ALPHABET, check_codes, encode_batch
from zoo.errors import InputError
from zoo.forward import Compute, Predictions, compiled, input_length

# Long sequences go in smaller batches: 64 channels at full length take 128 MiB.
_MAX_BATCH_BASES = 1 << 19
# What is held back while records wait for others of their length.
_MAX_WAITING_RECORDS = 4_096
_MAX_WAITING_BASES = 1 << 22


def predict(
    model: keras.Model,
    sequences: Sequence[str | bytes] | npt.ArrayLike,
    *,
    batch_size: int = 256,
    activation: str | None = None,
    min_length: int = 1,
    jit_compile: bool = False,
) -> Predictions:
    """Predict many sequences.

    Args:
        model: One input (batch, length, 4), channels A, C, G, T; one output.
        sequences: Strings, which may differ in length if the model takes any;
            or one-hot (sequence, length, 4); or uint8 codes (sequence, length).
        batch_size: Sequences a batch; fewer for sequences of more than 2 kb.
        activation: A name of `keras.activations` ("sigmoid", "softmax", ...) to
            apply to the output. Without it the model's own output is returned:
            logits, for the models of this zoo.
        min_length: Shortest sequence in bp that the model can take.
        jit_compile: Use XLA on TensorFlow, as in `keras.Model.compile`. It takes
            seconds for each length, is faster only where nothing else runs on the
            machine, and differs in the last bits.

    Returns:
        float32 (sequence, output), or (sequence, bin, output) for profiles, in the
        order of `sequences`.

    Raises:
        InputError: Sequences that are not as above, or a length or a model that
            does not fit.
    """
    compute = compiled(model, activation, jit_compile=jit_compile)
    forward = _Forward(model, compute, batch_size, min_length)
    if isinstance(sequences, (str, bytes)):
        raise InputError(
            "Expected a list of sequences. Received one string: put it in a list."
        )
    if _are_strings(sequences):
        return _predict_strings(forward, list(sequences))  # type: ignore[arg-type]
    inputs = _check_array(_as_array(sequences))
    if misfit := forward.misfit(inputs.shape[1]):
        raise InputError(f"The array: {misfit}")
    return forward(inputs)


def predict_records(
    model: keras.Model,
    records: Iterable[Record],
    *,
    batch_size: int = 256,
    activation: str | None = None,
    min_length: int = 1,
    on_invalid: OnInvalid | None = None,
) -> Iterator[tuple[list[Record], Predictions]]:
    """Predict a stream of records in constant memory.

    Records of one length form batches. Where lengths alternate, records wait for
    others of their length: 4,096 records or 4 Mb at most.

    Args:
        model: As in `predict`; so are `batch_size`, `activation` and `min_length`.
        records: What the readers of `zoo.data` yield.
        batch_size: Records a batch; fewer for records of more than 2 kb.
        activation: A name of `keras.activations` to apply to the output.
        min_length: Shortest record in bp that the model can take.
        on_invalid: Called with the error of each record whose length the model
            cannot take, which is then skipped. Without it the error is raised.

    Yields:
        Records in the order of the input and their predictions, float32 (record,
        output) or (record, bin, output).

    Raises:
        InputError: As `predict`.
    """
    forward = _Forward(model, compiled(model, activation), batch_size, min_length)
    waiting: collections.deque[_Waiting] = collections.deque()
    groups: dict[int, list[_Waiting]] = {}
    bases = 0
    for record in records:
        length = record.codes.size
        if misfit := forward.misfit(length):
            error = InputError(f"{record.source}: record {record.name!r}: {misfit}")
            if on_invalid is None:
                raise error
            on_invalid(error)
            continue
        entry = _Waiting(record)
        waiting.append(entry)
        bases += length
        group = groups.setdefault(length, [])
        group.append(entry)
        if len(group) == forward.rows(length):
            _run(forward, groups.pop(length))
        elif len(waiting) > _MAX_WAITING_RECORDS or bases > _MAX_WAITING_BASES:
            # The oldest holds back all others: its group goes as it is.
            _run(forward, groups.pop(waiting[0].record.codes.size))
        if waiting[0].prediction is not None:
            done = _take_done(waiting)
            bases -= sum(entry.record.codes.size for entry in done)
            yield from _stacked(done)
    for group in groups.values():
        _run(forward, group)
    yield from _stacked(_take_done(waiting))


class _Forward:
    """A model's forward pass with its batch size and the lengths it takes."""

    def __init__(
        self,
        model: keras.Model,
        compute: Compute,
        batch_size: int,
        min_length: int,
    ) -> None:
        if batch_size < 1:
            raise InputError(f"Expected batch_size >= 1. Received: {batch_size}.")
        self.length = input_length(model)
        self.compute = compute
        # The compiled function does not keep its model alive.
        self.model = model
        self.batch_size = batch_size
        self.min_length = min_length

    def misfit(self, length: int) -> str | None:
        """Why the model cannot take sequences of so many bp, if it cannot."""
        if self.length is not None and length != self.length:
            expected = f"{self.length} bp, the length"
        elif length < self.min_length:
            expected = f"at least {self.min_length} bp, the shortest"
        else:
            return None
        return (
            f"expected {expected} that model {self.model.name!r} takes. "
            f"Received: {length} bp."
        )

    def rows(self, length: int) -> int:
        """Sequences a batch."""
        return max(1, min(self.batch_size, _MAX_BATCH_BASES // length))

    def __call__(self, inputs: npt.NDArray[Any]) -> Predictions:
        """Codes or one-hot of any number of sequences, batch by batch."""
        step = self.rows(inputs.shape[1])
        first = self.compute(inputs[:step])
        outputs = np.empty((len(inputs), *first.shape[1:]), np.float32)
        outputs[:step] = first
        for start in range(step, len(inputs), step):
            stop = start + step
            outputs[start:stop] = self.compute(inputs[start:stop])
        return outputs


class _Waiting:
    """A record and, once it is there, its prediction."""

    __slots__ = ("prediction", "record")

    def __init__(self, record: Record) -> None:
        self.record = record
        self.prediction: Predictions | None = None


def _run(forward: _Forward, group: list[_Waiting]) -> None:
    outputs = forward(np.stack([entry.record.codes for entry in group]))
    for entry, output in zip(group, outputs, strict=True):
        entry.prediction = output


def _take_done(waiting: collections.deque[_Waiting]) -> list[_Waiting]:
    done = []
    while waiting and waiting[0].prediction is not None:
        done.append(waiting.popleft())
    return done


def _stacked(done: list[_Waiting]) -> Iterator[tuple[list[Record], Predictions]]:
    """Profiles of sequences of different lengths have different numbers of bins."""
    for _, group in itertools.groupby(done, key=lambda e: e.prediction.shape):  # type: ignore[union-attr]
        entries = list(group)
        outputs = [entry.prediction for entry in entries]
        yield [entry.record for entry in entries], np.stack(outputs)  # type: ignore[arg-type]


def _are_strings(sequences: Any) -> bool:
    if isinstance(sequences, np.ndarray):
        return sequences.dtype.kind in "USOT"
    # A list, or what looks like one: a column of a data frame has no [0].
    first = next(iter(sequences), None)
    return isinstance(first, (str, bytes))


def _predict_strings(forward: _Forward, sequences: list[str | bytes]) -> Predictions:
    by_length: dict[int, list[int]] = {}
    for index, sequence in enumerate(sequences):
        if not isinstance(sequence, (str, bytes)):
            raise InputError(
                f"sequence {index + 1}: expected str or bytes. "
                f"Received: {type(sequence).__name__}."
            )
        by_length.setdefault(len(sequence), []).append(index)
    for length, indices in by_length.items():
        # An empty sequence has its own error, from the encoder.
        if length and (misfit := forward.misfit(length)):
            raise InputError(f"sequence {indices[0] + 1}: {misfit}")
    outputs: Predictions | None = None
    for indices in by_length.values():
        codes = encode_batch(
            [sequences[i] for i in indices],
            names=[f"sequence {i + 1}" for i in indices],
        )
        group = forward(codes)
        if len(by_length) == 1:
            return group
        if outputs is None:
            outputs = np.empty((len(sequences), *group.shape[1:]), np.float32)
        elif group.shape[1:] != outputs.shape[1:]:
            raise InputError(
                "Expected sequences of one length: this model's output has as many "
                "bins as the sequence has room for. Predict each length by itself."
            )
        outputs[indices] = group
    assert outputs is not None
    return outputs


def _as_array(sequences: Any) -> npt.NDArray[Any]:
    try:
        return np.asarray(sequences)
    except ValueError as error:
        raise InputError(
            f"Expected sequences of one length in an array ({error}). Arrays of "
            "different lengths are predicted one by one; strings may be mixed."
        ) from None


def _check_array(inputs: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Codes as uint8, one-hot as float32."""
    expected = (
        "Expected strings, one-hot (sequence, length, 4) with channels A, C, G, T, or "
        "uint8 codes (sequence, length)."
    )
    received = f"Received: {inputs.dtype} of shape {inputs.shape}."
    if inputs.size == 0:
        raise InputError(f"Expected at least one base to predict. {received}")
    if inputs.ndim == 2 and inputs.dtype.kind in "iu":
        return check_codes(inputs)
    if inputs.ndim != 3 or inputs.dtype.kind not in "biuf":
        raise InputError(f"{expected} {received}")
    if inputs.shape[2] != len(ALPHABET):
        channels_first = inputs.shape[1] == len(ALPHABET)
        hint = " Channels are last here: transpose(0, 2, 1)." if channels_first else ""
        raise InputError(f"{expected} {received}{hint}")
    return inputs.astype(np.float32, copy=False)
