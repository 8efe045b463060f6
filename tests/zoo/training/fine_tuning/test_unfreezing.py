from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

import zoo
from tests.zoo.architectures.contract import NAMES, make
from zoo.errors import InputError
from zoo.models.loading import is_fixed
from zoo.models.weights import addresses
from zoo.training import (
    Unfreeze,
    gradual_unfreezing,
    layer_groups,
    set_trainable,
    towards_start,
    two_phase,
)


def small(**config: Any) -> keras.Model:
    options: dict[str, Any] = {"filters": 4, "stem_filters": 4, "units": 8}
    return zoo.create("rc_dilated", dropout=0.0, **options | config)


def data(rows: int = 8) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    return generator.random((rows, 40, 4), "f4"), generator.random((rows, 1), "f4")


def weights(model: keras.Model) -> dict[str, np.ndarray]:
    return {a: v.numpy().copy() for a, v in addresses(model).items()}


class Watch(keras.callbacks.Callback):
    """Which weights each epoch has moved, and the optimizer's state at its end."""

    def __init__(self) -> None:
        super().__init__()
        self.moved: list[set[str]] = []
        self.states: list[dict[str, np.ndarray]] = []
        self.rates: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.before = weights(self.model)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        now = weights(self.model)
        self.moved.append(
            {a for a, w in now.items() if not np.array_equal(w, self.before[a])}
        )
        self.states.append({v.path: v.numpy() for v in self.model.optimizer.variables})
        self.rates.append(self.model.optimizer.learning_rate.numpy().item())


def fit(model: keras.Model, callback: Any, epochs: int, **options: Any) -> Watch:
    watch = Watch()
    callbacks = [callback, watch]
    model.fit(*data(), epochs=epochs, verbose=0, callbacks=callbacks, **options)
    return watch


def beginning(moved: set[str]) -> set[str]:
    return {address.partition("_")[0] for address in moved}


@pytest.mark.parametrize("name", NAMES)
def test_groups_of_every_architecture(name: str) -> None:
    model = make(name)
    groups = layer_groups(model)
    assert list(groups)[-1] == "head"
    layers = [layer for group in groups.values() for layer in group]
    counted = {id(v) for layer in layers for v in layer.weights}
    fixed = {id(v) for la in model.layers if is_fixed(la) for v in la.weights}
    assert counted == {id(v) for v in model.weights} - fixed
    set_trainable(model, "head")
    assert {id(v) for v in model.trainable_variables} == (
        {id(v) for layer in groups["head"] for v in layer.trainable_variables}
    )
    set_trainable(model, "all", batch_statistics="adapting")
    assert len(model.trainable_variables) == len(make(name).trainable_variables)


def test_frozen_weights_stand_still_until_their_epoch_and_moments_go_on() -> None:
    model = small()
    optimizer = keras.optimizers.Adam(1e-2, name="adam")
    model.compile(optimizer, "mean_squared_error", metrics=["mae"])
    callback = Unfreeze({0: "head", 1: ["tower_1", "tower_3"], 3: "all"})
    watch = fit(model, callback, 4, batch_size=4)
    assert beginning(watch.moved[0]) == {"head"}
    assert {a.partition("_conv")[0] for a in watch.moved[1]} == (
        {"tower_1", "tower_3", "head_hidden/kernel", "head_hidden/bias"}
        | {"head_logits/kernel", "head_logits/bias"}
    )
    assert watch.moved[2] == watch.moved[1]
    # Not the batch normalization: neither its statistics nor its scale.
    assert {a for a in weights(model) if a not in watch.moved[3]} == {
        a for a in weights(model) if "_norm/" in a
    }
    assert [int(s["adam/iteration"]) for s in watch.states] == [2, 4, 6, 8]
    slot = "adam/head_logits_kernel_momentum"
    assert all(np.abs(state[slot]).max() > 0 for state in watch.states)


def test_a_head_does_not_notice_that_a_group_without_gradient_joins() -> None:
    """State and counts are kept: as without a schedule, where nothing else learns."""
    found = []
    for callback in (Unfreeze({0: "head", 2: "all"}), Unfreeze({0: "head"})):
        keras.utils.set_random_seed(0)
        model = small()
        # A rate of 0 in front of the head: to be unfrozen changes nothing.
        optimizer = zoo.training.layer_rates(
            keras.optimizers.AdamW(1e-2, use_ema=True),
            {
                layer.name: 0.0
                for group, layers in layer_groups(model).items()
                for layer in layers
                if group != "head"
            },
        )
        model.compile(optimizer, "mean_squared_error")
        fit(model, callback, 4, batch_size=4, shuffle=False)
        found.append(weights(model))
    for address, values in found[0].items():
        np.testing.assert_allclose(values, found[1][address], atol=1e-6)


