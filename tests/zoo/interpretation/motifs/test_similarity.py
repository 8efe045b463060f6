import keras
import memelite
import numpy as np
import pytest
from scipy.stats import false_discovery_control

import zoo
from zoo import samples
from zoo.errors import InputError
from zoo.interpretation.motifs import Motif, filters_to_motifs, tomtom
from zoo.interpretation.motifs.similarity import benjamini_hochberg


@pytest.fixture(scope="module")
def database():
    return samples.jaspar()


@pytest.fixture(scope="module")
def ctcf(database):
    return next(motif for motif in database if motif.identifier == "MA0139.2")


def test_a_part_of_a_motif_is_found_where_it_was_taken_from(database, ctcf):
    rng = np.random.default_rng(0)
    flank = rng.dirichlet([50] * 4, 3) * 100  # says nothing: no part of the core
    queries = {
        ("+", 0): ctcf,
        ("+", 4): ctcf.columns(4, 15),
        ("+", -3): Motif("wide", np.concatenate([flank, ctcf.counts])),
        ("-", 5): ctcf.columns(0, 10).reverse_complement(),
        ("-", -2): Motif("wide", np.r_[flank[:2], ctcf.counts[::-1, ::-1], flank]),
    }
    found = tomtom(list(queries.values()), database)
    for (strand, offset), matches in zip(queries, found, strict=True):
        assert len(matches) == 5
        # MA1929 and MA1930 are CTCF's site with more beside it.
        assert matches[0].target.name == "CTCF"
        of_it = [match for match in matches if match.target is ctcf]
        assert [(match.strand, match.offset) for match in of_it] == [(strand, offset)]
        p_values = [match.p_value for match in matches]
        assert p_values == sorted(p_values) and matches[0].q_value < 1e-6
    assert str(found[0][0]).startswith("CTCF (MA")


def test_q_values_are_over_all_pairs(database, ctcf):
    queries = [ctcf.columns(2, 12), ctcf.columns(0, 7), ctcf.columns(8, 15)]
    found = tomtom(queries, database, num_matches=len(database))
    p_values = np.array([[match.p_value for match in row] for row in found])
    expected = false_discovery_control(p_values.ravel()).reshape(p_values.shape)
    q_values = [[match.q_value for match in row] for row in found]
    np.testing.assert_allclose(q_values, expected, rtol=1e-9)


@pytest.mark.parametrize("count", [1, 2, 50])
def test_q_values_are_those_of_scipy(count):
    p_values = np.random.default_rng(count).random((count, 2)) ** 3
    expected = false_discovery_control(p_values.ravel()).reshape(p_values.shape)
    np.testing.assert_allclose(benjamini_hochberg(p_values), expected, rtol=1e-12)


def test_what_has_no_core_has_no_name(database, ctcf):
    plain = Motif("plain", np.ones((20, 4)))
    assert tomtom([plain], database) == [()]
    found = tomtom([plain, ctcf], database, num_matches=1)
    assert found[0] == () and found[1][0].target is ctcf


def test_filters_of_the_release_are_its_two_proteins_and_random_ones_nothing(database):
    """CTCF is MA0139, PU.1 is MA0080 (Spi1); an untrained network learned neither."""
    sequences, _ = samples.binding_sites()
    names, best = {}, {}
    keras.utils.set_random_seed(0)
    config = zoo.info("shallow_wide_v1").config
    for kind, model in (
        ("trained", zoo.load("shallow_wide_v1")),
        ("untrained", zoo.create("shallow_wide", **config)),
    ):
        motifs = filters_to_motifs(model, sequences, share_of_maximum=0.7)
        found = tomtom(list(motifs.values()), database)
        firsts = [matches[0] for matches in found if matches]
        names[kind] = [m.target.name for m in firsts if m.q_value < 1e-3]
        best[kind] = {}
        for match in (match for matches in found for match in matches):
            lowest = best[kind].get(match.target.identifier, 1)
            best[kind][match.target.identifier] = min(lowest, match.q_value)
    counts = {name: names["trained"].count(name) for name in set(names["trained"])}
    top = sorted(counts, key=lambda name: -counts[name])[:2]
    assert sorted(top) == ["CTCF", "Spi1"]
    assert best["trained"]["MA0139.2"] < 1e-3 and best["trained"]["MA0080.7"] < 1e-3
    assert names["untrained"] == []
    # Which is why: whole columns, as memelite compares them (the page has the number).
    both = (motifs.values(), database)
    whole = [[each.probabilities.T.copy() for each in some] for some in both]
    q_values = benjamini_hochberg(memelite.tomtom(*whole)[0])
    assert (q_values.min(axis=1) < 1e-3).sum() > 170


def test_what_cannot_be_named_is_refused(database, ctcf, monkeypatch):
    with pytest.raises(InputError, match=r"at least 25.*Received: 1 and 24"):
        tomtom([ctcf], database[:24])
    with pytest.raises(InputError, match="Received: 0 and 1019"):
        tomtom([], database)
    with pytest.raises(InputError, match="num_matches"):
        tomtom([ctcf], database, num_matches=0)
    monkeypatch.setitem(__import__("sys").modules, "memelite", None)
    with pytest.raises(InputError, match=r"needs memelite.*seqzoo\[motifs\]"):
        tomtom([ctcf], database)
