"""A TOML file -> a checked configuration, before Keras is loaded."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from pathlib import Path
from typing import Any

from registry.errors import ReleaseError
from registry.files import user_path
from registry.schema import check_keys, convert, from_json
from zoo.errors import InputError
from zoo.training.configuration.config import (
    Config,
    ConfigError,
    Data,
    Ensemble,
    FineTuning,
    Optimizer,
    Split,
)
from zoo.training.configuration.content import to_content
from zoo.training.configuration.strands import check_strands, pairing_by_name
from zoo.training.configuration.tasks import TASKS

_NAME = re.compile(r"[a-z][a-z0-9_]*_v[1-9][0-9]*")


def read_config(path: Config | str | Path) -> Config:
    """Reads and checks a TOML file.

    Args:
        path: The file's path; the paths in it are relative to its folder. A `Config` is
            given back as it is.

    Raises:
        ConfigError: It cannot be read, is no TOML, or has an unknown key, a missing
            one, a value of another type or values that contradict each other.
    """
    if isinstance(path, Config):
        return path
    source = user_path(path)
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
        check_keys(Config, content, where, without={"base", "file"})
        rest = dict(content)
        data = _data(rest.pop("data"), f"{where}: data")
        config: Config = from_json(Config, rest, where, data=data, base=base, file=file)
    except ReleaseError as error:
        raise ConfigError(str(error)) from None
    _check(config, where)
    member_configs(config)
    if config.training.pairing == "strands":
        pairing = pairing_by_name(config.data, f"{where}: training.pairing")
        training = dataclasses.replace(config.training, pairing=pairing)
        config = dataclasses.replace(config, training=training)
    elif config.training.reverse_complement:
        check_strands(config, f"{where}: training.pairing")
    return config


def _data(content: Any, where: str) -> Data:
    from zoo.training.configuration.keywords import READERS, SPLITTERS, with_keywords

    rest = dict(convert(dict[str, Any], content, where))
    by = with_keywords(
        Split, "by", SPLITTERS, rest.pop("split", None), f"{where}: split"
    )
    found: Data = with_keywords(Data, "format", READERS, rest, where, split=by)
    return found


def member_configs(config: Config) -> list[Config]:
    """The configuration of each member of `ensemble.members`.

    Raises:
        ConfigError: One changes what members cannot, or cannot be used.
    """
    found, tables = [], ("model", "optimizer", "training")
    for number, changes in enumerate(config.ensemble.members, start=1):
        where = f"{config.base / config.file}: ensemble.members, number {number}"
        content = to_content(config) | {"ensemble": {}}
        for key, change in changes.items():
            if key not in ("seed", *tables) or (
                key != "seed" and not isinstance(change, dict)
            ):
                raise ConfigError(
                    f"{where}: expected seed and tables of {', '.join(tables)}. "
                    f"Received: {key} = {change!r}"
                )
            if key == "seed" or change.keys() & {"architecture", "release"}:
                content[key] = change
            else:
                content[key] = _changed(content[key], change)
        found.append(
            parse_config(content, base=config.base, file=config.file, where=where)
        )
    return found


def _changed(table: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """The table with the keys of the change, those of tables in it one by one."""
    inner = {
        key: _changed(table[key], value)
        for key, value in change.items()
        if isinstance(value, dict) and isinstance(table.get(key), dict)
    }
    return table | change | inner


def _check(config: Config, where: str) -> None:
    """What types cannot say."""
    data, model, training = config.data, config.model, config.training
    optimizer = config.optimizer

    def need(condition: bool, key: str, expected: str, received: object) -> None:
        if not condition:
            raise ConfigError(
                f"{where}: {key}: expected {expected}. Received: {received!r}"
            )

    try:
        json.dumps(to_content(config), allow_nan=False)
    except (TypeError, ValueError):
        raise ConfigError(
            f"{where}: expected finite numbers, text, true, false, lists and tables "
            "of these. Received another value, such as a date."
        ) from None
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
    if (release := config.release) is not None:
        for key in ("description", "licence"):
            text = getattr(release, key)
            need(bool(text.strip()), f"release.{key}", "text", text)
    need(
        "num_outputs" not in model.arguments,
        "model.arguments",
        "no num_outputs, which the data give",
        model.arguments.get("num_outputs"),
    )
    need(
        model.release is None or model.arguments.keys() <= {"sequence_length"},
        "model.arguments",
        "none but sequence_length, as a release has its own",
        model.arguments,
    )
    architecture = (model.architecture or "").rpartition(":")[2]
    need(
        (model.bias is not None) == (architecture == "chrombpnet"),
        "model.bias",
        "the release of the bias for the architecture chrombpnet, and none for others",
        {"architecture": model.architecture, "bias": model.bias},
    )
    need(
        model.bias is None
        or (data.background is not None and not data.background.only),
        "data.background",
        "regions without peaks beside the peaks, to which model.bias is fitted",
        data.background,
    )
    need(
        model.stem_motifs is None or model.release is None,
        "model.stem_motifs",
        "none with a release, whose filters have learned",
        model.stem_motifs,
    )
    need(
        model.stem_motif_names is None or model.stem_motifs is not None,
        "model.stem_motif_names",
        "stem_motifs to choose from",
        model.stem_motif_names,
    )
    classes, one_hot = data.keywords.get("classes"), data.keywords.get("one_hot", True)
    if data.task == "classes":
        names = "the names of the classes, as the column has them"
        need(bool(classes), "data.classes", names, classes)
        need(one_hot, "data.one_hot", "true, an output for each class", one_hot)
    elif classes is not None:
        need(
            data.task == "binary" and len(classes) == 2 and not one_hot,
            "data.classes",
            "names for the task 'classes', or two for 'binary' with one_hot = false",
            classes,
        )
    need(
        data.task != "profile" or bool(data.keywords.get("signals")),
        "data.signals",
        "bigWig files, for the task 'profile'",
        data.keywords.get("signals"),
    )
    if (background := data.background) is not None:
        at, keywords = "data.background", data.keywords
        signals = keywords.get("signals")
        need(
            bool(signals),
            at,
            "intervals with data.signals; labels of other regions are rows of the data",
            signals or data.format,
        )
        need(
            bool(background.path) != background.gc_matched,
            at,
            "either a path or gc_matched = true",
            {"path": background.path, "gc_matched": background.gc_matched},
        )
        of_rows = [k for k in ("inputs", "sample_weight") if keywords.get(k)]
        need(
            not (background.gc_matched and of_rows),
            f"{at}.gc_matched",
            "false with columns of the peaks, which places of the genome do not have",
            of_rows,
        )
        of_drawn = {"pool": background.pool, "exclude": background.exclude}
        need(
            background.gc_matched or not any(of_drawn.values()),
            at,
            "pool and exclude with gc_matched = true only",
            of_drawn,
        )
        pool, most = background.pool, background.max_counts
        factor = background.max_counts_factor
        need(background.ratio > 0, f"{at}.ratio", "above 0", background.ratio)
        need(pool is None or pool >= 1, f"{at}.pool", "at least 1", pool)
        need(
            most is None or factor is None,
            at,
            "either max_counts or max_counts_factor",
            {"max_counts": most, "max_counts_factor": factor},
        )
        for key, value in (("max_counts", most), ("max_counts_factor", factor)):
            need(value is None or value > 0, f"{at}.{key}", "above 0", value)
    need(
        not training.class_weights or TASKS[data.task].has_labels,
        "training.class_weights",
        "false for values, which have no classes to balance",
        training.class_weights,
    )
    need(
        not (config.heads and training.class_weights),
        "training.class_weights",
        "false with [heads], whose examples have one weight each",
        training.class_weights,
    )
    need(
        not config.heads or (training.loss, training.metrics) == ("auto", ("auto",)),
        "training",
        "loss and metrics of each output, in its table of [heads]",
        {"loss": training.loss, "metrics": training.metrics},
    )
    need(
        training.pairing is None or training.reverse_complement,
        "training.pairing",
        "training.reverse_complement = true, which it belongs to",
        training.pairing,
    )
    for name, head in config.heads.items():
        at = f"heads.{name}"
        weight, key = head.loss_weight, f"{at}.loss_weight"
        if weight == "auto":
            logs = head.targets == "log_total"
            need(logs, key, 'a number, as targets are not "log_total"', weight)
        else:
            need(weight > 0, key, "above 0", weight)
        for key in ("joined_bins", "joined_outputs"):
            joined = getattr(head, key)
            need(joined >= 1, f"{at}.{key}", "1 or more", joined)
    if "fractions" in data.split.keywords:
        from zoo.splits.splits import shares

        try:
            shares(data.split.keywords["fractions"])
        except InputError as error:
            raise ConfigError(f"{where}: data.split.fractions: {error}") from None
    bounds: tuple[tuple[str, Any, float], ...] = (
        ("training.epochs", training.epochs, 1),
        ("training.batch_size", training.batch_size, 1),
        ("training.patience", training.patience, 0),
        ("training.max_shift", training.max_shift, 0),
        ("training.checkpoint_steps", training.checkpoint_steps, 0),
        ("training.normalization_momentum", training.normalization_momentum, 0),
        ("fine_tuning.head_epochs", config.fine_tuning.head_epochs, 0),
        ("fine_tuning.adapters", config.fine_tuning.adapters, 0),
        ("optimizer.warmup_epochs", optimizer.warmup_epochs, 0),
        ("optimizer.weight_decay", optimizer.weight_decay, 0),
        ("optimizer.clip_norm", optimizer.clip_norm, 0),
    )
    for key, value, least in bounds:
        need(value == "auto" or value >= least, key, f"at least {least}", value)
    rate = optimizer.learning_rate
    need(rate > 0, "optimizer.learning_rate", "more than 0", rate)
    decay = config.fine_tuning.layer_decay
    need(0 < decay <= 1, "fine_tuning.layer_decay", "more than 0, at most 1", decay)
    for key in ("average_weights", "momentum"):
        share = getattr(optimizer, key)
        need(0 <= share < 1, f"optimizer.{key}", "from 0 to below 1", share)
    need(
        model.release is not None or config.fine_tuning == FineTuning(),
        "fine_tuning",
        "a release in model.release to start from",
        model.architecture,
    )
    devices, kind = config.strategy.devices, config.strategy.kind
    need(
        devices is None or (devices >= 1 and kind != "single"),
        "strategy.devices",
        'at least 1, of a kind other than "single"',
        devices,
    )
    need(
        optimizer.name == "sgd" or optimizer.momentum == Optimizer().momentum,
        "optimizer.momentum",
        'the optimizer "sgd", which has one',
        optimizer.name,
    )
    seeds = config.ensemble.seeds
    folds, averaged = config.ensemble.folds, config.ensemble.average
    need(
        len(set(seeds)) == len(seeds),
        "ensemble.seeds",
        "a seed for each member",
        seeds,
    )
    for seed in (config.seed, *seeds):
        need(0 <= seed < 2**32, "seed", "0 to 2**32 - 1", seed)
    count = config.ensemble.count
    need(
        averaged == Ensemble().average
        or (count > 0 and TASKS[data.task].has_labels and not config.heads),
        "ensemble.average",
        '"logits", or members of a task with probabilities and one output',
        averaged,
    )
    need(folds in (0, *range(2, 101)), "ensemble.folds", "0, or 2 to 100", folds)
    need(count <= 100, "ensemble", "at most 100 members", count)
    chosen = [
        key for key in ("seeds", "folds", "members") if getattr(config.ensemble, key)
    ]
    need(len(chosen) < 2, "ensemble", "seeds, folds or members", chosen)
    if config.search is not None:
        trials = config.search.trials
        need(trials >= 1, "search.trials", "at least 1", trials)
        need(bool(config.search.space), "search.space", "a range of a key", {})
        for place, wanted in config.search.space.items():
            low, high = wanted.low, wanted.high
            need(
                bool(wanted.choices) and low is high is None and not wanted.log
                if low is None or high is None
                else not wanted.choices and low < high and (low > 0 or not wanted.log),
                f'search.space."{place}"',
                "choices, or low and high with low < high, above 0 with log",
                wanted,
            )
