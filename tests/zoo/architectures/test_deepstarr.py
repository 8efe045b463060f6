"""DeepSTARR against its paper and the notebook published with it."""

from __future__ import annotations

import numpy as np

import zoo
from tests.zoo.architectures import float64 as ref


def test_the_published_size() -> None:
    model = zoo.create("deepstarr")
    # 249 -> 124 -> 62 -> 31 -> 15 positions of 120 channels.
    assert model.get_layer("flatten").output.shape == (None, 15 * 120)
    kernels = 7 * 4 * 256 + 3 * 256 * 60 + 5 * 60 * 60 + 3 * 60 * 120
    kernels += 15 * 120 * 256 + 256 * 256 + 256 * 2
    normalised = 256 + 60 + 60 + 120 + 256 + 256
    expected = kernels + normalised + 2 + 2 * normalised
    assert ref.trainable_parameters(model) == expected == 622_722
    assert model.count_params() == expected + 2 * normalised == 624_738


def test_it_is_the_network_of_the_notebook() -> None:
    model = zoo.create(
        "deepstarr", sequence_length=83, filters=[6, 7, 8, 9], units=[10, 11]
    )
    w, x = ref.randomise(model), ref.one_hot(3, 83)
    y = x
    for name in ("stem", "tower_1", "tower_2", "tower_3"):
        y = ref.conv(y, w, f"{name}_conv", padding="same")
        y = ref.max_pool(ref.relu(ref.norm(y, w, f"{name}_norm", 1e-3)), 2)
    y = ref.flatten(y)
    for name in ("hidden_1", "hidden_2"):
        y = ref.relu(ref.norm(ref.dense(y, w, name), w, f"{name}_norm", 1e-3))
    # The notebook's two heads, one dense unit each.
    heads = [
        y @ w["head_logits/kernel"][:, task] + w["head_logits/bias"][task]
        for task in (0, 1)
    ]
    received = ref.call(model, x)
    np.testing.assert_allclose(received, np.stack(heads, 1), rtol=1e-4, atol=1e-5)
