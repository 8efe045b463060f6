"""SpliceAI's network: its size, its context, its numbers."""

from __future__ import annotations

import numpy as np
import pytest

import zoo
from tests.zoo.architectures import float64 as ref


def test_the_published_size() -> None:
    """Values in each of the five weight files that SpliceAI 1.3.1 comes with."""
    model = zoo.create("splice_dilated", sequence_length=15_000)
    assert model.count_params() == 698_787
    assert ref.trainable_parameters(model) == 696_739
    assert model.output_shape == (None, 5_000, 3)


@pytest.mark.parametrize(("groups", "context"), [(1, 80), (2, 400), (4, 10_000)])
def test_the_contexts_of_the_paper(groups: int, context: int) -> None:
    model = zoo.create(
        "splice_dilated",
        filters=1,
        sequence_length=context + 1,
        kernel_size=[11, 11, 21, 41][:groups],
        dilation_rates=[1, 4, 10, 25][:groups],
    )
    assert model.output_shape == (None, 1, 3)
    assert zoo.receptive_field(model).span == context + 1


@pytest.mark.parametrize("cropping", [None, 0])
def test_it_is_the_published_network(cropping: int | None) -> None:
    config = {"filters": 6, "kernel_size": [5, 3], "dilation_rates": [1, 4], "depth": 2}
    model = zoo.create("splice_dilated", cropping=cropping, **config)
    w, x = ref.randomise(model), ref.one_hot(3, 60)
    y = ref.conv(x, w, "stem_conv")
    total = ref.conv(y, w, "stem_skip")
    for group, rate in ((1, 1), (2, 4)):
        for unit in (1, 2):
            shortcut = y
            for each in (1, 2):
                name = f"tower_{group}_{unit}"
                y = ref.relu(ref.norm(y, w, f"{name}_norm_{each}"))
                y = ref.conv(y, w, f"{name}_conv_{each}", "same", dilation=rate)
            y = y + shortcut
        total = total + ref.conv(y, w, f"tower_{group}_skip")
    cut = 2 * (4 + 8) if cropping is None else 0
    expected = ref.dense(total[:, cut : 60 - cut], w, "head_logits")
    np.testing.assert_allclose(ref.call(model, x), expected, rtol=1e-4, atol=1e-5)
