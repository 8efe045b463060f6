from __future__ import annotations

import numpy as np
import pytest

from tests.zoo.splits.related import mutated, random_codes, relatives
from zoo.dna import encode
from zoo.errors import InputError
from zoo.splits.homology import clusters, equal_sequences, united
from zoo.splits.pool import pool

CODES = random_codes(400, 200)


def recall(codes: np.ndarray, other: np.ndarray, **arguments: float) -> float:
    groups = clusters(np.concatenate([codes, other]), **arguments)
    count = len(codes)
    assert (groups[:count] == np.arange(count)).all(), "random sequences were merged"
    return float((groups[count:] == np.arange(count)).mean())


@pytest.mark.parametrize("kind", list(relatives(CODES[:1])))
def test_relatives_are_found(kind: str) -> None:
    assert recall(CODES, relatives(CODES)[kind]) > 0.99


@pytest.mark.parametrize(
    ("identity", "least"), [(0.95, 1.0), (0.9, 0.99), (0.87, 0.97), (0.85, 0.9)]
)
def test_recall_is_what_the_documentation_says(identity: float, least: float) -> None:
    assert recall(CODES, mutated(CODES, 1 - identity)) >= least


def test_what_is_less_similar_than_asked_for_is_apart() -> None:
    assert recall(CODES, mutated(CODES, 0.3)) < 0.02
    assert recall(CODES, mutated(CODES, 0.15), similarity=0.95) < 0.02
    assert recall(CODES, relatives(CODES)["shifted"], coverage=0.9) == 0


def test_a_long_overlap_of_long_sequences() -> None:
    long = random_codes(20, 3_000)
    assert recall(long, np.concatenate([long[:, 1_400:], long[:, :1_400]], 1)) == 1


def test_random_sequences_are_not_merged() -> None:
    for length, count in ((30, 4_000), (100, 2_000)):
        groups = clusters(random_codes(count, length, seed=5))
        assert (groups == np.arange(count)).all()


def test_low_complexity_joins_nothing() -> None:
    codes = random_codes(300, 120)
    codes[:, 20:90] = np.resize(encode("A"), 70)
    codes[100:200, 20:90] = np.resize(encode("CA"), 70)
    codes[200:, :] = np.resize(encode("GATA"), 120)
    codes[200:, 0] = np.arange(100) % 4
    groups = clusters(codes)
    assert (groups[:200] == np.arange(200)).all()
    # Equal sequences are together, whatever they are.
    assert len(np.unique(groups[200:])) == 4


def test_a_family_of_many_copies_is_one_group() -> None:
    family = mutated(np.repeat(random_codes(1, 150, seed=9), 500, axis=0), 0.05)
    assert len(np.unique(clusters(family))) == 1


def test_odd_sequences() -> None:
    assert clusters(random_codes(1, 50)).tolist() == [0]
    assert clusters(np.empty((0, 50), np.uint8)).tolist() == []
    assert clusters(np.full((3, 50), 4, np.uint8)).tolist() == [0, 0, 0]
    short = np.array([[0, 1, 2], [0, 1, 3], [0, 1, 2], [0, 3, 2]], np.uint8)
    assert equal_sequences(short).tolist() == clusters(short).tolist() == [0, 1, 0, 3]
    mixed = [random_codes(1, n)[0] for n in (1, 5, 200)]
    mixed += [mixed[2][40:180], np.full(3, 4, np.uint8), mixed[1]]
    assert clusters(pool(mixed)).tolist() == [0, 1, 2, 2, 4, 1]


def test_parts_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = np.concatenate([CODES, mutated(CODES, 0.1)])
    whole = clusters(codes)
    monkeypatch.setattr("zoo.splits.seeds._PARTITION", 20_000)
    monkeypatch.setattr("zoo.splits.seeds._BLOCK", 5_000)
    monkeypatch.setattr("zoo.splits.alignment._ELEMENTS", 10_000)
    monkeypatch.setattr("zoo.splits.alignment._FILTERED", 500)
    np.testing.assert_array_equal(clusters(codes), whole)


@pytest.mark.parametrize("similarity", [0.5, 1.1, float("nan")])
def test_shares_are_shares(similarity: float) -> None:
    with pytest.raises(InputError, match="similarity"):
        clusters(CODES, similarity=similarity)
    with pytest.raises(InputError, match="coverage"):
        clusters(CODES, coverage=0)


def test_joined_groups_are_connected_components() -> None:
    csgraph = pytest.importorskip("scipy.sparse.csgraph")
    sparse = pytest.importorskip("scipy.sparse")
    random = np.random.default_rng(0)
    first, second = random.integers(0, 500, (2, 300))
    parents = united(np.arange(500), first, second)
    graph = sparse.coo_array((np.ones(300), (first, second)), (500, 500))
    _, expected = csgraph.connected_components(graph, directed=False)
    assert len(np.unique(expected)) == len(np.unique(parents))
    assert len(np.unique(np.stack([expected, parents]), axis=1).T) == len(
        np.unique(expected)
    )
