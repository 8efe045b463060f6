"""Tests of contributions by gradients, of references and of both strands."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from zoo.dna import one_hot, reverse_complement_codes
from zoo.errors import InputError
from zoo.interpretation.contributions.methods import METHODS, TAKE_REFERENCES
from zoo.interpretation.contributions.references import references_of, shuffles
from zoo.models.outputs import Output, declare

GRADIENTS = [method for method in METHODS if method != "mutagenesis"]
LENGTH = 12


def codes_of(count: int, length: int = LENGTH, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.integers(0, 4, (count, length)).astype("uint8")


@pytest.fixture(scope="module")
def linear() -> tuple[keras.Model, np.ndarray]:
    """A model and its weights (position, base, target)."""
    sequence = keras.Input((LENGTH, 4))
    outputs = layers.Dense(2)(layers.Flatten()(sequence))
    model = keras.Model(sequence, outputs)
    weights = np.random.default_rng(1).normal(size=(LENGTH * 4, 2))
    model.set_weights([weights, np.array([0.5, -0.5])])
    return model, weights.reshape(LENGTH, 4, 2)


@pytest.mark.parametrize("method", METHODS)
def test_of_a_linear_model_they_are_its_weights(method: str, linear: Any) -> None:
    model, weights = linear
    codes = codes_of(3)
    codes[0, 4] = 4
    references = codes_of(2, seed=1)
    given = {"references": references} if method in TAKE_REFERENCES else {}
    found = zoo.contributions(model, codes, method=method, num_steps=3, **given)
    if method == "mutagenesis":
        mean = weights.mean(axis=1, keepdims=True)
        expected = np.broadcast_to(4 / 3 * (weights - mean), (3, *weights.shape))
        own = np.einsum("npb,pbt->npt", one_hot(codes), expected[0])
        own[0, 4] = -mean[4, 0]
    else:
        base = one_hot(references).mean(axis=0) if given else np.full((1, 4), 0.25)
        before = np.einsum("pb,pbt->pt", np.broadcast_to(base, (LENGTH, 4)), weights)
        expected = np.broadcast_to(weights - before[:, None], (3, *weights.shape))
        own = np.einsum("npb,pbt->npt", one_hot(codes), weights) - before
        np.testing.assert_allclose(found.gap, 0, atol=1e-5)
    np.testing.assert_allclose(found.hypothetical, expected, atol=1e-5)
    np.testing.assert_allclose(found.contributions, own, atol=1e-5)
    np.testing.assert_allclose(found.predictions, zoo.predict(model, codes), atol=1e-6)


@pytest.fixture(scope="module")
def curved() -> keras.Model:
    keras.utils.set_random_seed(0)
    sequence = keras.Input((None, 4))
    x = layers.Conv1D(4, 5, activation="softplus")(sequence)
    return keras.Model(sequence, layers.Dense(1)(layers.GlobalAveragePooling1D()(x)))


def test_integrated_gradients_leave_no_gap(curved: keras.Model) -> None:
    found = zoo.contributions(curved, codes_of(2), method="integrated_gradients")
    np.testing.assert_allclose(found.gap, 0, atol=1e-5)
    quarter = np.full((1, LENGTH, 4), 0.25, "float32")
    change = zoo.predict(curved, codes_of(2)) - zoo.predict(curved, quarter)
    np.testing.assert_allclose(found.contributions.sum(axis=1), change, atol=1e-5)
    before = codes_of(2, seed=1)
    given = zoo.contributions(
        curved, codes_of(2), method="integrated_gradients", references=before
    )
    np.testing.assert_allclose(given.gap, 0, atol=1e-5)


def test_gradients_are_those_of_differences(curved: keras.Model) -> None:
    codes = codes_of(1)
    found = zoo.contributions(curved, codes, method="gradient_x_input")
    x = one_hot(codes)
    gradient = np.empty((LENGTH, 4))
    for position, base in np.ndindex(LENGTH, 4):
        step = np.zeros_like(x)
        step[0, position, base] = 0.05
        values = [zoo.predict(curved, x + sign * step)[0, 0] for sign in (1, -1)]
        gradient[position, base] = (values[0] - values[1]) / 0.1
    corrected = gradient - gradient.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(found.hypothetical[0, ..., 0], corrected, atol=2e-5)


def test_a_sequence_does_not_depend_on_others(curved: keras.Model) -> None:
    codes = codes_of(5)
    for method in ("deeplift", "expected_gradients", "smooth_gradients"):
        whole = zoo.contributions(
            curved, codes, method=method, num_references=3, num_steps=3, batch_size=7
        )
        alone = zoo.contributions(
            curved, codes[3:4], method=method, num_references=3, num_steps=3
        )
        np.testing.assert_allclose(
            whole.hypothetical[3], alone.hypothetical[0], atol=1e-6
        )


def test_shuffles_are_mirrored_and_drawn_by_the_seed() -> None:
    codes = codes_of(1, 40)[0]
    found = shuffles(codes, 4, seed=0)
    turned = shuffles(reverse_complement_codes(codes[None])[0], 4, seed=0)
    np.testing.assert_array_equal(turned, reverse_complement_codes(found))
    assert not np.array_equal(shuffles(codes, 4, seed=1), found)
    assert len(np.unique(found, axis=0)) == 4
    pairs = [np.sort(row[:-1] * 4 + row[1:]) for row in (codes, found[0])]
    np.testing.assert_array_equal(*pairs)


def test_references_of_all_or_of_each() -> None:
    codes, each = codes_of(2), codes_of(6).reshape(2, 3, LENGTH)
    for given in (each, one_hot(each.reshape(6, -1)).reshape(2, 3, LENGTH, 4)):
        np.testing.assert_array_equal(references_of(codes, given, 1, 0), each)
    for given in (each[0], list(each[0]), one_hot(each[0])):
        found = references_of(codes, given, 1, 0)
        np.testing.assert_array_equal(found, np.stack([each[0], each[0]]))
    for given in (codes_of(2, 5), codes_of(9).reshape(3, 3, LENGTH)):
        with pytest.raises(InputError, match="references of 12 bp"):
            references_of(codes, given, 1, 0)


@pytest.mark.parametrize("method", GRADIENTS)
def test_of_an_equivariant_model_the_strands_are_the_same(method: str) -> None:
    keras.utils.set_random_seed(0)
    model = zoo.create(
        "rc_dilated", stem_filters=8, stem_kernel_size=5, filters=4, dilation_rates=[1]
    )
    codes = codes_of(2, 24)
    turned = reverse_complement_codes(codes)
    options = {"method": method, "num_references": 2, "num_steps": 2}
    found = zoo.contributions(model, codes, **options)
    other = zoo.contributions(model, turned, **options)
    np.testing.assert_allclose(
        other.hypothetical[:, ::-1, ::-1], found.hypothetical, atol=1e-5
    )
    assert np.abs(found.hypothetical).max() > 1e-3


def test_both_strands_are_their_mean_with_partners_swapped() -> None:
    keras.utils.set_random_seed(0)
    sequence = keras.Input((LENGTH, 4))
    model = keras.Model(sequence, layers.Dense(2)(layers.Flatten()(sequence)))
    strands = [("plus", "minus"), ("minus", "plus")]
    declare(model, [Output(name, "logit", "linear", other) for name, other in strands])
    codes = codes_of(1)
    both, other = (
        zoo.contributions(
            model, codes, outputs=["plus"], method="gradient_x_input", strand=strand
        )
        for strand in ("both", "-")
    )
    given = zoo.contributions(model, codes, method="gradient_x_input")
    turned = zoo.contributions(
        model, reverse_complement_codes(codes), method="gradient_x_input"
    )
    back = turned.hypothetical[:, ::-1, ::-1, 1]
    np.testing.assert_allclose(other.hypothetical[..., 0], back, atol=1e-6)
    expected = (given.hypothetical[..., 0] + back) / 2
    np.testing.assert_allclose(both.hypothetical[..., 0], expected, atol=1e-6)
    of_one = [Output(name, "logit", "linear", None) for name in ("plus", "minus")]
    with pytest.raises(InputError, match="one strand only"):
        zoo.contributions(declare(model, of_one), codes, strand="both")


def test_further_inputs_stay_as_they_are() -> None:
    keras.utils.set_random_seed(0)
    sequence = keras.Input((LENGTH, 4), name="sequence")
    signal = keras.Input((LENGTH, 1), name="signal")
    gated = layers.Multiply()([sequence, signal])
    x = layers.Concatenate()([gated, signal])
    x = layers.Conv1D(3, 3, activation="relu")(x)
    model = keras.Model([sequence, signal], layers.Dense(1)(layers.Flatten()(x)))
    given = {
        "sequence": codes_of(3),
        "signal": np.random.default_rng(0).random((3, LENGTH, 1), "float32"),
    }
    for method in ("deeplift", "integrated_gradients"):
        found = zoo.contributions(model, given, method=method, num_references=2)
        np.testing.assert_allclose(found.gap, 0, atol=1e-5 if "lift" in method else 0.2)
    with pytest.raises(InputError, match="what 'signal' of"):
        zoo.contributions(model, given, strand="both")


@pytest.mark.parametrize(
    "layer",
    [
        zoo.layers.KmerEmbedding(3, 4),
        zoo.layers.KmerOneHot(3),
        zoo.layers.RCKmerEmbedding(3, 4),
        zoo.layers.GappedKmerEmbedding(
            ("1101", "101"), 4, scale=0.5, embeddings_initializer="uniform"
        ),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_gradients_pass_kmers(layer: keras.Layer) -> None:
    keras.utils.set_random_seed(0)
    sequence = keras.Input((LENGTH, 4))
    x = layer(sequence)
    model = keras.Model(sequence, layers.Dense(1)(layers.Flatten()(x)))
    codes = codes_of(2)
    codes[1, 5] = 4
    for method in ("deeplift", "integrated_gradients"):
        found = zoo.contributions(model, codes, method=method, num_references=2)
        np.testing.assert_allclose(found.gap, 0, atol=1e-5)
    # Linear in each base, so the gradient is what a substitution changes.
    gradients = zoo.contributions(model, codes[:1], method="gradient_x_input")
    changed = zoo.contributions(model, codes[:1], method="mutagenesis")
    np.testing.assert_allclose(
        gradients.hypothetical, changed.hypothetical * 0.75, atol=1e-5
    )


def test_kmers_too_long_for_a_gradient_are_refused() -> None:
    sequence = keras.Input((LENGTH, 4))
    x = zoo.layers.KmerEmbedding(7, 2)(sequence)
    model = keras.Model(sequence, layers.Dense(1)(layers.Flatten()(x)))
    with pytest.raises(InputError, match="at most 6 bases"):
        zoo.contributions(model, codes_of(1), num_references=1)


def test_new_weights_are_seen(curved: keras.Model) -> None:
    before = zoo.contributions(curved, codes_of(1), num_references=2)
    for variable in curved.trainable_variables[-2:]:
        variable.assign(2 * variable)
    after = zoo.contributions(curved, codes_of(1), num_references=2)
    np.testing.assert_allclose(after.contributions, 2 * before.contributions, atol=1e-6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"method": "saliency"}, "'deeplift', 'gradient_x_input'"),
        ({"strand": "given"}, "'\\+', '-', 'both'"),
        ({"num_references": 0}, "num_references of at least 1"),
        ({"outputs": "x"}, "among 'output_0'"),
        (
            {"method": "gradient_x_input", "references": ["ACGT"]},
            "as method='gradient_x_input' has none",
        ),
    ],
)
def test_wrong_arguments_are_refused(
    given: dict[str, Any], message: str, curved: keras.Model
) -> None:
    with pytest.raises(InputError, match=message):
        zoo.contributions(curved, codes_of(1), **given)
