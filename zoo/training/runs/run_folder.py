"""The folder of a run: whose configuration and data it has, and who works in it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.files.output import open_output
from zoo.training.checkpointing.checkpoint_file import LOCK, changes, locked
from zoo.training.configuration.config import Config, ConfigError
from zoo.training.configuration.content import to_content

if TYPE_CHECKING:
    from zoo.data.examples import Examples
    from zoo.splits.splits import Splits

CONFIG_FILE, DATA_FILE = "config.json", "data.json"
_NOTHING_YET = (CONFIG_FILE, DATA_FILE, LOCK)
_LOOKED_AT, _ROWS = 1_000, 8_192  # examples
# What may change between two starts of one run: it does not move the weights. So may
# [release], until it is written.
_FREE = ("logging", "search", "strategy", "folder")


@contextlib.contextmanager
def open_run(config: Config) -> Iterator[Path]:
    """Makes or reopens OUTPUT/NAME/, which nobody else may use meanwhile.

    Args:
        config: The run's configuration. A folder that was started by another one is
            refused, as its checkpoints would be continued.

    Yields:
        The folder.

    Raises:
        ConfigError: The folder belongs to another configuration, is in use by
            another process, or cannot be written.
    """
    with locked(config.run_folder, ConfigError):
        check_claim(config)
        with open_output(config.run_folder / CONFIG_FILE) as write:
            write(json.dumps(to_content(config), indent=2) + "\n")
        yield config.run_folder


def check_claim(config: Config) -> None:
    """Refuses a folder with the checkpoints of another configuration.

    Where there are none yet, as after a refused run, there is nothing to mix up.

    Raises:
        ConfigError: It has them.
    """
    path = config.run_folder / CONFIG_FILE
    now, folder = to_content(config), config.release_folder
    before = _before(path) or now
    said: list[str] = []
    others: list[str] = []
    for place, old, new in changes(before, now):
        table = place.partition(".")[0]
        if table not in _FREE:
            text = f"{place}: {old!r} is now {new!r}"
            (said if table == "release" else others).append(text)
    if said and before["release"] and now["release"] and folder.exists():
        raise ConfigError(
            f"{folder} is written, and a release never changes. {'; '.join(said)}. "
            "Change it back, or delete that folder: the same command writes it anew, "
            "without training."
        )
    if others:
        raise ConfigError(
            f"{path.parent} was started with another configuration, and its "
            f"checkpoints belong to that. Changed: {'; '.join(others[:8])}. "
            "Choose another name or folder, change it back, or delete the folder."
        )


def check_data(config: Config, splits: Splits, *, claim: bool) -> None:
    """Refuses a folder whose checkpoints saw other data: labels that were mended since.

    Args:
        config: The run's configuration.
        splits: Its data.
        claim: Whether the folder is theirs from now on.

    Raises:
        ConfigError: They are not those that the run began with.
    """
    path = config.run_folder / DATA_FILE
    parts = {"train": splits.train, "valid": splits.valid, "test": splits.test}
    now = {name: _seen(part) for name, part in parts.items()}
    before = _before(path) or now
    changed = [name for name, seen in now.items() if not _alike(before[name], seen)]
    if changed:
        raise ConfigError(
            f"{path.parent} was started with other data. Expected the same examples "
            f"and targets; received others for {', '.join(changed)} of "
            f"{config.data.path}. Choose another name or folder, or delete the folder "
            "to train anew."
        )
    if claim:
        with open_output(path) as write:
            write(json.dumps(now, indent=2) + "\n")


def _seen(examples: Examples) -> dict[str, Any]:
    """What tells examples from others, without reading a genome to its end."""
    rows = np.linspace(0, len(examples) - 1, min(len(examples), _LOOKED_AT)).astype(int)
    found: dict[str, Any] = {
        "examples": len(examples),
        "codes": hashlib.sha256(examples.codes(rows).tobytes()).hexdigest(),
    }
    # Sums, as means of signals may differ in their last bits on another machine.
    arrays: dict[str, Any] = {
        "targets": examples.targets,
        "sample_weight": examples.sample_weight,
    }
    arrays |= {f"inputs.{name}": values for name, values in examples.inputs.items()}
    for name, values in arrays.items():
        random, total = np.random.default_rng(0), 0.0
        for first in range(0, 0 if values is None else len(values), _ROWS):
            some = values[first : first + _ROWS].astype(np.float64)
            some[np.isnan(some)] = np.e  # unlike any label
            total += float(np.vdot(some, random.random(some.shape) - 0.5))
        found[name] = total
    return found


def _alike(before: dict[str, Any], now: dict[str, Any]) -> bool:
    return all(
        math.isclose(before[name], value, rel_tol=1e-5, abs_tol=1e-5)
        if isinstance(value, float)
        else before[name] == value
        for name, value in now.items()
    )


def _before(path: Path) -> Any:
    """What the folder belongs to; None while there is nothing to mix up."""
    kept = (file for file in path.parent.rglob("*") if file.is_file())
    if not path.exists() or all(file.name in _NOTHING_YET for file in kept):
        return None
    return json.loads(path.read_text(encoding="utf-8"))
