"""Reads at each base, of models that predict where they lie and how many they are."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING

from zoo.errors import InputError
from zoo.models.creation import called, made_alike
from zoo.models.interface import outputs_of
from zoo.models.outputs import declare, declared

if TYPE_CHECKING:
    import keras

UNITS = "reads"


def expected_reads(model: keras.Model) -> keras.Model:
    """A model of the reads at each base, from one as `bpnet`.

        softmax(profile)_i max(exp(counts) - 1, 0)

    It is as any other: for `zoo.predict`, to be exported, for variants.

    Args:
        model: Of two outputs: logits (batch, bins, num_outputs), whose softmax over the
            bins are shares of reads, and ln(1 + reads), (batch, num_outputs).

    Returns:
        A model of the same inputs and weights with one output, (batch, bins,
        num_outputs).

    Raises:
        InputError: It has other outputs.

    Source:
        Avsec et al. 2021, doi:10.1038/s41588-021-00782-6.
    """
    import keras
    from keras import ops

    outputs = outputs_of(model)
    by_rank = {len(tensor.shape): name for name, tensor in outputs.items()}
    counts = {tensor.shape[-1] for tensor in outputs.values()}
    if len(outputs) != 2 or by_rank.keys() != {2, 3} or len(counts) != 1:
        shapes = ", ".join(f"{name} {t.shape}" for name, t in outputs.items())
        raise InputError(
            "Expected a model with a profile (batch, bins, num_outputs) and the "
            f"ln(1 + reads) (batch, num_outputs) of each. Received: {called(model)} "
            f"with {shapes}"
        )
    shares = ops.softmax(outputs[by_rank[3]], axis=1)
    totals = ops.maximum(ops.expm1(outputs[by_rank[2]]), 0.0)
    reads = shares * ops.expand_dims(totals, 1)
    made = made_alike(keras.Model(model.input, reads, name=model.name), model)
    known = declared(model)
    if known is None:
        return made
    left = iter(known)
    each = {n: [*itertools.islice(left, t.shape[-1])] for n, t in outputs.items()}
    return declare(
        made,
        [
            dataclasses.replace(output, units=UNITS, activation="linear")
            for output in each[by_rank[3]]
        ],
    )
