"""What few sequences are worth with a release to start from, and without.

    nice python -m tools.study.few_shot --data ../shared/data linear
    nice python -m tools.study.few_shot --data ../shared/data tuned --sequences 300
    python -m tools.study.few_shot table

`linear`: logistic regression on the counts of 4-, 5- and 6-mers, on the bases of each
place, and on what the head of each release reads; the penalty is chosen by
cross-validation. `tuned`: each release with a new head, all of it trained, and the same
network from random weights; with what `zoo.suggest` says of the release beside. The
tasks are those of `tools.study.few_shot_tasks`; a release is not tried on a task of the
source that it was trained on. Rows are appended to tools/runs/few_shot.csv; what is
there is not run again.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from tools import runs
from tools.study.few_shot_tasks import SOURCES, Task, load, unseen_by
from zoo.errors import InputError

STUDY = "few_shot"
SIZES = (100, 300, 1000, 3000)
RELEASES = ("shallow_wide_v1", "kmer_v1", "rc_dilated_v1", "deep_narrow_v1")
KMERS, BASES, FROZEN, TUNED, SCRATCH = "kmers", "bases", "frozen", "tuned", "scratch"
# Of scikit-learn: for counts as they are; for features of unit variance, divided by
# their number.
C, C_SCALED = (1e-3, 1e-2, 1e-1), (1.0, 10.0, 100.0)
BATCH_SIZE, STEPS = 32, {100: 100, 300: 120, 1000: 250, 3000: 600}
LEARNING_RATE, TRUNK_RATE = 1e-3, 0.3


def drawn(task: Task, count: int, seed: int) -> np.ndarray:
    """Rows of the pool: the first `count` of a seeded order."""
    return np.random.default_rng(seed).permutation(len(task.pool))[:count]


def logistic(
    x: np.ndarray, y: np.ndarray, test: np.ndarray, scaled: bool
) -> np.ndarray:
    """Scores of the test rows; the penalty by cross-validated AUROC."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score

    mean = x.mean(0)
    scale = np.maximum(x.std(0), 1e-6) if scaled else 1.0
    x, test = (x - mean) / scale, (test - mean) / scale

    def model(c: float) -> LogisticRegression:
        return LogisticRegression(C=c, max_iter=300, tol=1e-3)

    best = max(
        [c / x.shape[1] for c in C_SCALED] if scaled else C,
        key=lambda c: cross_val_score(model(c), x, y, cv=3, scoring="roc_auc").mean(),
    )
    scores: np.ndarray = model(best).fit(x, y).decision_function(test)
    return scores


def linear(
    task: Task, sizes: Sequence[int], seeds: int, releases: Sequence[str]
) -> None:
    """All linear models of one task."""
    from zoo.dna import one_hot
    from zoo.training.fine_tuning.suggestion import kmer_counts

    makers: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        KMERS: lambda codes: kmer_counts(codes, both_strands=True),
        BASES: lambda codes: one_hot(codes).reshape(len(codes), -1),
    }
    for release in releases:
        makers[release] = partial(frozen, release)
    done = finished()
    for name, make in makers.items():
        method = FROZEN if name in releases else name
        wanted = {
            (count, seed): drawn(task, count, seed)
            for count in sizes_of(task, sizes)
            for seed in range(seeds)
            if (task.name, name, method, count, seed) not in done
        }
        if not wanted:
            continue
        used = np.unique(np.concatenate(list(wanted.values())))
        try:
            x = make(np.concatenate([task.pool[used], task.test]))
        except InputError as error:
            print(task.name, name, error, flush=True)
            continue
        for (count, seed), rows in wanted.items():
            start = time.perf_counter()
            scores = logistic(
                x[np.searchsorted(used, rows)],
                task.pool_labels[rows],
                x[len(used) :],
                scaled=method != KMERS,
            )
            keep(task, name, method, count, seed, scores, time.perf_counter() - start)


def frozen(release: str, codes: np.ndarray) -> np.ndarray:
    """What the head of a release reads."""
    from zoo.training import trunk_features

    return trunk_features(opened(release, codes), codes)


def sizes_of(task: Task, sizes: Sequence[int]) -> list[int]:
    """Those that the pool has; all of a pool that has less."""
    return sorted(
        {min(count, len(task.pool)) for count in sizes if count < 2 * len(task.pool)}
    )


