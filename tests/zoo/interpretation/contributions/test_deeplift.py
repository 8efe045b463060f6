"""Tests of DeepLIFT against tangermeme's, and of its completeness."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

import zoo
from zoo.errors import InputError
from zoo.layers import pairings

FIXTURE = Path(__file__).parents[3] / "fixtures/contributions/tangermeme.npz"


def converted(weights: Any) -> keras.Model:
    """The network of tools/contribution_sources.py."""
    sequence = keras.Input((48, 4))
    x = layers.Conv1D(8, 7, activation="relu", name="stem")(sequence)
    x = layers.MaxPooling1D(3)(x)
    y = layers.Conv1D(8, 3, dilation_rate=2, padding="same", name="tower")(x)
    y = layers.Activation("gelu")(y)
    x = layers.MaxPooling1D(4, strides=2)(x + y)
    x = layers.Dense(6, activation="tanh", name="dense")(layers.Flatten()(x))
    model = keras.Model(sequence, layers.Dense(2, name="head")(x))
    for layer in model.layers:
        if layer.weights:
            kernel, bias = (
                weights[f"{layer.name}_weight"],
                weights[f"{layer.name}_bias"],
            )
            layer.set_weights([np.transpose(kernel), bias])
    return model


def test_it_is_that_of_tangermeme() -> None:
    with np.load(FIXTURE) as known:
        model = converted(known)
        found = zoo.contributions(
            model, known["codes"], references=known["references"], batch_size=2
        )
        expected = known["hypothetical"]
    np.testing.assert_allclose(found.hypothetical, expected, atol=1e-5)
    assert np.abs(expected).max() > 0.05


def small(body: Any) -> keras.Model:
    """With the same weights on every backend: how curved they are decides the gap."""
    sequence = keras.Input((24, 4))
    x = layers.Conv1D(6, 5, padding="same")(sequence)
    model = keras.Model(sequence, layers.Dense(2)(body(x)))
    random = np.random.default_rng(1)
    for kernel in model.trainable_weights:
        if len(kernel.shape) > 1:
            kernel.assign(random.normal(0, kernel.shape[-2] ** -0.5, kernel.shape))
    return model


def squeezed(x: Any) -> Any:
    gate = layers.Dense(6, activation="sigmoid")(layers.GlobalAveragePooling1D()(x))
    gated = layers.Multiply()([x, layers.Reshape((1, 6))(gate)])
    return layers.GlobalAveragePooling1D()(gated)


BODIES = {
    "fused": lambda x: layers.Flatten()(layers.Conv1D(4, 3, activation="elu")(x)),
    "global_max": lambda x: layers.GlobalMaxPooling1D()(x),
    "keepdims": lambda x: layers.Flatten()(layers.GlobalMaxPooling1D(keepdims=True)(x)),
    "same_pool": lambda x: layers.Flatten()(
        layers.MaxPooling1D(3, strides=2, padding="same")(x)
    ),
    "cut_pool": lambda x: layers.Flatten()(layers.MaxPooling1D(5)(x)),
    "maximum": lambda x: layers.Flatten()(layers.Maximum()([x, layers.ReLU()(x)])),
    "maximum_of_a_constant": lambda x: layers.Flatten()(ops.maximum(0.2, x)),
    "minimum_of_a_constant": lambda x: layers.Flatten()(ops.minimum(x, 0.2)),
    "products": squeezed,
    "squares": lambda x: layers.Flatten()(x * x * 0.5 - x / 3.0),
    "functions": lambda x: ops.mean(ops.log1p(ops.exp(x)), axis=1),
    "softmax": lambda x: layers.Flatten()(layers.Softmax(axis=1)(x)),
    "fused_softmax": lambda x: layers.Flatten()(
        layers.Conv1D(4, 3, activation="softmax")(x)
    ),
    "variances": lambda x: ops.var(x, axis=1),
    "log_sum_exp": lambda x: zoo.layers.LogSumExpPooling()(x),
    "attention": lambda x: zoo.layers.AttentionPooling()(x),
    "normalized": lambda x: layers.Flatten()(layers.LayerNormalization()(x)),
    "strands": lambda x: layers.Flatten()(
        zoo.layers.StrandPooling("max", pairing=pairings.reversal(6))(x)
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_contributions_are_what_differs_between_the_outputs(name: str) -> None:
    # The quadrature is exact for polynomials.
    atol = 2e-3 if name == "normalized" else 2e-5
    model = small(BODIES[name])
    random = np.random.default_rng(2)
    codes = random.integers(0, 5, (3, 24)).astype("uint8")  # with N
    references = random.integers(0, 4, (2, 24)).astype("uint8")
    found = zoo.contributions(model, codes, references=references)
    predicted = zoo.predict(model, codes)
    before = zoo.predict(model, references).mean(axis=0)
    np.testing.assert_allclose(found.predictions, predicted, atol=1e-6)
    total = found.contributions.sum(axis=1)
    np.testing.assert_allclose(total, predicted - before, atol=atol)
    np.testing.assert_allclose(found.gap, 0, atol=atol)


class Add(keras.Layer):
    """No sum, in spite of its name."""

    def call(self, x: Any) -> Any:
        return ops.tanh(3 * x)


WITHOUT_RULE = {
    r"'reader' \(LSTM\)": lambda x: layers.LSTM(3, name="reader")(x),
    r"'own' \(Add\)": lambda x: layers.Flatten()(Add(name="own")(x)),
    r"\(Greater\), .*\(Where\)": lambda x: layers.Flatten()(ops.where(x > 0, 1.0, x)),
    r"'pool' \(MaxPooling1D\)": lambda x: layers.Flatten()(
        layers.MaxPooling1D(2, data_format="channels_first", name="pool")(
            layers.Permute((2, 1))(x)
        )
    ),
    r"\(Maximum\)": lambda x: layers.Flatten()(
        ops.maximum(x, ops.mean(x, axis=1, keepdims=True))
    ),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Keras's, on PyTorch
@pytest.mark.parametrize("said", WITHOUT_RULE)
def test_what_has_no_rule_takes_its_gradient_and_is_said(said: str) -> None:
    model = small(WITHOUT_RULE[said])
    codes = np.zeros((1, 24), np.uint8)
    with pytest.warns(UserWarning, match=f"no rule for .*{said}") as told:
        found = zoo.contributions(model, codes, references=codes[:, ::-1] + 1)
    assert np.abs(found.contributions).max() > 0
    assert __file__ in {warning.filename for warning in told}


@pytest.mark.parametrize("fused", [True, False])
def test_a_class_is_explained_by_its_logit_however_sure_the_model_is(
    fused: bool,
) -> None:
    keras.utils.set_random_seed(1)
    logits = small(layers.Flatten())
    kernel, bias = logits.layers[-1].get_weights()
    logits.layers[-1].set_weights([20 * kernel, bias])
    if fused:
        last = layers.Dense(2, activation="softmax")
        model = keras.Model(logits.input, last(logits.layers[-2].output))
        last.set_weights(logits.layers[-1].get_weights())
    else:
        model = keras.Model(logits.input, layers.Softmax()(logits.output))
    random = np.random.default_rng(2)
    codes = random.integers(0, 4, (3, 24)).astype("uint8")
    assert zoo.predict(model, codes).min() < 1e-8
    found = zoo.contributions(model, codes, outputs="output_1")
    of_logits = zoo.contributions(logits, codes).hypothetical
    expected = of_logits[..., 1] - of_logits.mean(axis=-1)
    np.testing.assert_allclose(found.hypothetical[..., 0], expected, atol=1e-4)
    np.testing.assert_allclose(found.gap, 0, atol=1e-4)


def test_a_model_without_a_graph_is_refused() -> None:
    class Own(keras.Model):
        def call(self, x: Any) -> Any:
            return x[:, 0]

    model = Own()
    model(np.zeros((1, 8, 4), "float32"))
    with pytest.raises(InputError, match="whose input is known"):
        zoo.contributions(model, ["ACGTACGT"])
