"""Which regions are drawn, where they are said to lie, and what stands beside them."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import numpy as np
import pytest

from zoo.data.examples import CodesInMemory, Examples, Intervals
from zoo.files import pages
from zoo.training.configuration.config import Config, Data, Model, Split, Training
from zoo.training.reports import figures, profile_figures

ROWS, BINS, BIN_SIZE, LENGTH = 31, 20, 2, 60
NAMES = ("plus", "minus", "input")
distance = pytest.importorskip("scipy.spatial.distance")
pytest.importorskip("matplotlib")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    made: list[Any] = []

    def figure(fig: Any, caption: str) -> pages.Html:
        made.append(fig)
        return pages.Html(caption)

    monkeypatch.setattr(pages, "figure", figure)
    return made


def made() -> tuple[np.ndarray, np.ndarray, Examples]:
    random = np.random.default_rng(0)
    shares = random.dirichlet(np.ones(BINS), (ROWS, 3)).swapaxes(1, 2)
    totals = random.integers(1, 400, (ROWS, 1, 1))
    reads = random.poisson(shares * totals).astype("f4")
    reads[4], reads[5, :, 1], reads[6, :3] = 0, np.nan, np.nan
    start = 1_000 * np.arange(ROWS)
    strand = np.where(np.arange(ROWS) % 2, "-", "+")
    where = Intervals(np.full(ROWS, "chrI"), start, start + LENGTH, strand)
    codes = CodesInMemory(np.zeros((ROWS, LENGTH), np.uint8))
    return reads, shares.astype("f4"), Examples(codes, intervals=where)


def ranked(reads: np.ndarray, shares: np.ndarray) -> list[int]:
    """Of the half with the most reads, from the nearest to the farthest."""
    found = []
    for row in range(ROWS):
        values = []
        for track in range(reads.shape[-1]):
            known = ~np.isnan(reads[row, :, track])
            p, q = reads[row, known, track], shares[row, known, track]
            some = p.sum() > 0
            values.append(distance.jensenshannon(p, q, base=2) if some else np.nan)
        if not np.isnan(values).any():
            found.append((np.nansum(reads[row]), np.mean(values), row))
    middle = np.median([count for count, *_ in found])
    return [row for _, row in sorted((d, r) for c, d, r in found if c >= middle)]


def test_the_best_the_median_and_the_worst_with_both_strands(drawn: list[Any]) -> None:
    reads, shares, examples = made()
    (caption,) = profile_figures.profiles(
        NAMES,
        [[0, 1]],
        reads,
        shares,
        bin_size=BIN_SIZE,
        examples=examples,
        split="test",
    )
    assert caption.text.startswith("plus and minus: ") and "test split" in caption.text
    order = ranked(reads[..., :2], shares[..., :2])
    for panel, word, row in zip(
        drawn[0].axes,
        ("best", "median", "worst"),
        (order[0], order[round((len(order) - 1) / 2)], order[-1]),
        strict=True,
    ):
        first = 1_000 * row + (LENGTH - BINS * BIN_SIZE) // 2 + 1  # from 1
        last = first + BINS * BIN_SIZE - 1
        strand = r" \(-\)" if row % 2 else ""
        said = rf"{word}: chrI:{first:,}-{last:,}{strand}, distance 0\.\d\d"
        assert re.fullmatch(said, panel.get_title(loc="left"))
        up, said_up, down, said_down = (patch.get_data() for patch in panel.patches)
        np.testing.assert_array_equal(up.values, reads[row, :, 0])
        np.testing.assert_array_equal(down.values, -reads[row, :, 1])
        assert np.nansum(said_up.values) == pytest.approx(np.nansum(up.values))
        assert np.nansum(said_down.values) == pytest.approx(np.nansum(down.values))
        assert up.edges[0] == -BINS * BIN_SIZE / 2 == -up.edges[-1]


def test_a_row_is_named_where_no_place_is_known(drawn: list[Any]) -> None:
    reads, shares, _ = made()
    made_of = {"bin_size": 1, "examples": None, "split": "test"}
    profile_figures.profiles(NAMES, [[0], [2]], reads, shares, **made_of)
    assert len(drawn) == 2 and len(drawn[0].axes[0].patches) == 2
    best = ranked(reads[..., 2:], shares[..., 2:])[0]
    assert f"row {best + 1}," in drawn[1].axes[0].get_title(loc="left")
    assert not profile_figures.profiles(NAMES, [[0]], 0 * reads, shares, **made_of)


def test_long_names_are_within_the_picture(drawn: list[Any]) -> None:
    reads, shares, examples = made()
    names = tuple(f"profile.{'a long factor' * 2}_{name}" for name in NAMES)
    made_of = {"bin_size": 1, "examples": examples, "split": "test"}
    profile_figures.profiles(names, [[0, 1], [2]], reads, shares, **made_of)
    for figure in drawn:
        figure.draw_without_rendering()
        box = figure.legends[0].get_window_extent()
        assert 0 <= box.x0 < box.x1 <= figure.bbox.x1 and box.y0 >= 0


@pytest.mark.parametrize(
    ("pairing", "shown", "expected"),
    [
        (None, [0, 1, 2], [[0], [1], [2]]),
        ((1, 0, 2), [0, 1, 2], [[0, 1], [2]]),
        ({"targets": (1, 0, 2)}, [1], [[0, 1]]),
        ({"control": (1, 0)}, [2, 0], [[2], [0]]),
    ],
)
def test_strands_are_drawn_together(
    pairing: Any, shown: list[int], expected: list[list[int]]
) -> None:
    data = Data("intervals", "peaks.bed", Split("random"), "profile")
    config = Config("a_v1", data, Model("bpnet"), training=Training(pairing=pairing))
    assert profile_figures.strands(config, NAMES, NAMES, shown) == expected
    joined = dataclasses.replace(config, training=Training(pairing=(1, 0)))
    assert profile_figures.strands(joined, ["a_b"], ["a", "b"], [0]) == [[0]]


def test_the_units_of_totals_stand_on_the_axes(drawn: list[Any]) -> None:
    values = np.linspace(0, 5, 12)[:, None]
    logs = {"counts": False, "units": "ln(1 + signal)"}
    figures.scatters(["counts.plus"], values, values / 2, "test", **logs)
    panel = drawn[0].axes[0]
    assert panel.get_xlabel() == "target, ln(1 + signal)"
    assert panel.get_ylabel() == "prediction, ln(1 + signal)"


def test_bounds_stand_beside_the_distance() -> None:
    entries = {
        f"profile.{metric}_{name}": {"value": value}
        for name in ("plus", "minus", "mean")
        for metric, value in (("jsd", 0.25), ("jsd_shuffled", 0.75), ("pearson", 0.5))
    }
    table, text = profile_figures.bounds_table(
        "profile.", ["plus", "minus"], entries, "test"
    )
    assert table.text.count("<tr>") == 4
    assert "<td>plus</td><td>0.250</td><td>-</td><td>0.750</td>" in table.text
    assert "test split" in text
    assert not [*profile_figures.bounds_table("", ["plus", "minus"], entries, "test")]
