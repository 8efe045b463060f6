import numpy as np
import pytest
from hypothesis import given, strategies as st

from tests.zoo.interpretation.motifs.strategies import (
    backgrounds,
    enumerate_scores,
    weights,
)
from zoo import samples
from zoo.dna import reverse_complement_codes
from zoo.errors import InputError
from zoo.interpretation.motifs import (
    exact_bias,
    gaussian_bias,
    log_odds,
    scan,
    score_distribution,
    score_moments,
    simulate_background,
)


@given(weights(), backgrounds())
def test_moments_are_those_of_all_words(filter_weights, q):
    scores, probabilities = enumerate_scores(filter_weights, q)
    mu = (probabilities * scores).sum()
    sigma = np.sqrt((probabilities * (scores - mu) ** 2).sum())
    found = score_moments(filter_weights, background=q)
    np.testing.assert_allclose(found, (mu, sigma), rtol=1e-9, atol=1e-12)


@given(weights(), backgrounds(), st.floats(1e-9, 0.999))
def test_the_gaussian_bias_is_the_quantile_of_scipy(filter_weights, q, alpha):
    stats = pytest.importorskip("scipy.stats")
    mu, sigma = score_moments(filter_weights, background=q)
    if sigma > 0:
        expected = -stats.norm(mu, sigma).isf(alpha)
        found = gaussian_bias(filter_weights, alpha, background=q)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(weights(), backgrounds(), st.floats(0.01, 0.9))
def test_the_exact_bias_keeps_the_rate(filter_weights, q, alpha):
    scores, probabilities = enumerate_scores(filter_weights, q)
    try:
        bias = exact_bias(filter_weights, alpha, background=q)
    except InputError:
        return
    assert probabilities[scores + bias > 0].sum() <= alpha * (1 + 1e-9)


def test_a_sum_of_many_equal_terms_is_nearly_gaussian():
    """The approximation holds where its theorem says so: 400 binary columns."""
    filter_weights = np.tile([0.0, 0.0, 1.0, 1.0], (400, 1)) + 1e-3
    distribution = score_distribution(filter_weights)
    for alpha in (0.3, 0.1):
        bounds = distribution.false_positive_rate(-gaussian_bias(filter_weights, alpha))
        assert np.mean(bounds) / alpha == pytest.approx(1, abs=0.15)


def test_a_rate_below_that_of_the_best_word_has_no_bias():
    filter_weights = log_odds(samples.motifs()["GATA1"])
    with pytest.raises(InputError, match="best-scoring word alone"):
        exact_bias(filter_weights, 1e-5)  # 4^-7 is 6e-5


@pytest.mark.parametrize("name", ["CTCF", "SOX2", "REST"])
@pytest.mark.parametrize("alpha", [1e-2, 1e-3])
def test_the_rate_on_simulated_background(name, alpha):
    q = np.array([0.3, 0.2, 0.2, 0.3])
    codes = simulate_background(1000, 1000, background=q, seed=3)
    filter_weights = log_odds(samples.motifs()[name], background=q)
    bias = exact_bias(filter_weights, alpha, background=q)
    for strand in (codes, reverse_complement_codes(codes)):
        rates = (scan(filter_weights, strand) + bias > 0).mean(axis=1)
        rate, error = rates.mean(), rates.std() / np.sqrt(len(rates))
        # SOX2's words come in steps: the rate may be well below alpha, not above.
        assert rate <= alpha + 4 * error
        if name != "SOX2":
            assert rate >= 0.98 * alpha - 4 * error


@pytest.mark.parametrize("function", [gaussian_bias, exact_bias])
@pytest.mark.parametrize("alpha", [0, 1, float("nan")])
def test_no_rate(function, alpha):
    with pytest.raises(InputError, match="between 0 and 1"):
        function(np.eye(4), alpha)
