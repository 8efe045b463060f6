"""Basset against its paper and the layers of its published Torch model."""

from __future__ import annotations

import numpy as np
import pytest

import zoo
from tests.zoo.architectures import float64 as ref


def test_the_published_size() -> None:
    model = zoo.create("basset")
    # The published weights' first dense layer reads 2000 values, 10 x 200.
    assert model.get_layer("flatten").output.shape == (None, 2000)
    kernels = 19 * 4 * 300 + 11 * 300 * 200 + 7 * 200 * 200
    kernels += 2000 * 1000 + 1000 * 1000 + 1000 * 164
    normalised = 300 + 200 + 200 + 1000 + 1000
    biases = normalised + 164
    expected = kernels + biases + 2 * normalised  # a scale and an offset each
    assert ref.trainable_parameters(model) == expected == 4_135_064
    assert model.count_params() - expected == 2 * normalised  # moving statistics


def test_it_is_the_network_of_the_table() -> None:
    model = zoo.create(
        "basset", sequence_length=200, num_outputs=5, filters=[6, 7, 8], units=[9, 10]
    )
    w, x = ref.randomise(model), ref.one_hot(3, 200)
    y = x
    for name, width in (("stem", 3), ("tower_1", 4), ("tower_2", 4)):
        y = ref.norm(ref.conv(y, w, f"{name}_conv"), w, f"{name}_norm", 1e-5)
        y = ref.max_pool(ref.relu(y), width)
    y = ref.flatten(y)
    for name in ("hidden_1", "hidden_2"):
        y = ref.relu(ref.norm(ref.dense(y, w, name), w, f"{name}_norm", 1e-5))
    y = ref.dense(y, w, "head_logits")
    np.testing.assert_allclose(ref.call(model, x), y, rtol=1e-4, atol=1e-5)


def test_the_least_length_is_the_one_that_the_error_says() -> None:
    small = {"filters": [2, 2, 2], "units": [2], "num_outputs": 1}
    model = zoo.create("basset", sequence_length=168, **small)
    assert model.get_layer("flatten").output.shape == (None, 2)
    with pytest.raises(ValueError, match=r"168 bp or more .* sequence_length=167"):
        zoo.create("basset", sequence_length=167, **small)
