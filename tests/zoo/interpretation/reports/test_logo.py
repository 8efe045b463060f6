"""Logos against logomaker's, letter by letter."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import pytest

from zoo.dna import ALPHABET
from zoo.errors import InputError
from zoo.interpretation.motifs import Motif
from zoo.interpretation.reports.logo import (
    LETTERS,
    OUTLINES,
    draw_logo,
    logo,
    stacked_limits,
)

_ATTRIBUTES = {1: "M", 2: "L", 3: "Q", 79: "Z"}


def letters(svg: str) -> dict[tuple[int, str], tuple[float, float, bool]]:
    """Position and base -> lowest and highest end, 0 to 100, and whether upright."""
    found = {}
    for use in ElementTree.fromstring(svg).iter("use"):
        a, b, c, height, x, y = map(
            float, re.findall(r"[-\d.e]+", use.attrib["transform"])
        )
        assert (a, b, c) == (1, 0, 0)
        ends = sorted((100 - y, 100 - y - height))
        found[int(x), use.attrib["href"][1:]] = (*ends, height < 0)
    return found


@pytest.mark.parametrize("signed", [False, True])
def test_letters_stand_where_logomaker_puts_them(signed: bool) -> None:
    logomaker = pytest.importorskip("logomaker")
    import pandas as pd
    from matplotlib.figure import Figure

    rng = np.random.default_rng(0)
    values = rng.normal(size=(12, 4)) if signed else rng.dirichlet([0.5] * 4, 12)
    values[3] = [0, 0, 2, 0]
    theirs = logomaker.Logo(
        pd.DataFrame(values, columns=list(ALPHABET)), ax=Figure().subplots()
    )
    low, high = stacked_limits(values)
    ours = letters(logo(values, "a logo"))
    scale = 100 / (high - low)
    drawn = 0
    for glyph in theirs.glyph_list:
        if (glyph.ceiling - glyph.floor) * scale < 0.1:
            continue
        floor, ceiling, upright = ours[int(glyph.p), glyph.c]
        assert floor == pytest.approx((glyph.floor - low) * scale, abs=0.1)
        assert ceiling == pytest.approx((glyph.ceiling - low) * scale, abs=0.1)
        assert upright is not glyph.flip
        drawn += 1
    assert drawn > 40 - 3


@pytest.mark.parametrize("letter", OUTLINES)
def test_outlines_are_logomakers(letter: str) -> None:
    logomaker = pytest.importorskip("logomaker")
    from matplotlib.figure import Figure

    glyph = logomaker.Glyph(0.5, letter, 0, 1, ax=Figure().subplots())
    path = glyph.patch.get_path()
    kinds, numbers = [], []
    for vertices, code in path.iter_segments(curves=True, simplify=False):
        kinds.append(_ATTRIBUTES[int(code)])
        numbers += [] if kinds[-1] == "Z" else vertices.tolist()
    assert re.findall("[A-Z]", OUTLINES[letter]) == kinds
    ours = [float(n) for n in re.findall(r"[\d.]+", OUTLINES[letter])]
    assert ours == pytest.approx(numbers, abs=6e-4)


def test_a_page_needs_the_letters_once() -> None:
    assert [e.attrib["id"] for e in ElementTree.fromstring(LETTERS)[0]] == [*ALPHABET]
    svg = logo(np.eye(4) - 0.5, '<a> & "b"')
    assert ElementTree.fromstring(svg).attrib["aria-label"] == '<a> & "b"'
    assert "<path id" not in svg


@pytest.mark.parametrize("values", [np.zeros((3, 4)), np.zeros((1, 4))])
def test_nothing_to_draw(values: npt.NDArray[np.float64]) -> None:
    assert letters(logo(values, "nothing")) == {}


def test_given_limits_scale() -> None:
    values = np.array([[0, 1.0, 0, 0]])
    assert letters(logo(values, "", (-1, 3))) == {(0, "C"): (25.0, 50.0, True)}


@pytest.mark.parametrize("signed", [False, True])
def test_matplotlib_draws_what_the_page_shows(signed: bool) -> None:
    """Each letter is logomaker's: same corners at the same place."""
    logomaker = pytest.importorskip("logomaker")
    import pandas as pd
    from matplotlib.figure import Figure

    rng = np.random.default_rng(1)
    values = rng.normal(size=(5, 4)) if signed else rng.dirichlet([0.5] * 4, 5)
    frame = pd.DataFrame(values, columns=list(ALPHABET))
    theirs = logomaker.Logo(frame, ax=Figure().subplots())
    axes = Figure().subplots()
    draw_logo(axes, values)
    boxes = sorted(tuple(p.get_path().get_extents().bounds) for p in axes.patches)
    expected = sorted(
        (g.p + 0.025, g.floor, 0.95, g.ceiling - g.floor) for g in theirs.glyph_list
    )
    low, high = stacked_limits(values)
    expected = [e for e in expected if e[3] * 100 / (high - low) >= 0.05]
    np.testing.assert_allclose(boxes, expected, atol=2e-3)
    assert axes.get_ylim() == (low, high)


def test_a_motif_is_drawn_in_bits() -> None:
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    draw_logo(axes, Motif("m", [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1]]))
    heights = [patch.get_path().get_extents().height for patch in axes.patches]
    assert heights == pytest.approx([2, 0.5, 0.5])
    assert axes.get_ylim() == (0, 2)


@pytest.mark.parametrize("values", [np.zeros((3, 3)), np.full((3, 4), np.nan)])
def test_no_logo_of_other_values(values: npt.NDArray[np.float64]) -> None:
    with pytest.raises(InputError, match=r"\(position, 4\)"):
        draw_logo(None, values)