def tuned(task: Task, count: int, seeds: int, release: str, scratch: bool) -> None:
    """One release on one task, all weights trained, or the same from random weights."""
    import keras

    import zoo
    from zoo.dna import one_hot
    from zoo.training import layer_groups, layer_rates
    from zoo.training.fine_tuning.unfreezing import set_trainable

    method = SCRATCH if scratch else TUNED
    done = finished()
    wanted = [
        s for s in range(seeds) if (task.name, release, method, count, s) not in done
    ]
    if count > len(task.pool) or not wanted:
        return
    for seed in wanted:
        keras.utils.set_random_seed(seed)
        rows, start = drawn(task, count, seed), time.perf_counter()
        optimizer = keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(
                0.0, STEPS[count] - 20, warmup_target=LEARNING_RATE, warmup_steps=20
            ),
            clipnorm=1.0,
        )
        try:
            model = opened(release, task.pool)
        except InputError as error:
            print(task.name, release, error, flush=True)
            return
        suggested = {}
        if scratch:
            model = keras.models.clone_model(model)
        else:
            suggested = {"suggest_auroc": score(model, task, rows)}
            set_trainable(model, "all")  # batch normalization keeps its statistics
            groups = layer_groups(model).items()
            rates = {
                layer.name: TRUNK_RATE
                for group, layers in groups
                if group != "head"
                for layer in layers
            }
            optimizer = layer_rates(optimizer, rates)
        model.compile(optimizer, keras.losses.BinaryCrossentropy(from_logits=True))
        generator = np.random.default_rng(seed)
        order = np.concatenate(
            [
                generator.permutation(rows)
                for _ in range(STEPS[count] * BATCH_SIZE // len(rows) + 1)
            ]
        )[: STEPS[count] * BATCH_SIZE]
        model.fit(
            one_hot(task.pool[order]),
            task.pool_labels[order].astype("float32")[:, None],
            batch_size=BATCH_SIZE,
            shuffle=False,
            verbose=0,
        )
        scores = zoo.predict(model, task.test, window="full", run_eagerly=True)[:, 0]
        seconds = time.perf_counter() - start
        keep(task, release, method, count, seed, scores, seconds, suggested)


def score(model: Any, task: Task, rows: np.ndarray) -> float:
    """What `zoo.suggest` gives for a release."""
    from zoo.training import trunk_features
    from zoo.training.fine_tuning.suggestion import cross_validated, folds_of, scaled

    targets = task.pool_labels[rows].astype(float)[:, None]
    features = scaled(trunk_features(model, task.pool[rows]))
    found = cross_validated(features, targets, folds_of(targets, 5), "auroc")
    return float(found.mean())


def opened(release: str, codes: np.ndarray) -> Any:
    """A release with a new head, for sequences of that length."""
    import zoo

    return zoo.load_with_report(release, num_outputs=1, sequence_length=codes.shape[1])[
        0
    ]


def keep(
    task: Task,
    name: str,
    method: str,
    count: int,
    seed: int,
    scores: Any,
    seconds: float,
    more: Mapping[str, float] = MappingProxyType({}),
) -> None:
    """Records one run."""
    from sklearn.metrics import roc_auc_score

    auroc = float(roc_auc_score(task.test_labels, scores))
    print(
        f"{task.name:16s} {name:22s} {method:8s} {count:5d} {seed} {auroc:.3f}",
        flush=True,
    )
    runs.record(
        STUDY,
        dataset=task.name,
        architecture=name,
        arguments={"method": method, "sequences": count},
        seed=seed,
        seconds=seconds,
        metrics={"test_auroc": auroc, **more},
    )


def finished() -> dict[tuple[str, str, str, int, int], float]:
    """AUROC by task, name, method, sequences and seed."""
    return {
        (
            row["dataset"],
            row["architecture"],
            row["arguments"]["method"],
            row["arguments"]["sequences"],
            row["seed"],
        ): row["metrics"]["test_auroc"]
        for row in runs.read(STUDY)
        if not row["error"] and "method" in row["arguments"]
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tools.study.few_shot",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("step", choices=("linear", "tuned", "scratch", "table"))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--tasks", nargs="+", default=list(SOURCES))
    parser.add_argument("--releases", nargs="+", default=list(RELEASES))
    parser.add_argument("--sequences", nargs="+", type=int, default=list(SIZES))
    parser.add_argument("--seeds", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.step == "table":
        print(table())
        return
    for name in arguments.tasks:
        task = load(name, arguments.data)
        releases = [r for r in arguments.releases if unseen_by(r, name)]
        if arguments.step == "linear":
            linear(task, arguments.sequences, arguments.seeds, releases)
            continue
        for count in arguments.sequences:
            for release in releases:
                tuned(
                    task, count, arguments.seeds, release, arguments.step == "scratch"
                )


def means() -> dict[str, dict[int, dict[str, float]]]:
    """Mean AUROC over seeds, by task, sequences, and what was trained."""
    found: dict[str, dict[int, dict[str, list[float]]]] = {}
    for (task, name, method, count, _), value in finished().items():
        row = found.setdefault(task, {}).setdefault(count, defaultdict(list))
        row[name if method == name else f"{name} {method}"].append(value)
    return {
        task: {
            count: {name: statistics.mean(row[name]) for name in row}
            for count, row in sorted(found[task].items())
        }
        for task in SOURCES
        if task in found
    }


def best(row: Mapping[str, float], method: str) -> float | None:
    """The highest AUROC of a release by a method."""
    return max(
        (v for name, v in row.items() if name.endswith(f" {method}")), default=None
    )


def table(count: int = 300) -> str:
    """Each task at one number of sequences: without a release, and with the best."""
    methods = (FROZEN, TUNED)
    lines = [
        f"{'task':17s} {KMERS:>6s} {BASES:>6s}" + "".join(f" {m:>6s}" for m in methods)
    ]
    for task, rows in means().items():
        if row := rows.get(count):
            cells = [row.get(KMERS), row.get(BASES), *(best(row, m) for m in methods)]
            texts = ("-" if cell is None else f"{cell:.3f}" for cell in cells)
            lines.append(f"{task:17s} " + " ".join(f"{text:>6s}" for text in texts))
    return "\n".join(lines)


def agreement() -> dict[str, dict[str, tuple[float, float]]]:
    """By task, what `zoo.suggest` said of each release, and its fine-tuned AUROC."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for row in runs.read(STUDY):
        if "suggest_auroc" in row["metrics"] and row["arguments"]["sequences"] == 300:
            pair = row["metrics"]["suggest_auroc"], row["metrics"]["test_auroc"]
            found.setdefault(row["dataset"], {})[row["architecture"]] = pair
    return {task: found[task] for task in SOURCES if len(found.get(task, ())) > 1}


def rank_correlation(pairs: Mapping[str, tuple[float, float]]) -> float:
    """Spearman's, of the two numbers of each release."""
    from scipy.stats import spearmanr

    return float(spearmanr(list(pairs.values())).statistic)


def plot() -> Any:
    """AUROC by the number of sequences: a panel for each task with several."""
    import matplotlib.pyplot as plt

    rows = {task: counts for task, counts in means().items() if len(counts) > 1}
    figure, panels = plt.subplots(
        -(-len(rows) // 4),
        4,
        figsize=(9, 2.1 * -(-len(rows) // 4)),
        layout="constrained",
        sharex=True,
        squeeze=False,
    )
    styles = {
        KMERS: ("k-mers", "black", "-"),
        BASES: ("bases by place", "0.6", "-"),
        FROZEN: ("best release, frozen", "#0072B2", "--"),
        TUNED: ("best release, fine-tuned", "#D55E00", "-"),
    }
    for axes in panels.flat[len(rows) :]:
        axes.set_axis_off()
    for axes, (task, counts) in zip(panels.flat, rows.items(), strict=False):
        for method, (label, color, line) in styles.items():
            values = {
                c: row.get(method, best(row, method)) for c, row in counts.items()
            }
            known = {c: v for c, v in values.items() if v is not None}
            axes.plot(
                known.keys(), known.values(), line, marker=".", color=color, label=label
            )
        axes.set_title(task, fontsize=8)
        axes.set(xscale="log", ylim=(0.45, 1))
        axes.set_xticks(SIZES, [f"{count:,}" for count in SIZES], fontsize=7)
        axes.minorticks_off()
        axes.tick_params(labelsize=7)
    figure.supylabel("AUROC", fontsize=8)
    figure.supxlabel("sequences", fontsize=8)
    handles, labels = panels.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, ncols=4, loc="outside upper center", fontsize=8)
    return figure


if __name__ == "__main__":
    main()
