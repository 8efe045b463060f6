"""DeepSEA against the table of its paper's supplement."""

from __future__ import annotations

import numpy as np
import pytest

import zoo
from tests.zoo.architectures import float64 as ref


def test_the_published_size() -> None:
    model = zoo.create("deepsea")
    # Kernels 320 x 8, 480 x 8 and 960 x 8; the dense layer reads 53 x 960 = 50880
    # values, as the published weights do.
    assert model.get_layer("flatten").output.shape == (None, 50_880)
    stem, tower_1, tower_2 = 8 * 4 * 320, 8 * 320 * 480, 8 * 480 * 960
    biases = 320 + 480 + 960 + 925 + 919
    expected = stem + tower_1 + tower_2 + 50_880 * 925 + 925 * 919 + biases
    assert model.count_params() == expected == 52_843_119
    rates = [layer.rate for layer in model.layers if hasattr(layer, "rate")]
    assert rates == [0.2, 0.2, 0.5]


def test_it_is_the_network_of_the_table() -> None:
    model = zoo.create(
        "deepsea", sequence_length=200, num_outputs=5, filters=[6, 7, 8], units=9
    )
    w, x = ref.randomise(model), ref.one_hot(3, 200)
    y = ref.max_pool(ref.relu(ref.conv(x, w, "stem_conv")), 4)
    y = ref.max_pool(ref.relu(ref.conv(y, w, "tower_1_conv")), 4)
    y = ref.relu(ref.conv(y, w, "tower_2_conv"))
    y = ref.relu(ref.dense(ref.flatten(y), w, "hidden"))
    y = ref.dense(y, w, "head_logits")
    np.testing.assert_allclose(ref.call(model, x), y, rtol=1e-4, atol=1e-5)


def test_the_least_length_is_the_one_that_the_error_says() -> None:
    small = {"filters": [2, 2, 2], "units": 2, "num_outputs": 1}
    model = zoo.create("deepsea", sequence_length=163, **small)
    assert model.get_layer("flatten").output.shape == (None, 2)
    with pytest.raises(ValueError, match=r"163 bp or more .* sequence_length=162"):
        zoo.create("deepsea", sequence_length=162, **small)
