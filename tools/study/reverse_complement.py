"""Four ways to deal with the two strands, compared on one data set.

    nice python -m tools.study.reverse_complement --data DATA --out work/strands

One small network is trained on the GUE human transcription factor data (five tasks,
official splits) in these ways:

    plain             ordinary convolutions, the sequences as they are
    augmented         the same, each sequence reverse complemented with probability 0.5
    conjoined         the same, both strands averaged during training as well
    equivariant       tied convolutions, as many channels
    equivariant_wide  tied convolutions, as many parameters

and `plain` and `augmented` are measured once more as post-hoc conjoined models. For
each run the epoch with the lowest validation loss is kept; the test split is read after
all runs are done, and nothing is chosen by it. Finished runs are kept, so an
interrupted study continues where it was.

Source of the question: Zhou, Shrikumar and Kundaje 2022, PMLR 165.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from tools import datasets
from tools.bench.timing import medians
from tools.train_release import KeepBest
from tools.training.batches import SequenceBatches
from zoo.architectures import blocks
from zoo.inspection import symmetry
from zoo.layers import RCBatchNormalization, RCConv1D, StrandPooling
from zoo.losses import MaskedBinaryCrossentropy
from zoo.models.weights import load_weights
from zoo.prediction.sequences import predict
from zoo.training.reports.evaluation import classification_metrics

STEM_FILTERS, STEM_KERNEL_SIZE = 64, 15
FILTERS, KERNEL_SIZE, DILATION_RATES = 16, 3, (2, 4)
UNITS, DROPOUT = 32, 0.3
# As many trainable parameters as the plain network, to 1%; both even.
WIDE = {"stem_filters": 116, "filters": 26}
BATCH_SIZE, LEARNING_RATE, WEIGHT_DECAY = 128, 2e-3, 1e-3
ARMS = ("plain", "augmented", "conjoined", "equivariant", "equivariant_wide")
# What is measured: its name, the arm whose weights it has, whether post-hoc conjoined.
MODELS = (
    ("plain", "plain", False),
    ("plain, post-hoc conjoined", "plain", True),
    ("augmented", "augmented", False),
    ("augmented, post-hoc conjoined", "augmented", True),
    ("conjoined in training", "conjoined", True),
    ("equivariant, equal channels", "equivariant", False),
    ("equivariant, equal parameters", "equivariant_wide", False),
)


def network(
    equivariant: bool,
    num_outputs: int,
    stem_filters: int = STEM_FILTERS,
    filters: int = FILTERS,
) -> keras.Model:
    """A small `rc_dilated`, or the same layers without the tie."""
    conv = partial(RCConv1D if equivariant else layers.Conv1D, padding="same")
    norm = RCBatchNormalization if equivariant else layers.BatchNormalization
    inputs = blocks.sequence_input(None)
    stem = conv(stem_filters, STEM_KERNEL_SIZE, name="stem_conv")(inputs)
    stem = layers.Activation("relu")(stem)
    x = conv(filters, 1, use_bias=False, name="neck_conv")(stem)
    x = norm(momentum=0.9, name="neck_norm")(x)
    for rate in DILATION_RATES:
        shortcut = x
        name = f"tower_{rate}"
        x = conv(filters, KERNEL_SIZE, dilation_rate=rate, name=f"{name}_conv")(x)
        x = blocks.residual(layers.Activation("relu")(x), shortcut, name=name)
    pooled: list[keras.KerasTensor] = []
    for maps in (stem, x):
        for pooling in ("max", "average"):
            y = blocks.pool(maps, pooling, name=f"{pooling}_{len(pooled)}")
            pooled.append(StrandPooling(pooling)(y) if equivariant else y)
    x = blocks.pool_norm(layers.Concatenate()(pooled))
    x = blocks.head(x, num_outputs, units=UNITS, dropout=DROPOUT)
    return keras.Model(inputs, x, name="equivariant" if equivariant else "plain")


def arm_models(arm: str, num_outputs: int, seed: int) -> tuple[keras.Model, Any]:
    """The network of an arm, and the model that is trained, with the same weights."""
    wide = WIDE if arm == "equivariant_wide" else {}
    model = network(arm.startswith("equivariant"), num_outputs, **wide)
    if arm == "augmented":
        return model, symmetry.augmented(model, seed=seed)
    return model, symmetry.conjoined(model) if arm == "conjoined" else model


def train(
    arm: str, dataset: datasets.Dataset, folder: Path, epochs: int, seed: int
) -> None:
    """Trains one arm; leaves weights.h5 (the best epoch) and run.json."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in ("weights.h5", "weights.json"):
        (folder / left).unlink(missing_ok=True)
    keras.utils.set_random_seed(seed)
    model, trained = arm_models(arm, len(dataset.output_names), seed)
    batches = SequenceBatches(
        dataset.train.codes,
        dataset.train.targets,
        batch_size=BATCH_SIZE,
        shuffle=True,
        seed=seed,
    )
    steps = len(batches) * epochs
    warm_up = len(batches) // 2
    trained.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(
                0.0,
                steps - warm_up,
                warmup_target=LEARNING_RATE,
                warmup_steps=warm_up,
            ),
            weight_decay=WEIGHT_DECAY,
            clipnorm=1.0,
        ),
        MaskedBinaryCrossentropy(),
    )
    keep = KeepBest(folder / "weights.h5")
    keep.set_model(model)
    history = trained.fit(
        batches,
        validation_data=SequenceBatches(
            dataset.validation.codes, dataset.validation.targets, batch_size=256
        ),
        epochs=epochs,
        shuffle=False,  # the batches come in a seeded order of their own
        verbose=2,
        callbacks=[
            # The weights of the network itself, whatever it is trained inside of.
            keras.callbacks.LambdaCallback(on_epoch_end=keep.on_epoch_end)
        ],
    )
    losses = {key: list(map(float, value)) for key, value in history.history.items()}
    (folder / "run.json").write_text(json.dumps(losses) + "\n")


