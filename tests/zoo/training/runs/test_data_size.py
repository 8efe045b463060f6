"""What "auto" becomes, by the number of training examples."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from tests.zoo.training.runs.small_run import DATA, SMALL, quiet, write
from zoo.cli import main
from zoo.data import Examples, from_arrays
from zoo.errors import InputError
from zoo.splits.splits import Splits
from zoo.training.configuration.auto import known
from zoo.training.configuration.background import Background
from zoo.training.configuration.config import Config
from zoo.training.configuration.config_file import read_config
from zoo.training.runs.data_size import EPOCHS, SIZES, by_size, settled
from zoo.training.runs.running import plan

KEYS = {
    "training.batch_size",
    "training.epochs",
    "training.normalization_momentum",
}
AUTO = f'name = "motif_v1"{DATA}test = ["test"]\nleaks = "ignore"\n'


def data(rows: int, *, valid: int = 20, background: int = 0) -> Splits:
    random = np.random.default_rng(0)

    def some(count: int, drawn: int = 0) -> Examples:
        codes = random.integers(0, 4, (count, 8), dtype=np.uint8)
        targets = (np.arange(count) % 2).astype(np.float32)[:, None]
        columns = {"background": np.arange(count) >= count - drawn}
        found = from_arrays(codes, targets, outputs=["bound"])
        return dataclasses.replace(found, columns=columns)

    few = some(valid)
    return Splits(some(rows, background), few, few)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return read_config(write(tmp_path, AUTO + SMALL))


def test_all_keys_are_settled_and_within_their_bounds(config: Config) -> None:
    before = 0
    for rows in (50, 300, 3_000, 3_001, 30_000):
        splits = data(rows)
        found = by_size(config, splits)
        assert found.keys() == KEYS
        one = settled(config, splits)
        batch, epochs = known(one.training.batch_size), known(one.training.epochs)
        assert epochs >= EPOCHS
        assert rows > SIZES[0].examples or epochs * -(-rows // batch) >= SIZES[0].steps
        assert batch >= before  # more data, larger batches
        before = batch
        assert by_size(one, splits) == {}
    assert [size.examples for size in SIZES] == sorted(size.examples for size in SIZES)


def test_what_the_file_says_counts(config: Config, tmp_path: Path) -> None:
    text = AUTO + SMALL + "[training]\nbatch_size = 100\n"
    said = read_config(write(tmp_path, text))
    found = by_size(said, data(200))
    assert found.keys() == KEYS - {"training.batch_size"}
    assert found["training.epochs"] == SIZES[0].steps / 2
    assert settled(said, data(200)).training.batch_size == 100


def test_an_epoch_has_the_background_that_it_draws(config: Config) -> None:
    splits = data(400, background=300)
    assert by_size(config, splits) == by_size(config, data(400))
    drawn = dataclasses.replace(
        config.data, background=Background(gc_matched=True, ratio=0.1)
    )
    other = dataclasses.replace(config, data=drawn)
    assert by_size(other, splits) == by_size(config, data(110))


def test_the_plan_says_what_was_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, AUTO + SMALL)
    assert main(["train", str(path), "--dry-run"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "by size training.batch_size = " in printed
    for place, value in plan(path).sized.items():
        assert f"{place} = {value}" in printed


def test_a_run_has_the_values_and_its_folder_the_file(tmp_path: Path) -> None:
    """What the folder belongs to is what the file says, whatever the defaults are."""
    run = quiet(write(tmp_path, AUTO + SMALL + "[training]\nepochs = 1\n"))
    assert run.config.training.batch_size == SIZES[0].batch_size
    kept = json.loads((run.folder / "config.json").read_text())
    assert kept["training"]["batch_size"] == "auto"


def test_a_configuration_that_is_not_settled_is_no_number() -> None:
    with pytest.raises(InputError, match="settled by the data"):
        known("auto")


def test_moving_statistics_follow_as_fast_as_said(tmp_path: Path) -> None:
    text = AUTO + '[model]\narchitecture = "deep_narrow"\n'
    for said, expected in (("1.0", 0.99), ("0.5", 0.5), ("0.999", 0.99)):
        end = f"[training]\nnormalization_momentum = {said}\n"
        layers = plan(write(tmp_path, text + end)).model._flatten_layers()
        found = {each.momentum for each in layers if hasattr(each, "moving_mean")}
        assert found == {expected}


def test_the_page_has_these_sizes() -> None:
    page = (Path(__file__).parents[4] / "docs" / "train.md").read_text(encoding="utf-8")
    few, many = SIZES
    assert many.steps == 0
    for line in (
        f"| key | up to {few.examples:,} | more |",
        f"| `training.batch_size` | {few.batch_size} | {many.batch_size} |",
        f"| `training.epochs` | enough for {few.steps} steps, at least {EPOCHS} "
        f"| {EPOCHS} |",
        f"| `training.normalization_momentum` | {few.normalization_momentum:g} "
        f"| {many.normalization_momentum:g}, the architecture's |",
    ):
        assert line in page.splitlines()
