"""The gallery against the model.json of each release, and a made-up large ensemble."""

from __future__ import annotations

import dataclasses
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

import registry
import zoo
from registry.facts import BackgroundRate, Calibration
from registry.learned import LearnedMotifs, NamedMotif
from registry.release import Metric, Release
from tools import model_table
from tools.site import gallery, gallery_pictures
from zoo import cli

RELEASES = list(model_table.own_releases())
each_release = pytest.mark.parametrize("release", RELEASES, ids=lambda r: r.name)


@each_release
def test_a_section_says_what_the_release_says(release: Release) -> None:
    text = gallery.section(release, [("a.png", "seen"), ("b.png", "filters")])
    assert release.description in text and release.licence in text
    assert "](gallery/a.png)" in text and "](gallery/b.png)" in text
    shown = set(re.findall(r"\d\.\d{3} \(-?\d\.\d{3} to \d\.\d{3}\)", text))
    assert shown
    known = {
        f"{m.value:.3f} ({m.ci95[0]:.3f} to {m.ci95[1]:.3f})"
        for m in release.metrics
        if m.split == "test"
    }
    assert shown <= known
    for limit in release.limits:
        assert limit in text
    assert f"gallery.md#{release.name}" not in text


@each_release
def test_the_commands_exist(release: Release) -> None:
    text = gallery.section(release, [])
    commands = re.findall(r"^\$ seqzoo (.*)$", text, re.MULTILINE)
    assert len(commands) >= 4
    for command in commands:
        cli.parser().parse_args(shlex.split(command))


