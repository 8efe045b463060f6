"""Tests of mutagenesis, against predictions of sequences that were changed by hand."""

from __future__ import annotations

import itertools
from typing import Any

import keras
import numpy as np
import pytest
import threadpoolctl

import zoo
from zoo.dna import decode, reverse_complement_codes
from zoo.errors import InputError
from zoo.interpretation.mutagenesis import incremental
from zoo.interpretation.targets import targets_of

LENGTH = 24


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    return zoo.create("shallow_wide", num_outputs=2, filters=4, kernel_size=5)


@pytest.fixture(scope="module")
def symmetric() -> keras.Model:
    keras.utils.set_random_seed(0)
    return zoo.create("rc_dilated", num_outputs=1, filters=4, dilation_rates=[1, 2])


@pytest.fixture
def codes() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 4, (2, LENGTH)).astype("uint8")


def value(model: Any, codes: Any) -> np.ndarray:
    return zoo.predict(model, np.asarray(codes, "uint8")[None])[0]


def near(actual: Any, expected: Any) -> None:
    np.testing.assert_allclose(actual, expected, rtol=0, atol=2e-6)


def test_values_effects_and_contributions(model: Any, codes: np.ndarray) -> None:
    found = zoo.saturation_mutagenesis(model, codes, start=4, end=7)
    assert found.names == ("output_0", "output_1")
    np.testing.assert_array_equal(found.codes, codes[:, 4:7])
    near(found.reference, zoo.predict(model, codes))
    for place, base in itertools.product(range(3), range(4)):
        changed = codes.copy()
        changed[:, 4 + place] = base
        near(found.values[:, place, base], zoo.predict(model, changed))
    own = np.take_along_axis(found.effects, found.codes[:, :, None, None], axis=2)
    assert not own.any()
    others = found.values.sum(axis=2) - found.reference[:, None]
    near(found.contributions, found.reference[:, None] - others / 3)
    near(found.hypothetical.sum(axis=2), 0)


def test_a_chosen_output_is_that_column(model: Any, codes: np.ndarray) -> None:
    both = zoo.saturation_mutagenesis(model, codes)
    one = zoo.saturation_mutagenesis(model, codes, outputs="output_1", method="full")
    assert one.names == ("output_1",)
    near(one.values[..., 0], both.values[..., 1])


def test_n_contributes_nothing_and_lower_case_is_upper(model: Any) -> None:
    text = "acgtnacgtacgtacgtnacgtac"
    lower = zoo.saturation_mutagenesis(model, [text])
    upper = zoo.saturation_mutagenesis(model, [text.upper()])
    np.testing.assert_array_equal(lower.values, upper.values)
    unknown = np.array([letter == "n" for letter in text])
    assert not lower.contributions[0, unknown].any()
    assert lower.effects[0, unknown].any(axis=(1, 2)).all()


@pytest.mark.parametrize("flanks", ["NN", "GT"])
def test_indels_keep_the_length_and_take_what_lies_beside(
    model: Any, codes: np.ndarray, flanks: str
) -> None:
    text = decode(codes[0])
    if flanks == "NN":
        found = zoo.indel_mutagenesis(model, [text])
    else:
        longer = flanks[0] + text + flanks[1]
        found = zoo.indel_mutagenesis(model, [longer], window=LENGTH)
        assert found.start == 1
    half = LENGTH // 2
    for place in range(LENGTH):
        short = text[:place] + text[place + 1 :]
        deleted = flanks[0] + short if place < half else short + flanks[1]
        near(found.deletions[0, place], zoo.predict(model, [deleted])[0])
        for base, letter in enumerate("ACGT"):
            long = text[:place] + letter + text[place:]
            inserted = long[1:] if place < half else long[:-1]
            near(found.insertions[0, place, base], zoo.predict(model, [inserted])[0])
    near(found.deletion_effects, found.deletions - found.reference[:, None])
    near(found.insertion_effects.max(), (found.insertions - found.reference).max())


