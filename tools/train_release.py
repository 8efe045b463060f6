"""Trains one of the released models from the data folder, with a fixed seed.

    python -m tools.train_release rc_dilated_v1 --data ../shared/data --out work

Writes OUT/NAME/: weights.h5 (the epoch with the lowest validation loss),
history.csv, metrics.json (validation and test), training.sketch and run.json (all
that `tools/release.py` needs). Interrupted, it goes on from its last epoch.
The test split is read once, at the end.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import keras

import zoo
from registry.files import replaced
from tools import datasets
from tools.training.batches import GenomeBatches, SequenceBatches
from tools.training.motif_stem import start_from_motifs
from tools.training.recipes import RECIPES, Recipe
from zoo import losses
from zoo.models.weights import load_weights, save_weights
from zoo.prediction.sequences import predict
from zoo.publishing.saving import SKETCH_FILE
from zoo.splits import sketch
from zoo.training.reports.evaluation import classification_metrics, profile_metrics


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=sorted(RECIPES))
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--out", type=Path, default=Path("work"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="for a shorter trial")
    parser.add_argument(
        "--evaluate-only", action="store_true", help="measure OUT/NAME/weights.h5 again"
    )
    parser.add_argument("--verbose", type=int, default=2, help="as in model.fit")
    arguments = parser.parse_args()
    recipe = RECIPES[arguments.name]
    folder = arguments.out / recipe.release
    folder.mkdir(parents=True, exist_ok=True)
    dataset = datasets.load(recipe.dataset, arguments.data, arguments.seed)
    config = recipe.config | {"num_outputs": len(dataset.output_names)}
    epochs = arguments.epochs or recipe.epochs

    keras.utils.set_random_seed(arguments.seed)
    model = zoo.create(recipe.architecture, **config)
    facts = list(dataset.facts)
    if recipe.start_from_motifs:
        facts.append(
            start_from_motifs(model, dataset.train, arguments.data, arguments.seed)
        )
    if not arguments.evaluate_only:
        train(model, recipe, dataset, folder, epochs, arguments.seed, arguments.verbose)
    load_weights(model, folder / "weights.h5")
    metrics = [
        entry
        for split in ("validation", "test")
        for entry in evaluate(model, recipe, dataset, split, arguments.seed)
    ]
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    run = {
        "release": recipe.release,
        "architecture": recipe.architecture,
        "config": config,
        "seed": arguments.seed,
        "sequence_length": dataset.train.codes.shape[1],
        "epochs": epochs,
        "output_names": dataset.output_names,
        "facts": facts,
        "dropped": dataset.dropped,
        "rows": {s: len(getattr(dataset, s)) for s in ("train", "validation", "test")},
    }
    (folder / "run.json").write_text(json.dumps(run, indent=2) + "\n")
    # What the release tells of its training data: hashes, no sequences.
    (folder / SKETCH_FILE).write_bytes(sketch(dataset.train.codes).to_bytes())
    print(json.dumps(metrics, indent=2))


def batches(
    recipe: Recipe, dataset: datasets.Dataset, seed: int
) -> keras.utils.PyDataset:
    """The training batches; windows of a genome are cut anew each epoch."""
    if dataset.train_chromosomes:
        target_length = dataset.train.targets.shape[1] * dataset.bin_size
        return GenomeBatches(
            [chromosome.codes for chromosome in dataset.train_chromosomes],
            [chromosome.track for chromosome in dataset.train_chromosomes],
            sequence_length=dataset.train.codes.shape[1],
            target_length=target_length,
            bin_size=dataset.bin_size,
            batch_size=recipe.batch_size,
            reverse_complement=recipe.reverse_complement,
            seed=seed,
        )
    return SequenceBatches(
        dataset.train.codes,
        dataset.train.targets,
        batch_size=recipe.batch_size,
        shuffle=True,
        reverse_complement=recipe.reverse_complement,
        max_shift=recipe.max_shift,
        seed=seed,
    )


class KeepBest(keras.callbacks.Callback):
    """Writes the weights of the epoch with the lowest validation loss."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.best_path = path.with_suffix(".json")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        loss = float((logs or {})["val_loss"])
        best = json.loads(self.best_path.read_text()) if self.best_path.exists() else {}
        if loss < best.get("val_loss", float("inf")):
            with replaced(self.path) as fresh:
                save_weights(self.model, fresh)
            self.best_path.write_text(json.dumps({"epoch": epoch, "val_loss": loss}))


def train(
    model: keras.Model,
    recipe: Recipe,
    dataset: datasets.Dataset,
    folder: Path,
    epochs: int,
    seed: int,
    verbose: int,
) -> None:
    """Fits with AdamW, a short warm-up and a cosine to zero."""
    if not (folder / "backup").exists():
        # Not a resumed run: what an earlier recipe left here must not win over it.
        for left in ("weights.h5", "weights.json", "history.csv"):
            (folder / left).unlink(missing_ok=True)
    training = batches(recipe, dataset, seed)
    steps = len(training) * epochs
    warm_up = min(len(training) // 2, steps // 4)
    optimizer = keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(
            0.0,
            steps - warm_up,
            warmup_target=recipe.learning_rate,
            warmup_steps=warm_up,
        ),
        weight_decay=recipe.weight_decay,
        clipnorm=1.0,
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
    model.compile(optimizer, getattr(losses, recipe.loss)())
    model.fit(
        training,
        validation_data=SequenceBatches(
            dataset.validation.codes, dataset.validation.targets, batch_size=256
        ),
        epochs=epochs,
        shuffle=False,  # the batches come in a seeded order of their own
        verbose=verbose,
        callbacks=[
            KeepBest(folder / "weights.h5"),
            keras.callbacks.CSVLogger(str(folder / "history.csv"), append=True),
            keras.callbacks.BackupAndRestore(str(folder / "backup")),
        ],
    )


def evaluate(
    model: keras.Model,
    recipe: Recipe,
    dataset: datasets.Dataset,
    split: str,
    seed: int,
) -> list[dict[str, Any]]:
    """The field's metrics on one split, with bootstrap confidence intervals."""
    rows = getattr(dataset, split)
    predictions = predict(model, rows.codes, activation=recipe.activation)
    measure = profile_metrics if rows.targets.ndim == 3 else classification_metrics
    return measure(
        dataset.output_names, rows.targets, predictions, split=split, seed=seed
    )


if __name__ == "__main__":
    main()
