from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from zoo import dna
from zoo.errors import InputError
from zoo.interpretation.motifs import Motif
from zoo.interpretation.simulation import Arrangement, Grammar, simulate
from zoo.interpretation.simulation.simulator import draw_sites


def consensus(sequence: str) -> Motif:
    """A motif of which each instance is this very sequence."""
    return Motif(sequence, np.eye(4)[dna.encode(sequence)])


# Words that a background of T and A does not hold.
FIRST, SECOND, THIRD = consensus("GGCAGG"), consensus("CACGC"), consensus("GC")
AT_ONLY = np.array([0.499999, 1e-6, 1e-6, 0.499999])
AT_ONLY = AT_ONLY / AT_ONLY.sum()


def bases(simulation, row) -> str:
    """What stands at a placement, read on its own strand."""
    site = simulation.codes[row["sequence"], row["start"] : row["end"]]
    if row["strand"] == "-":
        site = dna.reverse_complement_codes(site)
    return dna.decode(site)


@settings(max_examples=40)
@given(
    distances=st.lists(st.integers(0, 20), min_size=1, max_size=3),
    strands=st.text("+-.", min_size=2, max_size=2),
    strand=st.sampled_from("+-."),
    extra=st.integers(0, 40),
    seed=st.integers(0, 2**16),
)
def test_each_motif_stands_where_the_truth_says(
    distances, strands, strand, extra, seed
) -> None:
    pair = Arrangement([FIRST, SECOND], [distances], strands=strands, strand=strand)
    grammar = Grammar("both", 1, (pair, Arrangement(THIRD), Arrangement(THIRD)))
    length = pair.max_width + 4 + extra
    simulation = simulate([grammar], 20, length, background=AT_ONLY, seed=seed)
    table = simulation.placements
    assert table.shape == (80,)
    assert (table["start"] >= 0).all() and (table["end"] <= length).all()
    assert all(bases(simulation, row) == row["motif"] for row in table)
    for sequence in range(20):
        rows = table[table["sequence"] == sequence]
        # By start, so one after the other means that none overlap.
        assert (rows["end"][:-1] <= rows["start"][1:]).all()
        assert sorted(rows["motif"]) == sorted(["GGCAGG", "CACGC", "GC", "GC"])
        one, other = (rows[rows["motif"] == m.name][0] for m in (FIRST, SECOND))
        turned = one["start"] > other["start"]
        left, right = (other, one) if turned else (one, other)
        assert right["start"] - left["end"] in distances
        if strand != ".":
            assert turned == (strand == "-")
        for row, relative in ((one, strands[0]), (other, strands[1])):
            if relative != ".":
                assert (row["strand"] == relative) != turned


def test_a_scan_for_the_consensus_finds_the_placements_and_no_more() -> None:
    grammar = Grammar("one", 1, (Arrangement(FIRST), Arrangement(SECOND)))
    simulation = simulate([grammar], 50, 60, background=AT_ONLY, seed=1)
    found = set()
    for sequence, codes in enumerate(simulation.codes):
        text = dna.decode(codes)
        for motif in ("GGCAGG", "CACGC"):
            for strand, word in (("+", motif), ("-", dna.reverse_complement(motif))):
                found |= {
                    (sequence, motif, start, strand)
                    for start in range(60)
                    if text.startswith(word, start)
                }
    table = simulation.placements
    placed = {
        (int(r["sequence"]), str(r["motif"]), int(r["start"]), str(r["strand"]))
        for r in table
    }
    assert found == placed


def test_every_placement_of_two_pieces_is_equally_likely() -> None:
    """2 bp twice into 6 bp: 3 * 2 / 2 pairs of starts, in either order."""
    one, other = consensus("GC"), consensus("CC")
    grammar = Grammar("two", 1, (Arrangement(one), Arrangement(other)))
    table = simulate([grammar], 12_000, 6, seed=0).placements
    starts = {m: np.empty(12_000, int) for m in ("GC", "CC")}
    for name, start in starts.items():
        rows = table[table["motif"] == name]
        start[rows["sequence"]] = rows["start"]
    pairs, counts = np.unique(np.stack(list(starts.values())), axis=1, return_counts=1)
    assert pairs.shape[1] == 12
    # Five standard deviations of the binomial with p = 1 / 12.
    assert np.abs(counts - 1000).max() < 5 * (12_000 * 11 / 144) ** 0.5


