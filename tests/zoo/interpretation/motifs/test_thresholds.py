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
    empirical_rate,
    exact_bias,
    gaussian_bias,
    gaussian_report,
    log_odds,
    scan,
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


def test_the_report_compares_with_all_words():
    motif = samples.motifs()["GATA1"]
    filter_weights = log_odds(motif)
    scores, probabilities = enumerate_scores(filter_weights, np.full(4, 0.25))
    rates = (0.1, 0.01, 1e-3, 1e-5)
    report = gaussian_report(filter_weights, rates)
    assert [row.false_positive_rate for row in report.rows] == list(rates)
    for row in report.rows:
        truth = probabilities[scores + row.gaussian_bias > 0].sum()
        lower, upper = row.gaussian_rate
        assert lower <= truth * (1 + 1e-9)
        assert truth <= upper * (1 + 1e-9)
        assert row.ratio == pytest.approx(truth / row.false_positive_rate, rel=0.02)
        if row.false_positive_rate == 1e-5:  # 4^-7 is 6e-5
            assert row.exact_bias is None
            assert row.exact_rate is None
            continue
        truth = probabilities[scores + row.exact_bias > 0].sum()
        assert truth <= row.false_positive_rate
        assert row.exact_rate[0] * (1 - 1e-9) <= truth <= row.exact_rate[1] * (1 + 1e-9)
    lines = str(report).splitlines()
    assert len(lines) == 2 + len(rates)
    assert "none" in lines[-1]


def test_a_sum_of_many_equal_terms_is_nearly_gaussian():
    """The approximation holds where its theorem says so: 400 binary columns."""
    filter_weights = np.tile([0.0, 0.0, 1.0, 1.0], (400, 1))
    report = gaussian_report(filter_weights + 1e-3, (0.3, 0.1))
    for row in report.rows:
        assert row.ratio == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("name", ["CTCF", "SOX2", "REST"])
@pytest.mark.parametrize("alpha", [1e-2, 1e-3])
def test_the_rate_on_simulated_background(name, alpha):
    q = np.array([0.3, 0.2, 0.2, 0.3])
    codes = simulate_background(1000, 1000, background=q, seed=3)
    filter_weights = log_odds(samples.motifs()[name], background=q)
    bias = exact_bias(filter_weights, alpha, background=q)
    for strand in (codes, reverse_complement_codes(codes)):
        rate, error = empirical_rate(filter_weights, bias, strand)
        # SOX2's words come in steps: the rate may be well below alpha, not above.
        assert rate <= alpha + 4 * error
        scores = scan(filter_weights, strand[:20])
        assert empirical_rate(filter_weights, bias, strand[:20])[0] == pytest.approx(
            (scores > -bias).mean()
        )
        if name != "SOX2":
            assert rate >= 0.98 * alpha - 4 * error


def test_one_sequence_has_no_standard_error():
    codes = simulate_background(1, 50)
    assert empirical_rate(np.eye(4), 0.0, codes)[1] == 0
    assert empirical_rate(np.eye(4), 0.0, codes[0])[1] == 0


@pytest.mark.parametrize("function", [gaussian_bias, exact_bias])
@pytest.mark.parametrize("alpha", [0, 1, float("nan")])
def test_no_rate(function, alpha):
    with pytest.raises(InputError, match="between 0 and 1"):
        function(np.eye(4), alpha)


def test_the_report_refuses_what_is_no_rate():
    with pytest.raises(InputError, match="between 0 and 1"):
        gaussian_report(np.eye(4), (0.1, 1.5))
