"""Writes a release folder from a training run, once.

    python -m tools.release rc_dilated_v1 --run work/rc_dilated_v1 \
        --baseline work/gue_tf.json

A released folder is immutable: an existing one is never written to. Better
weights are a new version.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import zoo
from tools.training.card import card
from tools.training.recipes import RECIPES, Recipe
from zoo.inspection.heads import heads_of
from zoo.models.creation import origin
from zoo.models.weights import load_weights
from zoo.publishing.card import KMER_BASELINE
from zoo.publishing.saving import SKETCH_FILE, versions, write
from zoo.splits import Sketch

PRETRAINED = Path(__file__).resolve().parent.parent / "pretrained"


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes one release."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=sorted(RECIPES))
    parser.add_argument("--run", type=Path, required=True, help="of train_release")
    parser.add_argument(
        "--baseline", type=Path, required=True, help="of tools.training.baseline"
    )
    parser.add_argument("--out", type=Path, default=PRETRAINED)
    options = parser.parse_args(arguments)
    target = options.out / options.name
    recipe = RECIPES[options.name]
    run = json.loads((options.run / "run.json").read_text())
    metrics = json.loads((options.run / "metrics.json").read_text())
    baseline = json.loads(options.baseline.read_text())["metrics"]
    model = zoo.create(recipe.architecture, **run["config"])
    load_weights(model, options.run / "weights.h5")
    made = origin(model)
    assert made is not None
    write(
        model,
        target,
        content(recipe, run, metrics, baseline) | {"config": made.config},
        heads=heads_of(model),
        symmetry=recipe.symmetry,
        card=lambda release: card(release, recipe, run),
        sketch=Sketch.from_bytes((options.run / SKETCH_FILE).read_bytes()),
    )
    print(f"{target}: {sum(f.stat().st_size for f in target.iterdir()):,} bytes")


def content(
    recipe: Recipe, run: dict[str, Any], metrics: list, baseline: list
) -> dict[str, Any]:
    """What model.json says, but for the files."""
    return {
        "name": recipe.release,
        "version": int(recipe.release.rpartition("_v")[2]),
        "description": recipe.description,
        "architecture": recipe.architecture,
        "task": recipe.task,
        "tags": recipe.tags,
        "input": {
            "sequence_length": run["config"].get("sequence_length"),
            "min_length": recipe.min_length,
            "training_length": run["sequence_length"],
            "alphabet": "ACGT",
            "unknown": "zeros",
        },
        "outputs": [
            {
                "name": name,
                "units": recipe.units,
                "activation": recipe.activation,
                "reverse_complement_partner": name
                if recipe.symmetry != "none"
                else None,
            }
            for name in run["output_names"]
        ],
        "training_data": run["facts"],
        "metrics": [
            *(entry | {"command": command(recipe, run["seed"])} for entry in metrics),
            *(
                entry
                | {
                    "name": KMER_BASELINE + entry["name"],
                    "command": f"python -m tools.training.baseline {recipe.dataset} "
                    "--data DATA",
                }
                for entry in baseline
            ),
        ],
        "derived_from": None,
        "status": {"state": "active", "superseded_by": None, "reason": None},
        "licence": recipe.licence,
        "citation": recipe.citation,
        "created": date.today().isoformat(),
        "seed": run["seed"],
        "versions": versions(),
    }


def command(recipe: Recipe, seed: int) -> str:
    """The command that trains and measures the release again."""
    return f"python -m tools.train_release {recipe.release} --data DATA --seed {seed}"


if __name__ == "__main__":
    main()
