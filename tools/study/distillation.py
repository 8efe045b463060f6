"""What an ensemble is worth, and what one network distilled from it keeps.

    nice python -m tools.study.distillation gue_tf rc_dilated --output tf_0 --data DATA

Members of seeds 0 to 4 are trained on the same rows. Their probabilities, averaged, are
the targets of students of the same design: on the training rows, and on these and
unlabeled ones, three times as many: training rows that no member saw, without their
labels, and dinucleotide shuffles where these are not enough. A student takes three
times as many steps as a member, and so does the control, which is trained on labels.
Every line goes to tools/runs/distillation.csv; what was broken off goes on from its
newest checkpoint.

Source: Hinton, Vinyals and Dean 2015, arXiv:1503.02531, at temperature 1; unlabeled
data as in Bucila, Caruana and Niculescu-Mizil 2006, doi:10.1145/1150402.1150464.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

import zoo
from tools import datasets, runs
from tools.benchmarks.running import (
    Budget,
    Clock,
    config_of,
    metrics_of,
    sampled,
    splits_of,
    trained,
)
from tools.benchmarks.tables import DISTILLATION
from tools.datasets import Dataset, Split
from tools.datasets.dataset import concatenate
from tools.study.reverse_complement import trainable
from zoo.prediction.sequences import predict
from zoo.splits.shuffles import dinucleotide_shuffle

MEMBERS = 5
LONGER = 3  # times as many sequences for students and their control
UNLABELED = 3  # times as many as training rows


def with_output(dataset: Dataset, name: str) -> Dataset:
    """One output of a data set, and the rows where it is known."""
    column = dataset.output_names.index(name)

    def part(split: Split) -> Split:
        known = split.take(~np.isnan(split.targets[:, column]))
        return Split(known.codes, known.targets[:, [column]])

    return dataclasses.replace(
        dataset,
        output_names=(name,),
        train=part(dataset.train),
        validation=part(dataset.validation),
        test=part(dataset.test),
    )


def unlabeled(dataset: Dataset, seen: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Sequences of which no member saw a label, `UNLABELED` times as many as `seen`."""
    wanted = UNLABELED * len(seen)
    known = {row.tobytes() for row in seen}
    rest = [row.tobytes() not in known for row in dataset.train.codes]
    found = dataset.train.codes[rest][:wanted]
    pool = dataset.train.codes
    for seed in range(wanted):
        if len(found) >= wanted:
            break
        found = np.concatenate([found, dinucleotide_shuffle(pool, seed)])
    return found[:wanted]


def soft(teacher: keras.Model, codes: npt.NDArray[np.uint8]) -> Split:
    """Sequences with the probabilities of an ensemble as targets."""
    return Split(codes, predict(teacher, codes, activation="sigmoid"))


def study(
    dataset: Dataset,
    architecture: str,
    arguments: dict[str, Any],
    budget: Budget,
    folder: Path,
) -> None:
    """Trains members, ensembles, students and the control, and records them."""
    some = sampled(dataset, budget.rows, seed=0)
    longer = dataclasses.replace(budget, sequences=LONGER * budget.sequences)
    alone = len(dataset.output_names) == 1
    name = f"{dataset.name}/{dataset.output_names[0]}" if alone else dataset.name

    def train(
        what: str, train: Split, seed: int, budget: Budget
    ) -> tuple[keras.Model, float]:
        data = dataclasses.replace(some, train=train)
        config = config_of(data, architecture, arguments, budget, seed)
        place = folder / f"{what.replace(' ', '_')}_{seed}"
        member = trained(config, splits_of(data), place, Clock(budget))
        return member.model, member.seconds

    def record(what: str, model: keras.Model, seed: int, seconds: float) -> None:
        said = {**arguments, "what": what}
        if runs.known(DISTILLATION, name, architecture, said, seed):
            return
        config = config_of(some, architecture, arguments, budget, seed)
        metrics = metrics_of(config, model, splits_of(some))
        runs.record(
            DISTILLATION,
            dataset=name,
            architecture=architecture,
            arguments=said,
            seed=seed,
            metrics=metrics,
            seconds=seconds,
            parameters=trainable(model),
        )
        print(what, seed, metrics, flush=True)

    members = []
    for seed in range(MEMBERS):
        model, seconds = train("member", some.train, seed, budget)
        record("member", model, seed, seconds)
        members.append(model)
    for count in (3, MEMBERS):
        teacher = zoo.ensemble(members[:count], average="probabilities")
        record(f"ensemble of {count}", teacher, 0, 0.0)
    labeled = soft(teacher, some.train.codes)
    more = soft(teacher, unlabeled(dataset, some.train.codes))
    both = concatenate([labeled, more])
    students = {
        "labels, longer": some.train,
        "distilled": labeled,
        "distilled with unlabeled": both,
    }
    for seed in range(MEMBERS, MEMBERS + 3):
        for what, rows in students.items():
            model, seconds = train(what, rows, seed, longer)
            record(what, model, seed, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tools.study.distillation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("dataset")
    parser.add_argument("architecture")
    parser.add_argument("--output", help="of several, the one to learn")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("work/distillation"))
    parser.add_argument("--arguments", type=json.loads, default={}, help="JSON")
    parser.add_argument("--rows", type=int, default=8_000)
    parser.add_argument("--sequences", type=int, default=40_000)
    options = parser.parse_args()
    dataset = datasets.load(options.dataset, options.data, 0)
    if options.output is not None:
        dataset = with_output(dataset, options.output)
    budget = Budget(options.rows, options.sequences, minutes=float("inf"))
    study(dataset, options.architecture, options.arguments, budget, options.out)


if __name__ == "__main__":
    main()