def measure(
    name: str,
    arm: str,
    conjoined: bool,
    dataset: datasets.Dataset,
    folder: Path,
    seed: int,
) -> dict[str, Any]:
    """Metrics on validation and test, and the largest strand difference on test."""
    model, _ = arm_models(arm, len(dataset.output_names), seed)
    load_weights(model, folder / "weights.h5")
    model = symmetry.conjoined(model) if conjoined else model
    row: dict[str, Any] = {"model": name, "seed": seed, "parameters": trainable(model)}
    for split in ("validation", "test"):
        rows = getattr(dataset, split)
        entries = classification_metrics(
            dataset.output_names,
            rows.targets,
            predict(model, rows.codes, activation="sigmoid"),
            split=split,
            seed=0,
            resamples=200,
        )
        for entry in entries:
            if entry["name"].endswith("_mean"):
                row[f"{split}_{entry['name'].removesuffix('_mean')}"] = entry["value"]
    report = symmetry.check(model, dataset.test.codes[:1000], batch_size=250)
    row["max_strand_difference"] = report.max_difference
    return row


def trainable(model: keras.Model) -> int:
    """Values that training changes."""
    return sum(int(np.prod(v.shape)) for v in model.trainable_variables)


def milliseconds(dataset: datasets.Dataset, rounds: int) -> dict[str, dict[str, float]]:
    """Median milliseconds of a training step and of predicting a batch, interleaved."""
    codes, targets = (
        dataset.train.codes[:BATCH_SIZE],
        dataset.train.targets[:BATCH_SIZE],
    )
    x = np.eye(5, dtype="float32")[codes][..., :4]
    calls: dict[str, dict[str, Callable[[], Any]]] = {"step": {}, "predict": {}}
    for arm in ARMS:
        model, trained = arm_models(arm, len(dataset.output_names), 0)
        trained.compile("adamw", MaskedBinaryCrossentropy())
        calls["step"][arm] = partial(trained.train_on_batch, x, targets)
        used = trained if arm == "conjoined" else model
        calls["predict"][arm] = partial(predict, used, codes)
    return {
        kind: {arm: 1e3 * each.wall for arm, each in medians(each_arm, rounds).items()}
        for kind, each_arm in calls.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="holds gue/")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--train-rows", type=int, help="a seeded sample; all without")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=30, help="of timing")
    arguments = parser.parse_args()
    dataset = datasets.load("gue_tf", arguments.data, 0)
    if arguments.train_rows is not None:
        dataset = sampled(dataset, arguments.train_rows)
    runs = [
        (arm, seed, arguments.out / f"{arm}_{seed}")
        for seed in range(arguments.seeds)
        for arm in ARMS
    ]
    for arm, seed, folder in runs:
        if not (folder / "run.json").exists():
            print(f"--- {arm}, seed {seed}", flush=True)
            train(arm, dataset, folder, arguments.epochs, seed)
    folders = {(arm, seed): folder for arm, seed, folder in runs}
    rows = [
        measure(name, arm, conjoined, dataset, folders[arm, seed], seed)
        for name, arm, conjoined in MODELS
        for seed in range(arguments.seeds)
    ]
    results = {
        "train_rows": len(dataset.train),
        "epochs": arguments.epochs,
        "milliseconds": milliseconds(dataset, arguments.rounds),
        "rows": rows,
    }
    (arguments.out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    print(table(results))


def sampled(dataset: datasets.Dataset, rows: int) -> datasets.Dataset:
    """The data set with a sample of its training rows."""
    chosen = np.random.default_rng(0).permutation(len(dataset.train))[:rows]
    return dataclasses.replace(dataset, train=dataset.train.take(chosen))


def table(results: dict[str, Any]) -> str:
    """Markdown: mean ± standard deviation over seeds."""
    lines = [
        "| model | parameters | test AUROC | test MCC | validation AUROC | "
        "max strand difference | ms per step | ms per prediction |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, arm, conjoined in MODELS:
        rows = [row for row in results["rows"] if row["model"] == name]

        def cell(key: str, rows: list[dict[str, Any]] = rows) -> str:
            values = [row[key] for row in rows]
            return f"{statistics.mean(values):.4f} ± {statistics.stdev(values):.4f}"

        step = results["milliseconds"]["step"][arm]
        used = "conjoined" if conjoined else arm
        predicting = results["milliseconds"]["predict"][used]
        difference = max(row["max_strand_difference"] for row in rows)
        lines.append(
            f"| {name} | {rows[0]['parameters']:,} | {cell('test_auroc')} | "
            f"{cell('test_mcc')} | {cell('validation_auroc')} | {difference:.1e} | "
            f"{step:.1f} | {predicting:.1f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
