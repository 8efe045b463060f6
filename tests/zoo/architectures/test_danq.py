"""DanQ against its paper and the script published with it."""

from __future__ import annotations

import numpy as np
import pytest

import zoo
from tests.zoo.architectures import float64 as ref

JASPAR = {"filters": 1024, "kernel_size": 30, "pool_size": 15, "recurrent_units": 512}


def closed_form(filters: int, kernel: int, pool: int, recurrent: int) -> int:
    steps = (1000 - kernel + 1) // pool
    lstm = 4 * recurrent * (filters + recurrent + 1)  # four gates, with biases
    conv = filters * (4 * kernel + 1)
    return conv + 2 * lstm + (steps * 2 * recurrent + 1) * 925 + (925 + 1) * 919


@pytest.mark.parametrize(
    ("config", "table", "published"),
    # Both numbers: Li et al. 2021, doi:10.1093/bib/bbaa159, who rebuilt DanQ.
    [({}, (320, 26, 13, 320), 46_926_479), (JASPAR, (1024, 30, 15, 512), 67_892_175)],
    ids=["DanQ", "DanQ-JASPAR"],
)
def test_the_published_size(config: dict, table: tuple, published: int) -> None:
    model = zoo.create("danq", **config)
    assert model.count_params() == closed_form(*table) == published
    if not config:  # the script gives the dense layer 75 x 640 inputs
        assert model.get_layer("flatten").output.shape == (None, 75 * 640)


def test_it_is_the_network_of_the_script() -> None:
    model = zoo.create(
        "danq",
        sequence_length=120,
        num_outputs=5,
        filters=6,
        recurrent_units=4,
        units=9,
    )
    w, x = ref.randomise(model), ref.one_hot(3, 120)
    y = ref.max_pool(ref.relu(ref.conv(x, w, "stem_conv")), 13)
    forward = ref.lstm(y, w, "tower_lstm/forward_lstm/lstm_cell")
    backward = ref.lstm(y[:, ::-1], w, "tower_lstm/backward_lstm/lstm_cell")[:, ::-1]
    y = np.concatenate([forward, backward], axis=-1)
    y = ref.relu(ref.dense(ref.flatten(y), w, "hidden"))
    y = ref.dense(y, w, "head_logits")
    np.testing.assert_allclose(ref.call(model, x), y, rtol=1e-4, atol=1e-5)