def test_the_table_is_the_readmes_with_other_links() -> None:
    inside = re.compile(r"\]\([^)]*\)")
    one, other = model_table.table(), model_table.table("#{}".format)
    assert one != other
    assert inside.sub("", one) == inside.sub("", other)


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Two small networks of 48 outputs, with all that can be measured of an output."""
    members = [
        zoo.create("rc_dilated", num_outputs=48, stem_filters=8, filters=8, units=4)
        for _ in range(2)
    ]
    names = [f"factor_{number}" for number in range(48)]
    folder = tmp_path_factory.mktemp("releases") / "many_v1"
    facts = {
        "task": "multi-label",
        "licence": "CC0-1.0",
        "outputs": names,
        "min_length": 15,
    }
    release = zoo.save(
        zoo.ensemble(members),
        folder,
        description="Made up",
        activation="sigmoid",
        **facts,
    )
    outputs = tuple(
        dataclasses.replace(
            output,
            description=f"protein | {number}",
            threshold=0.25,
            calibration=Calibration(
                "platt", 2.0, -1.0, "validation", "test", 0.09, 0.01
            ),
            backgrounds=(BackgroundRate("genomic", "hg38", 1000, 101, 0.125),),
        )
        for number, output in enumerate(release.outputs)
    )
    metrics = tuple(
        Metric(
            f"{prefix}auroc_{name}", "test", value, (value - 0.01, value + 0.01), "x"
        )
        for name in [*names, "mean"]
        for prefix, value in (
            ("", 0.9),
            ("kmer_baseline_", 0.8),
            ("motif_baseline_", 0.7),
        )
    )
    return dataclasses.replace(release, outputs=outputs, metrics=metrics)


def test_forty_eight_outputs_are_folded(ensemble: Release) -> None:
    text = gallery.section(ensemble, [])
    assert (
        "| AUROC | 0.900 (0.890 to 0.910); k-mer baseline 0.800; best motif 0.700 |"
        in text
    )
    assert "2 networks, averaged: rc_dilated" in text
    assert "0.090 before and 0.010 after" in text
    tables = re.findall(
        r"<details><summary>(.*?)</summary>\n\n(.*?)\n\n</details>", text, re.DOTALL
    )
    assert [title for title, _ in tables] == [
        "Test metrics of each output (48 outputs)",
        "False positives (48 outputs)",
    ]
    for _, table in tables:
        rows = table.splitlines()
        assert len(rows) == 50
        assert len({row.count("|") for row in rows}) == 1
    assert (
        "| factor_7 | protein / 7 | 0.900 (0.890 to 0.910) | 0.800 | 0.700 | 0.250 |"
        in tables[0][1]
    )
    assert "| factor_7 | 12.5% |" in tables[1][1]


@pytest.mark.slow
def test_pictures_are_drawn_once(ensemble: Release, tmp_path: Path) -> None:
    shown = gallery_pictures.draw(ensemble, tmp_path)
    assert [name.endswith("-filters.png") for name, _ in shown] == [False, True]
    files = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert set(files) == {name for name, _ in shown}
    assert all((tmp_path / name).read_bytes()[:4] == b"\x89PNG" for name in files)
    assert gallery_pictures.draw(ensemble, tmp_path) == shown
    assert files == {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}


def test_an_example_is_drawn_anew_once_its_motif_is_known(
    ensemble: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery_pictures, "_example", lambda *_: Figure())
    before = gallery_pictures.draw(ensemble, tmp_path)
    motif = NamedMotif("factor_7", "+", "CACGTG", 40, "CBF1", "MA0281.3", 1e-6)
    learned = LearnedMotifs(ensemble.sha256, "JASPAR", "all", (motif,))
    monkeypatch.setattr(gallery_pictures, "read_learned_motifs", lambda _: learned)
    after = gallery_pictures.draw(ensemble, tmp_path)
    assert before[0] != after[0] and before[1:] == after[1:]
    assert {path.name for path in tmp_path.iterdir()} == {n for n, _ in before + after}
    assert "a site of CBF1" in after[0][1]


@pytest.mark.parametrize("motif", [True, False])
def test_bars_say_what_is_not_shown(ensemble: Release, motif: bool) -> None:
    outputs, axes = ensemble.outputs, Figure().subplots()
    before = np.linspace(0, 1, len(outputs), dtype=np.float32)
    site = NamedMotif("factor_7", "+", "CACGTG", 40, "CBF1", "MA0281.3", 1e-6)
    after = before[::-1] if motif else before
    gallery_pictures._bars(axes, outputs, before, after, site if motif else None)
    hidden = len(outputs) - gallery_pictures.SHOWN_OUTPUTS
    said = f"{hidden} more outputs {'change less' if motif else 'are lower'}"
    assert axes.get_xlabel().endswith(said)
    shown = [label.get_text() for label in axes.get_yticklabels()]
    change = np.abs(after - before) if motif else after
    least = min(change[[o.name in shown for o in outputs]])
    assert least >= max(change[[o.name not in shown for o in outputs]])


def test_filters_are_those_of_the_model(ensemble: Release) -> None:
    kernel = gallery_pictures.first_kernel(ensemble)
    assert kernel is not None and kernel.shape[1] == 4
    model = zoo.models.members(zoo.load(str(ensemble.folder)))[0]
    own = [np.asarray(w) for w in model.weights if tuple(w.shape) == kernel.shape]
    assert any(np.array_equal(kernel, each) for each in own)
    assert gallery_pictures.first_kernel(registry.find("kmer_v1")) is None


def test_the_strongest_filters_come_first() -> None:
    kernel = np.zeros((5, 4, 3), np.float32)
    kernel[:, 0, 1], kernel[:, 1, 2], kernel[:, :, 0] = 1, -3, 100
    found = gallery_pictures.strongest(kernel, 2)
    np.testing.assert_allclose(found[0], [[0.75, -2.25, 0.75, 0.75]] * 5)
    np.testing.assert_allclose(found[1], [[0.75, -0.25, -0.25, -0.25]] * 5)


@pytest.mark.slow
def test_the_page_shows_all_releases(tmp_path: Path) -> None:
    stale = tmp_path / "gallery" / "gone_v1-00000000.png"
    stale.parent.mkdir()
    stale.touch()
    gallery.write(tmp_path)
    text = (tmp_path / "gallery.md").read_text()
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [r.name for r in RELEASES]
    linked = set(re.findall(r"\]\(gallery/(.*?)\)", text))
    assert linked == {path.name for path in stale.parent.iterdir()}
