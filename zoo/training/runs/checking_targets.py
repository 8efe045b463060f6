"""Targets that a run cannot learn, told before it begins."""

from __future__ import annotations

import warnings
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.head_targets import TargetsByHead
from zoo.data.row_augmentation import RowAugmentation
from zoo.data.rows import TARGETS
from zoo.data.sources.intervals import tracks_of
from zoo.data.strand_pairing import other_strand
from zoo.dna import UNKNOWN
from zoo.errors import InputError
from zoo.training.configuration.config import Config, ConfigError
from zoo.training.configuration.tasks import SHARES, TASKS, Task, tasks_of
from zoo.training.shapes import shape_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from zoo.data.examples import Examples
    from zoo.splits.splits import Splits


def check_targets(config: Config, examples: Examples) -> None:
    """Refuses targets that the task does not have.

    Raises:
        ConfigError: There are none, of another rank or of values that the loss and
            the metrics do not know.
    """
    if examples.targets is None:
        raise ConfigError(
            "data.targets: expected the columns, labels or signals that the model "
            f"learns to predict. Received none for {examples.source}."
        )
    for name, one in tasks_of(config).items():
        _check_targets(config, examples, name, one)
    try:
        RowAugmentation(examples, pairing=config.training.partners)
    except InputError as error:
        raise ConfigError(f"training.{error}") from None
    if any(task.shares for task in tasks_of(config).values()):
        _check_control(config, examples)


def check_learnable(config: Config, splits: Splits) -> None:
    """Refuses splits that can teach nothing, and warns of labels not trained on.

    Raises:
        ConfigError: Training or validation has no base or no known target, or all
            training targets of each output are alike.
    """
    for name, part in (("training", splits.train), ("validation", splits.valid)):
        if not _has_base(part):
            raise ConfigError(
                f"data: expected bases in the {name} split of {part.source}. Received "
                f"N only, in all of its {len(part):,} sequences. Is it the column or "
                "the genome that is meant?"
            )
        if part.targets is not None and np.isnan(part.targets).all():
            raise ConfigError(
                f"data.targets: expected known values in the {name} split of "
                f"{part.source}. Received none: they are missing in all of its "
                f"{len(part):,} rows. Fill in the column, or name another."
            )
    train, valid = splits.train.targets, splits.valid.targets
    if train is None or valid is None or config.heads or config.data.task == "profile":
        return
    low, high = _range(train)
    if (low >= high).all():
        values = ", ".join(f"{value:g}" for value in np.unique(low[low <= high])[:3])
        if config.data.task == "classes":
            values = "one class"
        raise ConfigError(
            "data.targets: expected at least two different values in the training "
            f"split, to tell apart. Received {values} only, in {len(train):,} rows. "
            "Add rows of the other, or split otherwise (data.split)."
        )
    if TASKS[config.data.task].has_labels:
        others = _range(valid)
        unseen = (low >= high) & ((others[0] < low) | (others[1] > high))
        names = np.array(splits.train.outputs)[unseen].tolist()
        if names:
            warnings.warn(
                "Labels of the validation split that training never sees cannot be "
                f"learned: those of {', '.join(names[:10])}"
                f"{', ...' * (len(names) > 10)}. Split otherwise (data.split), or "
                "leave them out.",
                stacklevel=2,
            )


