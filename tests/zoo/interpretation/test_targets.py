"""Tests of what is explained, against float64 NumPy."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from tests.made import softmax
from zoo.errors import InputError
from zoo.interpretation.contributions.differentiation import gradient
from zoo.interpretation.targets import REDUCTIONS, targets_of
from zoo.models.outputs import Output, declare

BINS = 5


def network(*, profile: int = 0, scalar: int = 0, activation: Any = None) -> Any:
    sequence = keras.Input((BINS, 4))
    heads: dict[str, Any] = {}
    if profile:
        dense = keras.layers.Dense(profile, activation=activation)
        heads["profile"] = dense(sequence)
    if scalar:
        flat = keras.layers.Flatten()(sequence)
        heads["counts"] = keras.layers.Dense(scalar, activation=activation)(flat)
    only = next(iter(heads.values()))
    return keras.Model(sequence, heads if len(heads) > 1 else only)


def output(name: str, activation: str = "linear", partner: str | None = None) -> Output:
    return Output(name, "units", activation, partner)


@pytest.fixture
def values() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "profile": rng.normal(size=(3, BINS, 2)).astype("float32"),
        "counts": rng.normal(size=(3, 2)).astype("float32"),
    }


def computed(targets: Any, values: dict[str, np.ndarray]) -> np.ndarray:
    tensors = {name: ops.convert_to_tensor(value) for name, value in values.items()}
    return ops.convert_to_numpy(targets(tensors))


def test_all_outputs_of_the_only_head_by_default() -> None:
    targets = targets_of(network(scalar=3))
    assert targets.names == ("output_0", "output_1", "output_2")
    z = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")
    np.testing.assert_array_equal(computed(targets, {targets.heads[0]: z}), z)


def test_names_are_those_of_the_release_and_in_the_order_asked_for() -> None:
    model = declare(network(scalar=3), [output(n) for n in "abc"])
    targets = targets_of(model, ["c", "a"])
    assert targets.names == ("c", "a")
    z = np.arange(6, dtype="float32").reshape(2, 3)
    np.testing.assert_array_equal(
        computed(targets, {targets.heads[0]: z}), z[:, [2, 0]]
    )
    assert targets_of(model, "b").names == ("b",)


@pytest.mark.parametrize("reduction", [r for r in REDUCTIONS if r != "profile"])
def test_bins_become_one_number(reduction: str, values: dict[str, np.ndarray]) -> None:
    targets = targets_of(network(profile=2, scalar=2), reduction=reduction)
    assert targets.names == ("profile_0", "profile_1")
    z = values["profile"].astype("float64")
    expected = z[:, 2] if reduction == "center" else getattr(np, reduction)(z, axis=1)
    np.testing.assert_allclose(computed(targets, values), expected, atol=1e-6)


def weighted(z: np.ndarray) -> np.ndarray:
    """Of (sequence, anything): sum of softmax times what is above the mean."""
    z = z.reshape(len(z), -1).astype("float64")
    return (softmax(z) * (z - z.mean(axis=1, keepdims=True))).sum(axis=1)


def test_the_profile_of_strands_is_one_target(values: dict[str, np.ndarray]) -> None:
    model = network(profile=2, scalar=2)
    targets = targets_of(model, ["profile"], reduction="profile")
    assert targets.names == ("profile_0+profile_1",)
    found = computed(targets, values)[:, 0]
    np.testing.assert_allclose(found, weighted(values["profile"]), rtol=1e-5)
    alone = targets_of(model, ["profile_1"], reduction="profile")
    expected = weighted(values["profile"][:, :, 1])
    np.testing.assert_allclose(computed(alone, values)[:, 0], expected, rtol=1e-5)


def test_partners_share_a_softmax_and_others_have_their_own() -> None:
    known = [output(*each) for each in _PAIRS]
    model = declare(network(profile=3), known)
    targets = targets_of(model, reduction="profile")
    assert targets.names == ("x_plus+x_minus", "dyads")


_PAIRS = [
    ("x_plus", "softmax_over_bins", "x_minus"),
    ("x_minus", "softmax_over_bins", "x_plus"),
    ("dyads", "softmax_over_bins", "dyads"),
]


def test_the_gradient_of_a_profile_leaves_its_weights_alone() -> None:
    z = np.random.default_rng(2).normal(size=(1, BINS, 1)).astype("float32")
    targets = targets_of(network(profile=1), reduction="profile")
    found = gradient(
        lambda logits: ops.sum(targets({targets.heads[0]: logits})),
        ops.convert_to_tensor(z),
    )
    found = ops.convert_to_numpy(found)[0, :, 0]
    p = softmax(z[0, :, 0])
    np.testing.assert_allclose(found, p - p.sum() / BINS, atol=1e-6)


def test_a_class_is_counted_from_the_mean_of_all() -> None:
    model = declare(network(scalar=3), [output(n, "softmax") for n in "abc"])
    targets = targets_of(model, ["b"])
    z = np.random.default_rng(3).normal(size=(4, 3)).astype("float32")
    expected = z[:, 1] - z.mean(axis=1)
    for constant in (0, 7):
        found = computed(targets, {targets.heads[0]: z + np.float32(constant)})
        np.testing.assert_allclose(found[:, 0], expected, atol=1e-5)


def test_a_model_that_ends_in_softmax_is_read_by_its_logarithms() -> None:
    targets = targets_of(network(scalar=3, activation="softmax"), ["output_1"])
    z = np.random.default_rng(4).normal(size=(4, 3))
    p = softmax(z).astype("float32")
    found = computed(targets, {targets.heads[0]: p})[:, 0]
    np.testing.assert_allclose(found, z[:, 1] - z.mean(axis=1), atol=1e-5)


def test_a_name_of_several_heads_is_behind_that_of_its_head() -> None:
    model = declare(network(profile=1, scalar=1), [output("dyads"), output("dyads")])
    assert targets_of(model).names == ("counts_dyads",)
    for given in ("profile_dyads", "profile"):
        assert targets_of(model, given, reduction="sum").heads == ("profile",)
    both = targets_of(model, ["profile_dyads", "counts_dyads"], reduction="mean")
    assert both.names == ("profile_dyads", "counts_dyads")
    with pytest.raises(InputError, match="among 'counts_dyads', 'profile_dyads'"):
        targets_of(model, "dyads")


@pytest.mark.parametrize(
    ("model", "given", "message"),
    [
        ({"scalar": 2}, {"outputs": ["x"]}, "among 'output_0', 'output_1'"),
        ({"scalar": 2}, {"outputs": []}, "some of 'output_0', 'output_1'"),
        ({"scalar": 2}, {"reduction": "sum"}, "none of the chosen outputs"),
        ({"scalar": 2}, {"reduction": "median"}, "'sum', 'mean', 'max', 'center'"),
        ({"profile": 2}, {}, "by one of 'sum', 'mean', 'max', 'center', 'profile'"),
        ({"profile": 2, "scalar": 1}, {"outputs": "profile_0"}, "is a profile"),
        (
            {"scalar": 2, "activation": "softmax"},
            {},
            "some of the classes 'output_0', 'output_1'",
        ),
    ],
)
def test_what_cannot_be_explained_is_refused_by_the_choices(
    model: dict[str, Any], given: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        targets_of(network(**model), **given)


def test_two_heads_of_one_kind_must_be_chosen() -> None:
    sequence = keras.Input((BINS, 4))
    flat = keras.layers.Flatten()(sequence)
    heads = {name: keras.layers.Dense(1)(flat) for name in ("first", "second")}
    model = keras.Model(sequence, heads)
    with pytest.raises(InputError, match="the heads 'first', 'second'"):
        targets_of(model)
    assert targets_of(model, "second").names == ("second_0",)
