"""A TOML file -> a checked configuration, before Keras is loaded."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path
from typing import Any

from registry.errors import ReleaseError
from registry.schema import from_json
from zoo.training.configuration.config import Config, ConfigError, FineTuning

_NAME = re.compile(r"[a-z][a-z0-9_]*_v[1-9][0-9]*")


def read_config(path: str | Path) -> Config:
    """Reads and checks a TOML file.

    Args:
        path: Of the file; the paths in it are relative to its folder.

    Raises:
        ConfigError: It cannot be read, is no TOML, or has an unknown key, a missing
            one, a value of another type or values that contradict each other.
    """
    source = Path(path)
    try:
        content = tomllib.loads(source.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(f"{source} cannot be read: {reason}.") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{source}: expected UTF-8 text ({error}).") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source} is not valid TOML: {error}.") from None
    return parse_config(
        content, base=source.parent, file=source.name, where=str(source)
    )


def parse_config(
    content: dict[str, Any],
    *,
    base: Path = Path(),
    file: str = "config.toml",
    where: str = "the configuration",
) -> Config:
    """Checks what a TOML file holds; see `read_config`."""
    try:
        config: Config = from_json(Config, content, where, base=base, file=file)
    except ReleaseError as error:
        raise ConfigError(str(error)) from None
    _check(config, where)
    return config


def to_content(config: Config) -> dict[str, Any]:
    """What `parse_config` takes: plain values that JSON can write."""
    content: dict[str, Any] = _plain(dataclasses.asdict(config))
    del content["base"], content["file"]
    return content


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(v) for v in value] if isinstance(value, (list, tuple)) else value


def _check(config: Config, where: str) -> None:
    """What types cannot say."""
    data, model, training = config.data, config.model, config.training
    split, optimizer = data.split, config.optimizer

    def need(condition: bool, key: str, expected: str, received: object) -> None:
        if not condition:
            raise ConfigError(
                f"{where}: {key}: expected {expected}. Received: {received!r}"
            )

    need(
        _NAME.fullmatch(config.name) is not None,
        "name",
        "lower case, digits and _, ending in a version such as ctcf_v1",
        config.name,
    )
    need(
        (model.architecture is None) != (model.release is None),
        "model",
        "either architecture or release",
        {"architecture": model.architecture, "release": model.release},
    )
    need(
        "num_outputs" not in model.arguments,
        "model.arguments",
        "no num_outputs, which the data give",
        model.arguments.get("num_outputs"),
    )
    if data.format == "intervals":
        need(data.genome is not None, "data.genome", "a FASTA file", None)
        need(
            data.sequence_length is not None,
            "data.sequence_length",
            "the length in bp to cut",
            None,
        )
    need(
        (data.task == "classes") == bool(data.classes),
        "data.classes",
        "the names of the classes for the task 'classes', none for others",
        data.classes,
    )
    need(
        data.task != "profile" or bool(data.signals),
        "data.signals",
        "bigWig files, for the task 'profile'",
        data.signals,
    )
    need(
        split.by != "column" or split.column is not None,
        "data.split.column",
        "the column of the official split",
        None,
    )
    if split.by in ("column", "chromosome"):
        need(
            bool(split.valid),
            "data.split.valid",
            "the values, or contigs, of validation",
            split.valid,
        )
    else:
        need(
            len(split.fractions) == 3
            and min(split.fractions) >= 0
            and abs(sum(split.fractions) - 1) < 1e-6
            and min(split.fractions[:2]) > 0,
            "data.split.fractions",
            "three fractions (train, valid, test) that sum to 1",
            split.fractions,
        )
    for key, value, least in (
        ("training.epochs", training.epochs, 1),
        ("training.batch_size", training.batch_size, 1),
        ("training.patience", training.patience, 0),
        ("training.max_shift", training.max_shift, 0),
        ("training.checkpoint_steps", training.checkpoint_steps, 0),
        ("data.bin_size", data.bin_size or 1, 1),
        ("fine_tuning.head_epochs", config.fine_tuning.head_epochs, 0),
        ("fine_tuning.adapters", config.fine_tuning.adapters, 0),
        ("optimizer.warmup_epochs", optimizer.warmup_epochs, 0),
        ("optimizer.weight_decay", optimizer.weight_decay, 0),
        ("optimizer.clip_norm", optimizer.clip_norm, 0),
    ):
        need(value >= least, key, f"at least {least}", value)
    rate = optimizer.learning_rate
    need(rate > 0, "optimizer.learning_rate", "more than 0", rate)
    decay = config.fine_tuning.layer_decay
    need(0 < decay <= 1, "fine_tuning.layer_decay", "more than 0, at most 1", decay)
    average = optimizer.average_weights
    need(0 <= average < 1, "optimizer.average_weights", "from 0 to below 1", average)
    need(
        model.release is not None or config.fine_tuning == FineTuning(),
        "fine_tuning",
        "a release in model.release to start from",
        model.architecture,
    )
    folds, seeds = config.ensemble.folds, config.ensemble.seeds
    need(folds == 0 or folds >= 2, "ensemble.folds", "0, or at least 2", folds)
    need(not (folds and seeds), "ensemble", "folds or seeds", config.ensemble)
    if config.search is not None:
        need(config.search.trials >= 1, "search.trials", "at least 1", 0)
        need(bool(config.search.space), "search.space", "a range of a key", {})
        for place, wanted in config.search.space.items():
            low, high = wanted.low, wanted.high
            need(
                bool(wanted.choices)
                if low is None or high is None
                else not wanted.choices and low < high and (low > 0 or not wanted.log),
                f'search.space."{place}"',
                "choices, or low and high with low < high, above 0 with log",
                wanted,
            )
