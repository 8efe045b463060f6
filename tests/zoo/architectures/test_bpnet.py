"""BPNet against its paper: sizes, receptive field, the two heads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import zoo
from tests.zoo.architectures import float64 as ref
from tests.zoo.architectures.contract import shapes_of


def test_the_published_size() -> None:
    model = zoo.create("bpnet")
    stem = 64 * (25 * 4 + 1)
    tower = 9 * 64 * (3 * 64 + 1)
    # Each of the four factors has its own deconvolution and dense layer, 2 strands.
    heads = 4 * (2 * (25 * 64 + 1) + 2 * (64 + 1))
    assert model.count_params() == stem + tower + heads == 130_960


def test_a_unit_sees_1034_bp_to_either_side() -> None:
    """The receptive field that the paper gives, measured with kernels of ones."""
    model = zoo.create("bpnet", filters=1, num_outputs=1)
    model.set_weights([np.full_like(v, float(v.ndim > 1)) for v in model.get_weights()])
    body = keras.Model(model.input, model.get_layer("tower_9_add").output)
    x = np.zeros((1, 2501, 4), "f4")
    x[0, 1250, 2] = 1.0
    seen = np.flatnonzero(ref.call(body, x)[0, :, 0])
    np.testing.assert_array_equal(seen, np.arange(1250 - 1034, 1250 + 1034 + 1))


@pytest.mark.parametrize("length", [50, 81])
def test_it_is_the_network_of_the_paper(length: int) -> None:
    model = zoo.create("bpnet", filters=6, num_outputs=4, dilation_rates=[1, 2, 4, 8])
    w, x = ref.randomise(model), ref.one_hot(3, length)
    y = ref.relu(ref.conv(x, w, "stem_conv", padding="same"))
    for layer in (1, 2, 3):
        name = f"tower_{layer}_conv"
        y = y + ref.relu(ref.conv(y, w, name, padding="same", dilation=2**layer))
    kernel, bias = w["head_profile/kernel"], w["head_profile/bias"]
    outputs = ref.call(model, x)
    assert outputs.keys() == {"profile", "counts"}
    profile = ref.transposed_conv(y, kernel[::-1], bias)
    np.testing.assert_allclose(outputs["profile"], profile, rtol=1e-4, atol=1e-5)
    counts = ref.dense(y.mean(axis=1), w, "head_counts")
    np.testing.assert_allclose(outputs["counts"], counts, rtol=1e-4, atol=1e-5)


def test_the_shared_head_is_a_head_for_each_factor() -> None:
    """Track by track, a layer of 2 outputs for each factor gives what one of 4 does."""
    model = zoo.create("bpnet", filters=6, num_outputs=4, dilation_rates=[1, 2])
    one = zoo.create("bpnet", filters=6, num_outputs=2, dilation_rates=[1, 2])
    w, x = ref.randomise(model), ref.one_hot(3, 60)
    both = ref.call(model, x)
    for factor in (slice(0, 2), slice(2, 4)):
        one.set_weights(
            [
                values[..., factor] if address.startswith("head_") else values
                for address, values in w.items()
            ]
        )
        for head, outputs in ref.call(one, x).items():
            np.testing.assert_allclose(outputs, both[head][..., factor], atol=1e-5)


def test_control_tracks_are_added_to_both_heads(tmp_path: Path) -> None:
    model = zoo.create(
        "bpnet",
        filters=6,
        num_outputs=4,
        dilation_rates=[1, 2],
        num_control_tracks=2,
        control_pool_size=6,
    )
    w, x = ref.randomise(model), ref.one_hot(3, 60)
    reads = np.random.default_rng(1).poisson(2.0, (3, 60, 2)).astype("f4")
    plain = ref.call(model, {"sequence": x, "control": 0 * reads})
    outputs = ref.call(model, {"sequence": x, "control": reads})
    model.save(tmp_path / "whole.h5")
    again = keras.saving.load_model(tmp_path / "whole.h5")
    saved = ref.call(again, {"sequence": x, "control": reads})
    np.testing.assert_array_equal(saved["counts"], outputs["counts"])
    # Six bases around i, from i - 2 to i + 3, with zeros beyond the ends.
    means = [reads[:, max(0, i - 2) : i + 4].sum(axis=1) / 6 for i in range(60)]
    windows = np.concatenate([reads, np.stack(means, axis=1)], axis=-1)
    added = windows @ w["head_profile_control/kernel"][0]
    np.testing.assert_allclose(outputs["profile"] - plain["profile"], added, atol=1e-4)
    added = np.log1p(reads.sum(axis=1)) @ w["head_counts_control/kernel"]
    np.testing.assert_allclose(outputs["counts"] - plain["counts"], added, atol=1e-4)


RATES = [1, 2, 4]
SMALL: dict[str, Any] = {
    "filters": 5,
    "stem_kernel_size": 7,
    "dilation_rates": RATES,
    "profile_kernel_size": 9,
}


@pytest.mark.parametrize("pre_activation", [False, True])
def test_valid_convolutions_are_those_of_bpnet_2_and_chrombpnet(
    pre_activation: bool,
) -> None:
    model = zoo.create(
        "bpnet",
        **SMALL,
        num_outputs=2,
        num_counts=1,
        sequence_length=80,
        profile_length=50,  # of 54, so 2 more bases go at each end
        padding="valid",
        pre_activation=pre_activation,
    )
    w, x = ref.randomise(model), ref.one_hot(3, 80)
    y = ref.conv(x, w, "stem_conv")
    y = y if pre_activation else ref.relu(y)
    for layer, rate in enumerate(RATES[1:], start=1):
        read = ref.relu(y) if pre_activation else y
        new = ref.conv(read, w, f"tower_{layer}_conv", dilation=rate)
        y = y[:, rate:-rate] + (new if pre_activation else ref.relu(new))
    y = ref.relu(y) if pre_activation else y
    outputs = ref.call(model, x)
    profile = ref.conv(y, w, "head_profile")[:, 2:-2]
    np.testing.assert_allclose(outputs["profile"], profile, rtol=1e-4, atol=1e-5)
    counts = ref.dense(y.mean(axis=1), w, "head_counts")
    np.testing.assert_allclose(outputs["counts"], counts, rtol=1e-4, atol=1e-5)


def test_cropping_is_that_of_bpnet_lite() -> None:
    """bpnetlite.bpnet.BPNet.forward, whose controls are read like the features."""
    trimming, half = 13, 9 // 2
    model = zoo.create(
        "bpnet",
        **SMALL,
        num_outputs=2,
        num_counts=1,
        sequence_length=70,
        profile_length=70 - 2 * trimming,
        num_control_tracks=2,
        control_pool_size=1,
        control_kernel_size=9,
    )
    w, x = ref.randomise(model), ref.one_hot(3, 70)
    reads = np.random.default_rng(1).poisson(2.0, (3, 70, 2)).astype("f4")
    y = ref.relu(ref.conv(x, w, "stem_conv", padding="same"))
    for layer, rate in enumerate(RATES[1:], start=1):
        name = f"tower_{layer}_conv"
        y = y + ref.relu(ref.conv(y, w, name, padding="same", dilation=rate))
    profile = ref.conv(y, w, "head_profile", padding="same")
    profile += ref.conv(reads, w, "head_profile_control", padding="same")
    outputs = ref.call(model, {"sequence": x, "control": reads})
    expected = profile[:, trimming:-trimming]
    np.testing.assert_allclose(outputs["profile"], expected, rtol=1e-4, atol=1e-5)
    read = slice(trimming - half, half - trimming)
    counts = ref.dense(y[:, read].mean(axis=1), w, "head_counts")
    total = np.log1p(reads[:, read].sum(axis=(1, 2)))[:, None]
    counts += total @ w["head_counts_control/kernel"]
    np.testing.assert_allclose(outputs["counts"], counts, rtol=1e-4, atol=1e-5)


def test_the_sizes_of_others_that_are_called_bpnet() -> None:
    """Parameters counted by the original software, with TensorFlow 2.21 and PyTorch.

    chrombpnet 1.0.1, `bpnet_model(512, 8, 2114, 1000)`; bpnet-lite 1.1, `BPNet()`;
    bpnet 2.0, `BPNet` of one task with two strands and controls. The latter has
    weights of 1 x 1 behind both heads, which is to say eight more, that are a factor
    of those of ours.
    """
    modern = {
        "sequence_length": 2114,
        "stem_kernel_size": 21,
        "dilation_rates": [2**i for i in range(9)],
        "profile_kernel_size": 75,
    }
    strands = {"num_outputs": 2, "num_counts": 1, "num_control_tracks": 2}
    strands |= {"control_pool_size": 1}
    wide = zoo.create("bpnet", **modern, padding="valid", num_outputs=1, filters=512)
    assert wide.count_params() == 6_377_986
    assert shapes_of(wide.output) == {
        "profile": (None, 1000, 1),
        "counts": (None, 1),
    }
    lite = zoo.create(
        "bpnet", **modern, **strands, profile_length=1000, control_kernel_size=75
    )
    assert lite.count_params() == 114_224
    official = zoo.create(
        "bpnet", **modern, **strands, padding="valid", pre_activation=True
    )
    assert official.count_params() == 113_936 - 8
    assert shapes_of(official.output) == {
        "profile": (None, 1000, 2),
        "counts": (None, 1),
    }


def test_without_padding_a_part_of_a_sequence_gives_a_part_of_its_profile() -> None:
    model = zoo.create(
        "bpnet",
        **SMALL,
        padding="valid",
        num_control_tracks=1,
        control_pool_size=1,
        control_kernel_size=5,
    )
    ref.randomise(model)
    x = ref.one_hot(1, 60)
    inputs = {"sequence": x, "control": x[..., :1]}
    whole = ref.call(model, inputs)["profile"]
    assert whole.shape == (1, 60 - 26, 8)
    part = ref.call(model, {name: x[:, 10:50] for name, x in inputs.items()})
    np.testing.assert_allclose(part["profile"], whole[:, 10:-10], atol=1e-5)
