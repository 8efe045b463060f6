"""The data of a run: what the configuration names, as examples of three splits."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

import zoo.data
from zoo.data.background import with_background
from zoo.data.intervals.tables import read_interval_table
from zoo.data.order import BatchOrder
from zoo.data.rows import background_of
from zoo.data.sources.labels import names_of
from zoo.data.sources.rejected import Rejected
from zoo.splits.negatives import gc_matched_negatives
from zoo.training.configuration.background import Background
from zoo.training.configuration.config import Config, ConfigError
from zoo.training.configuration.keywords import (
    READERS,
    SPLITTERS,
    takes,
    with_paths,
)
from zoo.training.runs.checking_targets import check_learnable, check_targets

if TYPE_CHECKING:
    import numpy.typing as npt

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
    if config.data.background is not None:
        splits = _with_few_reads(config.data.background, splits)
        splits = dataclasses.replace(splits, test=held_out(config, splits.test))
        if not config.ensemble.folds:  # or each fold's own are drawn
            splits = dataclasses.replace(splits, valid=held_out(config, splits.valid))
    if not len(splits.train) or not len(splits.valid):
        raise ConfigError(
            "data.split: expected examples for training and validation. Received: "
            f"{splits}"
        )
    if not config.ensemble.folds:  # whose own splits are told later
        check_learnable(config, splits)
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
    if takes(reader, "max_shift"):
        keywords["max_shift"] = config.training.max_shift
        keywords["pairing"] = config.training.partners
    if config.data.format == "intervals":
        rest = {n: keywords.pop(n) for n in [*keywords] if not takes(reader, n)}
        source = (zoo.data.Genome(keywords.pop("genome"), **rest), *source)
    examples: Examples = reader(*source, **keywords)
    background = config.data.background
    if background is not None and background.gc_matched:
        regions = _gc_matched(config, background, source[0], examples)
        if not len(regions):
            length = examples.sequence_length + 2 * examples.max_shift
            raise ConfigError(
                "data.background: expected regions without peaks to draw. Received "
                f"none of {length:,} bp that has the GC content of a peak and is clear "
                "of all. Use shorter windows (data.sequence_length, "
                "training.max_shift), or name regions: path."
            )
        # What a file of peaks says of their columns does not hold for places.
        own = {"columns": (), "column_names": None, "one_based": None}
        matched = regions.columns["matched"]
        found = reader(
            source[0], regions.intervals, **keywords | own | {"centre": "midpoint"}
        )
        found = dataclasses.replace(
            found,
            columns={name: known[matched] for name, known in examples.columns.items()},
            dropped=regions.dropped,
            source="GC-matched background",
        )
        examples = with_background(examples, found)
    elif background is not None:
        found = reader(source[0], config.path(background.path), **keywords)
        examples = with_background(examples, found)
    check_targets(config, examples)
    return examples


def held_out(config: Config, examples: Examples) -> Examples:
    """Validation or test examples with as much background as is configured.

    Args:
        config: Of the run.
        examples: With all of their background.
    """
    said = config.data.background
    if said is None or not len(examples):
        return examples
    background = background_of(examples)
    if said.only:
        return examples.subset(background)
    order = BatchOrder(
        len(examples),
        len(examples),
        seed=config.seed,
        background=background,
        background_ratio=said.ratio,
    )
    return examples.subset(order.permutation(0))


def _gc_matched(
    config: Config, background: Background, genome: zoo.data.Genome, peaks: Examples
) -> Examples:
    keywords = config.data.keywords
    whole = read_interval_table(
        config.path(config.data.path),
        column_names=keywords["column_names"],
        one_based=keywords["one_based"],
        rejected=Rejected("drop"),
    )
    return gc_matched_negatives(
        genome,
        peaks,
        length=peaks.sequence_length + 2 * peaks.max_shift,
        per_positive=background.pool or max(1, round(10 * background.ratio)),
        exclude=[whole.intervals, *map(config.path, background.exclude)],
        same_contig=True,
        incomplete="drop",
        seed=config.seed,
    )


def _with_few_reads(background: Background, splits: Splits) -> Splits:
    """Without background of too many reads, and without peaks if only it is meant.

    Of the test split all stays, as what is said of it should not depend on its reads.
    """
    parts = {"train": splits.train, "valid": splits.valid}
    limit, factor = background.max_counts, background.max_counts_factor
    if limit is None and factor is None and not background.only:
        return splits
    if factor is not None:
        peaks = [reads_of(p)[~background_of(p)] for p in parts.values()]
        limit = factor * float(np.quantile(np.concatenate(peaks), 0.01))
    for name, part in parts.items():
        is_background = background_of(part)
        keep = is_background | (not background.only)
        if limit is not None:
            keep &= ~is_background | (reads_of(part) < limit)
        if is_background.any() and not (keep & is_background).any():
            raise ConfigError(
                "data.background: expected regions with fewer than "
                f"{limit:g} reads. Received none among {int(is_background.sum()):,} of "
                f"the {name} split. Raise max_counts or max_counts_factor."
            )
        lost = int((is_background & ~keep).sum())
        dropped = {f"background of {limit:g} reads or more": lost} if lost else {}
        parts[name] = dataclasses.replace(
            part.subset(keep), dropped={**part.dropped, **dropped}
        )
    return dataclasses.replace(splits, train=parts["train"], valid=parts["valid"])


def reads_of(examples: Examples) -> npt.NDArray[np.float64]:
    """Sum of the targets of each example, over bins and outputs, `(n,)`."""
    targets = examples.targets
    assert targets is not None
    axes = tuple(range(1, targets.ndim))
    return np.nansum(targets, axis=axes, dtype=np.float64)
