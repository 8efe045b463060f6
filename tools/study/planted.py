"""Do contributions find the bases that were planted? For every architecture.

    nice python -m tools.study.planted --out docs/data/planted.json

Half of the sequences hold one word, at a random place on a random strand; a small
network of each architecture learns to tell them from the others. Then each base of
those that hold it gets a contribution, by each method, and its magnitude is to rank the
bases of the word above those around it: AUROC, the mean over sequences. Profiles are
trained and explained by the largest of their bins, `bpnet` and `chrombpnet` by their
counts. How well each network tells the sequences apart is recorded beside it, as what
it has not learned cannot be found. Finished runs are kept in the results file, so an
interrupted study continues where it was.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import zoo
from zoo import dna
from zoo.interpretation.motifs import Motif
from zoo.interpretation.simulation import Arrangement, Grammar, Simulation, simulate

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "data" / "planted.json"
METHODS = (
    *("mutagenesis", "deeplift", "integrated_gradients", "expected_gradients"),
    *("smooth_gradients", "gradient_x_input"),
)
SETTINGS = {
    "word": "GAAGTCAT",
    "sequence_length": 48,
    "train_sequences": 10_000,
    "test_sequences": 400,
    "explained": 40,
    "epochs": 6,
    "batch_size": 64,
    "learning_rate": 3e-3,
    "seed": 0,
}
#: Arguments that make each architecture small.
CONFIGS: dict[str, dict[str, Any]] = {
    "basenji2": {
        "filters": [24, 24],
        "dilated_filters": 12,
        "dilation_rates": [1, 2],
        "units": 16,
        "cropping": 0,
    },
    "basset": {
        "filters": [24, 24, 24],
        "kernel_size": [9, 5, 3],
        "pool_size": [2, 2, 2],
        "units": [32, 16],
    },
    "bpnet": {"filters": 32, "stem_kernel_size": 9, "dilation_rates": [1, 2, 4]},
    "chrombpnet": {
        "filters": 24,
        "stem_kernel_size": 9,
        "dilation_rates": [1, 2],
        "profile_kernel_size": 5,
        "bias_filters": 4,
        "bias_dilation_rates": [1, 2],
    },
    "danq": {
        "filters": 24,
        "kernel_size": 9,
        "pool_size": 4,
        "recurrent_units": 8,
        "units": 32,
    },
    "deep_narrow": {"filters": [24, 24], "units": 16},
    "deepsea": {
        "filters": [24, 24, 32],
        "kernel_size": 6,
        "pool_size": 2,
        "units": 32,
    },
    "deepstarr": {"filters": [24, 16, 16, 16], "units": [32, 16]},
    "deeptopic_cnn": {
        "filters": [24, 16, 16, 16],
        "kernel_size": [9, 5, 3, 2],
        "pool_size": 3,
        "units": 16,
    },
    "dilated_cnn": {"filters": 24, "dilation_rates": [1, 2, 4]},
    "ensemble": {
        "members": [
            ["rc_dilated", ["filters", 16], ["dilation_rates", [1, 2]], ["units", 16]],
            ["shallow_wide", ["filters", 24]],
        ]
    },
    "explainn": {"filters": 24, "kernel_size": 9, "pool_size": 4, "units": 8},
    "gapped_kmer": {"patterns": ["11111", "111111"], "scale": 1.0},
    "hierarchical_dilated": {"filters": 24, "dilation_rates": [1, 2, 4]},
    "kmer": {"k": 4, "filters": 32, "units": 16},
    "legnet": {"filters": [24, 24, 24]},
    "multi_modal": {"filters": 24, "dilation_rates": [1, 2], "units": 16},
    "rc_dilated": {"filters": 16, "dilation_rates": [1, 2], "units": 16},
    "shallow_wide": {"filters": 32},
    "splice_dilated": {
        "filters": 24,
        "kernel_size": [9, 5],
        "dilation_rates": [1, 1],
        "depth": 1,
        "cropping": 0,
    },
    "wide_and_deep": {
        "patterns": ["11111"],
        "filters": 16,
        "dilation_rates": [1, 2],
        "units": 16,
    },
    "wide_kernel": {"filters": 24, "kernel_size": 15},
}

Row = dict[str, Any]


def planted(settings: Row, number: int, seed: int) -> Simulation:
    """Sequences, half of which hold the word."""
    word = Motif("word", np.eye(4)[dna.encode(settings["word"])])
    grammars = [Grammar("planted", 1, (Arrangement(word),)), Grammar("background", 0)]
    return simulate(grammars, number // 2, settings["sequence_length"], seed=seed)


def is_planted(simulation: Simulation) -> npt.NDArray[np.bool_]:
    """Which bases are those of the word, (sequence, position)."""
    found = np.zeros(simulation.codes.shape, bool)
    for place in simulation.placements:
        found[place["sequence"], place["start"] : place["end"]] = True
    return found


def build(architecture: str, settings: Row) -> tuple[Any, Row]:
    """A small network, and which of its outputs are explained: `outputs`, `reduction`.

    Its length is that of the sequences where the architecture has a fixed one.
    """
    import inspect

    from zoo.models.creation import builder
    from zoo.models.interface import outputs_of

    known = inspect.signature(builder(architecture)).parameters
    config = {
        "sequence_length": settings["sequence_length"],
        "num_outputs": 1,
        "dropout": 0.0,
    } | CONFIGS[architecture]
    model = zoo.create(architecture, **{k: v for k, v in config.items() if k in known})
    heads = outputs_of(model)
    if len(heads) > 1:
        return model, {"outputs": "counts"}
    (head,) = heads.values()
    return model, {} if len(head.shape) == 2 else {"reduction": "max"}


def inputs(model: Any, codes: dna.Codes) -> dict[str, Any]:
    """All inputs by name; those beside the sequence say nothing."""
    from zoo.models.interface import inputs_of, sequence_input

    length = codes.shape[1]
    found: dict[str, Any] = {}
    for name, tensor in inputs_of(model).items():
        shape = [length if n is None else n for n in tensor.shape[1:]]
        found[name] = np.zeros((len(codes), *shape), tensor.dtype)
    found[sequence_input(model)] = codes
    return found


def train(model: Any, explained: Row, settings: Row) -> None:
    """Teaches it which sequences hold the word."""
    import keras

    from zoo.interpretation.targets import targets_of
    from zoo.models.interface import outputs_of, sequence_input

    simulation = planted(settings, settings["train_sequences"], 1 + settings["seed"])
    logit = targets_of(model, **explained)(outputs_of(model))
    trained = keras.Model(model.inputs, logit)
    steps = settings["epochs"] * -(
        -settings["train_sequences"] // settings["batch_size"]
    )
    rate = keras.optimizers.schedules.CosineDecay(settings["learning_rate"], steps)
    labels = simulation.labels[:, None].astype("float32")
    loss: Any = keras.losses.BinaryCrossentropy(from_logits=True)
    if explained.get("outputs") == "counts":  # ln(1 + reads)
        labels, loss = 1 + 3 * labels, keras.losses.MeanSquaredError()
    trained.compile(keras.optimizers.Adam(rate), loss)
    x = inputs(model, simulation.codes)
    x[sequence_input(model)] = dna.one_hot(simulation.codes)
    trained.fit(
        list(x.values()),
        labels,
        epochs=settings["epochs"],
        batch_size=settings["batch_size"],
        verbose=0,
    )


def auroc(scores: npt.NDArray[Any], positive: npt.NDArray[np.bool_]) -> float:
    """Of one sequence's bases, or of sequences; ties count half."""
    above, below = scores[positive][:, None], scores[~positive]
    return float(((above > below) + 0.5 * (above == below)).mean())


