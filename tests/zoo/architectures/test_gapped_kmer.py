"""Words of windows at the center, against counts of words."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import zoo
from zoo.dna import decode, one_hot, reverse_complement


def _counts(sequence: str, k: int) -> Counter[str]:
    return Counter(sequence[i : i + k] for i in range(len(sequence) - k + 1))


@pytest.mark.parametrize("architecture", ["gapped_kmer", "wide_and_deep"])
def test_each_window_weighs_its_words_by_itself(architecture: str) -> None:
    # The deep half begins as zeros, so that the sum is that of the words.
    model = zoo.create(
        architecture,
        sequence_length=30,
        patterns=["111"],
        windows=[10, 20, 30],
        scale=1.0,
    )
    for weight in model.weights:
        weight.assign(np.zeros(weight.shape, "float32"))
    random = np.random.default_rng(0)
    tables = {}
    for window in (10, 20, 30):
        layer = model.get_layer(f"head_words_{window}bp")
        values = random.normal(size=layer.embeddings.shape).astype("float32")
        layer.embeddings.assign(values)
        tables[window] = layer
    codes = random.integers(0, 4, (5, 30), dtype=np.uint8)
    expected = []
    for row in codes:
        total = 0.0
        for window, layer in tables.items():
            margin = (30 - window) // 2
            part = decode(row)[margin : margin + window]
            for word, times in (
                _counts(part, 3) + _counts(reverse_complement(part), 3)
            ).items():
                alone = layer(one_hot(np.array(["ACGT".index(b) for b in word])[None]))
                total += times * float(alone[0, 0]) / 2  # a word brings its partner
        expected.append(total)
    predicted = model.predict(one_hot(codes), verbose=0)[:, 0]
    np.testing.assert_allclose(predicted, expected, rtol=1e-4, atol=1e-4)


def test_the_penalty_is_that_of_the_words() -> None:
    model = zoo.create("gapped_kmer", patterns=["11"], l2=0.5)
    layer = model.get_layer("head_words")
    layer.embeddings.assign(np.full(layer.embeddings.shape, 2.0, "float32"))
    assert float(model.losses[0]) == pytest.approx(0.5 * 4 * layer.embeddings.shape[0])


@pytest.mark.parametrize("length", [None, 9, 15])
@pytest.mark.parametrize(
    ("architecture", "argument"),
    [
        ("gapped_kmer", "windows"),
        ("wide_and_deep", "pool_windows"),
        ("rc_dilated", "pool_windows"),
    ],
)
def test_windows_need_a_length_with_the_same_center(
    architecture: str, argument: str, length: int | None
) -> None:
    with pytest.raises(ValueError, match="Windows at the center"):
        zoo.create(architecture, sequence_length=length, **{argument: [10]})
    with pytest.raises(ValueError, match=r"Windows at the center.*window=0"):
        zoo.create(architecture, sequence_length=length, **{argument: []})


@pytest.mark.parametrize("architecture", ["rc_dilated", "wide_and_deep"])
def test_pooled_windows_are_the_same_for_both_strands(architecture: str) -> None:
    model = zoo.create(architecture, sequence_length=41, pool_windows=[11, 31])
    random = np.random.default_rng(1)
    for weight in model.weights:
        weight.assign(random.normal(size=weight.shape) ** 2 * 0.1)
    x = one_hot(random.integers(0, 4, (4, 41), dtype=np.uint8))
    there, back = (model.predict(y, verbose=0) for y in (x, x[:, ::-1, ::-1]))
    np.testing.assert_allclose(there, back, rtol=1e-4, atol=1e-4)
    # What lies outside of the longest window counts only for whole-sequence words.
    moved = x.copy()
    moved[:, :5] = moved[:, [3, 2, 0, 1, 4]]
    same = np.array_equal(there, model.predict(moved, verbose=0))
    assert same == (architecture == "rc_dilated")


def test_words_are_standardized_for_a_length() -> None:
    model = zoo.create(
        "gapped_kmer",
        sequence_length=30,
        windows=[10, 30],
        patterns=["11"],
        standardized=True,
    )
    lengths = [
        model.get_layer(f"head_words_{window}bp").standardized_length
        for window in (10, 30)
    ]
    assert lengths == [10, 30]
    whole = zoo.create("gapped_kmer", sequence_length=30, standardized=True)
    assert whole.get_layer("head_words").standardized_length == 30
    with pytest.raises(ValueError, match="pass a sequence_length"):
        zoo.create("gapped_kmer", standardized=True)
