"""The data of a run: what the configuration names, as examples of three splits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import zoo.data
from zoo.data.sources.labels import names_of
from zoo.training.configuration.config import Config, ConfigError
from zoo.training.configuration.keywords import (
    READERS,
    SPLITTERS,
    takes,
    with_paths,
)
from zoo.training.runs.checking import check_targets

if TYPE_CHECKING:
    from zoo.data.examples import Examples
    from zoo.splits.splits import Splits


def read_splits(config: Config) -> Splits:
    """Reads and splits the examples.

    Raises:
        InputError: The files cannot be used as they are.
        ConfigError: The split leaves no examples for training or validation, or
            there is nothing to learn.
    """
    (splitter,) = SPLITTERS[config.data.split.by]
    keywords = dict(config.data.split.keywords)
    if takes(splitter, "seed"):
        keywords["seed"] = config.seed
    splits: Splits = splitter(read_examples(config), **keywords)
    if not len(splits.train) or not len(splits.valid):
        raise ConfigError(
            "data.split: expected examples for training and validation. Received: "
            f"{splits}"
        )
    return splits


def read_examples(config: Config) -> Examples:
    """All examples of the configuration, before they are split.

    Raises:
        InputError, ConfigError: As in `read_splits`.
    """
    reader, *_ = READERS[config.data.format]
    keywords = with_paths(config.data, config.path)
    column = config.data.split.keywords.get("column")
    kept = names_of(keywords.get("columns", ()), "data.columns")
    keywords["columns"] = tuple(dict.fromkeys([*kept, *([column] if column else [])]))
    source: tuple[Any, ...] = (config.path(config.data.path),)
    if config.data.format == "intervals":
        rest = {n: keywords.pop(n) for n in [*keywords] if not takes(reader, n)}
        source = (zoo.data.Genome(keywords.pop("genome"), **rest), *source)
    examples: Examples = reader(*source, **keywords)
    check_targets(config, examples)
    return examples