def test_sites_have_the_frequencies_of_the_motif() -> None:
    probabilities = np.array([[0.7, 0.1, 0.1, 0.1], [0, 0.5, 0.5, 0], [0, 0, 0, 1.0]])
    motif = Motif.from_probabilities("m", probabilities)
    sites = draw_sites(motif, 20_000, np.random.default_rng(0))
    shares = np.eye(4)[sites].mean(axis=0)
    bound = 5 * np.sqrt(probabilities * (1 - probabilities) / 20_000)
    assert (np.abs(shares - probabilities) <= bound).all()


def test_either_strand_is_drawn_half_the_time() -> None:
    table = simulate([Grammar("g", 1, (Arrangement(FIRST),))], 4000, 20).placements
    assert abs((table["strand"] == "+").mean() - 0.5) < 5 * 0.5 / 4000**0.5


def test_background_has_its_base_frequencies() -> None:
    expected = np.array([0.4, 0.1, 0.2, 0.3])
    codes = simulate([Grammar("g", 0)], 200, 500, background=expected).codes
    shares = np.bincount(codes.ravel(), minlength=4) / codes.size
    assert (np.abs(shares - expected) < 5 * np.sqrt(expected / codes.size)).all()


def test_first_order_background_has_its_transitions() -> None:
    # CpG is rare, as in mammals.
    transitions = np.array(
        [
            [0.3, 0.2, 0.3, 0.2],
            [0.32, 0.3, 0.06, 0.32],
            [0.25] * 4,
            [0.2, 0.2, 0.3, 0.3],
        ]
    )
    codes = simulate([Grammar("g", 0)], 400, 500, background=transitions).codes
    pairs = np.zeros((4, 4))
    np.add.at(pairs, (codes[:, :-1].ravel(), codes[:, 1:].ravel()), 1)
    totals = pairs.sum(axis=1, keepdims=True)
    bound = 5 * np.sqrt(transitions * (1 - transitions) / totals)
    assert (np.abs(pairs / totals - transitions) < bound).all()
    # The first base is drawn from the stationary frequencies: the left eigenvector.
    values, vectors = np.linalg.eig(transitions.T)
    stationary = np.real(vectors[:, np.argmax(np.real(values))])
    stationary /= stationary.sum()
    first = np.bincount(codes[:, 0], minlength=4) / 400
    assert (np.abs(first - stationary) < 5 * np.sqrt(stationary / 400)).all()


def test_one_seed_gives_one_simulation() -> None:
    grammars = [
        Grammar("a", 1, (Arrangement([FIRST, SECOND], [range(5)], strands="."),)),
        Grammar("b", 0),
    ]
    one, again, other = (simulate(grammars, [5, 9], 40, seed=s) for s in (3, 3, 4))
    for field in ("codes", "labels", "grammars", "placements"):
        np.testing.assert_array_equal(getattr(one, field), getattr(again, field))
    assert (one.codes != other.codes).any()
    assert one.labels.sum() == 5 and len(one.labels) == 14
    np.testing.assert_array_equal(one.labels == 1, one.grammars == "a")
    assert set(one.placements["sequence"]) == set(np.flatnonzero(one.labels))


def test_the_longest_layout_just_fits() -> None:
    pair = Arrangement([FIRST, SECOND], [9])
    assert pair.max_width == 20
    table = simulate([Grammar("g", 1, (pair,))], 4, 20).placements
    assert table["start"].min() == 0 and table["end"].max() == 20
    with pytest.raises(InputError, match="needs up to 20 bp"):
        simulate([Grammar("g", 1, (pair,))], 4, 19)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Arrangement([]), "0 motifs"),
        (lambda: Arrangement([FIRST, SECOND]), "0 distances"),
        (lambda: Arrangement([FIRST, SECOND], [-1]), "0 bp or more"),
        (lambda: Arrangement([FIRST, SECOND], [[]]), "0 bp or more"),
        (lambda: Arrangement(FIRST, strands="+-"), "strands='\\+-'"),
        (lambda: Arrangement(FIRST, strand="x"), "strand='x'"),
        (lambda: simulate([], 3, 10), "0 grammars"),
        (lambda: simulate([Grammar("g", 0)], 0, 10), "num_sequences=0"),
        (lambda: simulate([Grammar("g", 0)], [1, 2], 10), "1 grammars"),
        (
            lambda: simulate([Grammar("g", 0)], 2, 10, background=np.ones((4, 4))),
            "each row summing to 1",
        ),
        (
            lambda: simulate([Grammar("g", 0)], 2, 10, background=[1, 0, 0, 0]),
            "four positive numbers",
        ),
    ],
)
def test_what_cannot_be_is_explained(make, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()
