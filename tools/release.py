"""Writes a release folder from a training run, once.

    python -m tools.release rc_dilated_v1 --run work/rc_dilated_v1 \
        --baseline work/gue_tf.json

A released folder is immutable: an existing one is never written to. Better
weights are a new version.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import json
import shutil
import tempfile
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

import keras
import numpy as np

import registry
import zoo
from tools.training.card import BASELINE, card
from tools.training.recipes import RECIPES, Recipe
from zoo.dna import UNKNOWN
from zoo.prediction import predict
from zoo.symmetry import check
from zoo.verification import verify
from zoo.weights import load_weights

PRETRAINED = Path(__file__).resolve().parent.parent / "pretrained"
GOLDEN_ROWS = 8
ATOL = 1e-4  # logits; float32 on other processors and backends differs by about 1e-5


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=sorted(RECIPES))
    parser.add_argument("--run", type=Path, required=True, help="of train_release")
    parser.add_argument(
        "--baseline", type=Path, required=True, help="of tools.training.baseline"
    )
    parser.add_argument("--out", type=Path, default=PRETRAINED)
    arguments = parser.parse_args()
    target = arguments.out / arguments.name
    refuse_existing(target)
    temporary = Path(tempfile.mkdtemp(prefix=".release-", dir=arguments.out))
    try:
        baseline = json.loads(arguments.baseline.read_text())
        write(temporary, RECIPES[arguments.name], arguments.run, baseline["metrics"])
        outcome = verify(temporary)
        if not outcome.passed:
            raise SystemExit(f"The written release does not verify: {outcome}")
        refuse_existing(target)
        temporary.chmod(0o755)
        temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    print(f"{target}: {sum(f.stat().st_size for f in target.iterdir()):,} bytes")


def refuse_existing(folder: Path) -> None:
    """Ends the program if the release exists.

    Raises:
        SystemExit: It does.
    """
    if folder.exists():
        raise SystemExit(
            f"{folder} exists, and a release never changes. Release other weights "
            "under the next version."
        )


def write(
    folder: Path, recipe: Recipe, run_folder: Path, baseline: list[dict[str, Any]]
) -> None:
    """Writes model.json, weights.h5, golden.npz and the model card."""
    run = json.loads((run_folder / "run.json").read_text())
    metrics = json.loads((run_folder / "metrics.json").read_text())
    shutil.copyfile(run_folder / "weights.h5", folder / "weights.h5")
    model = zoo.create(recipe.architecture, **run["config"])
    load_weights(model, folder / "weights.h5")
    codes = golden_codes(run["sequence_length"])
    np.savez(folder / "golden.npz", codes=codes, predictions=predict(model, codes))
    content = {
        "schema": registry.release.SCHEMA,
        "name": recipe.release,
        "version": int(recipe.release.rpartition("_v")[2]),
        "description": recipe.description,
        "architecture": recipe.architecture,
        "task": recipe.task,
        "tags": recipe.tags,
        "config": full_config(recipe.architecture, run["config"]),
        "weights": file_entry(folder / "weights.h5") | {"urls": []},
        "input": {
            "sequence_length": run["config"].get("sequence_length"),
            "min_length": recipe.min_length,
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
        "symmetry": {
            "kind": recipe.symmetry,
            "measured_max_difference": check(model, codes).max_difference,
        },
        "training_data": run["facts"],
        "metrics": [
            *(entry | {"command": command(recipe, run["seed"])} for entry in metrics),
            *(
                entry
                | {
                    "name": BASELINE + entry["name"],
                    "command": f"python -m tools.training.baseline {recipe.dataset} "
                    "--data DATA",
                }
                for entry in baseline
            ),
        ],
        "golden": file_entry(folder / "golden.npz") | {"atol": ATOL},
        "status": {"state": "active", "superseded_by": None, "reason": None},
        "licence": recipe.licence,
        "citation": recipe.citation,
        "created": date.today().isoformat(),
        "seed": run["seed"],
        "versions": {
            "seqzoo": metadata.version("seqzoo"),
            "keras": keras.__version__,
            "backend": f"{keras.backend.backend()} {backend_version()}",
        },
    }
    (folder / "model.json").write_text(json.dumps(content, indent=2) + "\n")
    release = registry.read_release(folder)
    (folder / "README.md").write_text(card(release, recipe, run))


def command(recipe: Recipe, seed: int) -> str:
    """The command that trains and measures the release again."""
    return f"python -m tools.train_release {recipe.release} --data DATA --seed {seed}"


def full_config(architecture: str, config: dict[str, Any]) -> dict[str, Any]:
    """All the builder's arguments: a default may change, a release may not."""
    bound = inspect.signature(registry.builder(architecture)).bind(**config)
    bound.apply_defaults()
    return dict(bound.arguments)


def golden_codes(sequence_length: int) -> np.ndarray:
    """Seeded random sequences, uint8 (8, sequence_length); the last has some N."""
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 4, (GOLDEN_ROWS, sequence_length), dtype=np.uint8)
    codes[-1, :: max(2, sequence_length // 10)] = UNKNOWN
    return codes


def file_entry(path: Path) -> dict[str, Any]:
    """Name, size and hash of a file, as model.json declares them."""
    content = path.read_bytes()
    return {
        "file": path.name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def backend_version() -> str:
    """The version of the package that Keras runs on."""
    backend = keras.backend.backend()
    packages = {"tensorflow": ("tensorflow-cpu", "tensorflow")}.get(backend, (backend,))
    installed = {
        d.metadata["Name"].lower(): d.version for d in metadata.distributions()
    }
    return next((installed[p] for p in packages if p in installed), "unknown")


if __name__ == "__main__":
    main()
