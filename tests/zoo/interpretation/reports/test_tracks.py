"""Figures as HTML: what is in them without a script, and what the script reads."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from tests.zoo.files.test_pages import NASTY, Reader
from zoo.dna import encode
from zoo.interpretation.reports import tracks

CODES = encode("ACGTNACG")


def data_of(text: str) -> list[dict]:
    found = re.findall(r'<script type="application/json">(.*?)</script>', text)
    return [json.loads(one) for one in found]


def made(name: str = "a", **more: object) -> str:
    values = np.linspace(-1, 1.5, 8)
    effects = np.outer(values, [0.1, 0.2, 0.3, -0.4])
    rows = [
        tracks.curve_track(name, values, 8),
        tracks.logo_track(name, CODES, values),
        tracks.heat_track(name, CODES, effects),
        tracks.spans_track(name, [(1, 4, name), (2, 6, "b"), (4, 8, "c")], 8),
    ]
    targets = {name: rows, "other": rows}
    return tracks.figure("seq-1", name, name, targets, length=8, **more).text


def test_text_of_others_is_escaped_everywhere() -> None:
    text = made(NASTY + "</script><b>")
    read = Reader(text)
    assert {"b", "img"} & set(read.tags) == {"img"}
    assert all(value != "x" for _, value in read.attributes)
    assert all(not name.startswith("on") for name, _ in read.attributes)
    assert data_of(text)[0]["target"] == NASTY + "</script><b>"


def test_what_the_script_reads() -> None:
    data, other = data_of(made(first=101))
    assert (data["first"], data["length"], data["target"]) == (101, 8, "a")
    assert other["target"] == "other"
    kinds = {track["kind"]: track for track in data["tracks"]}
    assert kinds["bases"]["letters"] == "ACGTNACG"
    assert kinds["bases"]["values"][0] == -1
    assert kinds["changes"]["values"][7] == [0.15, 0.3, 0.45, -0.6]
    assert kinds["spans"]["spans"][1] == [2, 6, "b"]


def test_each_drawing_says_what_is_to_be_seen() -> None:
    text = made()
    read = Reader(text)
    labels = [v for k, v in read.attributes if k in ("aria-label", "alt") and v]
    assert any("strongest at base 8, G +1.5" in label for label in labels)
    assert any("from G to T -0.6" in label for label in labels)
    assert any("b at 3 to 6" in label for label in labels)
    for tag in re.findall(r"<(?:svg|img)[^>]*>", text):
        assert "aria-label=" in tag or "alt=" in tag


def test_one_target_is_shown() -> None:
    assert made(shown=1).count('class="panel" hidden') == 1
    assert re.findall(r"<option( selected)?>", made(shown=1)) == ["", " selected"]


def test_spans_that_overlap_are_below_each_other() -> None:
    tops = re.findall(r"top:([\d.]+)em", tracks.spans_track("", SPANS, 8).drawing)
    assert tops == ["0", "1.3", "0"]


SPANS = [(1, 4, "a"), (2, 6, "b"), (4, 8, "c")]


@pytest.mark.parametrize(
    ("length", "first", "ticks"),
    [
        (100, 1, "20 40 60 80 100"),
        (3, 9, "9 10 11"),
        (1_000, 12_345_601, "12,345,800 12,346,000 12,346,200 12,346,400 12,346,600"),
    ],
)
def test_ticks_are_round(length: int, first: int, ticks: str) -> None:
    text = tracks.figure("x", "", "", {"t": []}, length=length, first=first).text
    inside = text.partition('class="ticks"')[2].partition("</div>")[0]
    assert re.findall(r">([\d,]+)<", inside) == ticks.split()


def test_bins_lie_where_their_bases_are() -> None:
    drawing = tracks.curve_track("", np.array([1.0, 4.0]), 40, 10, 5).drawing
    assert 'viewBox="0 0 40 100"' in drawing
    assert 'd="M10 100V75h5V0h5V100Z"' in drawing


def test_nothing_contributes() -> None:
    track = tracks.logo_track("", CODES, np.zeros(8))
    assert track.data["values"] == [0.0] * 8
    tracks.heat_track("", CODES, np.zeros((8, 4)))
    tracks.curve_track("", np.zeros(3), 8)
    assert tracks.spans_track("none", [], 8).title == "none"
