"""Training, validation and test sets that have nothing in common."""

from __future__ import annotations

import dataclasses
import warnings
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from zoo.data.examples import Examples
from zoo.errors import InputError, check_choice
from zoo.splits.homology import clusters, equal_sequences
from zoo.splits.leaks import LeakageReport, LeakageWarning, leakage
from zoo.splits.placement import placed, strata

Leaks = Literal["ignore", "report", "drop"]
Values = str | int | Collection[str | int]

_ROUNDS = 5
_NAMED = 8
_VALID = ("valid", "validation", "val", "dev")


@dataclass(frozen=True, repr=False, eq=False)
class Splits:
    """Examples for training, for choices, and for the final measure.

    Attributes:
        train: For training.
        valid: For choices: early stopping, hyperparameters; may be empty.
        test: For the final measure; may be empty.
        leakage: Which of the test set is in the training set; None if nobody looked.
        dropped: How many examples leaked or belong to no set, and are left out.
        unused: How many of the latter have each value of the column.
    """

    train: Examples
    valid: Examples
    test: Examples
    leakage: LeakageReport | None = None
    dropped: int = 0
    unused: Mapping[str, int] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Examples]:
        """As `train, valid, test = ...`."""
        return iter((self.train, self.valid, self.test))

    def __repr__(self) -> str:
        """Sizes, and what leaks."""
        sizes = ", ".join(
            f"{name} {len(part):,}"
            for name, part in zip(("train", "valid", "test"), self, strict=True)
        )
        text = f"{sizes} examples"
        if self.dropped:
            text += f", {self.dropped:,} left out{self.named_unused()}"
        return text if self.leakage is None else f"{text}\n{self.leakage}"

    def named_unused(self) -> str:
        """The most frequent values that belong to no set, in parentheses."""
        most = sorted(self.unused.items(), key=lambda item: -item[1])
        names = [f"{value!r:.40} {count:,}" for value, count in most[:_NAMED]]
        names += ["..."] * (len(most) > _NAMED)
        return f" ({', '.join(names)})" if names else ""


def split_by_chromosome(
    examples: Examples,
    *,
    valid: str | Collection[str],
    test: str | Collection[str] = (),
    leaks: Leaks = "report",
    similarity: float = 0.8,
) -> Splits:
    """Whole chromosomes for validation and test, all others for training.

    Chromosomes keep overlapping windows together, but not repeats and paralogs, nor
    sequences that a source placed twice: see `leaks`.

    Args:
        examples: With intervals.
        valid: Names of chromosomes.
        test: Names of chromosomes.
        leaks: "report" looks for sequences of the test set that are in the training
            set, and warns of them; "drop" leaves them out of the training set (and of
            the validation set what is in the test set); "ignore" does not look.
        similarity: From which two sequences are near duplicates; see
            `zoo.splits.leakage`.

    Raises:
        InputError: No intervals, no such chromosome, or none left to train on.
    """
    if examples.intervals is None:
        raise InputError(
            f"{examples.source}: expected examples with intervals to split by "
            "chromosome. Received none: split by a column, or by homology."
        )
    return _by_names(
        examples,
        examples.intervals.chrom,
        "chromosome",
        (None, _tuple(valid), _tuple(test)),
        leaks,
        similarity,
    )


