from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import zoo
from tests.tracing import compile_once
from zoo.models.weights import load_weights, save_weights


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> keras.Model:
    """A model after training and a weights round trip."""
    keras.utils.set_random_seed(0)
    model = zoo.create("rc_dilated", num_outputs=3)
    generator = np.random.default_rng(0)
    x = np.eye(4, dtype="f4")[generator.integers(0, 4, (64, 50))]
    y = generator.integers(0, 2, (64, 3)).astype("f4")
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    compile_once(model, keras.optimizers.Adam(), loss)
    model.fit(x, y, epochs=5, verbose=0)
    path: Path = tmp_path_factory.mktemp("weights") / "w.h5"
    save_weights(model, path)
    again = zoo.create("rc_dilated", num_outputs=3)
    load_weights(again, path)
    return again


@settings(deadline=None, max_examples=30)
@given(length=st.integers(1, 300), seed=st.integers(0, 2**16))
def test_both_strands_give_one_prediction_at_any_length(trained, length, seed) -> None:
    codes = np.random.default_rng(seed).integers(0, 5, (2, length))
    x = np.eye(5, dtype="f4")[codes][..., :4]
    both = np.concatenate([x, x[:, ::-1, ::-1]])
    outputs = keras.ops.convert_to_numpy(trained(both, training=False))
    forward, reverse = np.split(outputs, 2)
    assert np.abs(forward - reverse).max() < 1e-5
    assert np.abs(forward).max() > 1e-3  # an all-zero model would be invariant, too


def test_the_contract_is_not_trivial(trained) -> None:
    x = np.eye(4, dtype="f4")[np.random.default_rng(1).integers(0, 4, (2, 60))]
    one, other = (
        keras.ops.convert_to_numpy(trained(part, training=False))
        for part in (x, x[:, ::-1].copy())
    )
    assert np.abs(one - other).max() > 1e-3  # the reverse alone is another sequence
