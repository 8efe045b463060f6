from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tests.zoo.splits.related import examples, mutated, random_codes, relatives
from zoo.data.examples import Intervals
from zoo.splits.leaks import leakage, overlaps
from zoo.splits.pool import pool

TRAIN = random_codes(500, 200)


def test_each_kind_is_counted_once() -> None:
    kinds = relatives(TRAIN[:50])
    new = random_codes(100, 200, seed=7)
    test = np.concatenate([new, *kinds.values()])
    report = leakage(TRAIN, test)
    assert report.counts["exact"] == 50
    assert report.counts["reverse complement"] == 50
    assert report.counts["near duplicate"] >= 198
    assert report.fraction == pytest.approx(len(report.leaks) / 400)
    assert report.rows.min() >= 100
    for leak in report.leaks:
        assert leak.train_row == (leak.test_row - 100) % 50
        kind = list(kinds)[(leak.test_row - 100) // 50]
        assert leak.reverse == (kind.endswith("strand") or kind.startswith("reverse"))
    assert "50   12.5%" in str(report)
    assert report.as_json()["counts"]["exact"] == 50


def test_the_segment_is_described() -> None:
    shifted = relatives(TRAIN[:1])["shifted, other strand"]
    (leak,) = leakage(TRAIN, shifted).leaks
    assert (leak.train_row, leak.reverse) == (0, True)
    assert leak.identity > 0.95
    assert 140 <= leak.overlap <= 150


def test_nothing_in_common() -> None:
    report = leakage(TRAIN, random_codes(300, 200, seed=8))
    assert (report.fraction, report.leaks) == (0.0, ())
    assert report.overlapping_intervals is None


def test_lengths_may_differ_and_sets_be_empty() -> None:
    report = leakage(TRAIN, TRAIN[:20, 30:130])
    assert report.counts["near duplicate"] == 20
    assert leakage(TRAIN, np.empty((0, 200), np.uint8)).fraction == 0
    assert leakage(np.empty((0, 200), np.uint8), TRAIN).leaks == ()
    unknown = np.full((2, 200), 4, np.uint8)
    assert leakage(TRAIN, unknown).leaks == ()
    assert leakage(unknown, unknown).counts["exact"] == 2
    short = pool([np.zeros(3, np.uint8)])
    assert leakage(TRAIN, short).leaks == ()


def test_copies_in_many_places_are_found() -> None:
    train = np.concatenate([TRAIN, mutated(np.repeat(TRAIN[:1], 300, axis=0), 0.03)])
    test = mutated(np.repeat(TRAIN[:1], 40, axis=0), 0.03, seed=11)
    assert len(leakage(train, test).leaks) == 40


places = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 60), st.integers(1, 20)),
    min_size=1,
    max_size=12,
)


def intervals(rows: list[tuple[str, int, int]]) -> Intervals:
    chrom, start, size = zip(*rows, strict=True)
    begin = np.array(start, np.int64)
    return Intervals(
        np.array(chrom), begin, begin + np.array(size), np.full(len(rows), "+")
    )


@given(places, places)
def test_intervals_overlap_as_sets_of_bases_do(known: list, asked: list) -> None:
    covered = {(c, p) for c, s, n in known for p in range(s, s + n)}
    expected = [any((c, p) in covered for p in range(s, s + n)) for c, s, n in asked]
    received = overlaps(intervals(known), intervals(asked))
    assert received.tolist() == expected


def test_many_contigs_are_not_gone_through_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[int] = []
    search = np.searchsorted
    monkeypatch.setattr(
        np, "searchsorted", lambda *given: calls.append(1) or search(*given)
    )
    known = intervals([(f"s{n}", n, 10) for n in range(300)])
    asked = intervals([(f"s{n}", n + 5 * (n % 3), 10) for n in range(300)])
    assert overlaps(known, asked).tolist() == [n % 3 < 2 for n in range(300)]
    assert len(calls) < 3


def test_the_report_counts_overlapping_intervals() -> None:
    rows = [("a", 0, 200), ("a", 1_000, 200), ("b", 0, 200)]
    train = examples(TRAIN[:3], intervals=intervals(rows), source="a.bed")
    test = examples(
        random_codes(3, 200, seed=4),
        intervals=intervals([("a", 199, 200), ("a", 200, 200), ("b", 500, 200)]),
        source="b.bed",
    )
    report = leakage(train, test)
    assert report.overlapping_intervals == 1
    assert "sequences of b.bed (0.0%) are in a.bed (3)" in str(report)
