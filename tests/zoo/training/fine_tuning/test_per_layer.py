from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import zoo
from zoo.errors import InputError
from zoo.training import layer_rates, layerwise_decay
from zoo.training.fine_tuning import per_layer

NAMES = [name for name in per_layer.BUILT_IN if name != "Muon"]  # wants matrices


def one_weight(optimizer: Any, gradients: list[float], steps: int = 0) -> list:
    """Weights of layers "a" and "b" after each step, with the same gradients."""
    found = []
    layers = [keras.layers.Dense(1, use_bias=False, name=name) for name in "ab"]
    for layer in layers:
        layer.build((None, 1))
        layer.set_weights([np.ones((1, 1))])
    variables = [layer.kernel for layer in layers]
    optimizer.build(variables)
    optimizer.iterations.assign(steps)
    for gradient in gradients:
        tensors = [keras.ops.convert_to_tensor([[gradient]], "float32")] * 2
        optimizer.apply(tensors, variables)
        found.append([v.numpy().item() for v in variables])
    return found


def adam(gradients: list[float], rate: float, decay: float = 0.0) -> list[float]:
    """Kingma and Ba 2015, in float64, with Keras's place of epsilon."""
    w, m, v, found = 1.0, 0.0, 0.0, []
    for t, g in enumerate(gradients, start=1):
        w -= w * decay * rate
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        alpha = rate * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        w -= alpha * m / (np.sqrt(v) + 1e-7)
        found.append(w)
    return found


GRADIENTS = [0.5, -2.0, 3.0, 0.1]


def test_gradient_descent_with_two_rates() -> None:
    optimizer = layer_rates(keras.optimizers.SGD(0.1), {"a": 0.25})
    weights = np.array(one_weight(optimizer, GRADIENTS))
    expected = 1 - 0.1 * np.cumsum(GRADIENTS)[:, None] * [0.25, 1]
    np.testing.assert_allclose(weights, expected, atol=1e-6)


def test_adam_with_two_rates_which_scaled_gradients_would_not_give() -> None:
    for make, decay in ((keras.optimizers.Adam, 0.0), (keras.optimizers.AdamW, 0.3)):
        options = {"weight_decay": decay} if decay else {}
        optimizer = layer_rates(make(0.01, **options), {"a": 0.25})
        weights = np.array(one_weight(optimizer, GRADIENTS))
        expected = [adam(GRADIENTS, 0.01 * m, decay) for m in (0.25, 1)]
        np.testing.assert_allclose(weights.T, expected, atol=1e-6)


def test_a_variable_that_begins_late_steps_as_at_its_own_beginning() -> None:
    late = per_layer.variant(keras.optimizers.Adam(0.01), beginnings={"a/kernel": 999})
    weights = np.array(one_weight(late, GRADIENTS, steps=999))
    np.testing.assert_allclose(weights[:, 0], adam(GRADIENTS, 0.01), atol=1e-6)
    # The other counts all steps, and its first one is too large.
    assert 1 - weights[0, 1] > 2 * (1 - weights[0, 0])


@pytest.mark.parametrize("name", NAMES)
def test_any_optimizer_by_its_own_step(name: str) -> None:
    """The same weights as two plain optimizers with the two learning rates."""
    make = getattr(keras.optimizers, name)
    both = np.array(one_weight(layer_rates(make(0.02), {"a": 0.5}), GRADIENTS))
    for column, rate in enumerate((0.01, 0.02)):
        alone = np.array(one_weight(make(rate), GRADIENTS))
        np.testing.assert_allclose(both[:, column], alone[:, column], rtol=1e-5)


@pytest.mark.parametrize("name", per_layer.BUILT_IN)
def test_the_configuration_tells_all(name: str) -> None:
    made = layer_rates(getattr(keras.optimizers, name)(0.02), {"a": 0.5})
    config = json.loads(json.dumps(keras.optimizers.serialize(made)))
    again = keras.optimizers.deserialize(config)
    assert type(again) is type(made)
    assert again.get_config() == made.get_config()


def test_rates_fall_from_the_head_to_the_input(tmp_path: Path) -> None:
    model = zoo.create("rc_dilated", filters=4, stem_filters=4, units=2)
    optimizer = layerwise_decay(keras.optimizers.SGD(0.1), model, 0.5)
    found = optimizer.get_config()["multipliers"]
    # stem, neck, tower_1, tower_2, tower_3, pool, head
    assert found["head_logits"] == found["head_hidden"] == 1
    assert (found["pool_norm"], found["tower_3_conv"]) == (0.5, 0.25)
    assert found["neck_norm"] == found["neck_conv"] == 0.5**5
    assert found["stem_conv"] == 0.5**6
    model.compile(optimizer, "mean_squared_error")
    x, y = np.random.default_rng(0).random((8, 40, 4)), np.ones((8, 1))
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    assert again.optimizer.get_config()["multipliers"] == found
    again.fit(x, y, verbose=0)


@pytest.mark.parametrize("accumulate", [None, 2])
def test_scaled_losses_and_schedules(accumulate: int | None) -> None:
    """The same weights with and without loss scaling; a rate of 0 stands still."""
    found = []
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 10)
    x, y = np.random.default_rng(0).random((8, 3)), np.ones((8, 1))
    for scaled in (False, True):
        keras.utils.set_random_seed(0)
        inputs = keras.Input((3,))
        z = keras.layers.Dense(2, name="a")(inputs)
        z = keras.layers.Dense(2, name="b")(z)
        model = keras.Model(inputs, keras.layers.Dense(1, name="c")(z))
        before = model.get_weights()
        optimizer = keras.optimizers.SGD(
            schedule, global_clipnorm=1.0, gradient_accumulation_steps=accumulate
        )
        optimizer = layer_rates(optimizer, {"a": 0.0, "b": 0.5})
        if scaled:
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, 1024.0)
        model.compile(optimizer, "mean_squared_error")
        model.fit(x, y, batch_size=4, epochs=3, verbose=0, shuffle=False)
        found.append(model.get_weights())
        for old, new in zip(before[:2], found[-1][:2], strict=True):
            np.testing.assert_array_equal(old, new)
        assert not np.array_equal(before[2], found[-1][2])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="tf.distribute")
def test_two_replicas_train_as_one_device() -> None:
    import tensorflow as tf

    x, y = np.random.default_rng(0).random((8, 3)), np.ones((8, 1))
    found = []
    cpus = tf.config.list_logical_devices("CPU")
    for strategy in (None, tf.distribute.MirroredStrategy([d.name for d in cpus])):
        keras.utils.set_random_seed(0)
        with strategy.scope() if strategy else tf.device("CPU:0"):
            inputs = keras.Input((3,))
            z = keras.layers.Dense(2, name="a")(inputs)
            model = keras.Model(inputs, keras.layers.Dense(1, name="c")(z))
            optimizer = keras.optimizers.AdamW(0.01, weight_decay=0.1)
            model.compile(layer_rates(optimizer, {"a": 0.5}), "mean_squared_error")
        model.fit(x, y, batch_size=4, epochs=3, verbose=0, shuffle=False)
        found.append(model.get_weights())
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_what_makes_no_sense_is_refused() -> None:
    model = zoo.create("shallow_wide", filters=4)
    with pytest.raises(InputError, match="above 0, at most 1"):
        layerwise_decay(keras.optimizers.SGD(), model, 1.5)
    with pytest.raises(InputError, match="0 or more"):
        layer_rates(keras.optimizers.SGD(), {"a": -1.0})
    used = keras.optimizers.SGD()
    used.build(model.trainable_variables)
    with pytest.raises(InputError, match="not in use"):
        layer_rates(used, {})
