import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given

from tests.zoo.interpretation.motifs.strategies import backgrounds, motifs
from zoo.errors import InputError
from zoo.interpretation.motifs import (
    Motif,
    find_hits,
    motif_filters,
    tomtom,
    write_meme,
)


def test_counts_give_all_else():
    motif = Motif("TATA", [[0, 0, 0, 8], [8, 0, 0, 0], [2, 2, 2, 2]], "M1")
    assert str(motif) == "M1 TATA"
    assert (motif.width, motif.num_sites, motif.consensus) == (3, 8, "TAA")
    np.testing.assert_array_equal(motif.probabilities[2], [0.25] * 4)
    np.testing.assert_allclose(motif.information(), [2, 2, 0], atol=1e-15)


@given(motifs(), backgrounds())
def test_information_is_the_relative_entropy_of_scipy(motif, q):
    stats = pytest.importorskip("scipy.stats")
    expected = [stats.entropy(p, q, base=2) for p in motif.probabilities]
    np.testing.assert_allclose(motif.information(q), expected, rtol=1e-9, atol=1e-12)
    own = [stats.entropy(p, motif.background, base=2) for p in motif.probabilities]
    np.testing.assert_allclose(motif.information(), own, rtol=1e-9, atol=1e-12)


@given(motifs())
def test_the_reverse_complement_twice_is_the_motif(motif):
    other = motif.reverse_complement()
    np.testing.assert_array_equal(other.counts[0], motif.counts[-1, [3, 2, 1, 0]])
    np.testing.assert_allclose(other.background, motif.background[::-1])
    back = other.reverse_complement()
    np.testing.assert_array_equal(back.counts, motif.counts)
    np.testing.assert_allclose(back.background, motif.background)


@given(motifs())
def test_probabilities_and_their_sites_are_counts(motif):
    total = motif.counts.sum(axis=1)
    again = Motif.from_probabilities("x", motif.probabilities, num_sites=100)
    np.testing.assert_allclose(again.counts, motif.counts / total[:, None] * 100)
    assert again.num_sites == 100


def test_a_motif_is_not_changed_by_what_it_was_made_of():
    counts = np.ones((2, 4))
    motif = Motif("x", counts)
    counts[0, 0] = 7
    assert motif.counts[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        motif.counts[0, 0] = 7


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (np.ones((4, 6)), "Transpose"),
        (np.ones((0, 4)), "shape"),
        (np.ones(4), "shape"),
        ([[1, 2, 3]], "shape"),
        ([[1, 2, 3, 4], [1, 2]], "matrix of numbers"),
        ([["A", 1, 1, 1]], "matrix of numbers"),
        ([[1, 1, 1, 1], [0, -1, 0, 0]], "-1.0 for C in column 2"),
        ([[1, 1, 1, float("nan")]], "nan for T in column 1"),
        ([[1, 1, 1, float("inf")]], "inf for T"),
        ([[1, 1, 1, 1], [0, 0, 0, 0]], "none in column 2"),
    ],
)
def test_what_is_no_motif(counts, message):
    with pytest.raises(InputError, match=message):
        Motif("x", counts)


@pytest.mark.parametrize(
    "background",
    [(1, 0, 0, 0), (0.5, 0.5), (0.3, 0.3, 0.3, 0.3), "ACGT", None, [float("nan")] * 4],
)
def test_what_is_no_background(background):
    with pytest.raises(InputError, match="background frequencies"):
        Motif("x", np.ones((1, 4)), background=background)


def test_what_are_no_probabilities():
    with pytest.raises(InputError, match=r"sum to 1\. Received: 4 in column 1"):
        Motif.from_probabilities("x", np.ones((1, 4)))
    for num_sites in (0, -3, float("nan"), float("inf")):
        with pytest.raises(InputError, match="number of sites"):
            Motif.from_probabilities("x", [[0.25] * 4], num_sites=num_sites)


def test_motifs_need_no_keras():
    code = (
        "import sys, zoo; zoo.samples.motifs(); zoo.interpretation.motifs.exact_bias; "
        "sys.exit('keras' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_core_is_the_best_of_all_runs_of_columns():
    rng = np.random.default_rng(0)
    for width in (1, 2, 9, 14):
        motif = Motif("m", rng.dirichlet([0.4] * 4, width) * 50)
        p = (motif.counts + 0.25) / (motif.counts + 0.25).sum(1, keepdims=True)
        gains = 2 + (p * np.log2(p)).sum(1) - 0.6
        runs = {
            (a, b): gains[a:b].sum() for a in range(width) for b in range(a, width + 1)
        }
        start, stop = motif.core(0.6)
        assert gains[start:stop].sum() == pytest.approx(max(runs.values()))
    assert np.diff(Motif("plain", np.ones((5, 4))).core()) == 0


def test_columns_are_a_motif_of_their_own():
    motif = Motif("m", np.arange(1, 21).reshape(5, 4), "id")
    assert motif.columns(1, 3).counts.tolist() == motif.counts[1:3].tolist()
    assert str(motif.columns(0, 2)) == "id m"


@pytest.mark.parametrize(
    "use",
    [
        lambda motifs: find_hits(motifs, ["ACGT"]),
        lambda motifs: tomtom(motifs, motifs),
        lambda motifs: write_meme(motifs, "-"),
        motif_filters,
    ],
)
def test_motifs_are_a_list(use):
    one = Motif("TATA", [[0, 0, 0, 8], [8, 0, 0, 0]])
    with pytest.raises(InputError, match=r"a list .*dict: take list\(motifs.values"):
        use({"TATA": one})
    with pytest.raises(InputError, match=r"a list of motifs. Received: Motif\."):
        use(one)
