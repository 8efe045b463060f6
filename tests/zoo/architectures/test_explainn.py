"""ExplaiNN: its size, its numbers, and units that stay apart."""

from __future__ import annotations

import keras
import numpy as np

import zoo
from tests.zoo.architectures import float64 as ref
from zoo import dna

SMALL = {"num_outputs": 3, "filters": 2, "kernel_size": 7, "pool_size": 4}


def test_the_published_size() -> None:
    """What PyTorch counts in ExplaiNN(300, 251, 81) of explainn 0.1.5."""
    model = zoo.create("explainn")
    assert ref.trainable_parameters(model) == 1_158_981
    assert model.count_params() == 1_158_981 + 61_200


def test_the_published_network_predicts_the_same() -> None:
    original = ref.original("explainn")
    model = zoo.create("explainn", sequence_length=30, **SMALL)

    def norm(layer: int) -> list[np.ndarray]:
        names = ("weight", "bias", "running_mean", "running_var")
        return [original[f"linears.{layer}.{name}"] for name in names]

    kernel, bias = original["linears.6.weight"], original["linears.6.bias"]
    weights = {
        "stem_conv": [original["linears.0.weight"].T, original["linears.0.bias"]],
        "stem_norm": norm(1),
        # Unit by unit, 100 hidden numbers, from 6 positions.
        "tower_1": [kernel.reshape(2, 100, 6).swapaxes(1, 2), bias.reshape(2, 100)],
        "tower_1_norm": norm(7),
        "tower_2": [original["linears.10.weight"][..., 0], original["linears.10.bias"]],
        "tower_2_norm": norm(11),
        "head_logits": [original["final.weight"].T, original["final.bias"]],
    }
    for name, values in weights.items():
        model.get_layer(name).set_weights(values)
    outputs = ref.call(model, dna.one_hot(original["codes"]))
    np.testing.assert_allclose(outputs, original["outputs"], rtol=1e-4, atol=1e-5)


def test_it_is_the_published_network() -> None:
    model = zoo.create("explainn", sequence_length=41, units=5, **SMALL)
    w, x = ref.randomise(model), ref.one_hot(3, 41)
    y = ref.conv(x, w, "stem_conv")
    y = ref.max_pool(np.exp(ref.norm(y, w, "stem_norm", 1e-5)), 4)
    units = []
    for unit in (0, 1):
        h = y[:, :, unit] @ w["tower_1/kernel"][unit] + w["tower_1/bias"][unit]
        of_unit = {
            a: v[5 * unit : 5 * unit + 5]
            for a, v in w.items()
            if a.startswith("tower_1_norm")
        }
        h = ref.relu(ref.norm(h, of_unit, "tower_1_norm", 1e-5))
        units.append(h @ w["tower_2/kernel"][unit] + w["tower_2/bias"][unit])
    y = ref.relu(ref.norm(np.stack(units, axis=1), w, "tower_2_norm", 1e-5))
    expected = ref.dense(y, w, "head_logits")
    np.testing.assert_allclose(ref.call(model, x), expected, rtol=1e-4, atol=1e-5)


def test_a_logit_is_the_sum_of_what_its_units_give() -> None:
    """And a unit changes with its own filter alone."""
    model = zoo.create("explainn", sequence_length=41, units=5, **SMALL)
    w, x = ref.randomise(model), ref.one_hot(8, 41)
    units = keras.Model(model.input, model.get_layer("units").output)
    before = ref.call(units, x)
    given = before[:, :, None] * w["head_logits/kernel"]
    logits = given.sum(axis=1) + w["head_logits/bias"]
    np.testing.assert_allclose(ref.call(model, x), logits, rtol=1e-4, atol=1e-5)
    kernel = w["stem_conv/kernel"].copy()
    kernel[..., 1] += 1.0
    model.get_layer("stem_conv").set_weights([kernel, w["stem_conv/bias"]])
    changed = ref.call(units, x) != before
    assert not changed[:, 0].any() and changed[:, 1].any()
