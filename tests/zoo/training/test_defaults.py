"""The schedule against its formula, the optimizer and averages against NumPy."""

from __future__ import annotations

import math
import warnings
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from zoo.errors import InputError
from zoo.training import (
    check_precision,
    cosine_with_warmup,
    default_optimizer,
    default_precision,
    ema_callback,
)


@given(
    steps=st.integers(1, 200),
    part=st.floats(0, 0.99),
    rate=st.floats(1e-5, 1.0),
    share=st.floats(0, 1),
    at=st.floats(0, 1),
)
@settings(max_examples=40)
def test_the_learning_rate_is_the_formula(
    steps: int, part: float, rate: float, share: float, at: float
) -> None:
    warmup, final = int(part * steps), share * rate
    t = int(at * steps)
    found = cosine_with_warmup(rate, steps=steps, warmup_steps=warmup, final=final)
    if t < warmup:
        expected = rate * (1 + t * (warmup - 1) / warmup) / warmup
    else:
        turn = math.pi * (t - warmup) / (steps - warmup)
        expected = final + (rate - final) * (1 + math.cos(turn)) / 2
    value = float(keras.ops.convert_to_numpy(found(t)))
    np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-6 * rate)


def test_a_twentieth_is_warm_up() -> None:
    found = cosine_with_warmup(0.1, steps=100)
    rates = [float(keras.ops.convert_to_numpy(found(t))) for t in (0, 4, 5, 6, 100)]
    assert int(np.argmax(rates)) == 2
    assert 0 < rates[0] < rates[1] < rates[2] and rates[4] < 1e-9


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"steps": 5, "warmup_steps": 5}, {"steps": 5, "final": 2.0}]
)
def test_wrong_schedules(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="Received"):
        cosine_with_warmup(1.0, **wrong)


def test_clipping_and_decay() -> None:
    dense = keras.layers.Dense(2)
    dense.build((None, 3))
    dense.set_weights([np.full((3, 2), 0.5, np.float32), np.full(2, 0.5, np.float32)])
    optimizer = default_optimizer(0.1, weight_decay=0.01, clip=1.0)
    gradients = [keras.ops.full((3, 2), 100.0), keras.ops.full((2,), 100.0)]
    optimizer.apply(gradients, dense.trainable_variables)
    moment = next(v for v in optimizer.variables if v.name.endswith("bias_momentum"))
    # Eight equal gradients of norm 1, and a tenth of that in the first moment.
    value = keras.ops.convert_to_numpy(moment)
    np.testing.assert_allclose(value, 0.1 / math.sqrt(8), rtol=1e-5)
    kernel, bias = dense.get_weights()
    np.testing.assert_allclose(bias, 0.5 - 0.1, rtol=1e-4)
    np.testing.assert_allclose(kernel, 0.5 * (1 - 0.1 * 0.01) - 0.1, rtol=1e-4)


def test_averages_are_validated_kept_and_left_at_the_end() -> None:
    keras.utils.set_random_seed(0)
    inputs = keras.Input((1,))
    dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    model = keras.Model(inputs, dense(inputs))
    optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)
    model.compile(optimizer, "mse", run_eagerly=True)
    x, y = np.ones((1, 1), np.float32), np.zeros((1, 1), np.float32)
    seen: list[float] = []
    look = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(model.get_weights()[0].item())
    )
    history = model.fit(
        x, y, epochs=4, validation_data=(x, y), callbacks=[ema_callback(), look],
        verbose=0,
    )  # fmt: skip
    weight, average, averages = 1.0, 0.0, []
    for step in range(4):
        weight -= 0.1 * 2 * weight
        average = weight if step == 0 else 0.5 * average + 0.5 * weight
        averages.append(average)
    np.testing.assert_allclose(seen, averages, rtol=1e-5)
    np.testing.assert_allclose(
        history.history["val_loss"], np.square(averages), rtol=1e-5
    )
    np.testing.assert_allclose(model.get_weights()[0].item(), averages[-1], rtol=1e-5)


def test_precision() -> None:
    assert default_precision("mixed_float16") == "mixed_float16"
    assert default_precision() in ("float32", "mixed_bfloat16")
    with pytest.raises(InputError, match="Received: precision='half'"):
        default_precision("half")  # type: ignore[arg-type]


def test_convolutions_that_are_wrong_are_named() -> None:
    inputs = keras.Input((40, 4))
    x = keras.layers.Conv1D(2, 15, dtype="mixed_bfloat16", name="odd")(inputs)
    x = keras.layers.Conv1D(2, 16, dtype="float32", name="full")(x)
    fine = keras.Model(inputs, x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check_precision(fine) == []
    x = keras.layers.Conv1D(2, 8, dtype="mixed_bfloat16", name="eight")(inputs)
    model = keras.Model(inputs, x)
    if keras.backend.backend() != "tensorflow":
        assert check_precision(model) == []
        return
    with pytest.warns(UserWarning, match=r"multiple of 8 bp wrongly.*eight"):
        assert check_precision(model) == ["eight"]
