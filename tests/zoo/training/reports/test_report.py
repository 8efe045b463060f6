"""The page of a run that was not trained: its numbers are made up."""

from __future__ import annotations

import base64
import dataclasses
import importlib.util
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import registry
from zoo.data import Examples, from_arrays
from zoo.files import pages
from zoo.splits.splits import Splits
from zoo.training import write_report
from zoo.training.configuration.config import Config, Data, Model, Split
from zoo.training.reports import figures
from zoo.training.reports.evaluation import correlation, moments
from zoo.training.reports.measuring import Measured, SplitPredictions
from zoo.training.reports.report import SHOWN, best_epoch, shown_outputs
from zoo.training.runs.run import Member, Run

NASTY = "<script>alert('$1_{')</script>&"
LENGTH = 20


@pytest.fixture(scope="module")
def model() -> keras.Model:
    inputs = keras.Input((LENGTH, 4), name="sequence")
    x = keras.layers.Conv1D(3, 5, name="conv")(inputs)
    x = keras.layers.GlobalMaxPooling1D(name="pool")(x)
    return keras.Model(inputs, keras.layers.Dense(1, name="logits")(x))


def examples(task: str, names: tuple[str, ...], size: int) -> Examples:
    random = np.random.default_rng(size)
    codes = random.integers(0, 5, (size, LENGTH), dtype=np.uint8)
    shape = (size, 4, len(names)) if task == "profile" else (size, len(names))
    if task in ("regression", "profile"):
        targets = random.gamma(2.0, size=shape)
    elif task == "classes":
        targets = np.eye(len(names))[np.arange(size) % len(names)]
    else:
        targets = (np.arange(size * len(names)).reshape(shape) % 3 == 0).astype(float)
        targets[0] = np.nan
    source = f"rows of {NASTY}"
    return from_arrays(codes, targets, outputs=names, source=source)


def made(
    folder: Path,
    model: keras.Model,
    task: Any = "binary",
    names: tuple[str, ...] = (NASTY,),
    members: int = 1,
    epochs: int = 30,
    size: int = 50,
) -> tuple[Run, Splits]:
    splits = Splits(*(examples(task, names, n) for n in (80, size, size + 1)))
    random = np.random.default_rng(0)
    parts, metrics = {}, []
    for split, part in (("validation", splits.valid), ("test", splits.test)):
        assert part.targets is not None
        noise = random.random(part.targets.shape)
        said = np.nan_to_num(part.targets) * 0.3 + noise
        parts[split] = {"": SplitPredictions(part.targets, said.astype(np.float32))}
        kind = "pearson" if task in ("regression", "profile") else "auroc"
        for k, name in enumerate((*names, "mean")):
            value = (k * 7 % 101) / 101
            ci95 = [value - 0.125, value + 0.125]
            metrics.append(
                {"name": f"{kind}_{name}", "split": split, "value": value, "ci95": ci95}
            )
    losses = [1 / (1 + e) for e in range(epochs)]
    history = {"loss": losses, "val_loss": losses, "auroc": losses, "val_auroc": losses}
    data = Data("table", f"{NASTY}.tsv", Split("random"), task, {"targets": names})
    config = Config(f"{NASTY}_v1", data, Model("shallow_wide"), base=folder)
    found = tuple(Member(s, model, history, losses[-1]) for s in range(members))
    run = Run(
        config, folder, model, found, Measured(metrics, parts, (f"a {NASTY}",)), None
    )
    return run, splits


