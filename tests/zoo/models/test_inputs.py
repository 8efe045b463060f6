"""Values of the inputs beside the sequence: what fits, and what would be guessed."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from zoo.data.examples import CodesInMemory, Examples
from zoo.data.record import Record
from zoo.errors import InputError
from zoo.models.inputs import Constants
from zoo.prediction.sequences import predict_records

SEQUENCES = ["ACGTTGCA" * 4, "TTGCAACG" * 4]


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """Reads a cell type, and a value per base of sequences of any length."""
    cell_type = keras.Input((), dtype="int8", name="cell_type")
    signal = keras.Input((None, 1), name="signal")
    sequence = keras.Input((None, 4), name="sequence")
    x = layers.Conv1D(4, 3)(layers.Concatenate()([sequence, signal]))
    x = layers.GlobalMaxPooling1D()(x)
    x = layers.Concatenate()([x, layers.Embedding(3, 2)(cell_type)])
    return keras.Model([cell_type, signal, sequence], layers.Dense(2)(x))


@pytest.mark.parametrize("value", [0.5, np.nan, 300, -129])
def test_whole_numbers_are_not_made_of_others(model: keras.Model, value: float) -> None:
    given = {"sequence": SEQUENCES, "signal": np.zeros((2, 32, 1))}
    with pytest.raises(InputError, match=f"'cell_type': .* int8 holds.*{value}"):
        zoo.predict(model, given | {"cell_type": [1, value]})
    with pytest.raises(InputError, match=f"'cell_type': .* int8 holds.*{value}"):
        Constants(model, {"cell_type": value, "signal": 0})


def test_whole_numbers_in_another_type_are_what_they_are(model: keras.Model) -> None:
    given: dict[str, Any] = {"sequence": SEQUENCES, "signal": np.zeros((2, 32, 1))}
    found = zoo.predict(model, given | {"cell_type": np.array([2.0, 0.0])})
    one_hot = zoo.dna.one_hot_strings(SEQUENCES)
    expected = model([np.array([2, 0], np.int8), given["signal"], one_hot])
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("value", [3, -1])
def test_a_category_beyond_its_table(model: keras.Model, value: int) -> None:
    """TensorFlow's own error on a CPU, NaN or another category elsewhere."""
    match = f"^input 'cell_type': expected categories from 0 to 2, .* {value}.$"
    nested = keras.Model(model.inputs, model(model.inputs))
    for asked in (model, nested):
        given = {"cell_type": [1, value], "signal": np.zeros((2, 32, 1))}
        with pytest.raises(InputError, match=match):
            zoo.predict(asked, given | {"sequence": SEQUENCES})
    codes = zoo.dna.encode(SEQUENCES[0])
    records = [Record("r", codes, "source")]
    with pytest.raises(InputError, match=match):
        next(predict_records(model, records, inputs={"cell_type": value, "signal": 0}))


def test_the_sequences_are_given_once(model: keras.Model) -> None:
    """A constant of the name of the sequence took the place of all sequences."""
    with pytest.raises(InputError, match="sequences are 'sequence' already"):
        Constants(model, {"cell_type": 1, "signal": 0, "sequence": 0})
    examples = Examples(
        CodesInMemory(zoo.dna.encode_batch(SEQUENCES)),
        inputs={
            "cell_type": np.ones(2),
            "signal": np.zeros((2, 32, 1)),
            "sequence": np.zeros((2, 32, 4)),
        },
    )
    with pytest.raises(InputError, match="sequences are 'sequence' already"):
        zoo.predict(model, examples)


def test_a_value_per_base_of_a_model_of_any_length(model: keras.Model) -> None:
    signal = np.random.default_rng(0).random((32, 1))
    constants = Constants(model, {"cell_type": 1, "signal": signal})
    found = constants.of(np.arange(2), 32, 0, 32)
    np.testing.assert_allclose(found["signal"], [signal, signal], rtol=1e-6)
    with pytest.raises(InputError, match=r"array \(40, 1\) .*Received: \(32, 1\)"):
        constants.of(np.arange(2), 40, 0, 40)
    with pytest.raises(InputError, match=r"array \(32, 1\) .*Received: \(32, 2\)"):
        Constants(model, {"cell_type": 1, "signal": np.zeros((32, 2))})
    report = zoo.symmetry.check(
        model, lengths=[32], inputs={"cell_type": 1, "signal": signal}
    )
    assert report.kind == "none"