def split_by_column(
    examples: Examples,
    column: str,
    train: Values = "train",
    valid: Values | None = None,
    test: Values | None = None,
    *,
    leaks: Leaks = "report",
    similarity: float = 0.8,
) -> Splits:
    """The split that a column of the source gives, such as an official one.

    Args:
        examples: With that column.
        column: Its name.
        train: The value, or values, of the training set, text or numbers. Blanks
            around values do not count. Rows with values that are not named here are
            left out; `Splits.unused` says how many there are of each.
        valid: Of the validation set. None: those of valid, validation, val and dev
            that are there.
        test: Of the test set. None: test, if it is there.
        leaks: As in `split_by_chromosome`.
        similarity: As there.

    Raises:
        InputError: There is no such column, or no row of the training set.
    """
    if column not in examples.columns:
        raise InputError(
            f"{examples.source}: no column {column!r}. It has: "
            f"{', '.join(sorted(examples.columns)) or 'none'}."
        )
    values = np.char.strip(examples.columns[column].astype(np.str_))
    present = set(np.unique(values).tolist())
    wanted = tuple(
        tuple(name for name in usual if name in present)
        if names is None
        else _tuple(names)
        for names, usual in ((train, ()), (valid, _VALID), (test, ("test",)))
    )
    return _by_names(examples, values, f"{column!r}", wanted, leaks, similarity)


def _tuple(names: Values) -> tuple[str, ...]:
    """A name or several, as text, which numbers of folds become as well."""
    if isinstance(names, Collection) and not isinstance(names, str):
        return tuple(map(str, names))
    return (str(names),)


def split_at_random(
    examples: Examples,
    fractions: Sequence[float] = (0.8, 0.1, 0.1),
    *,
    seed: int,
    stratify: bool = True,
    groups: npt.ArrayLike | None = None,
) -> Splits:
    """A random split, equal in labels, that keeps groups together.

    Larger groups are placed first, each where the most is missing of what it holds;
    then single examples fill up what is left, in a random order.

    Args:
        examples: To split.
        fractions: Of training, validation and test set; their sum is 1.
        seed: Of the order.
        stratify: Whether each set gets its share of each combination of labels, or of
            each tenth of the values of the first output where there are more than 100
            combinations. Nothing is done without targets.
        groups: A number or name per row; those of one group stay on one side. Without
            it equal sequences and reverse complements are groups.

    Raises:
        InputError: Fractions are not shares of a whole, or `groups` has another length.
    """
    parts = shares(fractions)
    if groups is None:
        numbers = equal_sequences(examples)
    else:
        given = np.asarray(groups)
        if given.shape != (len(examples),):
            raise InputError(
                f"Expected one group for each of {len(examples)} examples. Received "
                f"shape: {given.shape}"
            )
        numbers = np.unique(given, return_inverse=True)[1].astype(np.int64)
    places = placed(numbers, strata(examples, stratify), parts, seed)
    train, valid, test = (examples.subset(places == side) for side in range(3))
    return Splits(train, valid, test)


def split_by_homology(
    examples: Examples,
    fractions: Sequence[float] = (0.8, 0.1, 0.1),
    *,
    seed: int,
    similarity: float = 0.8,
    coverage: float = 0.5,
    stratify: bool = True,
) -> Splits:
    """A random split in which similar sequences are on one side.

    Equal sequences, reverse complements and near duplicates (mutated copies,
    overlapping windows) stay together: see `zoo.splits.clusters`, which says
    how many it finds. Groups are what near duplicates link, so that one repeat can make
    a group larger than a set: it goes where most is missing, and the fractions are then
    not met.

    Args:
        examples: To split.
        fractions: Of training, validation and test set.
        seed: Of the order.
        similarity: Share of equal bases from which two are near duplicates.
        coverage: Share of the shorter sequence that has to be alike.
        stratify: As in `split_at_random`.

    Raises:
        InputError: A share is out of its range.
    """
    shares(fractions)
    groups = clusters(examples, similarity=similarity, coverage=coverage)
    return split_at_random(
        examples, fractions, seed=seed, stratify=stratify, groups=groups
    )