class Reader(HTMLParser):
    """Reads a page as a browser would: its elements, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(path: Path) -> Reader:
    found = Reader(path.read_text(encoding="utf-8"))
    assert not found.open
    return found


def loads_nothing(page: Reader) -> bool:
    addresses = [
        v for n, v in page.attributes if n in ("src", "href", "srcset", "data")
    ]
    return not {"script", "link", "iframe", "object"} & set(page.tags) and all(
        (address or "").startswith("data:image/png;base64,") for address in addresses
    )


needs_pictures = pytest.mark.skipif(
    not figures.can_draw() or importlib.util.find_spec("sklearn") is None,
    reason="matplotlib or scikit-learn is not installed",
)


@needs_pictures
@pytest.mark.parametrize(
    ("task", "names", "pictures"),
    [
        ("binary", (NASTY,), 4),
        ("multi-label", tuple(f"{NASTY}{k}" for k in range(5)), 4),
        ("classes", ("a", "$b$", "_c"), 4),
        ("regression", ("a", "b", "c", "d"), 4),
        ("profile", ("_a",), 4),
    ],
)
def test_a_page_of_each_task_is_whole_escaped_and_small(
    tmp_path: Path, model: keras.Model, task: str, names: tuple[str, ...], pictures: int
) -> None:
    path = write_report(*made(tmp_path, model, task, names))
    assert path == tmp_path / "report.html"
    assert path.stat().st_size < 500_000
    page = read(path)
    assert loads_nothing(page)
    assert page.tags.count("img") == pictures
    for text in (f"{NASTY}_v1", f"{NASTY}.tsv", f"a {NASTY}", *names):
        assert text in page.text
    assert "0.0693 [-0.0557, 0.1943]" in page.text
    assert "seqzoo train config.toml" in page.text
    assert "GlobalMaxPooling1D" in page.text
    assert "data.targets" in page.text and "data.keywords" not in page.text


def test_a_page_says_when_how_long_and_on_what(
    tmp_path: Path, model: keras.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "can_draw", lambda: False)
    run, splits = made(tmp_path, model, members=2)
    text = read(write_report(run, splits)).text
    assert f"Written on {datetime.now(UTC):%d %B %Y}" in text
    assert "processors, without a GPU" in text and "Training took" not in text
    timed = tuple(dataclasses.replace(m, seconds=90.0) for m in run.members)
    gpus = {"gpus": ["H100", "H100"]}
    monkeypatch.setattr("zoo.training.reports.report_facts.devices_seen", lambda: gpus)
    text = read(write_report(dataclasses.replace(run, members=timed), splits)).text
    assert "Training took 3 min. Computed on 2 x H100." in text


def test_the_card_is_laid_out(
    tmp_path: Path,
    model: keras.Model,
    write_release: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(figures, "can_draw", lambda: False)
    folder = write_release()
    (folder / "README.md").write_text(f"# The card\n\n| a |\n|---|\n| {NASTY} |\n")
    run, splits = made(tmp_path, model)
    released = dataclasses.replace(run, release=registry.read_release(folder))
    path = write_report(released, splits)
    assert loads_nothing(read(path))
    assert "<h3>The card</h3>" in path.read_text()
    assert "|---|" not in read(path).text and NASTY in read(path).text


def test_correlations_of_windows_are_numpy_s() -> None:
    random = np.random.default_rng(0)
    targets, said = random.gamma(2.0, size=(2, 6, 30))
    targets[0, :4] = np.nan
    targets[1] = 7.0  # no variation
    found = correlation(moments(targets, said))
    assert np.isnan(found[1])
    for row in (0, 2, 5):
        known = ~np.isnan(targets[row])
        expected = np.corrcoef(targets[row, known], said[row, known])[0, 1]
        assert found[row] == pytest.approx(expected)


@needs_pictures
@pytest.mark.parametrize(
    ("task", "loss", "axis", "each"),
    [
        ("profile", "auto", "log10(1 + target)", "bins"),
        ("profile", "MaskedMeanSquaredError", "target", "bins"),  # may be below 0
        ("regression", "auto", "target", "rows"),
    ],
)
def test_only_counts_are_drawn_by_their_logarithm(
    tmp_path: Path,
    model: keras.Model,
    monkeypatch: pytest.MonkeyPatch,
    task: str,
    loss: str,
    axis: str,
    each: str,
) -> None:
    drawn = {}

    def figure(fig: Any, caption: str) -> Any:
        drawn[caption.partition(" in ")[0]] = fig, caption
        return pages.Html("")

    monkeypatch.setattr(pages, "figure", figure)
    run, splits = made(tmp_path, model, task, ("a",))
    training = dataclasses.replace(run.config.training, loss=loss)
    config = dataclasses.replace(run.config, training=training)
    write_report(dataclasses.replace(run, config=config), splits)
    fig, caption = drawn["Prediction against target"]
    panel, bar = fig.axes
    assert panel.get_xlabel() == axis
    assert bar.get_title() == each and f"how many {each} are" in caption


@needs_pictures
def test_profiles_that_do_not_vary_have_no_picture() -> None:
    targets, said = np.ones((4, 9, 1)), np.random.default_rng(0).random((4, 9, 1))
    assert figures.tracks(["a"], targets, said, "test") == []


def test_without_matplotlib_the_page_says_so(
    tmp_path: Path, model: keras.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "can_draw", lambda: False)
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    page = read(write_report(*made(tmp_path, model)))
    assert "img" not in page.tags
    assert "pip install 'seqzoo[report]'" in page.text
    assert "0.0000 [-0.1250, 0.1250]" in page.text


@needs_pictures
def test_of_many_outputs_the_worst_median_and_best_are_drawn(
    tmp_path: Path, model: keras.Model
) -> None:
    names = tuple(f"tf{k}" for k in range(100))
    run, splits = made(tmp_path, model, "multi-label", names, members=3, size=12)
    values = {n: (k * 7 % 101) / 101 for k, n in enumerate(names)}
    ranked = sorted(names, key=values.__getitem__)
    chosen = [names[k] for k in shown_outputs(run, names)]
    assert chosen == [*ranked[:4], *ranked[48:52], *ranked[-4:]]
    assert len(chosen) == SHOWN
    path = write_report(run, splits)
    assert path.stat().st_size < 500_000
    page = read(path)
    assert "the worst, median and best" in page.text.lower()
    # Every output is in the folded table all the same.
    assert all(name in page.text for name in names)


def test_the_kept_epoch_is_the_best_of_the_monitored_quantity(
    tmp_path: Path, model: keras.Model
) -> None:
    logs = {
        "val_loss": [3.0, 1.0, 1.0, 2.0],
        "val_auroc": [0.1, float("nan"), 0.9, 0.2],
    }
    assert best_epoch(Member(0, model, logs, 1.0), "val_loss") == 1
    assert best_epoch(Member(0, model, logs, 0.9), "val_auroc") == 2


def test_a_report_can_be_written_elsewhere(tmp_path: Path, model: keras.Model) -> None:
    run, splits = made(tmp_path / "none", model)
    plain = dataclasses.replace(run, measured=Measured([], {}, ()))
    assert write_report(plain, splits, tmp_path) == tmp_path / "report.html"


@needs_pictures
def test_pictures_are_pictures(tmp_path: Path, model: keras.Model) -> None:
    path = write_report(*made(tmp_path, model, epochs=2_000))
    found = re.findall(r"base64,([^\"]+)\"", path.read_text())
    assert all(base64.b64decode(f).startswith(b"\x89PNG") for f in found)
