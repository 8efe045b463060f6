"""ChromBPNet against its software: sizes, and the sum of the two networks."""

from __future__ import annotations

import numpy as np

import zoo
from tests.zoo.architectures import float64 as ref
from tests.zoo.architectures.contract import make, shapes_of, small_model
from zoo.models.weights import addresses


def test_the_published_size() -> None:
    """Counted by chrombpnet 1.0.1 with TensorFlow 2.21.

    `bpnet_model(512, 8, 2114, 1000)` for the network without the bias, and
    `getModelGivenModelOptionsAndWeightInits` with 128 filters and 4 layers for it.
    """
    model = zoo.create("chrombpnet")
    assert ref.trainable_parameters(model) == 6_377_986
    assert model.count_params() == 6_377_986 + 217_730
    expected = {"profile": (None, 1000, 1), "counts": (None, 1)}
    assert shapes_of(model.output) == expected


def test_it_is_the_sum_of_two_bpnets() -> None:
    model, x = small_model("chrombpnet"), ref.one_hot(3, 40)
    w = ref.randomise(model)
    profile, counts = 0.0, -np.inf
    for prefix, rates in (("", [2, 3]), ("bias_", [2])):
        y = ref.relu(ref.conv(x, w, f"{prefix}stem_conv"))
        for layer, rate in enumerate(rates, start=1):
            new = ref.conv(y, w, f"{prefix}tower_{layer}_conv", dilation=rate)
            y = ref.relu(new) + y[:, rate:-rate]
        logits = ref.conv(y, w, f"{prefix}head_profile")
        cut = (logits.shape[1] - 20) // 2
        profile = profile + logits[:, cut : cut + 20]
        total = ref.dense(y.mean(axis=1), w, f"{prefix}head_counts")
        counts = np.logaddexp(counts, total)
    outputs = ref.call(model, x)
    np.testing.assert_allclose(outputs["profile"], profile, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(outputs["counts"], counts, rtol=1e-4, atol=1e-5)


def test_both_networks_have_the_addresses_of_bpnet() -> None:
    arguments = {
        "sequence_length": 40,
        "stem_kernel_size": 7,
        "profile_kernel_size": 5,
        "padding": "valid",
        "num_outputs": 2,
    }
    rest = zoo.create("bpnet", **arguments, filters=16, dilation_rates=[1, 2, 3])
    bias = zoo.create("bpnet", **arguments, filters=4, dilation_rates=[1, 2])
    expected = {a: tuple(v.shape) for a, v in addresses(rest).items()}
    expected |= {f"bias_{a}": tuple(v.shape) for a, v in addresses(bias).items()}
    found = {a: tuple(v.shape) for a, v in addresses(make("chrombpnet")).items()}
    assert found == expected


def test_a_part_of_a_sequence_gives_a_part_of_its_profile() -> None:
    model, x = make("chrombpnet", sequence_length=None), ref.one_hot(1, 60)
    ref.randomise(model)
    whole, part = ref.call(model, x), ref.call(model, x[:, 5:55])
    assert whole["profile"].shape == (1, 40, 2)
    np.testing.assert_allclose(part["profile"], whole["profile"][:, 5:-5], atol=1e-5)
