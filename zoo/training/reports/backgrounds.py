"""How often a trained model calls DNA positive that nobody chose."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.genomes.genome import Genome
from zoo.dna import UNKNOWN, Codes
from zoo.errors import InputError
from zoo.models.interface import input_length, inputs_of
from zoo.prediction.sequences import predict
from zoo.training.configuration.config import Config
from zoo.training.configuration.tasks import Task
from zoo.training.reports.calibration import Facts, background, probabilities
from zoo.training.reports.report_data import composition

if TYPE_CHECKING:
    import keras

    from zoo.data.examples import Examples

_MOST, _FEWEST = 10_000, 1_000  # sequences
_BASES = 4_000_000
_LONGER = (2, 4)  # times


def with_backgrounds(
    config: Config,
    model: keras.Model,
    validation: Examples,
    task: Task,
    facts: Sequence[Facts],
    targets: Any,
    said: Any,
    head: str = "",
) -> tuple[Facts, ...]:
    """What is known of the outputs, and how often they call backgrounds positive.

    They are the negatives of the validation split; random DNA with its share of G and
    C, of its length and, where the model takes any, twice and four times as long; and
    windows of the genome that the configuration names.

    Args:
        config: The run's configuration.
        model: One-hot sequences -> logits.
        validation: Examples.
        task: Of the head, with labels that do not exclude one another.
        facts: Of its outputs.
        targets: Of the validation split, `(n, num_outputs)`.
        said: Predictions of it.
        head: The name of the model's output, if it has several.
    """
    length = validation.sequence_length
    every: list[list[Any]] = [[] for _ in facts]
    for k, one in enumerate(facts):
        negatives = said[targets[:, k] == 0, k]
        if len(negatives) and one.threshold is not None:
            name = "negatives of the validation split"
            every[k].append(
                background("negatives", name, length, negatives, one.threshold)
            )
    for kind, name, codes in _drawn(config, model, validation):
        logits = predict(model, codes, window=codes.shape[1])
        predicted = probabilities(task, logits[head] if head else logits, facts)
        for k, one in enumerate(facts):
            if one.threshold is not None:
                size = codes.shape[1]
                every[k].append(
                    background(kind, name, size, predicted[:, k], one.threshold)
                )
    return tuple(
        dataclasses.replace(one, backgrounds=tuple(mine))
        for one, mine in zip(facts, every, strict=True)
    )


def _drawn(
    config: Config, model: keras.Model, validation: Examples
) -> Iterator[tuple[str, str, Codes]]:
    """Kind, description and codes of the sequences that are drawn."""
    if len(inputs_of(model)) > 1:
        return  # what else it reads cannot be made up
    random = np.random.default_rng(config.seed)
    length = validation.sequence_length
    count = min(_MOST, _BASES // length, 10 * len(validation))
    count = max(count, _FEWEST)
    rows = np.unique(np.linspace(0, len(validation) - 1, _MOST).astype(np.int64))
    shares, _ = composition(validation, rows)
    gc = float(shares.mean()) if len(shares) else 0.5
    each = np.array([1 - gc, gc, gc, 1 - gc]) / 2
    name = f"independent bases, {gc:.0%} G and C"
    for times in (1, *(_LONGER if input_length(model) is None else ())):
        size = (max(count // (2 * times), 100) if times > 1 else count, times * length)
        yield "random", name, random.choice(4, size, p=each).astype(np.uint8)
    place = config.release.genome if config.release else None
    source = place or config.data.keywords.get("genome")
    if source is None:
        return
    genome = Genome(config.path(source), ambiguous="unknown")
    windows = windows_of(genome, count, length, random)
    yield "genomic", f"windows of {config.path(source).name} at random", windows


def windows_of(
    genome: Genome, count: int, length: int, random: np.random.Generator
) -> Codes:
    """Windows of a genome at random places, none of which is half N or more.

    Args:
        genome: Where from.
        count: How many; fewer where most of the genome is N.
        length: Of each, in bp.
        random: What draws.

    Returns:
        uint8 `(count, length)`.

    Raises:
        InputError: No contig is that long, or there is nothing but N.
    """
    rooms = np.array([size - length + 1 for size in genome.contigs.values()])
    ends = np.cumsum(rooms.clip(0))
    if not len(ends) or not ends[-1]:
        raise InputError(
            f"{genome.path}: expected a contig of at least {length:,} bp for windows "
            "of background."
        )
    place = random.integers(0, ends[-1], 2 * count)
    contig = np.searchsorted(ends, place, side="right")
    start = place - np.append(0, ends)[contig]
    codes = genome.gather(contig, start, length)
    codes = codes[(codes == UNKNOWN).mean(axis=1) < 0.5][:count]
    if not len(codes):
        raise InputError(f"{genome.path}: expected windows that are not N.")
    return codes