def _by_names(
    examples: Examples,
    values: npt.NDArray[Any],
    what: str,
    wanted: tuple[tuple[str, ...] | None, ...],
    leaks: Leaks,
    similarity: float,
) -> Splits:
    """Sets by names of what the rows belong to; None is all that is not named."""
    named = [name for names in wanted if names for name in names]
    twice = sorted(name for name, count in Counter(named).items() if count > 1)
    present = set(np.unique(values).tolist())
    unknown = [name for name in named if name not in present]
    if twice or unknown:
        raise InputError(
            f"{examples.source}: expected each {what} in one set"
            + (f"; in two: {', '.join(twice[:30])}" if twice else "")
            + (f"; there is no {', '.join(unknown[:30])}" if unknown else "")
            + f". It has: {', '.join(sorted(map(str, present))[:30])}."
        )
    sides = [
        ~np.isin(values, named) if names is None else np.isin(values, names)
        for names in wanted
    ]
    if not sides[0].any():
        raise InputError(
            f"{examples.source}: expected examples to train on. Received: every "
            f"{what} is in another set."
        )
    parts = [examples.subset(side) for side in sides]
    unused = {} if None in wanted else _unused(examples, values, what, named)
    left_out = sum(unused.values())
    train, valid, test = parts
    splits = Splits(train, valid, test, dropped=left_out, unused=unused)
    return _checked(splits, leaks, similarity)


def _unused(
    examples: Examples, values: npt.NDArray[Any], what: str, named: list[str]
) -> dict[str, int]:
    """Rows of each value in no set; warns of those spelled almost like a set's."""
    left = values[~np.isin(values, named)]
    counts = np.unique(left, return_counts=True)
    unused = dict(zip(map(str, counts[0]), counts[1].tolist(), strict=True))
    known = {name.casefold() for name in named}
    near = [f"{v!r} ({n:,})" for v, n in unused.items() if v.casefold() in known]
    if near:
        warnings.warn(
            f"{examples.source}: left out are rows whose {what} differs from "
            f"{', '.join(map(repr, named))} in upper and lower case only: "
            f"{', '.join(near)}. Name these values, too, if they are meant.",
            stacklevel=4,
        )
    return unused


def _checked(splits: Splits, leaks: Leaks, similarity: float) -> Splits:
    """Looks for leaks, as `leaks` says."""
    check_choice("leaks", leaks, ("ignore", "report", "drop"))
    if leaks == "ignore":
        return splits
    train, valid, test = splits
    dropped = splits.dropped
    if leaks == "drop":
        # The held-out rows stay, as what is reported on them is compared with others.
        valid, lost = _without(valid, [test], similarity)
        train, more = _without(train, [valid, test], similarity)
        dropped += lost + more
    found = leakage(
        dataclasses.replace(train, source="the training set"),
        dataclasses.replace(test, source="the test set"),
        similarity=similarity,
    )
    if found.leaks:
        warnings.warn(
            f"{found}\nleaks='drop' leaves such sequences out of the training set.",
            LeakageWarning,
            stacklevel=4,
        )
    return Splits(train, valid, test, found, dropped, splits.unused)


def _without(
    examples: Examples, held_out: list[Examples], similarity: float
) -> tuple[Examples, int]:
    """Examples that have no near duplicate in others, and how many had one."""
    before = len(examples)
    for other in held_out:
        # Of a repeat with many copies not all pairs are seen at once.
        for _ in range(_ROUNDS):
            rows = leakage(other, examples, similarity=similarity).rows
            back = leakage(examples, other, similarity=similarity)
            rows = np.union1d(rows, [leak.train_row for leak in back.leaks])
            if not rows.size:
                break
            keep = np.ones(len(examples), bool)
            keep[rows.astype(np.int64)] = False
            examples = examples.subset(keep)
    return examples, before - len(examples)


def shares(fractions: Sequence[float]) -> npt.NDArray[np.float64]:
    """The fractions of training, validation and test set, float64 `(3,)`.

    Raises:
        InputError: They are not shares of one whole.
    """
    found = np.asarray(fractions, float)
    if found.shape != (3,) or not (found >= 0).all() or abs(found.sum() - 1) > 1e-6:
        raise InputError(
            "Expected three fractions for training, validation and test that add up to "
            f"1. Received: {tuple(fractions)}"
        )
    return found
