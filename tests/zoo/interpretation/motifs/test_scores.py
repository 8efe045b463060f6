import numpy as np
import pytest
from hypothesis import given, strategies as st

from tests.zoo.interpretation.motifs.strategies import backgrounds, motifs, weights
from zoo import dna
from zoo.errors import InputError
from zoo.interpretation.motifs import Motif, log_odds, scan

PSEUDOCOUNTS = st.floats(1e-3, 10)


@given(motifs(), backgrounds(), PSEUDOCOUNTS, st.integers(0, 2**32 - 1))
def test_the_score_is_the_log_likelihood_ratio(motif, q, pseudocount, seed):
    word = np.random.default_rng(seed).integers(0, 4, motif.width)
    with_pseudocounts = motif.counts + pseudocount * q
    p = with_pseudocounts / with_pseudocounts.sum(axis=1, keepdims=True)
    likelihood = np.prod([p[i, base] for i, base in enumerate(word)])
    expected = np.log(likelihood / np.prod(q[word]))
    filter_weights = log_odds(motif, background=q, pseudocount=pseudocount)
    score = sum(filter_weights[i, base] for i, base in enumerate(word))
    assert score == pytest.approx(expected, rel=1e-9, abs=1e-9)
    # The likelihood ratio of a base that was not seen is that of all four: ln 1.
    np.testing.assert_allclose(np.log(np.exp(filter_weights) @ q), 0, atol=1e-12)


def test_a_column_like_the_background_has_no_weight():
    motif = Motif("x", [[3, 2, 2, 3], [10, 0, 0, 0]], background=[0.3, 0.2, 0.2, 0.3])
    filter_weights = log_odds(motif)
    np.testing.assert_allclose(filter_weights[0], 0, atol=1e-15)
    found = log_odds(motif, pseudocount=0.0001)[1, 0]
    assert found == pytest.approx(np.log(1 / 0.3), abs=1e-3)


def test_pseudocounts():
    motif = Motif("x", [[1, 1, 1, 1], [4, 0, 0, 0]])
    for pseudocount in (-1, float("nan"), float("inf")):
        with pytest.raises(InputError, match="pseudocount of 0 or more"):
            log_odds(motif, pseudocount=pseudocount)
    with pytest.raises(InputError, match="column 2 has a base that was never seen"):
        log_odds(motif, pseudocount=0)
    full = Motif("x", [[1, 1, 1, 1]])
    np.testing.assert_allclose(log_odds(full, pseudocount=0), 0)


@given(weights(), st.integers(0, 2**32 - 1))
def test_scan_is_the_correlation_of_numpy(filter_weights, seed):
    codes = np.random.default_rng(seed).integers(0, 5, (2, 9), dtype=np.uint8)
    found = scan(filter_weights, codes)
    for row, sequence in zip(found, codes, strict=True):
        one_hot = np.eye(5)[sequence, :4]
        expected = sum(
            np.correlate(one_hot[:, base], filter_weights[:, base], mode="valid")
            for base in range(4)
        )
        np.testing.assert_allclose(row, expected, atol=1e-9)
        np.testing.assert_allclose(scan(filter_weights, sequence), row)
    texts = map(dna.decode, codes)
    np.testing.assert_array_equal(scan(filter_weights, texts), found)
    for kind in (np.float32, np.uint8):
        one_hot = dna.one_hot(codes).astype(kind)
        np.testing.assert_array_equal(scan(filter_weights, one_hot), found)


def test_scan_takes_one_hot_of_one_sequence_for_no_codes():
    one_hot = dna.one_hot(dna.encode("ACGTAC")).astype(np.uint8)
    with pytest.raises(InputError, match=r"one_hot\[np.newaxis\]"):
        scan(np.eye(4), one_hot)


def test_scan_refuses_what_is_too_short():
    with pytest.raises(InputError, match="at least 4 bp"):
        scan(np.eye(4), dna.encode("ACG"))
    with pytest.raises(InputError, match="at least 4 bp"):
        scan(np.eye(4), np.uint8(1))
