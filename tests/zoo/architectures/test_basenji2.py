"""Basenji2: its size, its bins, its numbers."""

from __future__ import annotations

import numpy as np
import pytest

import zoo
from tests.zoo.architectures import float64 as ref
from zoo import dna

SMALL = {"num_outputs": 2, "filters": [5, 6, 7], "dilated_filters": 4, "units": 9}


def test_the_published_size() -> None:
    """What PyTorch counts in the network of basenji2-pytorch 0.1.2.

    Its file also says 30,123,584, and by a slip 30,099,228 trainable ones.
    """
    model = zoo.create("basenji2", sequence_length=131_072)
    assert model.output_shape == (None, 896, 5_313)
    assert model.count_params() == 30_123_584
    assert ref.trainable_parameters(model) == 30_088_228 == 30_123_584 - 35_356


def test_the_published_network_predicts_the_same() -> None:
    original = ref.original("basenji2")
    codes, outputs = original.pop("codes"), original.pop("outputs")
    model = zoo.create("basenji2", dilation_rates=[1, 2, 3, 4], cropping=24, **SMALL)
    weights = [value.T for value in original.values()]
    # The original takes the GELU of the bases, which multiplies them by 0.8458.
    weights[0] = weights[0] * ref.sigmoid(1.702)
    model.set_weights(weights)
    received = np.logaddexp(0.0, ref.call(model, dna.one_hot(codes)))  # softplus
    np.testing.assert_allclose(received, outputs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("length", [160, 136])
def test_it_is_the_published_network(length: int) -> None:
    config = {"dilation_rates": [1, 3], "cropping": 16}
    model = zoo.create("basenji2", **SMALL, **config)
    w, x = ref.randomise(model), ref.one_hot(3, length)

    def gelu(y: np.ndarray) -> np.ndarray:
        return y * ref.sigmoid(1.702 * y)

    def block(y: np.ndarray, name: str, rate: int = 1) -> np.ndarray:
        return ref.norm(ref.conv(y, w, f"{name}_conv", "same", rate), w, f"{name}_norm")

    y = ref.max_pool(block(x, "stem"), 2)
    for name in ("tower_1", "tower_2"):
        y = ref.max_pool(block(gelu(y), name), 2)
    for name, rate in (("tower_3", 1), ("tower_4", 3)):
        y = y + block(gelu(block(gelu(y), name, rate)), f"{name}_back")
    y = gelu(block(gelu(y[:, 2:-2]), "hidden"))
    expected = ref.dense(y, w, "head_logits")
    np.testing.assert_allclose(ref.call(model, x), expected, rtol=1e-4, atol=1e-5)
