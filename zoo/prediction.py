"""Sequences -> predictions, by a compiled forward pass on each Keras backend.

`model.predict` is not used: for small models most of its time is not the model's.
"""

from __future__ import annotations

import collections
import itertools
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from zoo.data.fasta import OnInvalid
from zoo.data.record import Record
from zoo.dna import Codes, check_codes, encode_batch
from zoo.errors import InputError

Predictions = npt.NDArray[np.float32]

# Long sequences go in smaller batches: 64 channels at full length take 128 MiB.
_MAX_BATCH_BASES = 1 << 19
# Records held back while their length waits for a full batch.
_MAX_WAITING_RECORDS = 4_096
_MAX_WAITING_BASES = 1 << 22
# Compiling a shape with XLA takes about a second and gains a sixth of each batch.
_XLA_AFTER_BATCHES = 32
_XLA_MAX_SHAPES = 4


def predict(
    model: keras.Model,
    sequences: Sequence[str | bytes] | npt.ArrayLike,
    *,
    batch_size: int = 256,
    activation: str | None = None,
    min_length: int = 1,
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

    Returns:
        float32 (sequence, output), or (sequence, bin, output) for profiles, in the
        order of `sequences`.

    Raises:
        InputError: Sequences that are not as above, or a length or a model that
            does not fit.
    """
    forward = _Forward(model, activation, batch_size)
    if _are_strings(sequences):
        strings = list(sequences)  # type: ignore[arg-type]
        return _predict_strings(forward, strings, min_length)
    inputs = _check_array(np.asarray(sequences))
    forward.check_length(inputs.shape[1], min_length, "sequences")
    return forward.all(inputs)


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
        on_invalid: Called with the error of each record whose length the model
            cannot take, which is then skipped. Without it the error is raised.

    Yields:
        Records in the order of the input and their predictions, float32 (record,
        output) or (record, bin, output).

    Raises:
        InputError: As `predict`.
    """
    forward = _Forward(model, activation, batch_size)
    waiting: collections.deque[_Waiting] = collections.deque()
    groups: dict[int, list[_Waiting]] = {}
    bases = 0
    for record in records:
        length = record.codes.size
        try:
            what = f"{record.source}: record {record.name!r}"
            forward.check_length(length, min_length, what)
        except InputError as error:
            if on_invalid is None:
                raise
            on_invalid(error)
            continue
        entry = _Waiting(record)
        waiting.append(entry)
        bases += length
        group = groups.setdefault(length, [])
        group.append(entry)
        if len(group) == forward.rows(length):
            forward.group(groups.pop(length))
        while len(waiting) > _MAX_WAITING_RECORDS or bases > _MAX_WAITING_BASES:
            # The oldest holds back all others: its group goes as it is.
            if waiting[0].prediction is None:
                forward.group(groups.pop(waiting[0].record.codes.size))
            done = list(_take_done(waiting))
            bases -= sum(entry.record.codes.size for entry in done)
            yield from _stacked(done)
    for group in groups.values():
        forward.group(group)
    yield from _stacked(_take_done(waiting))
