from __future__ import annotations

import re
from typing import Any

import keras
import numpy as np
import pytest

import zoo
from tests.zoo.architectures.contract import NAMES, make
from zoo.errors import InputError
from zoo.models.weights import addresses
from zoo.training import Unfreeze, add_adapters, merge_adapters, towards_start

ALPHA, BETA, RATE = 0.3, 0.2, 0.1


def values(model: keras.Model) -> dict[str, np.ndarray]:
    return {a: v.numpy().astype("f8") for a, v in addresses(model).items()}


def moved(model: keras.Model) -> dict[str, np.ndarray]:
    """Gives all weights new values, and returns them."""
    generator = np.random.default_rng(1)
    for variable in addresses(model).values():
        variable.assign_add(0.1 * generator.random(variable.shape))
    return values(model)


def covered(address: str) -> bool:
    """Neither batch normalization is, nor what no training changes."""
    return re.search(r"_norm(_\d)?/|^bias_", address) is None


def penalty(model: keras.Model) -> float:
    return float(sum(keras.ops.convert_to_numpy(loss) for loss in model.losses))


@pytest.mark.parametrize("name", [n for n in NAMES if n != "multi_modal"])
def test_the_penalty_of_every_architecture(name: str) -> None:
    model = make(name)
    start = values(model)
    before = penalty(model)
    assert towards_start(model, ALPHA, BETA) is model
    heads = {a for a in start if "head_" in a and covered(a)}
    squares = sum((start[a] ** 2).sum() for a in heads)
    assert penalty(model) - before == pytest.approx(BETA / 2 * squares, rel=1e-4)
    now = moved(model)
    expected = sum(
        BETA / 2 * (now[a] ** 2).sum()
        if a in heads
        else ALPHA / 2 * ((now[a] - start[a]) ** 2).sum()
        for a in start
        if covered(a)
    )
    assert penalty(model) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("scaled", [False, True])
def test_one_step_of_gradient_descent_in_fit(scaled: bool, run_eagerly: bool) -> None:
    """w - rate * alpha (w - w_start): the data have no gradient (weights of 0)."""
    model = zoo.create("rc_dilated", filters=4, stem_filters=4, units=2)
    start = values(model)
    towards_start(model, ALPHA, BETA)
    now = moved(model)
    optimizer = keras.optimizers.SGD(RATE)
    if scaled:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, 64.0)
    model.compile(optimizer, "mean_squared_error", run_eagerly=run_eagerly)
    x, y = np.zeros((4, 40, 4)), np.zeros((4, 1))
    model.fit(x, y, sample_weight=np.zeros(4), verbose=0)
    for address, w in values(model).items():
        if not covered(address):
            continue
        way = BETA * now[address]
        if not address.startswith("head_"):
            way = ALPHA * (now[address] - start[address])
        np.testing.assert_allclose(w, now[address] - RATE * way, atol=1e-6)


def test_adapters_are_pulled_by_the_way_of_the_merged_kernel(run_eagerly: bool) -> None:
    model = zoo.create("rc_dilated", filters=4, stem_filters=4, units=2)
    start = values(model)
    add_adapters(model, 2)
    towards_start(model, ALPHA, 0.0)
    generator = np.random.default_rng(0)
    for address, variable in addresses(model).items():
        if "/lora_" in address:
            variable.assign(generator.normal(size=variable.shape))
    now, received = values(model), penalty(model)
    model.compile(
        keras.optimizers.SGD(RATE), "mean_squared_error", run_eagerly=run_eagerly
    )
    x, y = np.zeros((4, 40, 4)), np.zeros((4, 1))
    model.fit(x, y, sample_weight=np.zeros(4), verbose=0)
    a, b = (now[f"tower_1_conv/lora_kernel_{f}"] for f in "ab")
    flat = a.reshape(-1, a.shape[-1])
    expected = {
        "a": flat - RATE * ALPHA * flat @ b @ b.T,
        "b": b - RATE * ALPHA * flat.T @ flat @ b,
    }
    for factor, wanted in expected.items():
        after = values(model)[f"tower_1_conv/lora_kernel_{factor}"]
        np.testing.assert_allclose(after.reshape(wanted.shape), wanted, atol=1e-5)
    for address, variable in addresses(model).items():
        if "/lora_" in address:
            variable.assign(now[address])
    merge_adapters(model)
    merged = values(model)
    squares = sum(((merged[a] - start[a]) ** 2).sum() for a in start)
    assert received == pytest.approx(ALPHA / 2 * squares, rel=1e-4)


def test_beside_another_regularizer_and_only_where_trainable() -> None:
    inputs = keras.Input((3,))
    regularizer: Any = keras.regularizers.L2(0.5)
    dense = keras.layers.Dense(2, kernel_regularizer=regularizer, name="stem")
    model = keras.Model(
        inputs, keras.layers.Dense(1, name="head_logits")(dense(inputs))
    )
    towards_start(model, ALPHA, 0.0)
    kernel = dense.kernel.numpy().astype("f8")
    assert penalty(model) == pytest.approx(0.5 * (kernel**2).sum(), rel=1e-5)
    dense.kernel.assign(kernel + 1)
    both = 0.5 * ((kernel + 1) ** 2).sum() + ALPHA / 2 * 6
    assert penalty(model) == pytest.approx(both, rel=1e-5)
    Unfreeze({0: "head"}).apply(model, 0)
    assert penalty(model) == 0


def test_what_makes_no_sense_is_refused() -> None:
    model = zoo.create("shallow_wide", filters=4)
    with pytest.raises(InputError, match="0 or more"):
        towards_start(model, -1.0)
    towards_start(model)
    with pytest.raises(InputError, match="towards its start already"):
        towards_start(model)