def test_a_group_that_joins_makes_first_steps_of_the_learning_rate(
    run_eagerly: bool,
) -> None:
    """|first step of Adam| = learning rate, whatever the number of steps before."""
    model = small()
    model.compile(
        keras.optimizers.Adam(1e-3), "mean_squared_error", run_eagerly=run_eagerly
    )
    before = weights(model)["stem_conv/kernel"]
    fit(model, Unfreeze({0: "head", 5: "stem"}), 6, batch_size=8)
    step = np.abs(weights(model)["stem_conv/kernel"] - before)
    assert step.max() == pytest.approx(1e-3, rel=0.05)


@pytest.mark.parametrize("batch_statistics", ["frozen", "adapting"])
def test_batch_statistics(batch_statistics: str, run_eagerly: bool) -> None:
    model = small()
    model.compile(
        keras.optimizers.SGD(1e-2), "mean_squared_error", run_eagerly=run_eagerly
    )
    callback = two_phase(1, learning_rate=0.5, batch_statistics=batch_statistics)
    watch = fit(model, callback, 2)
    assert beginning(watch.moved[0]) == {"head"}
    norms = {a for a in watch.moved[1] if "_norm/" in a}
    every = {a for a in weights(model) if "_norm/" in a}
    assert norms == (every if batch_statistics == "adapting" else set())
    assert watch.rates == [pytest.approx(0.01), pytest.approx(0.5)]


def test_gradual_unfreezing_goes_from_the_head_to_the_stem(run_eagerly: bool) -> None:
    members = [zoo.create("shallow_wide", filters=4) for _ in range(2)]
    model = zoo.ensemble(members)
    model.compile(
        keras.optimizers.Adam(1e-2), "mean_squared_error", run_eagerly=run_eagerly
    )
    callback = gradual_unfreezing(model, batch_statistics="adapting")
    watch = fit(model, callback, 3)
    groups = [{address.split("/")[1] for address in moved} for moved in watch.moved]
    head = {"head_hidden", "head_logits"}
    assert groups == [head, head | {"pool_norm"}, head | {"pool_norm", "stem_conv"}]
    assert watch.moved[2] == set(weights(model))


def test_half_precision_with_scaled_losses(run_eagerly: bool) -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = small()
    finally:
        keras.config.set_dtype_policy("float32")
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(1e-2), 256.0)
    model.compile(optimizer, "mean_squared_error", run_eagerly=run_eagerly)
    watch = fit(model, Unfreeze({0: "head", 1: "all"}), 2, batch_size=4)
    assert beginning(watch.moved[0]) == {"head"}
    assert "stem_conv/kernel" in watch.moved[1]
    assert int(model.optimizer.iterations) == 4
    assert int(model.optimizer.step_counter) == 4


def test_the_state_of_an_epoch_without_fit() -> None:
    model = small()
    callback = Unfreeze({1: "head", 2: "tower"})
    callback.apply(model, 2)  # not compiled
    names = {v.path.partition("_")[0] for v in model.trainable_variables}
    assert names == {"head", "tower"}
    callback.apply(model, 0)
    assert model.trainable_variables == []


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="tf.distribute")
def test_within_a_strategy() -> None:
    import tensorflow as tf

    cpus = [device.name for device in tf.config.list_logical_devices("CPU")]
    with tf.distribute.MirroredStrategy(cpus).scope():
        model = towards_start(small())
        model.compile(keras.optimizers.Adam(1e-2), "mean_squared_error")
    watch = fit(model, Unfreeze({0: "head", 1: "all"}), 2)
    assert beginning(watch.moved[0]) == {"head"}
    assert "stem_conv/kernel" in watch.moved[1]


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(InputError, match="Expected a schedule"):
        Unfreeze({})
    with pytest.raises(InputError, match="Expected a schedule"):
        Unfreeze({-1: "head"})
    with pytest.raises(InputError, match="batch_statistics to be one of"):
        Unfreeze({0: "head"}, batch_statistics="thawed")
    with pytest.raises(InputError, match=r"stem, neck, tower_1.*Received: 'towre'"):
        set_trainable(small(), ["head", "towre"])
