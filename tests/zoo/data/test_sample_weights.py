import dataclasses

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo.data import Examples, class_weights, classes_of, weighted
from zoo.data.examples import CodesInMemory
from zoo.errors import InputError

COUNTS = st.lists(st.integers(1, 10_000), min_size=1, max_size=6)


def examples(targets, **changes):
    targets = np.asarray(targets, np.float32)
    return Examples(
        CodesInMemory(np.zeros((len(targets), 5), np.uint8)),
        targets,
        tuple("abcdef"[: targets.shape[1]]),
        **changes,
    )


@given(counts=COUNTS)
def test_balanced_is_scikit_learns(counts):
    utils = pytest.importorskip("sklearn.utils.class_weight")
    labels = np.repeat(np.arange(len(counts)), counts)
    expected = utils.compute_class_weight(
        "balanced", classes=np.arange(len(counts)), y=labels
    )
    np.testing.assert_allclose(class_weights(counts), expected, rtol=1e-12)


@given(counts=COUNTS, beta=st.floats(0, 0.9999))
def test_effective_number_follows_its_equation_with_a_mean_of_one(counts, beta):
    weights = class_weights(counts, kind="effective_number", beta=beta)
    # The effective number is a geometric series: 1 + beta + ... + beta^(n - 1).
    effective = np.array([np.sum(beta ** np.arange(n)) for n in counts])
    np.testing.assert_allclose(weights * effective, weights[0] * effective[0])
    np.testing.assert_allclose(np.average(weights, weights=counts), 1)


def test_the_ends_of_beta_are_no_weights_and_balanced():
    counts = [10, 1000, 30]
    even = class_weights(counts, kind="effective_number", beta=0)
    np.testing.assert_allclose(even, 1)
    near = class_weights(counts, kind="effective_number", beta=1 - 1e-12)
    np.testing.assert_allclose(near, class_weights(counts), rtol=1e-6)


def test_a_class_without_examples_weighs_nothing():
    assert class_weights([4, 0, 12]).tolist() == [2, 0, 2 / 3]


@pytest.mark.parametrize("one_hot", [False, True])
def test_one_weight_a_row_where_each_row_has_one_class(one_hot):
    classes = np.array([0, 0, 0, 1, 2, 2])
    targets = np.eye(3)[classes] if one_hot else classes[:, None]
    received = weighted(examples(targets)).sample_weight
    expected = class_weights([3, 1, 2])[classes]
    assert received.dtype == np.float32
    np.testing.assert_allclose(received, expected, rtol=1e-6)


def test_each_output_is_balanced_over_its_known_labels():
    nan = np.nan
    targets = [[1, 0], [0, nan], [0, 1], [nan, 1], [0, 1]]
    received = weighted(examples(targets)).sample_weight
    expected = [[2, 2], [2 / 3, 0], [2 / 3, 2 / 3], [0, 2 / 3], [2 / 3, 2 / 3]]
    np.testing.assert_allclose(received, expected, rtol=1e-6)


def test_the_loss_counts_both_labels_the_same():
    import keras

    from zoo.losses import MaskedBinaryCrossentropy

    targets = np.array([[1, np.nan], [0, 1], [0, 0], [0, 1]], np.float32)
    logits = np.linspace(-2, 3, 8, dtype="float32").reshape(4, 2)
    weight = weighted(examples(targets)).sample_weight
    received = MaskedBinaryCrossentropy(reduction="sum")(targets, logits, weight)
    expected = 0.0
    for column, logit in zip(
        targets.T.astype("f8"), logits.T.astype("f8"), strict=True
    ):
        known = ~np.isnan(column)
        loss = np.log1p(np.exp(logit)) - np.where(known, column, 0) * logit
        for label in (0, 1):
            expected += known.sum() / 2 * loss[column == label].mean()
    assert float(keras.ops.convert_to_numpy(received)) == pytest.approx(expected)


def test_given_weights_are_multiplied():
    given_weights = np.array([1, 2, 3, 4], np.float32)
    plain = weighted(examples([[0, 1], [1, 1], [0, 0], [1, 0]]))
    both = weighted(dataclasses.replace(plain, sample_weight=given_weights))
    expected = plain.sample_weight * given_weights[:, None]
    np.testing.assert_allclose(both.sample_weight, expected)


@pytest.mark.parametrize(
    ("targets", "says"),
    [([[0.5, 1]], "0, 1 or NaN"), ([[-1]], "class numbers"), ([[0.5]], "class num")],
)
def test_refuses_values_that_are_no_classes(targets, says):
    with pytest.raises(InputError, match=says):
        weighted(examples(targets))


def test_refuses_other_kinds_and_ranges():
    with pytest.raises(InputError, match="kind"):
        class_weights([1], kind="even")
    with pytest.raises(InputError, match="beta"):
        class_weights([1], kind="effective_number", beta=1)
    with pytest.raises(InputError, match=r"each class.*Examples.*weighted\(examples\)"):
        class_weights(examples([[0], [1]]))
    with pytest.raises(InputError, match="targets"):
        weighted(Examples(CodesInMemory(np.zeros((1, 5), np.uint8))))


def test_classes_are_known_and_one_a_row():
    assert classes_of(np.float32([[0], [2]])).tolist() == [0, 2]
    assert classes_of(np.float32([[0, 1], [1, 0]])).tolist() == [1, 0]
    for targets, says in (
        (np.float32([[1, 1]]), "Multi-label"),
        (np.float32([[np.nan]]), "NaN in 1 rows"),
        (np.zeros((2, 3, 1), "f4"), r"\(2, 3, 1\)"),
        (None, "None"),
    ):
        with pytest.raises(InputError, match=says):
            classes_of(targets)
