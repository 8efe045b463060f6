from __future__ import annotations

from math import lgamma

import keras
import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays

from zoo.losses import MaskedMeanSquaredError, MultinomialNegativeLogLikelihood
from zoo.losses.log_factorial import log_factorial_remainder

counts = arrays("f4", (2, 7, 3), elements=st.just(np.nan) | st.integers(0, 40))
logits = arrays("f4", (2, 7, 3), elements=st.floats(-15, 15, width=32))


def value(loss: keras.losses.Loss, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(loss(y, z))


def expected(y: np.ndarray, z: np.ndarray, coefficient: bool = True) -> np.ndarray:
    """Each output's loss in float64, its missing positions taken out."""
    result = np.zeros((y.shape[0], y.shape[2]))
    for b, o in np.ndindex(result.shape):
        known = ~np.isnan(y[b, :, o])
        k, logit = y[b, known, o].astype("f8"), z[b, known, o].astype("f8")
        if k.size:
            p = np.exp(logit - logit.max())
            result[b, o] = -(k * np.log(p / p.sum())).sum()
            if coefficient:
                result[b, o] += sum(lgamma(each + 1) for each in k)
                result[b, o] -= lgamma(k.sum() + 1)
    return result


@given(y=counts, z=logits, coefficient=st.booleans())
def test_each_output(y, z, coefficient) -> None:
    loss = MultinomialNegativeLogLikelihood(
        multinomial_coefficient=coefficient, reduction=None
    )
    np.testing.assert_allclose(
        value(loss, y, z), expected(y, z, coefficient), rtol=2e-5, atol=5e-5
    )


def test_against_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    generator = np.random.default_rng(0)
    z = generator.normal(size=(4, 50, 2)).astype("f4")
    p = np.exp(z.astype("f8"))
    p /= p.sum(axis=1, keepdims=True)
    y = np.stack(
        [[generator.multinomial(300, p[b, :, o]) for o in range(2)] for b in range(4)]
    ).transpose(0, 2, 1)
    each = [
        -stats.multinomial.logpmf(y[b, :, o], 300, p[b, :, o])
        for b in range(4)
        for o in range(2)
    ]
    received = value(MultinomialNegativeLogLikelihood(), y.astype("f4"), z)
    assert np.isclose(received, np.mean(each), rtol=1e-6)


def test_of_one_output_it_is_chrombpnet_s() -> None:
    """Its `multinomial_nll`, TensorFlow Probability's formula, in float64."""
    generator = np.random.default_rng(4)
    z = generator.normal(0, 3, (6, 1000)).astype("f4")
    k = generator.poisson(generator.gamma(0.2, 5, z.shape)).astype("f4")
    k[2] = 0
    logits, counts = z.astype("f8"), k.astype("f8")
    highest = logits.max(axis=-1, keepdims=True)
    summed = np.log(np.exp(logits - highest).sum(axis=-1, keepdims=True))
    log_factorial = np.vectorize(lambda count: lgamma(count + 1))
    combinations = log_factorial(counts.sum(axis=-1))
    combinations -= log_factorial(counts).sum(axis=-1)
    log_prob = (counts * (logits - highest - summed)).sum(axis=-1) + combinations
    received = value(MultinomialNegativeLogLikelihood(), k[..., None], z[..., None])
    assert np.isclose(received, -log_prob.sum() / len(counts), rtol=1e-6)


def test_deep_profiles_keep_their_digits() -> None:
    """1,000 bp with two million counts: ln(n!) alone is 2.7e7, the loss 5e3."""
    generator = np.random.default_rng(1)
    z = generator.normal(size=(1, 1000, 1)).astype("f4")
    y = generator.poisson(2000 * np.exp(z) / np.exp(z).mean()).astype("f4")
    received = value(MultinomialNegativeLogLikelihood(), y, z)
    assert np.isclose(received, expected(y, z).item(), rtol=1e-4)


def test_the_gradient_does_not_know_the_coefficient() -> None:
    from tests.zoo.losses.gradients import gradient

    generator = np.random.default_rng(2)
    z = generator.normal(size=(2, 9, 2)).astype("f4")
    y = generator.poisson(4, size=z.shape).astype("f4")
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    for coefficient in (True, False):
        loss = MultinomialNegativeLogLikelihood(multinomial_coefficient=coefficient)
        slope = gradient(lambda z, loss=loss: loss(y, z), z)
        np.testing.assert_allclose(slope, (y.sum(1, keepdims=True) * p - y) / 4, 1e-4)


def test_a_peaked_profile_has_its_whole_gradient() -> None:
    from tests.zoo.losses.gradients import gradient

    z, y = np.zeros((1, 3, 1), "f4"), np.array([[[0.0], [5.0], [0.0]]], "f4")
    z[0, 0] = 200.0
    slope = gradient(lambda z: MultinomialNegativeLogLikelihood()(y, z), z)
    np.testing.assert_allclose(slope[0, :, 0], [5, -5, 0])


def test_log_factorials() -> None:
    k = np.unique(np.concatenate([np.arange(300), np.logspace(-3, 9, 2000)]))
    k = k.astype("f4").astype("f8")
    received = keras.ops.convert_to_numpy(log_factorial_remainder(k.astype("f4")))
    some = np.where(k > 0, k, 1)
    exact = np.array([lgamma(each + 1) for each in k]) - k * np.log(some) + k
    small = k < 1e5  # above, the closed form itself loses digits in float64
    np.testing.assert_allclose(received[small], exact[small], atol=2e-6)
    series = 0.5 * np.log(2 * np.pi * k[~small]) + 1 / (12 * k[~small])
    np.testing.assert_allclose(received[~small], series, atol=2e-6)
    assert received[0] == 0


def test_other_ranks_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(batch, length, num_outputs\)"):
        MultinomialNegativeLogLikelihood()(np.ones((2, 9)), np.ones((2, 9)))


def test_bpnets_loss_is_a_dictionary() -> None:
    """Profile and counts, as model.compile joins them, are BPNet's equation."""
    from zoo.architectures.heads import counts_head, profile_head

    keras.utils.set_random_seed(0)
    inputs = keras.Input((30, 4))
    outputs = {"profile": profile_head(inputs, 2), "counts": counts_head(inputs, 2)}
    model = keras.Model(inputs, outputs)
    generator = np.random.default_rng(3)
    x = generator.normal(size=(5, 30, 4)).astype("f4")
    k = generator.poisson(2.0, size=(5, 30, 2)).astype("f4")
    targets = {"profile": k, "counts": np.log1p(k.sum(axis=1))}
    model.compile(
        "sgd",
        {
            "profile": MultinomialNegativeLogLikelihood(),
            "counts": MaskedMeanSquaredError(),
        },
        loss_weights={"profile": 1.0, "counts": 30.0},
    )
    z = {name: keras.ops.convert_to_numpy(t) for name, t in model(x).items()}
    square = (targets["counts"] - z["counts"].astype("f8")) ** 2
    equation = (expected(k, z["profile"]) + 30.0 * square).mean()
    received = model.evaluate(x, targets, batch_size=5, verbose=0, return_dict=True)
    assert np.isclose(received["loss"], equation, rtol=1e-5)
