"""What `fit` adds to that of Keras, beside going on (see checkpointing)."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import zoo
from tests.zoo.training.trainings import examples
from zoo.errors import InputError
from zoo.losses import (
    MaskedBinaryCrossentropy,
    MaskedCategoricalCrossentropy,
    MaskedMeanSquaredError,
)
from zoo.training import fit


class Counted(keras.layers.Dense):
    """Counts how often Python runs it in training."""

    calls = 0

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        Counted.calls += bool(training)
        return super().call(inputs)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_step_is_traced_once(optimizer: str) -> None:
    if keras.backend.backend() == "torch":
        pytest.skip("PyTorch runs Python in each step")
    inputs = keras.Input((20, 4))
    x = keras.layers.GlobalMaxPooling1D()(inputs)
    model = keras.Model(inputs, Counted(1)(x))
    model.compile(optimizer, "mse")
    Counted.calls = 0
    fit(model, examples().batches(12, shuffle=True), epochs=2, verbose=0)
    assert Counted.calls == 1
    assert int(model.optimizer.iterations) == 6


def of_outputs(*shape: int, loss: Any = "mse", length: int | None = None) -> Any:
    inputs = keras.Input((length, 4))
    x = keras.layers.GlobalMaxPooling1D()(inputs)
    x = keras.layers.Dense(math.prod(shape))(x)
    model = keras.Model(inputs, keras.layers.Reshape(shape)(x), name="mine")
    model.compile("sgd", loss, run_eagerly=True)
    return model


@pytest.mark.parametrize(
    ("model", "encoding", "message"),
    [
        # Keras would compare each of the eight with the one.
        (of_outputs(8), "one_hot", r"output, \(batch, 8\) of 'mine'.*\(batch, 1\)"),
        (of_outputs(4, 2), "one_hot", r"\(batch, 4, 2\).*Received \(batch, 1\)"),
        (of_outputs(3, loss=MaskedMeanSquaredError()), "one_hot", r"\(batch, 3\)"),
        (of_outputs(1, length=30), "one_hot", r"\(batch, 30, 4\).*\(batch, 20, 4\)\."),
        (of_outputs(1), "codes", r"Received batches of \(batch, 20\): .*takes_codes"),
        (
            zoo.create("bpnet", num_outputs=1, filters=2, dilation_rates=[1]),
            "one_hot",
            r"profile \(batch, 20, 1\) and counts \(batch, 1\)",
        ),
    ],
    ids=["broadcast", "bins", "masked", "length", "codes", "several"],
)
def test_shapes_are_compared_before_the_first_step(
    model: keras.Model, encoding: str, message: str
) -> None:
    if not model.compiled:
        model.compile("sgd", "mse")
    with pytest.raises(InputError, match=message):
        fit(model, examples().batches(12, encoding=encoding), epochs=1)


@pytest.mark.parametrize(
    ("inputs", "sequence", "message"),
    [
        ({}, "dna", r"inputs of 'mine'.*'cell' \(None,\).*: no other"),
        ({"cell": np.zeros(36)}, "sequence", "one of dna, cell. Received: 'sequence'"),
        ({"cel": np.zeros(36)}, "dna", "beside the sequences: 'cel'"),
        ({"cell": np.zeros((36, 2))}, "dna", r"'cell': .*\(batch\).*\(batch, 2\)"),
        ({"cell": np.full(36, np.nan)}, "dna", "'cell': .*integers.*nan in 36 of 36"),
        ({"cell": np.full(36, 0.5)}, "dna", "'cell': .*integers.*0.5 in 36 of 36"),
        ({"cell": np.arange(36) % 3}, "dna", "'cell': .*from 0 to 1, .* Received: 2"),
    ],
)
def test_inputs_beside_the_sequence_are_compared_before_the_first_step(
    inputs: dict[str, np.ndarray], sequence: str, message: str
) -> None:
    dna = keras.Input((20, 4), name="dna")
    cell = keras.Input((), name="cell", dtype="int32")
    x = keras.layers.GlobalMaxPooling1D()(dna)
    x = keras.layers.Add()([x, keras.layers.Embedding(2, 4)(cell)])
    model = keras.Model([dna, cell], keras.layers.Dense(1)(x), name="mine")
    model.compile("sgd", "mse", run_eagerly=True)
    data = dataclasses.replace(examples(), inputs=inputs)
    with pytest.raises(InputError, match=message):
        fit(model, data.batches(12, sequence=sequence), epochs=1)


@pytest.mark.parametrize(
    ("shape", "loss"),
    [
        ((1,), "binary_crossentropy"),
        ((3,), keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
        ((3,), MaskedCategoricalCrossentropy()),
        ((8,), lambda y, z: keras.ops.mean(keras.ops.square(z - y))),  # as it was meant
    ],
)
def test_what_a_loss_knows_to_compare_is_trained(
    shape: tuple[int, ...], loss: Any
) -> None:
    fit(of_outputs(*shape, loss=loss), examples().batches(36), epochs=1, verbose=0)


def test_examples_without_targets_are_refused() -> None:
    data = dataclasses.replace(examples(), targets=None, outputs=())
    with pytest.raises(InputError, match="with targets"):
        fit(of_outputs(1), data.batches(12), epochs=1)


@pytest.mark.parametrize("through", [lambda model: model, zoo.takes_codes])
def test_a_release_that_goes_on_at_another_length(tmp_path: Path, through: Any) -> None:
    said = {"description": "A", "task": "binary", "licence": "MIT"}
    new = zoo.create("shallow_wide", filters=2, kernel_size=5)
    outputs = {"outputs": ["gc"], "activation": "sigmoid", "min_length": 5}
    zoo.save(new, tmp_path / "gc_v1", training_length=30, **outputs, **said)
    model = zoo.load(tmp_path / "gc_v1")
    trained = through(model)
    trained.compile("sgd", MaskedBinaryCrossentropy(), run_eagerly=True)
    encoding = "one_hot" if trained is model else "codes"
    fit(
        trained, examples(length=20).batches(36, encoding=encoding), epochs=1, verbose=0
    )
    assert zoo.save(model, tmp_path / "gc_v2", **said).input.training_length == 20
    codes = np.random.default_rng(0).integers(0, 4, (2, 50), dtype=np.uint8)
    with pytest.warns(UserWarning, match="trained and measured on 20 bp"):
        found = zoo.predict(model, codes)
    np.testing.assert_array_equal(found, zoo.predict(model, codes[:, 15:35]))
