import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tests.zoo.interpretation.motifs.strategies import (
    backgrounds,
    enumerate_scores,
    weights,
)
from zoo.errors import InputError
from zoo.interpretation.motifs import score_distribution

RATES = st.floats(1e-5, 0.999)
GRANULARITIES = st.sampled_from([1e-3, 0.01, 0.3])
RELATIVE = 1 + 1e-9  # float64 sums in another order


@given(weights(), backgrounds(), GRANULARITIES, st.data())
def test_the_bounds_hold_the_rate_of_all_words(filter_weights, q, granularity, data):
    distribution = score_distribution(
        filter_weights, background=q, granularity=granularity
    )
    scores, probabilities = enumerate_scores(filter_weights, q)
    threshold = data.draw(
        st.one_of(
            st.sampled_from(list(scores)),
            st.floats(scores.min() - 1, scores.max() + 1),
        )
    )
    # A score that equals the threshold but for rounding may count or not.
    surely = probabilities[scores > threshold + 1e-6].sum()
    perhaps = probabilities[scores > threshold - 1e-6].sum()
    lower, upper = distribution.false_positive_rate(threshold)
    assert lower <= perhaps * RELATIVE + 1e-15
    assert upper * RELATIVE + 1e-15 >= surely
    assert lower <= upper


@given(weights(), backgrounds(), GRANULARITIES)
def test_the_bounds_are_as_near_as_stated(filter_weights, q, granularity):
    distribution = score_distribution(
        filter_weights, background=q, granularity=granularity
    )
    width = len(filter_weights)
    assert 0 <= distribution.high - distribution.low <= width * granularity * RELATIVE
    assert distribution.probabilities.sum() == pytest.approx(1, rel=1e-12)
    scores, _ = enumerate_scores(filter_weights, q)
    steps = np.arange(len(distribution.probabilities))[distribution.probabilities > 0]
    values = granularity * (distribution.first + steps)
    # Every word has a step within the bounds, the lowest and the highest included.
    for extreme, value in ((scores.min(), values[0]), (scores.max(), values[-1])):
        assert value + distribution.low - 1e-9 <= extreme
        assert extreme <= value + distribution.high + 1e-9


@given(weights(), backgrounds(), GRANULARITIES, RATES)
def test_the_threshold_keeps_the_rate_and_is_near_the_best(
    filter_weights, q, granularity, alpha
):
    distribution = score_distribution(
        filter_weights, background=q, granularity=granularity
    )
    scores, probabilities = enumerate_scores(filter_weights, q)
    order = np.argsort(scores)
    try:
        threshold = distribution.threshold(alpha)
    except InputError as error:
        # Only if a threshold below the best words, within the error, is too low.
        assert "best-scoring word" in str(error)
        below = scores > scores.max() - distribution.error - 1e-9
        assert probabilities[below].sum() * RELATIVE > alpha
        return
    assert probabilities[scores > threshold].sum() <= alpha * RELATIVE
    # A float32 convolution that is off by a third of a step lets nothing more in.
    margin = granularity / 3
    assert probabilities[scores > threshold - margin].sum() <= alpha * RELATIVE
    lower, upper = distribution.false_positive_rate(threshold)
    assert lower <= upper <= alpha * RELATIVE
    # The best threshold: the lowest score that is exceeded at a rate <= alpha.
    tails = 1 - np.cumsum(probabilities[order])
    best = scores[order][np.argmax(tails <= alpha - 1e-12)]
    assert threshold - best <= distribution.error + 1e-9


def test_integer_scores_are_exact():
    filter_weights = np.array([[2, -1, 0, 1], [0, 3, -2, 0], [1, 1, 1, -4]], float)
    q = np.array([0.1, 0.2, 0.3, 0.4])
    distribution = score_distribution(filter_weights, background=q, granularity=1)
    scores, probabilities = enumerate_scores(filter_weights, q)
    assert distribution.low == distribution.high == 0
    for offset, probability in enumerate(distribution.probabilities):
        expected = probabilities[scores == distribution.first + offset].sum()
        assert probability == pytest.approx(expected, abs=1e-16)
    for threshold in np.arange(-8, 8) + 0.5:
        expected = probabilities[scores > threshold].sum()
        bounds = distribution.false_positive_rate(threshold)
        assert bounds == pytest.approx((expected, expected), abs=1e-15)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), backgrounds())
def test_wide_motifs_agree_with_the_product_of_generating_functions(seed, q):
    """The distribution of integer scores is a product of polynomials (NumPy's)."""
    generator = np.random.default_rng(seed)
    filter_weights = generator.integers(-9, 10, (30, 4)).astype(float)
    expected = np.polynomial.Polynomial([1.0])
    for column in filter_weights:
        terms = np.zeros(19)
        np.add.at(terms, column.astype(int) + 9, q)
        expected = expected * np.polynomial.Polynomial(terms)
    distribution = score_distribution(filter_weights, background=q, granularity=1)
    padded = np.zeros(30 * 18 + 1)
    start = distribution.first + 30 * 9
    padded[start : start + len(distribution.probabilities)] = distribution.probabilities
    coefficients = np.zeros(len(padded))
    coefficients[: len(expected.coef)] = expected.coef
    np.testing.assert_allclose(padded, coefficients, rtol=1e-10, atol=1e-300)


@pytest.mark.parametrize("rate", [0, 1, -0.1, 2, float("nan")])
def test_no_rate(rate):
    with pytest.raises(InputError, match="between 0 and 1"):
        score_distribution(np.eye(4)).threshold(rate)


def test_a_rate_that_the_best_word_exceeds():
    distribution = score_distribution(np.eye(4)[:3])  # one word in 64
    distribution.threshold(1 / 64 * 4)
    with pytest.raises(InputError, match=r"rate of 0\.0156.*wider motif"):
        distribution.threshold(1 / 65)


@pytest.mark.parametrize("granularity", [0, -1, float("nan")])
def test_no_granularity(granularity):
    with pytest.raises(InputError, match="positive granularity"):
        score_distribution(np.eye(4), granularity=granularity)


def test_too_fine_a_granularity_is_refused_before_memory_is_taken():
    with pytest.raises(InputError, match="steps"):
        score_distribution(np.eye(4), granularity=1e-12)


@pytest.mark.parametrize(
    "filter_weights", [np.zeros(4), np.zeros((3, 5)), np.zeros((0, 4)), [[np.inf] * 4]]
)
def test_no_weights(filter_weights):
    with pytest.raises(InputError, match="Expected"):
        score_distribution(filter_weights)
