"""CREsted's dilated CNN: its size, its receptive field, its numbers."""

from __future__ import annotations

import numpy as np
import pytest

import zoo
from tests.zoo.architectures import float64 as ref


def test_the_published_size() -> None:
    """What `crested.tl.zoo.dilated_cnn(2114, 19)` of CREsted 1.11 counts.

    Its page of the published DeepBICCN says 6.3M parameters, of 2114 bp and 19 outputs.
    """
    model = zoo.create("dilated_cnn", sequence_length=2114)
    assert model.count_params() == 6_329_875
    assert ref.trainable_parameters(model) == 6_320_659
    assert model.get_layer("tower_8_add").output.shape == (None, 1094, 512)


def test_a_unit_sees_1025_bp() -> None:
    # The stem's five bases, and 2 x (2 + 4 + ... + 256) more.
    field = zoo.receptive_field(zoo.create("dilated_cnn", filters=4))
    assert field.local_span == 5 + 1020


@pytest.mark.parametrize("length", [40, 61])
def test_it_is_the_published_network(length: int) -> None:
    config = {"filters": 6, "num_outputs": 3, "dilation_rates": [1, 2, 4, 8]}
    model = zoo.create("dilated_cnn", **config)
    w, x = ref.randomise(model), ref.one_hot(3, length)

    def block(y: np.ndarray, name: str, **options: object) -> np.ndarray:
        return ref.norm(ref.conv(y, w, f"{name}_conv", **options), w, f"{name}_norm")

    y = ref.gelu(block(x, "stem", padding="same"))
    for layer in (1, 2, 3):
        rate = 2**layer
        y = y[:, rate:-rate] + ref.relu(block(y, f"tower_{layer}", dilation=rate))
    expected = ref.dense(y.mean(axis=1), w, "head_logits")
    np.testing.assert_allclose(ref.call(model, x), expected, rtol=1e-4, atol=1e-5)


def test_padding_beside_the_stem_is_never_seen() -> None:
    """Bases moved within N give the same map: the tower meets no edge."""
    model = zoo.create("dilated_cnn", filters=4, dilation_rates=[1, 2, 4])
    ref.randomise(model)
    x = np.zeros((2, 60, 4), "f4")
    x[0, 25:31, 1] = x[1, 28:34, 1] = 1.0
    np.testing.assert_allclose(*ref.call(model, x), rtol=1e-5)
