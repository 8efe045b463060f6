from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import registry
import zoo
from zoo.inspection import symmetry
from zoo.publishing.card import KMER_BASELINE, MOTIF_BASELINE
from zoo.publishing.golden import read_golden
from zoo.publishing.verification import Verification, verify

every_release = pytest.mark.parametrize("name", zoo.list_models())
old_ones_too = pytest.mark.filterwarnings("ignore:.* is superseded by:UserWarning")


@every_release
@old_ones_too
def test_every_release_verifies(name: str) -> None:
    outcome = verify(name)
    assert outcome.passed, outcome


@every_release
@old_ones_too
def test_every_release_treats_strands_as_it_says(name: str) -> None:
    release = registry.find(name)
    report = symmetry.check(zoo.load(name), read_golden(release).codes)
    assert report.passed == (release.symmetry.kind == "equivariant")


@every_release
def test_every_release_is_documented(name: str) -> None:
    release = registry.find(name)
    card = release.card()
    assert card.startswith(f"# {name}\n")
    assert {m.split for m in release.metrics} == {"validation", "test"}
    test = {m.name: m for m in release.metrics if m.split == "test"}
    baselines = (KMER_BASELINE, MOTIF_BASELINE)
    beside = [each for each in baselines if any(m.startswith(each) for m in test)]
    # No regression on k-mers has several heads.
    assert KMER_BASELINE in beside or len(release.heads or ()) > 1
    for key, metric in test.items():
        if key.startswith(baselines):
            continue
        (row,) = (r for r in card.splitlines() if r.startswith(f"| {key} |"))
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[1] == f"{metric.value:.3f}"
        simpler = [test[f"{each}{key}"] for each in beside]
        if simpler:  # some cards give their intervals, too
            said = [cell.partition(" (")[0] for cell in cells[-len(simpler) :]]
            assert said == [f"{each.value:.3f}" for each in simpler]
        else:
            low, high = metric.ci95
            assert cells[-1] == f"{low:.3f} to {high:.3f}"
    for data in release.training_data:
        assert data.licence in card


@every_release
def test_every_release_says_all_its_arguments(name: str) -> None:
    release = registry.find(name)
    parameters = [*inspect.signature(registry.builder(release.architecture)).parameters]
    # A release never changes: arguments that came later stand behind those it says, and
    # mean what was before them, by the golden predictions.
    assert list(release.config) == parameters[: len(release.config)]


def test_releases_are_small_enough_to_ship() -> None:
    files = registry.sources.shipped_folder().rglob("*")
    assert sum(f.stat().st_size for f in files) < 20_000_000


def replace_golden(folder: Path, **arrays: np.ndarray) -> None:
    """Writes another golden.npz, with the hash that model.json declares."""
    np.savez(folder / "golden.npz", **arrays)
    content = json.loads((folder / "model.json").read_text())
    data = (folder / "golden.npz").read_bytes()
    content["golden"] |= {
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    (folder / "model.json").write_text(json.dumps(content))


def test_other_weights_do_not_verify(write_release: Callable[..., Path]) -> None:
    folder = write_release()
    assert verify(folder).passed
    golden = read_golden(registry.find(folder))
    changed = golden.predictions[""] + np.float32(0.01)
    replace_golden(folder, codes=golden.codes, predictions=changed)
    outcome = verify(folder)
    assert not outcome.passed
    assert outcome.max_difference == pytest.approx(0.01, rel=1e-2)


def test_what_no_backend_computes_is_refused(
    write_release: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError("4 TB")

    monkeypatch.setattr("zoo.publishing.golden.predict", fail)
    with pytest.raises(registry.ReleaseError, match=r"cannot be predicted: 4 TB"):
        verify(write_release())


def test_nan_never_verifies(write_release: Callable[..., Path]) -> None:
    assert not Verification("small_v1", float("nan"), 1e-4).passed
    folder = write_release()
    golden = read_golden(registry.find(folder))
    changed = golden.predictions[""] * np.float32(np.nan)
    replace_golden(folder, codes=golden.codes, predictions=changed)
    with pytest.raises(registry.ReleaseError, match="NaN"):
        verify(folder)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"codes": np.zeros((1, 20), "u1")}, "expected the arrays"),
        (
            {
                "codes": np.array([[{}]], object),
                "predictions": np.zeros((1, 2), "f4"),
            },
            "pickle",
        ),
        (
            {"codes": np.zeros((1, 20)), "predictions": np.zeros((1, 2), "f4")},
            "uint8 codes",
        ),
        (
            {"codes": np.zeros((1, 20), "u1"), "predictions": np.zeros((1, 9), "f4")},
            "shape",
        ),
    ],
)
def test_odd_golden_files_are_refused(
    write_release: Callable[..., Path], arrays: dict, message: str
) -> None:
    folder = write_release()
    replace_golden(folder, **arrays)
    with pytest.raises(registry.ReleaseError, match=message):
        verify(folder)


def test_a_golden_file_that_is_no_archive_is_refused(
    write_release: Callable[..., Path],
) -> None:
    folder = write_release()
    content = json.loads((folder / "model.json").read_text())
    (folder / "golden.npz").write_bytes(b"no archive")
    content["golden"] |= {
        "bytes": 10,
        "sha256": hashlib.sha256(b"no archive").hexdigest(),
    }
    (folder / "model.json").write_text(json.dumps(content))
    with pytest.raises(registry.ReleaseError, match="cannot be read"):
        verify(folder)
