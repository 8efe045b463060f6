"""A run's folder belongs to one configuration and one process."""

from __future__ import annotations

import dataclasses
import multiprocessing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.zoo.training.configuration.test_config_file import content
from zoo.data import from_arrays
from zoo.splits.splits import Splits
from zoo.training.configuration.config import Config, ConfigError, Logging
from zoo.training.configuration.config_file import parse_config
from zoo.training.runs.run_folder import check_data, open_run


def config(tmp_path: Path, **tables: dict[str, object]) -> Config:
    return parse_config(content(**tables), base=tmp_path)


def test_the_same_configuration_opens_it_again(tmp_path: Path) -> None:
    with open_run(config(tmp_path)) as folder:
        assert folder == tmp_path / "runs" / "mine_v1"
        (folder / "checkpoint").touch()
    with open_run(config(tmp_path)) as folder:
        assert (folder / "checkpoint").exists()


def test_another_configuration_is_refused_by_name(tmp_path: Path) -> None:
    changed = config(tmp_path, training={"epochs": 3})
    with open_run(config(tmp_path)):
        pass
    with open_run(changed):  # nothing was trained yet
        pass
    with open_run(config(tmp_path)) as folder:
        (folder / "history.csv").touch()
    with (
        pytest.raises(ConfigError, match=r"training\.epochs: 'auto' is now 3.*delete"),
        open_run(changed),
    ):
        pass


def test_what_moves_no_weight_may_change(tmp_path: Path) -> None:
    first = config(tmp_path)
    with open_run(first):
        pass
    with open_run(dataclasses.replace(first, logging=Logging(tensorboard=True))):
        pass


def _hold(config: Config, ready: multiprocessing.synchronize.Event) -> None:
    with open_run(config):
        ready.set()
        multiprocessing.Event().wait(60)


def test_two_processes_do_not_share_it(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    holder = context.Process(target=_hold, args=(config(tmp_path), ready))
    holder.start()
    try:
        assert ready.wait(60)
        with (
            pytest.raises(ConfigError, match="in use by another run"),
            open_run(config(tmp_path)),
        ):
            pass
    finally:
        holder.kill()
        holder.join()
    # The lock of a killed process is nobody's.
    with open_run(config(tmp_path)):
        pass


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with (
        pytest.raises(ConfigError, match="cannot be written"),
        open_run(config(tmp_path)),
    ):
        pass


@pytest.mark.parametrize("name", ["targets", "codes", "sample_weight", "examples"])
def test_an_input_hides_no_other_data(tmp_path: Path, name: str) -> None:
    """An input may have any name; codes and targets are looked at all the same."""
    random = np.random.default_rng(0)
    run = config(tmp_path)

    def splits(**changes: Any) -> Splits:
        given = {
            "sequences": codes,
            "targets": np.arange(9.0),
            "sample_weight": np.ones(9),
            "inputs": {name: np.ones(9)},
        }
        one = from_arrays(**given | changes)
        return Splits(one, one, one)

    codes = random.integers(0, 4, (9, 12), dtype=np.uint8)
    with open_run(run) as folder:
        check_data(run, splits(), claim=True)
        (folder / "history.csv").touch()
        check_data(run, splits(), claim=False)
        for changed in (
            {"sequences": 3 - codes},
            {"targets": np.arange(9.0)[::-1]},
            {"sample_weight": np.full(9, 0.5)},
            {"inputs": {name: np.zeros(9)}},
        ):
            with pytest.raises(ConfigError, match="started with other data"):
                check_data(run, splits(**changed), claim=False)
