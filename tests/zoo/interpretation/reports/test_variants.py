"""Pages of variants, of a network whose every contribution is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.browser import WIDTHS, browser, opened_page
from tests.zoo.files.test_pages import Reader
from tests.zoo.interpretation.reports.test_sequences import additive, cells
from tests.zoo.interpretation.reports.test_tracks import data_of
from zoo.dna import encode, one_hot
from zoo.errors import InputError
from zoo.interpretation.reports.variants import report_variants

pytest.importorskip("pysam")

WINDOW = 24
BASES = "".join(np.random.default_rng(5).choice(list("ACGT"), 400))
HEADER = "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n"
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def other(base: str) -> str:
    return "ACGT"["ACGT".index(base) - 1]


def variants() -> list[tuple[int, str, str, str]]:
    """Position from 1, id, reference and alternate."""
    found = [(100, "<b>rs1", BASES[99], other(BASES[99]))]
    found.append((150, ".", BASES[149], BASES[149] + "GGA"))
    found.append((200, ".", BASES[199:204], BASES[199]))
    found.append((5, ".", BASES[4], other(BASES[4])))  # near the end of the contig
    return found


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("variants")
    (folder / "g.fa").write_text(f">chr1\n{BASES}\n")
    rows = "".join(
        f"chr1\t{position}\t{name}\t{reference}\t{alternate}\t.\t.\t.\n"
        for position, name, reference, alternate in variants()
    )
    (folder / "v.vcf").write_text(HEADER + COLUMNS + rows)
    return folder / "g.fa", folder / "v.vcf"


def report(files: tuple[Path, Path], **more: Any) -> str:
    more = {"window": WINDOW, "method": "mutagenesis", **more}
    return report_variants(additive()[0], *files, **more)


def alleles(position: int, reference: str, alternate: str) -> list[str]:
    padded = "N" * WINDOW + BASES + "N" * WINDOW
    start = WINDOW + position - 1
    left = padded[start - WINDOW // 2 : start]
    right = padded[start + len(reference) :]
    return [(left + allele + right)[:WINDOW] for allele in (reference, alternate)]


def test_effects_and_alleles(files: tuple[Path, Path]) -> None:
    text = report(files)
    _, weights = additive()
    header, *rows = cells(text)
    assert header == ["variant", "id", "red: effect", "blue: effect"]
    panels = {
        re.sub("<.*?>", "", row[0]): data_of(text)[2 * number : 2 * number + 2]
        for number, row in enumerate(rows)
    }
    shown = {re.sub("<.*?>", "", row[0]): row for row in rows}
    largest = []
    for position, _, reference, alternate in variants():
        name = f"chr1:{position}:{reference}&gt;{alternate}"
        texts = alleles(position, reference, alternate)
        x = one_hot(np.stack([encode(each) for each in texts])).astype(float)
        values = np.einsum("npb,pbt->nt", x, weights)
        effects = np.array(shown[name][2:], float)
        np.testing.assert_allclose(effects, values[1] - values[0], rtol=1e-3)
        largest.append(np.abs(effects).max())
        for target, panel in enumerate(panels[name]):
            assert panel["first"] == position - WINDOW // 2
            tracks = [t for t in panel["tracks"] if t["kind"] == "bases"]
            assert [t["title"] for t in tracks] == [
                "reference allele",
                "alternate allele",
            ]
            for track, letters, ours in zip(tracks, texts, x, strict=True):
                assert track["letters"] == letters
                own = np.einsum("pb,pb->p", ours, weights[..., target])
                others = (weights[..., target].sum(axis=1) - own) / 3
                expected = np.where(ours.any(axis=1), own - others, 0)
                np.testing.assert_allclose(track["values"], expected, atol=6e-3)
    order = [np.abs(np.array(row[2:], float)).max() for row in rows]
    assert order == sorted(largest, reverse=True)


def test_those_of_the_largest_effect_are_shown(files: tuple[Path, Path]) -> None:
    every, some = report(files), report(files, max_sequences=2)
    assert len(data_of(every)) == 8
    assert data_of(some) == data_of(every)[:4]
    assert "The 2 with the largest effects are shown." in some
    assert "<b>" not in every
    assert "<b>rs1" in Reader(every).text


def test_what_was_left_out_is_said(files: tuple[Path, Path], tmp_path: Path) -> None:
    wrong = f"chr1\t300\t.\t{other(BASES[299])}\t{BASES[299]}\t.\t.\t.\n"
    vcf = tmp_path / "w.vcf"
    vcf.write_text(files[1].read_text() + wrong)
    with pytest.raises(InputError, match=r"record 5 .* reference allele"):
        report((files[0], vcf))
    assert "Left out: 1 " in report((files[0], vcf), on_invalid="drop")


def test_nobody_knows_the_window(files: tuple[Path, Path]) -> None:
    with pytest.raises(InputError, match="window=, the bp around a variant"):
        report(files, window=None)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as opened:
        yield opened


@pytest.mark.parametrize("width", WIDTHS)
def test_alleles_are_one_above_the_other(
    chromium: Any, files: tuple[Path, Path], tmp_path: Path, width: int
) -> None:
    path = tmp_path / "page.html"
    path.write_text(report(files), encoding="utf-8")
    with opened_page(chromium, path, width) as page:
        figure = page.locator("figure.tracks").first
        page.get_by_role("link").first.click()
        logos = figure.locator(".logo:visible")
        above, below = (logos.nth(place).bounding_box() for place in (0, 1))
        assert (above["x"], above["width"]) == (below["x"], below["width"])
        assert 0 < below["y"] - above["y"] - above["height"] < 80
        marked = figure.locator(".marked:visible").bounding_box()
        centre = above["x"] + above["width"] / 2
        assert marked["x"] == pytest.approx(centre, abs=1)
        assert marked["height"] > below["y"] + below["height"] - above["y"]
        figure.locator(".overlay:visible").focus()
        page.keyboard.press("End")
        told = figure.locator(".value").inner_text()
        assert "reference allele: " in told and "alternate allele: " in told
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide == width