@pytest.mark.parametrize("length", [LENGTH, LENGTH + 1])
def test_indels_are_the_same_on_both_strands(symmetric: Any, length: int) -> None:
    codes = np.random.default_rng(1).integers(0, 4, (1, length)).astype("uint8")
    given = zoo.indel_mutagenesis(symmetric, codes)
    other = zoo.indel_mutagenesis(symmetric, reverse_complement_codes(codes))
    middle = np.arange(length) == (length - 1) / 2
    near(given.deletions[0, ~middle], other.deletions[0, ::-1][~middle])
    # Before position p of one strand is before length - p of the other.
    places = np.array([p for p in range(1, length) if 2 * p != length])
    near(given.insertions[0, places], other.insertions[0, length - places, ::-1])


def test_pairs_are_what_two_do_together(model: Any, codes: np.ndarray) -> None:
    start, end = 6, 15  # nine positions are of several shapes
    found = zoo.pairwise_mutagenesis(model, codes, start=start, end=end)
    assert found.interactions.shape == (2, 9, 4, 9, 4, 2)
    near(found.interactions, found.interactions.transpose(0, 3, 4, 1, 2, 5))
    drawn = np.random.default_rng(2)
    for _ in range(40):
        row = drawn.integers(2)
        i, j = drawn.choice(9, 2, replace=False)
        a, b = drawn.integers(0, 4, 2)
        f = np.empty((2, 2, 2))
        for left, right in itertools.product((0, 1), repeat=2):
            changed = codes[row].copy()
            if left:
                changed[start + i] = a
            if right:
                changed[start + j] = b
            f[left, right] = value(model, changed)
        expected = f[1, 1] - f[1, 0] - f[0, 1] + f[0, 0]
        near(found.interactions[row, i, a, j, b], expected)
    same = np.arange(9)
    assert not found.interactions[:, same, :, same].any()
    assert found.dependencies.shape == (2, 9, 9, 2)
    assert found.dependencies.max() == np.abs(found.interactions).max()


def test_a_linear_model_has_no_interactions(codes: np.ndarray) -> None:
    sequence = keras.Input((LENGTH, 4))
    flat = keras.layers.Flatten()(sequence)
    linear = keras.Model(sequence, keras.layers.Dense(1)(flat))
    near(zoo.pairwise_mutagenesis(linear, codes, start=0, end=5).interactions, 0)


@pytest.mark.parametrize(("start", "end"), [(-1, 4), (4, 4), (0, LENGTH + 1)])
def test_positions_beyond_the_sequence_are_refused(
    model: Any, codes: np.ndarray, start: int, end: int
) -> None:
    with pytest.raises(InputError, match=f"from 0 to {LENGTH}"):
        zoo.saturation_mutagenesis(model, codes, start=start, end=end)


def test_a_profile_without_a_reduction_is_refused(codes: np.ndarray) -> None:
    sequence = keras.Input((LENGTH, 4))
    profile = keras.Model(sequence, keras.layers.Conv1D(1, 3)(sequence))
    with pytest.raises(InputError, match="reduction"):
        zoo.saturation_mutagenesis(profile, codes)
    found = zoo.saturation_mutagenesis(profile, codes, reduction="sum")
    near(found.reference[:, 0], zoo.predict(profile, codes).sum(axis=(1, 2)))


def test_indels_need_a_model_without_signals() -> None:
    model = zoo.create("multi_modal")
    signals = np.zeros((1, 60, 1), "float32")
    given = {"sequence": ["ACGT" * 15], "signals": signals}
    with pytest.raises(InputError, match="signals"):
        zoo.indel_mutagenesis(model, given)
    assert zoo.saturation_mutagenesis(model, given, end=2).values.shape[1] == 2


def test_products_of_windows_are_one_threads(
    model: Any, codes: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[int]] = []

    def compute(*_: Any) -> None:
        pools = threadpoolctl.threadpool_info()
        seen.append({p["num_threads"] for p in pools if p["user_api"] == "blas"})

    monkeypatch.setattr(incremental._AtLength, "compute", compute)
    substitutions = incremental.IncrementalSubstitutions(model, targets_of(model))
    with threadpoolctl.threadpool_limits(2, "blas"):
        substitutions(codes)
    assert seen == [{1}]


def test_they_say_what_they_are(model: Any, codes: np.ndarray) -> None:
    found = zoo.saturation_mutagenesis(model, codes, start=4, end=7)
    assert repr(found) == (
        "Mutagenesis(2 sequences, positions 4 to 7, targets output_0, output_1)"
    )
