"""Pages of variants, of a network whose every contribution is known."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo
from tests.browser import WIDTHS, browser, opened_page
from tests.made import sigmoid
from tests.zoo.files.test_pages import Reader
from tests.zoo.interpretation.reports.test_sequences import NAMES, additive, cells
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


Report = Callable[..., str]
Files = tuple[Path, Path]


@pytest.fixture
def release(write_release: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """One that is read on both strands, its model replaced by sums over bases."""
    both = {"units": "probability", "activation": "sigmoid"}
    outputs = [
        both | {"name": name, "reverse_complement_partner": name} for name in NAMES
    ]
    symmetry = {"kind": "augmented", "measured_max_difference": 9.0}
    for place in ("zoo.models.loading", "zoo.interpretation.reports.variants"):
        monkeypatch.setattr(f"{place}.load", lambda name: additive()[0])
    return str(write_release(outputs=outputs, symmetry=symmetry))


@pytest.fixture
def report(release: str) -> Report:
    def made(files: Files, **more: Any) -> str:
        arguments = {"window": WINDOW, "method": "mutagenesis", "beyond": "pad"}
        return report_variants(release, *files, **arguments | more)

    return made


def places(position: int, reference: str, alternate: str) -> tuple[int, int]:
    """The first and the last place, from 0, where the same change can be written."""
    changed = BASES[: position - 1] + alternate + BASES[position - 1 + len(reference) :]
    size = len(alternate) - len(reference)
    if size == 0:
        return position - 1, position - 1
    found = [
        place
        for place in range(len(BASES))
        if changed[:place] == BASES[:place]
        and changed[place + max(size, 0) :] == BASES[place + max(-size, 0) :]
    ]
    return found[0], found[-1]


def alleles(position: int, reference: str, alternate: str) -> list[list[str]]:
    """Both alleles with what is left of the change in its place, or what is right."""
    changed = BASES[: position - 1] + alternate + BASES[position - 1 + len(reference) :]
    first, last = places(position, reference, alternate)
    moved = len(alternate) - len(reference)
    last += max(-moved, 0)
    texts = ["N" * WINDOW + text + "N" * WINDOW for text in (BASES, changed)]
    starts = [(first, first), (last, last + moved)]
    return [
        [
            text[start + WINDOW - WINDOW // 2 :][:WINDOW]
            for text, start in zip(texts, pair, strict=True)
        ]
        for pair in (starts if moved else starts[:1])
    ]


def test_scores_and_alleles(report: Report, files: Files) -> None:
    text = report(files)
    _, one = additive()
    weights = (one + one[::-1, ::-1]) / 2  # on both strands
    header, *rows = cells(text)
    kinds = ("difference", "log_odds_difference")
    names = [f"{name}_{kind}" for name in NAMES for kind in kinds]
    assert header == ["variant", "id", *names]
    panels = {
        re.sub("<.*?>", "", row[0]): data_of(text)[2 * number : 2 * number + 2]
        for number, row in enumerate(rows)
    }
    shown = {re.sub("<.*?>", "", row[0]): row for row in rows}
    largest = []
    for position, _, reference, alternate in variants():
        name = f"chr1:{position}:{reference}&gt;{alternate}"
        pairs = alleles(position, reference, alternate)
        x = one_hot(np.stack([encode(t) for pair in pairs for t in pair])).astype(float)
        logits = np.einsum("npb,pbt->nt", x, weights) + np.array([0.5, -0.5])
        effects, likely = logits[1::2] - logits[::2], sigmoid(logits)
        scores = [likely[1::2] - likely[::2], effects]
        expected = np.stack(scores, axis=-1).mean(axis=0).ravel()
        np.testing.assert_allclose(
            np.array(shown[name][2:], float), expected, rtol=1e-3
        )
        largest.append(np.abs(effects.mean(axis=0)).max())
        for target, panel in enumerate(panels[name]):
            first, _ = places(position, reference, alternate)
            assert panel["first"] == first + 1 - WINDOW // 2
            tracks = [t for t in panel["tracks"] if t["kind"] == "bases"]
            assert [t["title"] for t in tracks] == [
                "reference: contributions (mutagenesis)",
                "alternate: contributions (mutagenesis)",
            ]
            for track, letters, ours in zip(tracks, pairs[0], x[:2], strict=True):
                assert track["letters"] == letters
                own = np.einsum("pb,pb->p", ours, weights[..., target])
                others = (weights[..., target].sum(axis=1) - own) / 3
                known = ours.any(axis=1)
                values = np.array(track["values"])[known]
                np.testing.assert_allclose(values, (own - others)[known], atol=6e-3)
    order = [np.abs(np.array(row[3::2], float)).max() for row in rows]
    np.testing.assert_allclose(order, sorted(largest, reverse=True), rtol=1e-3)


def test_scores_are_those_of_score_variants(
    report: Report, release: str, files: Files, tmp_path: Path
) -> None:
    for strand in ("both", "-"):
        given = {"beyond": "pad", "strand": strand}
        out = tmp_path / "scores.tsv"
        zoo.score_variants(release, *files, out, window=WINDOW, **given)
        with out.open() as file:
            scored = list(csv.DictReader(file, delimiter="\t"))
        header, *rows = cells(report(files, method="gradient_x_input", **given))
        assert len(rows) == len(scored)
        shown = {re.sub("<.*?>", "", row[0]): row[2:] for row in rows}
        for row in scored:
            numbers = [f"{float(row[name]):.4g}" for name in header[2:]]
            name = f"chr1:{row['position']}:{row['ref']}&gt;{row['alt']}"
            assert shown[name] == numbers


def test_those_of_the_largest_effect_are_shown(report: Report, files: Files) -> None:
    every, some = report(files), report(files, max_sequences=2)
    assert len(data_of(every)) == 8
    assert data_of(some) == data_of(every)[:4]
    assert "The 2 with the largest effects are shown." in some
    assert "<b>" not in every
    assert "<b>rs1" in Reader(every).text


def test_what_was_left_out_is_said(
    report: Report, files: Files, tmp_path: Path
) -> None:
    wrong = f"chr1\t300\t.\t{other(BASES[299])}\t{BASES[299]}\t.\t.\t.\n"
    vcf = tmp_path / "w.vcf"
    vcf.write_text(files[1].read_text() + wrong)
    with pytest.raises(InputError, match=r"record 5 .* reference allele"):
        report((files[0], vcf))
    assert "Left out: 1 " in report((files[0], vcf), on_invalid="drop")
    with pytest.raises(InputError, match="beyond the contig"):
        report(files, beyond=None)


def test_another_window_is_refused(report: Report, files: Files) -> None:
    with pytest.raises(InputError, match="window"):
        report(files, window=WINDOW + 1)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as opened:
        yield opened


@pytest.mark.parametrize("width", WIDTHS)
def test_alleles_are_one_above_the_other(
    chromium: Any, report: Report, files: Files, tmp_path: Path, width: int
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
        assert "reference: contr" in told and "alternate: contr" in told
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide == width