def _range(targets: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Least and greatest known value of each output; inf and -inf where none is."""
    known = ~np.isnan(targets)
    return (
        np.min(targets, axis=0, where=known, initial=np.inf),
        np.max(targets, axis=0, where=known, initial=-np.inf),
    )


def _has_base(examples: Examples, rows: int = 1_000) -> bool:
    count = len(examples)
    return any(
        (examples.codes(np.arange(first, min(first + rows, count))) < UNKNOWN).any()
        for first in range(0, count, rows)
    )


def _check_control(config: Config, examples: Examples) -> None:
    """Refuses reads of one strand below 0 beside reads that are learned."""
    for name, files in (config.data.keywords.get("input_signals") or {}).items():
        tracks = [*tracks_of(files)]
        wrong = examples.inputs[name] < 0
        wrong &= [other_strand(track) is not None for track in tracks]
        if wrong.any():
            raise ConfigError(
                f"data.input_signals.{name}: expected reads, at least 0, of each "
                f"strand. Received values below 0 at {int(wrong.sum()):,} bases"
                f"{_place(config, examples, tracks, wrong, name)}."
            )


def _check_targets(config: Config, examples: Examples, head: str, task: Task) -> None:
    """Those of one output of the model, by its name in [heads]."""
    targets, where = examples.targets, f"heads.{head}" if head else "data"
    assert targets is not None
    taken: Sequence[str] = examples.outputs
    shape, positive = targets.shape[1:], task.loss in ("MaskedLogPoisson", SHARES)
    if head:
        try:
            known = TargetsByHead({head: config.heads[head]}, examples)
        except InputError as error:
            raise ConfigError(str(error)) from None
        shape = known.shapes[head]
        positive |= config.heads[head].targets == "log_total"
        taken = [*chain(*config.heads[head].groups(examples.outputs))]
        targets = targets[..., [examples.outputs.index(name) for name in taken]]
    rank = 3 if task.kind == "profile" else 2
    if len(shape) + 1 != rank:
        raise ConfigError(
            f"{where}.task: expected "
            + (
                "bins (data.bin_size) for 'profile'; one value per window is "
                "'regression'"
                if rank == 3
                else f"one value per sequence and output for {task.kind!r}; bins are "
                "'profile'"
            )
            + f". Received targets {shape_text(shape)}."
        )
    if task.kind in ("binary", "multi-label"):
        wrong, expected = (targets != 0) & (targets != 1), "0, 1 or nothing"
        hint = " Values are the task 'regression'."
    elif positive:
        wrong = targets < 0
        expected = "values of at least 0, whose logarithm is learned"
        loss = f"{f'heads.{head}' if head else 'training'}.loss"
        hint = f' {loss} = "MaskedMeanSquaredError" takes others.'
        if task.shares:
            expected = "counts of at least 0"
        elif head and config.heads[head].targets == "log_total":
            hint = f' {where}.targets = "total" takes others.'
    else:
        return
    wrong &= ~np.isnan(targets)
    if wrong.any():
        found = ", ".join(f"{value:g}" for value in np.unique(targets[wrong])[:3])
        raise ConfigError(
            f"{where}.task: expected {expected} for {task.kind!r}. Received {found} in "
            f"{int(wrong.sum()):,} of {targets.size:,} targets"
            + (_place(config, examples, taken, wrong) if positive else "")
            + f".{hint}"
        )
    if task.shares:
        _check_reads(config, targets, taken)


def _place(
    config: Config,
    examples: Examples,
    names: Sequence[str],
    wrong: npt.NDArray[np.bool_],
    of: str = TARGETS,
) -> str:
    """Where the first wrong value of a signal is, and what to do; "" of columns."""
    files = _signals(config, of)
    if not files or examples.intervals is None:
        return ""
    index = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
    row, name, where = int(index[0]), names[int(index[-1])], examples.intervals
    start, end = int(where.start[row]), int(where.end[row])
    partners, tracks = config.training.partners.get(of), [*files]
    if where.strand[row] == "-" and partners:
        name = tracks[partners[tracks.index(name)]]
    if len(index) == 3:
        count, place = wrong.shape[1], int(index[1])
        size = config.data.keywords["bin_size"] if of == TARGETS else 1
        start += (end - start - count * size) // 2
        start += size * (count - 1 - place if where.strand[row] == "-" else place)
        end = start + size
    return (
        f", the first in {files[name]} at {where.chrom[row]}:{start}-{end}. Of a minus "
        'strand that is written below 0, data.negative = "absolute" takes the magnitude'
    )


def _check_reads(
    config: Config, targets: npt.NDArray[Any], names: Sequence[str]
) -> None:
    """Refuses a signal of which no region has a read.

    Regions without some are allowed: of where reads fall they say nothing.
    """
    empty = ~(targets != 0).any(axis=tuple(range(targets.ndim - 1)))
    if empty.any():
        name = names[int(np.argmax(empty))]
        file = _signals(config).get(name, "the data")
        raise ConfigError(
            f"data.signals: expected reads of {name!r} in some of the {len(targets):,} "
            f"regions. Received none in any, from {file}"
            ". Is it the file that is meant, and are the regions of its assembly?"
        )


def _signals(config: Config, of: str = TARGETS) -> Mapping[str, Any]:
    """The bigWig file of each output, or of each channel of an input."""
    keywords = config.data.keywords
    named = keywords.get("signals", ()) if of == TARGETS else keywords["input_signals"]
    return tracks_of(named if of == TARGETS else named[of])
