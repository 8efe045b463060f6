"""Fine-tunes a release on 3,186 bundled sequences: donor, acceptor or neither?

    pip install 'seqzoo[cpu,train]'
    python docs/examples/fine_tune_splice.py --release deep_narrow_v1

Cross-validated. Equal sequences (185 of the rows repeat one) are always in the same
fold, so that no model is tested on what it was trained on. A quick look takes less than
a minute:

    python docs/examples/fine_tune_splice.py --fraction 0.5 --epochs 10 --folds 2

The release must be strand-specific, as splice signals are: rc_dilated_v1 gives both
strands one prediction, so it stays at the share of the largest class.

`--from-scratch` trains the same architecture without the released weights: the
difference is what the release is worth here.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

import keras
import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, train_test_split

import registry
import zoo
from zoo import dna, samples

CLASSES = ("ei", "ie", "n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the accuracy of each fold, then mean and standard deviation."""
    options = parse(arguments)

    def build() -> keras.Model:
        # The release's head has other outputs; num_outputs gives it a new one.
        changes = {"num_outputs": len(CLASSES), "sequence_length": 60}
        if not options.from_scratch:
            return zoo.load(options.release, **changes)
        release = registry.find(options.release)
        return zoo.create(release.architecture, **(release.config | changes))

    accuracies = cross_validate(
        build,
        folds=options.folds,
        epochs=options.epochs,
        fraction=options.fraction,
        learning_rate=options.learning_rate,
        seed=options.seed,
    )
    print(
        f"{options.release}, {options.folds} folds: accuracy "
        f"{np.mean(accuracies):.3f} ± {np.std(accuracies, ddof=1):.3f} (mean ± sd)"
    )


def cross_validate(
    build: Callable[[], keras.Model],
    *,
    folds: int,
    epochs: int,
    fraction: float,
    learning_rate: float,
    seed: int,
) -> list[float]:
    """Trains a new model for each fold on the others.

    Args:
        build: Returns a model from `(batch, 60, 4)` to three logits.
        folds: How many, at least 2.
        epochs: Passes over the training sequences.
        fraction: Of each fold's training sequences, the share that is used.
        learning_rate: Of Adam.
        seed: Of the folds, the share, and the training.

    Returns:
        The accuracy on each fold.
    """
    sequences, labels = samples.splice_junctions()
    x = dna.one_hot(dna.encode_batch(sequences))
    y = np.array([CLASSES.index(label) for label in labels])
    splits = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    accuracies = []
    for fold, (train, test) in enumerate(splits.split(x, y, groups=sequences)):
        if fraction < 1:
            train, _ = train_test_split(
                train, train_size=fraction, stratify=y[train], random_state=seed
            )
        keras.utils.set_random_seed(seed + fold)
        model = build()
        model.compile(
            optimizer=keras.optimizers.Adam(learning_rate),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        model.fit(x[train], y[train], batch_size=64, epochs=epochs, verbose=0)
        logits = model.predict(x[test], batch_size=512, verbose=0)
        accuracies.append(float((logits.argmax(axis=1) == y[test]).mean()))
        print(f"fold {fold + 1}: {accuracies[-1]:.3f}", flush=True)
    return accuracies


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line's options."""
    parser = argparse.ArgumentParser(
        description="Fine-tune a release on the bundled splice junctions.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--release", default="deep_narrow_v1", help="name of a release")
    parser.add_argument("--epochs", type=int, default=20, help="passes over the data")
    parser.add_argument("--folds", type=int, default=10, help="at least 2")
    parser.add_argument(
        "--fraction", type=float, default=1.0, help="share of the training sequences"
    )
    parser.add_argument("--learning-rate", type=float, default=1e-3, help="of Adam")
    parser.add_argument("--seed", type=int, default=0, help="of everything random")
    parser.add_argument(
        "--from-scratch", action="store_true", help="without the released weights"
    )
    options = parser.parse_args(arguments)
    if options.folds < 2:
        parser.error(f"expected --folds of at least 2, received {options.folds}")
    if not 0 < options.fraction <= 1:
        parser.error(f"expected --fraction in (0, 1], received {options.fraction}")
    return options


if __name__ == "__main__":
    main()
