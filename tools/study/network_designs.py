"""Designs for two motifs at a distance: accuracy, parameters and reach.

    nice python -m tools.study.network_designs --out docs/data/network_designs.json

For each distance, sequences are simulated: positives hold two JASPAR motifs that many
bp apart, hard negatives the same two at another distance, further negatives one of
the two. Each design is built large enough to span both motifs, if its idea allows it:

    shallow_wide          filters as wide as one motif; spans no pair
    deep_narrow           as many stages of narrow kernels as it takes
    wide_kernel           kernels as wide as both motifs and the gap
    hierarchical_dilated  as many dilated layers as it takes
    hierarchical_dilated_double  dilated layers until it reaches twice as far: one
                          more, in most cases

All are trained alike: one optimizer, rate, schedule and number of steps, chosen
beforehand. Nothing is chosen by the test sequences. Finished runs are kept in the
results file, so an interrupted study continues where it was. A picture is written
beside it, PNG.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import zoo
from zoo import dna, samples
from zoo.interpretation.motifs import Motif
from zoo.interpretation.simulation import Simulation, two_motifs

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "data" / "network_designs.json"
MOTIFS = ("SP1", "Spi1")
#: Each design, and its color and marker in the picture.
STYLES = {
    "shallow_wide": ("#999999", "s"),
    "deep_narrow": ("#E69F00", "^"),
    "wide_kernel": ("#009E73", "D"),
    "hierarchical_dilated": ("#56B4E9", "v"),
    "hierarchical_dilated_double": ("#0072B2", "o"),
}
DESIGNS = tuple(STYLES)
SETTINGS = {
    "motifs": list(MOTIFS),
    "distances": [8, 20, 50, 100],
    "filters": [8, 16],
    "seeds": [0],
    "sequence_length": 200,
    "train_sequences": 12_000,
    "test_sequences": 2_000,
    "epochs": 6,
    "batch_size": 64,
    "learning_rate": 3e-3,
}
STEM_KERNEL_SIZE = 15  # wider than either motif

Row = dict[str, Any]


def build(design: str, filters: int, span: int) -> Any:
    """A design whose units see `span` bp before pooling, where it can.

    Args:
        design: One of DESIGNS.
        filters: Channels of all layers.
        span: bp of both motifs and the gap.

    Returns:
        A `keras.Model` with one logit, and the maximum over positions as pooling.
    """
    head = {"pooling": "max", "units": 32, "dropout": 0.0}
    if design == "shallow_wide":
        return zoo.create(design, filters=filters, kernel_size=STEM_KERNEL_SIZE, **head)
    if design == "wide_kernel":
        # Odd, see the builder.
        return zoo.create(
            design, filters=filters, kernel_size=span + 1 - span % 2, **head
        )
    reach = 2 * span if design == "hierarchical_dilated_double" else span
    for depth in range(2, 10):
        if design == "deep_narrow":
            sizes: Row = {"filters": [filters] * depth}
        else:
            sizes = {
                "filters": filters,
                "stem_kernel_size": STEM_KERNEL_SIZE,
                "dilation_rates": [2**layer for layer in range(depth)],
            }
        model = zoo.create(design.removesuffix("_double"), **sizes, **head)
        if zoo.receptive_field(model).span >= reach:
            return model
    raise ValueError(f"{design} does not reach {reach} bp with 9 layers")


def simulate(
    motifs: Mapping[str, Motif], row: Row, number: int, seed: int
) -> Simulation:
    """The sequences of a run: half positives, a quarter of each kind of negatives."""
    first, second = (motifs[name] for name in row["motifs"])
    return two_motifs(
        first,
        second,
        row["distance"],
        num_sequences=number,
        sequence_length=row["sequence_length"],
        seed=seed,
    )


def run(design: str, filters: int, distance: int, seed: int, settings: Row) -> Row:
    """Trains one model and measures it on sequences of its own.

    Returns:
        What was run and its results: trainable parameters, the receptive field in
        bp, the share of each kind of test sequences that is classified correctly, and
        seconds of processor time.
    """
    import keras

    motifs = samples.motifs()
    row = settings | {"distance": distance}
    span = sum(motifs[name].width for name in row["motifs"]) + distance
    # Test sequences are the same for all seeds, training sequences are not.
    train = simulate(motifs, row, row["train_sequences"], seed=1000 + seed)
    test = simulate(motifs, row, row["test_sequences"], seed=distance)
    keras.utils.set_random_seed(seed)
    model = build(design, filters, span)
    steps = row["epochs"] * -(-row["train_sequences"] // row["batch_size"])
    rate = keras.optimizers.schedules.CosineDecay(row["learning_rate"], steps)
    model.compile(
        keras.optimizers.Adam(rate), keras.losses.BinaryCrossentropy(from_logits=True)
    )
    started = time.process_time()
    model.fit(
        dna.one_hot(train.codes),
        train.labels[:, None].astype("float32"),
        epochs=row["epochs"],
        batch_size=row["batch_size"],
        verbose=0,
    )
    seconds = time.process_time() - started
    logits = zoo.predict(model, test.codes)[:, 0]
    right = (logits > 0) == (test.labels == 1)
    return {
        "design": design,
        "filters": filters,
        "distance": distance,
        "seed": seed,
        "parameters": sum(int(np.prod(v.shape)) for v in model.trainable_variables),
        "receptive_field": zoo.receptive_field(model).span,
        "right": {
            kind: round(float(right[np.char.startswith(test.grammars, kind)].mean()), 4)
            for kind in ("positive", "distance", "missing")
        },
        "cpu_seconds": round(seconds, 1),
    }


def accuracy(row: Row, negatives: str) -> float:
    """Balanced accuracy on positives and on a kind of negatives; chance is 0.5."""
    return (row["right"]["positive"] + row["right"][negatives]) / 2


def study(settings: Row, out: Path) -> Row:
    """Does all runs that `out` does not hold yet, and writes it after each."""
    results: Row = {"settings": settings, "versions": _versions(), "runs": []}
    if out.exists():
        results = json.loads(out.read_text(encoding="utf-8"))
        if results["settings"] != settings:
            raise SystemExit(
                f"{out} holds runs of other settings: remove it, or use another --out"
            )
    done = {_key(row) for row in results["runs"]}
    for seed in settings["seeds"]:
        for filters in settings["filters"]:
            for distance in settings["distances"]:
                for design in DESIGNS:
                    if (design, filters, distance, seed) in done:
                        continue
                    row = run(design, filters, distance, seed, settings)
                    print(json.dumps(row), flush=True)
                    results["runs"].append(row)
                    write(results, out)
    return results


def _key(row: Row) -> tuple[str, int, int, int]:
    return (row["design"], row["filters"], row["distance"], row["seed"])


def _versions() -> dict[str, str]:
    import keras

    return {"keras": keras.__version__, "backend": keras.backend.backend()}


def write(results: Row, out: Path) -> None:
    """Writes the results, one run per line."""
    out.parent.mkdir(parents=True, exist_ok=True)
    runs = ",\n".join(f"  {json.dumps(row)}" for row in results["runs"])
    rest = {key: results[key] for key in ("settings", "versions")}
    text = f'{json.dumps(rest)[:-1]},\n "runs": [\n{runs}\n ]\n}}\n'
    out.write_text(text, encoding="utf-8")


def read(path: Path = RESULTS) -> Row:
    """The results of a study; by default those in the repository."""
    results: Row = json.loads(path.read_text(encoding="utf-8"))
    return results


def table(results: Row, negatives: str = "distance") -> list[Row]:
    """One row for each design, number of filters and distance: means over seeds."""
    groups: dict[tuple[str, int, int], list[Row]] = {}
    for row in results["runs"]:
        groups.setdefault(_key(row)[:3], []).append(row)
    return [
        {
            "design": design,
            "filters": filters,
            "distance": distance,
            "parameters": rows[0]["parameters"],
            "receptive_field": rows[0]["receptive_field"],
            "accuracy": statistics.mean(accuracy(row, negatives) for row in rows),
            "accuracies": [accuracy(row, negatives) for row in rows],
        }
        for (design, filters, distance), rows in groups.items()
    ]


def plot(results: Row) -> Any:
    """Accuracy on hard negatives against parameters, a panel per distance.

    Returns:
        A matplotlib figure. Points are means over seeds, bars reach from the lowest
        to the highest seed; a line joins the sizes of one design.
    """
    from matplotlib import pyplot as plt

    distances = results["settings"]["distances"]
    figure, panels = plt.subplots(
        1,
        len(distances),
        sharex=True,
        sharey=True,
        figsize=(9, 3.6),
        layout="constrained",
        squeeze=False,
    )
    rows = table(results)
    for distance, axes in zip(distances, panels[0], strict=True):
        axes.axhline(0.5, color="0.8", linewidth=1, zorder=0)
        for design, (color, marker) in STYLES.items():
            points = _points(rows, design, distance)
            if not points:
                continue
            sizes, means, lows, highs = (
                list(column) for column in zip(*points, strict=True)
            )
            axes.plot(sizes, means, color=color, marker=marker, label=design)
            axes.vlines(sizes, lows, highs, color=color, linewidth=1)
        axes.set(
            xscale="log", title=f"gap of {distance} bp", xlabel="trainable parameters"
        )
        axes.tick_params(axis="x", which="minor", labelbottom=False)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0][0].set(ylabel="accuracy", ylim=(0.45, 1.02))
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=5,
        frameon=False,
        fontsize=9,
        columnspacing=1.2,
    )
    return figure


def _points(
    rows: Iterable[Row], design: str, distance: int
) -> list[tuple[int, float, float, float]]:
    """(parameters, mean, lowest, highest) of each size of a design, in order."""
    return sorted(
        (
            row["parameters"],
            row["accuracy"],
            min(row["accuracies"]),
            max(row["accuracies"]),
        )
        for row in rows
        if row["design"] == design and row["distance"] == distance
    )


def main(arguments: list[str] | None = None) -> None:
    """Runs the study from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="results, JSON")
    for name in ("distances", "filters", "seeds"):
        parser.add_argument(f"--{name}", type=int, nargs="+", default=SETTINGS[name])
    for name in ("sequence_length", "train_sequences", "test_sequences", "epochs"):
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, type=int, default=SETTINGS[name])
    options = vars(parser.parse_args(arguments))
    out = options.pop("out")
    results = study(SETTINGS | options, out)
    plot(results).savefig(out.with_suffix(".png"), dpi=110)


if __name__ == "__main__":
    main()
