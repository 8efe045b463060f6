"""Random motifs, weights and backgrounds for property-based tests."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st

from zoo.interpretation.motifs import Motif


def backgrounds() -> st.SearchStrategy[np.ndarray]:
    weights = st.lists(st.floats(0.05, 1), min_size=4, max_size=4)
    return weights.map(lambda values: np.array(values) / np.sum(values))


@st.composite
def motifs(draw: st.DrawFn, max_width: int = 12) -> Motif:
    """Counts of integers, zeros among them, with totals that differ by column."""
    width = draw(st.integers(1, max_width))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sharpness = draw(st.sampled_from([0.1, 1.0]))
    probabilities = generator.dirichlet(np.full(4, sharpness), width)
    totals = generator.integers(1, 1000, (width, 1))
    counts = np.floor(probabilities * totals)
    counts[counts.sum(axis=1) == 0, 0] = 1
    return Motif("random", counts, background=draw(backgrounds()))


@st.composite
def weights(draw: st.DrawFn, max_width: int = 6) -> np.ndarray:
    """Filters (width, 4) of several sizes, with equal weights here and there."""
    width = draw(st.integers(1, max_width))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = draw(st.sampled_from([0.01, 1.0, 10.0]))
    found = generator.normal(scale=scale, size=(width, 4))
    return found.round(draw(st.sampled_from([1, 3, 12])))


@st.composite
def damaged(draw: st.DrawFn, text: str) -> bytes:
    """A file of the text, some characters of which are others or gone."""
    start = draw(st.integers(0, len(text)))
    stop = draw(st.integers(start, min(len(text), start + 20)))
    filling = draw(st.text(max_size=8))
    return (text[:start] + filling + text[stop:]).encode("utf-8", "replace")


def all_words(width: int) -> np.ndarray:
    """The codes (4^width, width) of all words."""
    return np.array(list(itertools.product(range(4), repeat=width)), np.uint8)


def enumerate_scores(
    filter_weights: np.ndarray, background: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Score and probability of every word, in float64."""
    words = all_words(len(filter_weights))
    scores = np.zeros(len(words))
    probabilities = np.ones(len(words))
    for position, base in enumerate(words.T):
        scores += filter_weights[position, base]
        probabilities *= np.asarray(background)[base]
    return scores, probabilities
