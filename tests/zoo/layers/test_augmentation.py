"""What all augmentation layers keep: when they act, on what, and with which seed."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import pytest

from tests.tracing import compile_once
from tests.zoo.layers.augmented import codes_of, one_hot_of, random_codes, train
from zoo import layers
from zoo.layers.augmentation import Augmentation

Make = Callable[..., Augmentation]
LAYERS: dict[str, Make] = {
    "reverse_complement": layers.RandomReverseComplement,
    "shift": lambda **a: layers.RandomShift(5, **a),
    "wrap": lambda **a: layers.RandomShift(5, fill_mode="wrap", **a),
    "mutation": lambda **a: layers.RandomMutation(0.3, **a),
    "insertion_deletion": lambda **a: layers.RandomInsertionDeletion(5, **a),
}
every_layer = pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)


@every_layer
@pytest.mark.parametrize("training", [None, False])
def test_nothing_happens_outside_of_training(make: Make, training: bool | None) -> None:
    codes = random_codes(8, 20)
    for x in (codes, one_hot_of(codes)):
        received = keras.ops.convert_to_numpy(make()(x, training=training))
        np.testing.assert_array_equal(received, x)
        assert received.dtype == x.dtype


@every_layer
def test_in_training_sequences_change_and_stay_sequences(make: Make) -> None:
    codes = random_codes(64, 20)
    x = train(make(seed=1), one_hot_of(codes))
    assert (codes_of(x) != codes).any(axis=1).mean() > 0.2
    assert set(np.unique(x)) <= {0.0, 1.0}
    assert (x.sum(axis=2) <= 1).all()


@every_layer
def test_each_sequence_has_its_own_draw(make: Make) -> None:
    """Equal sequences of one batch do not all become the same."""
    codes = np.repeat(random_codes(1, 20), 64, axis=0)
    assert len(np.unique(train(make(seed=0), codes), axis=0)) > 1


@every_layer
def test_codes_and_one_hot_are_changed_alike(make: Make) -> None:
    codes = random_codes(32, 20, unknown=True)
    of_codes = train(make(seed=3), codes)
    assert of_codes.dtype == np.uint8
    np.testing.assert_array_equal(
        codes_of(train(make(seed=3), one_hot_of(codes))), of_codes
    )


@every_layer
def test_the_seed_decides_and_calls_differ(make: Make) -> None:
    codes = random_codes(32, 20)
    one, same, other = make(seed=5), make(seed=5), make(seed=6)
    first = train(one, codes)
    np.testing.assert_array_equal(train(same, codes), first)
    assert not np.array_equal(train(other, codes), first)
    assert not np.array_equal(train(one, codes), first)


@every_layer
def test_targets_of_one_value_a_sequence_stay(make: Make) -> None:
    codes, targets = random_codes(16, 20), np.arange(32.0).reshape(16, 2)
    x, y = make(seed=0)((codes, targets), training=True)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(y), targets)
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(x), train(make(seed=0), codes)
    )


@every_layer
def test_targets_keep_their_precision(make: Make) -> None:
    x, y = make(dtype="mixed_bfloat16")(
        (one_hot_of(random_codes(4, 20)), np.full((4, 1), 1.001, "float32")),
        training=True,
    )
    assert keras.backend.standardize_dtype(x.dtype) == "bfloat16"
    assert keras.backend.standardize_dtype(y.dtype) == "float32"


@every_layer
def test_pairs_in_a_graph(make: Make) -> None:
    inputs = [keras.layers.Input((20, 4)), keras.layers.Input((3,))]
    model = keras.Model(inputs, make(seed=0)(tuple(inputs)))
    again = keras.Model.from_config(model.get_config())
    x, y = one_hot_of(random_codes(2, 20)), np.ones((2, 3), "float32")
    for received, expected in zip(again([x, y]), (x, y), strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(received), expected)


@every_layer
def test_a_model_with_it_learns_with_fit(make: Make) -> None:
    keras.utils.set_random_seed(0)
    inputs = keras.layers.Input((20, 4))
    x = make(seed=0)(inputs)
    x = keras.layers.GlobalAveragePooling1D()(x)
    model = keras.Model(inputs, keras.layers.Dense(1, kernel_initializer="zeros")(x))
    compile_once(model, keras.optimizers.Adam(0.05), "mse")
    codes = random_codes(256, 20)
    # GC content, which no augmentation here changes by much.
    y = ((codes == 1) | (codes == 2)).mean(axis=1, keepdims=True).astype("float32")
    history = model.fit(one_hot_of(codes), y, epochs=8, verbose=0).history["loss"]
    assert history[-1] < history[0] / 2
    weights = model.layers[-1].get_weights()[0][:, 0]
    assert min(weights[1:3]) > max(weights[[0, 3]])
