"""CREsted's DeepTopic CNN: its size and its numbers."""

from __future__ import annotations

import numpy as np
import pytest

import zoo
from tests.zoo.architectures import float64 as ref


def test_the_published_size() -> None:
    """What `crested.tl.zoo.deeptopic_cnn(500, 24)` of CREsted 1.11 counts."""
    model = zoo.create("deeptopic_cnn")
    assert model.count_params() == 11_644_952
    assert ref.trainable_parameters(model) == 11_636_760
    assert model.get_layer("flatten").output.shape == (None, 1024)


@pytest.mark.parametrize("length", [100, 129])
def test_it_is_the_published_network(length: int) -> None:
    model = zoo.create(
        "deeptopic_cnn",
        sequence_length=length,
        num_outputs=3,
        filters=[12, 6, 6, 6, 6],
        units=5,
    )
    w, x = ref.randomise(model), ref.one_hot(3, length)

    def block(y: np.ndarray, name: str) -> np.ndarray:
        return ref.norm(ref.conv(y, w, f"{name}_conv", "same"), w, f"{name}_norm")

    def pool(y: np.ndarray) -> np.ndarray:
        """Windows of four from half of the missing positions before the first."""
        missing = -y.shape[1] % 4
        around = (0, 0), (missing // 2, missing - missing // 2), (0, 0)
        return ref.max_pool(np.pad(y, around, constant_values=-np.inf), 4)

    y = pool(ref.gelu(block(x, "stem")))
    y = pool(ref.relu(block(y, "tower_1")))
    y = pool(ref.relu(block(y, "tower_2")))
    y = pool(y + ref.relu(block(y, "tower_3")))
    y = ref.flatten(y + ref.relu(block(y, "tower_4")))
    y = ref.relu(ref.norm(y @ w["hidden/kernel"], w, "hidden_norm"))
    expected = ref.dense(y, w, "head_logits")
    np.testing.assert_allclose(ref.call(model, x), expected, rtol=1e-4, atol=1e-5)
