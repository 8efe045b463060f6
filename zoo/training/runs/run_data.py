"""The data of a run: what the configuration names, as examples of three splits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import zoo.data
from zoo.training.configuration.config import Config, ConfigError

if TYPE_CHECKING:
    from zoo.data.examples import Examples
    from zoo.data.splits import Splits


def read_splits(config: Config) -> Splits:
    """Reads and splits the examples.

    Raises:
        InputError: The files cannot be used as they are.
        ConfigError: The split leaves no examples for training or validation, or
            there is nothing to learn.
    """
    examples, split = read_examples(config), config.data.split
    if split.by == "column":
        assert split.column is not None  # checked with the configuration
        splits = zoo.data.split_by_column(
            examples,
            split.column,
            train=split.train,
            valid=split.valid,
            test=split.test,
            leaks=split.leaks,
        )
    elif split.by == "chromosome":
        splits = zoo.data.split_by_chromosome(
            examples, valid=split.valid, test=split.test, leaks=split.leaks
        )
    elif split.by == "homology":
        splits = zoo.data.split_by_homology(examples, split.fractions, seed=config.seed)
    else:
        splits = zoo.data.split_at_random(examples, split.fractions, seed=config.seed)
    if not len(splits.train) or not len(splits.valid):
        raise ConfigError(
            "data.split: expected examples for training and validation. Received: "
            f"{splits}"
        )
    return splits


def read_examples(config: Config) -> Examples:
    """All examples of the configuration, before they are split."""
    read = {"table": _table, "fasta": _fasta, "intervals": _intervals}
    examples: Examples = read[config.data.format](config)
    if examples.targets is None:
        raise ConfigError(
            "data.targets: expected the columns, labels or signals that the model "
            f"learns to predict. Received none for {examples.source}."
        )
    return examples


def _columns(config: Config) -> tuple[str, ...]:
    split = config.data.split
    return (split.column,) if split.by == "column" and split.column else ()


def _table(config: Config) -> Examples:
    data = config.data
    return zoo.data.from_table(
        config.path(data.path),
        sequence=data.sequence,
        targets=data.targets,
        classes=data.classes or None,
        name=data.name,
        sample_weight=data.sample_weight,
        columns=_columns(config),
        sequence_length=data.sequence_length,
        resize=data.resize,
        on_invalid=data.on_invalid,
    )


def _fasta(config: Config) -> Examples:
    data = config.data
    return zoo.data.from_fasta(
        config.path(data.path),
        targets=data.targets,
        classes=data.classes or None,
        header=data.header,
        table=None if data.labels is None else config.path(data.labels),
        name=data.name or "name",
        columns=_columns(config),
        sequence_length=data.sequence_length,
        resize=data.resize,
        on_invalid=data.on_invalid,
    )


def _intervals(config: Config) -> Examples:
    data = config.data
    assert data.genome is not None  # checked with the configuration
    assert data.sequence_length is not None
    return zoo.data.from_intervals(
        zoo.data.Genome(config.path(data.genome), ambiguous=data.ambiguous),
        config.path(data.path),
        sequence_length=data.sequence_length,
        targets=data.targets,
        classes=data.classes or None,
        signals=[config.path(signal) for signal in data.signals],
        bin_size=data.bin_size,
        target_length=data.target_length,
        aggregate=data.aggregate,
        missing=data.missing,
        centre=data.centre,
        stranded=data.stranded,
        beyond=data.beyond,
        duplicates=data.duplicates,
        sample_weight=data.sample_weight,
        columns=_columns(config),
        on_invalid=data.on_invalid,
    )
