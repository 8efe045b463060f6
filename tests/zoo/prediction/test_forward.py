import keras
import numpy as np
import pytest
from keras import layers

import zoo
from tests.zoo.prediction.test_sequences import WIDTH, records, small
from zoo.errors import InputError
from zoo.inspection import graph, symmetry
from zoo.models import creation
from zoo.models.ensembles import members
from zoo.prediction.sequences import predict, predict_records


@pytest.mark.parametrize(
    ("made", "shortest"),
    [
        (lambda: small(), WIDTH),
        # Bins of 2 bp: the mean of no bin is no number, a profile of none is empty.
        (lambda: small(profile=True), WIDTH + 1),
        (lambda: small(extra=[layers.MaxPooling1D(4), layers.Conv1D(2, 5)]), 22),
    ],
)
def test_no_layer_is_left_without_positions(made, shortest):
    made = made()
    assert graph.shortest(made, 0) == shortest
    assert np.isfinite(predict(made, ["A" * shortest])).all()
    for length in (shortest - 1, 1):
        with pytest.raises(
            InputError,
            match=rf"sequence 2: expected at least {shortest} bp.*{length} bp",
        ):
            predict(made, ["A" * 60, "A" * length])
        with pytest.raises(InputError, match=f"at least {shortest} bp"):
            symmetry.check(made, lengths=[length])
    found = predict_records(made, records([1, 60]), on_invalid=lambda error: None)
    assert [r.name for group, _ in found for r in group] == ["r1"]


def test_what_a_release_takes_is_known_of_all_that_is_made_of_it():
    released = zoo.load("tests/fixtures/schema_4/small_v1")
    other = zoo.load("tests/fixtures/schema_4/small_v1", num_outputs=2)
    both = zoo.ensemble([released, other])
    features = keras.Model(released.input, released.layers[-2].output)
    inputs = keras.Input((None, 4))
    around = keras.Model(inputs, layers.Dense(1)(released(inputs)))
    for made in (released, other, both, *members(both), features, around):
        assert predict(made, ["A" * 15], window=15).shape[0] == 1
        with pytest.raises(InputError, match=r"at least 15 bp.*Received: 14"):
            predict(made, ["A" * 14])
        assert predict(made, ["A" * 14], min_length=14, window=14).shape[0] == 1
    with pytest.raises(InputError, match="at least 15 bp"):
        predict(zoo.conjoined(released), ["A" * 14])
    assert creation.min_length(zoo.create("rc_dilated", filters=4)) is None


def test_probabilities_of_a_release_are_calibrated_and_logits_are_not():
    folder = "tests/fixtures/schema_6/small_v1"  # slope 1.5, intercept -0.25
    model, sequences = zoo.load(folder), ["ACGTTGCATG" * 3, "TTTTTGGGGGCCCCC" * 2]
    logits = predict(model, sequences, window=30)
    assert abs(logits).max() > 0
    found = predict(model, sequences, activation="sigmoid", window=30)
    np.testing.assert_allclose(
        found, 1 / (1 + np.exp(-(1.5 * logits - 0.25))), atol=1e-6
    )
    # Behind another activation than that of the release there is nothing to calibrate.
    other = predict(model, sequences, activation="tanh", window=30)
    np.testing.assert_allclose(other, np.tanh(logits), atol=1e-6)
    model.compile("sgd", "mse")
    model.fit(np.zeros((2, 30, 4)), np.zeros((2, 2)), verbose=0)
    logits = predict(model, sequences, window=30)
    plain = predict(model, sequences, activation="sigmoid", window=30)
    np.testing.assert_allclose(plain, 1 / (1 + np.exp(-logits)), atol=1e-6)
