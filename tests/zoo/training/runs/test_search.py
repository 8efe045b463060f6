"""A search: what it tries, what it makes of the results, what survives a kill."""

from __future__ import annotations

import dataclasses
import math
import re
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import optuna
import pytest

from tests.zoo.training.runs.small_run import BASE, SMALL, write
from zoo.cli import main
from zoo.training.configuration.config import Config, ConfigError
from zoo.training.configuration.config_file import parse_config, read_config
from zoo.training.configuration.content import to_content
from zoo.training.configuration.keywords import with_paths
from zoo.training.runs import search

SPACE = """
[search]
trials = 12
[search.space]
"optimizer.learning_rate" = { low = 1e-5, high = 1.0, log = true }
"model.arguments.filters" = { low = 2, high = 64 }
"training.batch_size" = { choices = [16, 32] }
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    # Collects garbage, a second each time in a process that holds other tests' models.
    monkeypatch.setattr(search.keras.utils, "clear_session", lambda: None)
    return read_config(write(tmp_path, BASE + SMALL + SPACE))


def goodness(config: Config) -> float:
    """Least at a learning rate of 0.01 and 20 filters."""
    rate = math.log10(config.optimizer.learning_rate) + 2
    return rate**2 + (config.model.arguments["filters"] / 20 - 1) ** 2


class Trainer:
    """In place of training: what it was asked to train, and a value for it."""

    def __init__(self) -> None:
        self.tried: list[tuple[Config, Path]] = []
        self.broken_at: int | None = None

    def __call__(
        self, config: Config, splits: Any, where: Any, folder: Path, **_: Any
    ) -> Any:
        self.tried.append((config, folder))
        if len(self.tried) == self.broken_at:
            raise KeyboardInterrupt
        return SimpleNamespace(best=goodness(config))


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Trainer:
    found = Trainer()
    monkeypatch.setattr(search, "train_member", found)
    return found


def test_the_best_of_what_was_tried_is_written(
    config: Config, trainer: Trainer
) -> None:
    found = search.tune(config)
    values = [goodness(tried) for tried, _ in trainer.tried]
    assert len(values) == 12
    assert found.value == pytest.approx(min(values))
    assert goodness(found.config) == found.value
    assert all(isinstance(t.model.arguments["filters"], int) for t, _ in trainer.tried)
    assert {t.training.batch_size for t, _ in trainer.tried} == {16, 32}
    # The file is read from where it lies, and finds the data.
    again = read_config(found.path)
    assert again.search is None
    assert again.path(again.data.path) == config.path(config.data.path)
    assert again.run_folder != config.run_folder
    assert goodness(again) == pytest.approx(found.value)
    table = (config.run_folder / "trials.tsv").read_text().splitlines()
    assert len(table) == 13
    assert table[0].split("\t")[:3] == ["trial", "state", "val_loss"]


def test_a_finished_search_tries_nothing_more(config: Config, trainer: Trainer) -> None:
    first = search.tune(config)
    assert search.tune(config).value == first.value
    assert len(trainer.tried) == 12


def test_a_broken_search_goes_on_with_the_broken_trial(
    config: Config, trainer: Trainer
) -> None:
    trainer.broken_at = 5
    with pytest.raises(KeyboardInterrupt):
        search.tune(config)
    _, broken = trainer.tried[-1]
    found = search.tune(config)
    folders = [folder for _, folder in trainer.tried]
    assert folders[5] == broken
    assert len(trainer.tried) == 13
    assert found.trials["COMPLETE"] == 12


def test_a_killed_trial_is_tried_again(config: Config, trainer: Trainer) -> None:
    trainer.broken_at = 3
    with pytest.raises(KeyboardInterrupt):
        search.tune(config)
    # As SIGKILL leaves it: begun, and never ended.
    storage = search._storage(optuna, config.run_folder)
    study = optuna.load_study(study_name=config.name, storage=storage)
    distributions = study.trials[0].distributions
    killed = study.ask(distributions)
    search.tune(config)
    parameters = [
        (
            tried.optimizer.learning_rate,
            tried.model.arguments["filters"],
            tried.training.batch_size,
        )
        for tried, _ in trainer.tried[3:]
    ]
    assert tuple(killed.params.values()) in parameters[:2]
    assert len(trainer.tried) == 3 + 10


def test_trials_that_fail_by_their_values_are_passed_over(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(config: Config, *_: Any, **__: Any) -> Any:
        if config.training.batch_size == 32:
            raise search.TrainingStopped("The loss is nan.")
        return SimpleNamespace(best=1.0)

    monkeypatch.setattr(search, "train_member", train)
    found = search.tune(config)
    assert found.trials["FAIL"] > 0
    assert found.parameters["training.batch_size"] == 16

    def fail(*_: Any, **__: Any) -> Any:
        raise search.TrainingStopped("The loss is nan.")

    monkeypatch.setattr(search, "train_member", fail)
    with pytest.raises(ConfigError, match=r"No trial of 12 could be finished"):
        search.tune(dataclasses.replace(config, name="other_v1"))


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ('"optimizer.rate" = { low = 1, high = 2 }', "expected the place of a key"),
        ('"optimiser.name" = { choices = ["sgd"] }', "expected the place of a key"),
        ('"training.epochs" = { low = 3, high = 2 }', "low < high"),
        ('"training.epochs" = { low = 0, high = 2, log = true }', "above 0 with log"),
        ('"training.epochs" = { low = 3 }', "choices, or low and high"),
        ('"training.epochs" = { from = 3 }', "expected the keys low, high"),
    ],
)
def test_a_range_that_means_nothing_is_told(
    tmp_path: Path, space: str, message: str
) -> None:
    path = write(tmp_path, BASE + SMALL + "[search.space]\n" + space)
    with pytest.raises(ConfigError, match=message):
        search.tune(path)


def test_a_search_needs_ranges(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="add it, or train"):
        search.tune(write(tmp_path, BASE + SMALL))


def test_other_values_at_a_place() -> None:
    content = {"a": {"b": 1, "c": [2]}, "model": {"arguments": {}}}
    changed = search.with_parameters(content, {"a.b": 3, "model.arguments.filters": 4})
    assert changed == {
        "a": {"b": 3, "c": [2]},
        "model": {"arguments": {"filters": 4}},
    }
    assert content["a"]["b"] == 1


def test_the_command_trains_and_never_reads_the_test_split(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (BASE + SMALL + SPACE).replace("trials = 12", "trials = 2")
    path = write(tmp_path, text)
    assert main(["tune", str(path), "--quiet"]) == 0
    printed = capsys.readouterr().out
    best = tmp_path / "runs" / "motif_v1" / "best.toml"
    assert f"next        seqzoo train {best}" in printed
    assert not list(tmp_path.glob("**/metrics.json"))
    written = to_content(read_config(best))
    assert parse_config(search._without_none(written)).data.task == "binary"


def test_the_best_file_finds_all_paths_from_where_it_lies(tmp_path: Path) -> None:
    text = """
    name = "mine_v1"
    [data]
    format = "intervals"
    path = "rows.bed"
    genome = "g.fa"
    signals = { one = "a.bw", two = "/data/b.bw" }
    task = "regression"
    sequence_length = 8
    split = { by = "chromosome", valid = ["chr1"] }
    [model]
    release = "../start_v1"
    """
    (tmp_path / "config.toml").write_text(text)
    config = read_config(tmp_path / "config.toml")
    lies = tmp_path / "runs" / "mine_v1"
    lies.mkdir(parents=True)
    (lies / "best.toml").write_text(search._toml(search._absolute(config)))
    found = read_config(lies / "best.toml")
    assert found.start == str(tmp_path / ".." / "start_v1")
    assert found.run_folder == lies / "mine_v1"
    paths = with_paths(found.data, found.path)
    assert paths == with_paths(config.data, config.path)
    assert found.path(found.data.path) == tmp_path / "rows.bed"


def test_a_monitor_that_is_not_there_is_told_before_the_trials(config: Config) -> None:
    training = dataclasses.replace(config.training, monitor="val_aurc")
    with pytest.raises(ConfigError, match=r"monitor: expected one of val_loss, val_au"):
        search.tune(dataclasses.replace(config, training=training))


def test_who_installs_what_a_search_needs_can_search(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Path(__file__).parents[4] / "pyproject.toml"
    extras = tomllib.loads(project.read_text())["project"]["optional-dependencies"]
    for module in ("sklearn", "scipy", "optuna", "tomli_w"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigError) as found:
        search.tune(config)
    named = set(re.findall(r"seqzoo\[(\w+)\]", str(found.value)))
    brought = set(re.findall(r"seqzoo\[(\w+)\]", " ".join(extras["tune"])))
    assert named == {"tune", *brought}
