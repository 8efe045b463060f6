from collections import Counter
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays

from zoo.data import Examples, Intervals
from zoo.data.examples import CodesInMemory
from zoo.dna import decode, encode
from zoo.errors import InputError
from zoo.splits import shuffled
from zoo.splits.shuffles import dinucleotide_shuffle

CODES = arrays.arrays(
    np.uint8,
    st.tuples(st.integers(1, 20), st.integers(1, 40)),
    elements=st.integers(0, 4),
)


@given(codes=CODES, seed=st.integers(0, 2**32))
def test_keeps_dinucleotides_and_both_ends(codes, seed):
    shuffled = dinucleotide_shuffle(codes, seed)
    assert shuffled.shape == codes.shape and shuffled.dtype == np.uint8
    assert (shuffled[:, 0] == codes[:, 0]).all()
    assert (shuffled[:, -1] == codes[:, -1]).all()
    for before, after in zip(codes.tolist(), shuffled.tolist(), strict=True):
        assert Counter(pairwise(before)) == Counter(pairwise(after))


def rearrangements(sequence):
    """All sequences with these dinucleotides and this first base, by trying all."""
    wanted = Counter(pairwise(sequence))
    every = {sequence[0] + "".join(rest) for rest in permutations(sequence[1:])}
    return sorted(s for s in every if Counter(pairwise(s)) == wanted)


@pytest.mark.parametrize(
    "sequence",
    # The second and third have loops, which a last edge never is; in the fourth
    # the final base is in the middle too; the fifth has an N.
    ["ACAGATACA", "AACAAGA", "ACCCAGCTA", "CATGACTAG", "ANGATNCA"],
)
def test_draws_uniformly_from_all_rearrangements(sequence):
    possible = rearrangements(sequence)
    assert len(possible) > 2
    copies = np.tile(encode(sequence), (20_000, 1))
    drawn = Counter(decode(codes) for codes in dinucleotide_shuffle(copies, 1))
    assert sorted(drawn) == possible
    chisquare = pytest.importorskip("scipy.stats").chisquare
    assert chisquare([drawn[s] for s in possible]).pvalue > 1e-3


def test_rows_are_shuffled_independently_and_by_seed():
    codes = np.random.default_rng(0).integers(0, 4, (50, 101)).astype(np.uint8)
    first = dinucleotide_shuffle(codes, 5)
    assert (first == dinucleotide_shuffle(codes, 5)).all()
    assert (first != dinucleotide_shuffle(codes, 6)).any(axis=1).all()
    twice = dinucleotide_shuffle(np.tile(codes[:1], (50, 1)), 5)
    assert len(np.unique(twice, axis=0)) == 50


def test_a_long_repeat_does_not_stall():
    # A last edge drawn among all of A's edges would fail 9,999 times in 10,000.
    codes = encode("A" * 10_000 + "CGT")[None]
    assert decode(dinucleotide_shuffle(codes, 0)[0]) == decode(codes[0])


@pytest.mark.parametrize(
    "codes",
    [np.zeros(5, np.uint8), np.zeros((2, 5)), np.zeros((2, 0), np.uint8)],
)
def test_refuses_other_shapes_and_types(codes):
    with pytest.raises(InputError, match="Expected uint8 codes"):
        dinucleotide_shuffle(codes, 0)


@pytest.mark.parametrize("kind", ["dinucleotide", "mononucleotide"])
def test_shuffled_examples_are_negatives_in_the_split_of_their_original(kind):
    random = np.random.default_rng(0)
    targets = random.choice([0, 1, np.nan], (6, 2)).astype(np.float32)
    start = np.arange(6)
    examples = Examples(
        CodesInMemory(random.integers(0, 4, (6, 50), dtype=np.uint8)),
        targets,
        ("a", "b"),
        names=np.array(list("uvwxyz")),
        intervals=Intervals(np.full(6, "chr1"), start, start + 50, np.full(6, "+")),
        sample_weight=np.arange(6, dtype=np.float32),
        columns={"split": np.array(["train"] * 4 + ["test"] * 2)},
    )
    found = shuffled(examples, kind=kind, copies=2, seed=3)
    for copy in (0, 1):
        part = found.subset(np.arange(6) + 6 * copy)
        for before, after in zip(examples.codes(), part.codes(), strict=True):
            assert (np.bincount(before) == np.bincount(after)).all()
            pairs = [Counter(pairwise(row.tolist())) for row in (before, after)]
            assert (pairs[0] == pairs[1]) == (kind == "dinucleotide")
            assert (before != after).any()
        assert (np.isnan(part.targets) == np.isnan(targets)).all()
        assert not np.nansum(np.abs(part.targets))
        assert part.names.tolist() == [f"{n}_shuffled_{copy + 1}" for n in "uvwxyz"]
        assert part.columns["split"].tolist() == ["train"] * 4 + ["test"] * 2
        assert part.sample_weight.tolist() == list(range(6))
    assert found.intervals is None and found.outputs == ("a", "b")
    assert (found.codes()[:6] != found.codes()[6:]).any(axis=1).all()


def test_shuffles_of_unlabelled_examples_have_a_label():
    codes = CodesInMemory(np.zeros((2, 5), np.uint8))
    found = shuffled(Examples(codes))
    assert found.outputs == ("label",) and found.targets.tolist() == [[0], [0]]
    with pytest.raises(InputError, match="kind"):
        shuffled(Examples(codes), kind="trinucleotide")
    with pytest.raises(InputError, match="copies"):
        shuffled(Examples(codes), copies=0)