def measured(
    model: Any, explained: Row, settings: Row, method: str
) -> tuple[float, float]:
    """The mean AUROC of planted bases, and seconds of processor time."""
    simulation = planted(settings, settings["test_sequences"], 0)
    rows = np.flatnonzero(simulation.labels == 1)[: settings["explained"]]
    given = inputs(model, simulation.codes[rows])
    started = time.process_time()
    if method == "mutagenesis":
        found = zoo.saturation_mutagenesis(model, given, **explained).contributions
    else:
        found = zoo.contributions(
            model, given, method=method, **explained
        ).contributions
    seconds = time.process_time() - started
    magnitudes, positive = np.abs(found[:, :, 0]), is_planted(simulation)[rows]
    each = [auroc(m, p) for m, p in zip(magnitudes, positive, strict=True)]
    return float(np.mean(each)), seconds


def run(
    architecture: str, settings: Row = SETTINGS, methods: tuple[str, ...] = METHODS
) -> Row:
    """Trains one network and explains it by each method.

    Returns:
        AUROC of the test sequences ("sequences"), and of planted bases by method.
    """
    import keras

    keras.utils.set_random_seed(settings["seed"])
    model, explained = build(architecture, settings)
    train(model, explained, settings)
    from zoo.interpretation.mutagenesis import TargetValues
    from zoo.interpretation.targets import targets_of
    from zoo.models.interface import sequence_input

    test = planted(settings, settings["test_sequences"], 0)
    given = inputs(model, test.codes)
    given.pop(sequence_input(model))
    values = TargetValues(model, targets_of(model, **explained))(test.codes, given)
    row: Row = {
        "architecture": architecture,
        "sequences": round(auroc(values[:, 0], test.labels == 1), 4),
    }
    for method in methods:
        found, seconds = measured(model, explained, settings, method)
        row[method] = round(found, 4)
        row[f"{method}_seconds"] = round(seconds, 1)
    return row


def study(settings: Row, architectures: list[str], out: Path) -> Row:
    """Does all runs that `out` does not hold yet, and writes it after each."""
    results: Row = {"settings": settings, "runs": []}
    if out.exists():
        results = read(out)
        if results["settings"] != settings:
            raise SystemExit(
                f"{out} holds runs of other settings: remove it, or use another --out"
            )
    done = {row["architecture"] for row in results["runs"]}
    for architecture in architectures:
        if architecture not in done:
            row = run(architecture, settings)
            print(json.dumps(row), flush=True)
            results["runs"].append(row)
            results["runs"].sort(key=lambda row: row["architecture"])
            write(results, out)
    return results


def write(results: Row, out: Path) -> None:
    """Writes the results, one run per line."""
    runs = ",\n".join(f"  {json.dumps(row)}" for row in results["runs"])
    settings = json.dumps(results["settings"])
    text = f'{{"settings": {settings},\n "runs": [\n{runs}\n ]\n}}\n'
    out.write_text(text, encoding="utf-8")


def read(path: Path = RESULTS) -> Row:
    """The results of a study; by default those in the repository."""
    results: Row = json.loads(path.read_text(encoding="utf-8"))
    return results


def main(arguments: list[str] | None = None) -> None:
    """Runs the study from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="results, JSON")
    parser.add_argument("--architectures", nargs="+", default=[*CONFIGS])
    options = parser.parse_args(arguments)
    study(dict(SETTINGS), options.architectures, options.out)


if __name__ == "__main__":
    main()
