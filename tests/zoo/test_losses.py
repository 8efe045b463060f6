from __future__ import annotations

import keras
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit

from zoo.losses import MaskedBinaryCrossentropy, MaskedLogPoisson

logits = arrays("f4", (4, 3), elements=st.floats(-12, 12, width=32))
labels = arrays("f4", (4, 3), elements=st.sampled_from([0.0, 1.0, np.nan]))
rates = arrays("f4", (4, 3), elements=st.just(np.nan) | st.floats(0, 9, width=32))


def value(loss: keras.losses.Loss, y: np.ndarray, z: np.ndarray) -> float:
    return float(keras.ops.convert_to_numpy(loss(y, z)))


@settings(deadline=None)
@given(y=labels, z=logits)
def test_binary_crossentropy_is_the_mean_over_known_labels(y, z) -> None:
    probability = expit(z.astype("f8"))
    each = -np.log(np.where(y == 1, probability, expit(-z.astype("f8"))))
    expected = each[~np.isnan(y)].mean() if (~np.isnan(y)).any() else 0.0
    assert np.isclose(value(MaskedBinaryCrossentropy(), y, z), expected, rtol=1e-4)


@settings(deadline=None)
@given(y=rates, z=arrays("f4", (4, 3), elements=st.floats(-5, 3, width=32)))
def test_poisson_is_the_mean_over_known_targets(y, z) -> None:
    each = np.exp(z.astype("f8")) - y.astype("f8") * z.astype("f8")
    expected = np.nanmean(each) if (~np.isnan(y)).any() else 0.0
    assert np.isclose(value(MaskedLogPoisson(), y, z), expected, rtol=1e-4, atol=1e-4)


def test_missing_targets_send_no_gradient_and_no_nan() -> None:
    inputs = keras.layers.Input((1,))
    model = keras.Model(inputs, keras.layers.Dense(2, name="d")(inputs))
    x, y = np.ones((3, 1), "f4"), np.array([[1, np.nan]] * 3, "f4")
    for loss in (MaskedBinaryCrossentropy(), MaskedLogPoisson()):
        before = model.get_weights()
        model.compile(keras.optimizers.SGD(0.1), loss)
        model.fit(x, y, verbose=0)
        kernel, bias = model.get_weights()
        assert np.isfinite(kernel).all() and np.isfinite(bias).all()
        assert kernel[0, 1] == before[0][0, 1]
        assert kernel[0, 0] != before[0][0, 0]


def test_configs_round_trip() -> None:
    for loss in (MaskedBinaryCrossentropy(), MaskedLogPoisson("other")):
        again = keras.losses.deserialize(keras.losses.serialize(loss))
        assert type(again) is type(loss)
        assert again.get_config() == loss.get_config()
