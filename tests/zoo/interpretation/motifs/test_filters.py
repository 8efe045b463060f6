import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from keras import ops

from tests.zoo.interpretation.motifs.strategies import backgrounds, motifs
from zoo import dna, samples
from zoo.errors import InputError
from zoo.interpretation.motifs import Motif, log_odds, motif_filters, scan
from zoo.interpretation.motifs.filters import fit_to_width
from zoo.layers import RCConv1D

CLOSE = {"rtol": 1e-6, "atol": 1e-5}


def convolve(layer, kernel, codes):
    layer.build((None, None, 4))
    layer.kernel.assign(kernel)
    return ops.convert_to_numpy(layer(dna.one_hot(codes)))


def log_likelihood_ratio(word, motif, q, pseudocount):
    """Of a word with N, in float64: only the bases that were seen count."""
    counts = motif.counts + pseudocount * q
    p = counts / counts.sum(axis=1, keepdims=True)
    seen = [(i, base) for i, base in enumerate(word) if base < 4]
    ratio = np.prod([p[i, b] for i, b in seen]) / np.prod([q[b] for _, b in seen])
    return np.log(ratio)


def random_codes(seed, length, count=2):
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, 4, (count, length), dtype=np.uint8)
    codes[generator.random(codes.shape) < 0.05] = dna.UNKNOWN
    return codes


@settings(max_examples=15)
@given(motifs(), backgrounds(), st.floats(0.01, 2), st.integers(0, 2**32 - 1))
def test_a_convolution_is_the_log_likelihood_ratio(motif, q, pseudocount, seed):
    codes = random_codes(seed, motif.width + 5)
    kernel = motif_filters([motif], background=q, pseudocount=pseudocount)
    assert kernel.shape == (motif.width, 4, 1)
    layer = keras.layers.Conv1D(1, motif.width, use_bias=False)
    found = convolve(layer, kernel, codes)[..., 0]
    expected = [
        [
            log_likelihood_ratio(row[i : i + motif.width], motif, q, pseudocount)
            for i in range(6)
        ]
        for row in codes
    ]
    np.testing.assert_allclose(found, expected, **CLOSE)


@settings(max_examples=15)
@given(st.lists(motifs(), min_size=1, max_size=3), st.integers(0, 2**32 - 1))
def test_partner_channels_score_the_other_strand(collection, seed):
    width = max(motif.width for motif in collection)
    codes = random_codes(seed, width + 7)
    kernel = motif_filters(collection)
    layer = RCConv1D(2 * len(collection), width, use_bias=False)
    found = convolve(layer, kernel, codes)
    other = dna.reverse_complement_codes(codes)
    for index, motif in enumerate(collection):
        fitted = fit_to_width(log_odds(motif), width, background=motif.background)
        np.testing.assert_allclose(
            found[..., index], scan(fitted.weights, codes), **CLOSE
        )
        np.testing.assert_allclose(
            found[:, ::-1, -1 - index], scan(fitted.weights, other), **CLOSE
        )


def test_padding_counts_as_bases_that_were_not_seen():
    collection = list(samples.motifs().values())
    codes = random_codes(0, 60)
    kernel = motif_filters(collection, 21)
    layer = keras.layers.Conv1D(12, 21, padding="same", use_bias=False)
    found = convolve(layer, kernel, codes)
    padded = np.pad(codes, [(0, 0), (10, 10)], constant_values=dna.UNKNOWN)
    for index, motif in enumerate(collection):
        fitted = fit_to_width(log_odds(motif), 21, background=motif.background)
        expected = scan(fitted.weights, padded)
        np.testing.assert_allclose(found[..., index], expected, **CLOSE)


@given(motifs(), st.integers(1, 20))
def test_any_motif_fits_any_kernel(motif, kernel_size):
    q = motif.background
    filter_weights = log_odds(motif)
    fitted, (start, stop), offset = fit_to_width(
        filter_weights, kernel_size, background=q
    )
    assert fitted.shape == (kernel_size, 4)
    kept = stop - start
    assert kept == min(motif.width, kernel_size)
    inside = slice(offset, offset + kept)
    np.testing.assert_array_equal(fitted[inside], filter_weights[start:stop])
    assert not np.delete(fitted, np.r_[inside], axis=0).any()
    assert abs((kernel_size - kept - offset) - offset) <= 1  # in the middle
    # No other window of columns has more information.
    p = q * np.exp(filter_weights)
    information = (p * np.log(p / q)).sum(axis=1)
    windows = [information[i : i + kept].sum() for i in range(motif.width - kept + 1)]
    assert information[start:stop].sum() >= max(windows) - 1e-9


def test_the_widest_motif_sets_the_width():
    kernel = motif_filters(list(samples.motifs().values()))
    assert kernel.shape == (20, 4, 12)  # REST
    assert kernel.dtype == np.float32


def test_what_is_refused():
    with pytest.raises(InputError, match="at least one motif"):
        motif_filters([])
    with pytest.raises(InputError, match="kernel_size of at least 1"):
        motif_filters([Motif("x", np.ones((1, 4)))], 0)
