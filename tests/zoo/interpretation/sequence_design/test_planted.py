"""A network trained on planted motifs, turned around, plants them."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import zoo
from tests.tracing import compile_once
from zoo import samples
from zoo.dna import decode
from zoo.interpretation.sequence_design import METHODS
from zoo.interpretation.simulation import Arrangement, Grammar, simulate

CORE = "CACGTG"  # of MAX::MYC: by chance in one of 120 sequences of 40 bp


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """Tells sequences with a site of MAX::MYC from those without."""
    planted = Grammar("site", 1, (Arrangement(samples.motifs()["MAX::MYC"]),))
    made = simulate([planted, Grammar("none", 0)], [600, 600], 40, seed=0)
    keras.utils.set_random_seed(0)
    x = keras.Input((40, 4))
    y = keras.layers.Conv1D(4, 12, activation="relu")(x)
    y = keras.layers.Dense(1)(keras.layers.GlobalMaxPooling1D()(y))
    network = keras.Model(x, y)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    compile_once(network, keras.optimizers.Adam(0.02), loss)
    labels = made.labels.astype("float32")[:, None]
    network.fit(keras.ops.one_hot(made.codes, 4), labels, epochs=12, verbose=0)
    return network


@pytest.mark.parametrize("method", METHODS)
def test_planted_motifs_are_inserted(model: keras.Model, method: str) -> None:
    found = zoo.design(
        model,
        "output_0",
        num_sequences=20,
        method=method,
        max_edits=None,
        min_gain=0.05,
        beam_width=3,
        population=8,
    )
    assert np.all(found.scores > found.start_scores + 3)
    before = sum(CORE in decode(codes) for codes in found.starts)
    after = sum(CORE in text for text in found.sequences)
    assert before <= 1 and after >= 5, (before, after)
