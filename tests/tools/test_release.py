"""A training run of a recipe becomes a release that verifies."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import registry
import zoo
from tools import release as tool
from tools.training.recipes import RECIPES
from zoo.models.weights import save_weights
from zoo.publishing.saving import SKETCH_FILE
from zoo.publishing.verification import verify
from zoo.splits import sketch

METRIC = {"name": "auroc_a", "split": "test", "value": 0.75, "ci95": [0.5, 1.0]}
FACT = {
    "name": "made up",
    "assembly": "none",
    "source": "a generator",
    "licence": "CC0-1.0",
    "citation": "none",
    "sha256": "0" * 64,
    "split": "none",
}


def run_of(architecture: str, config: dict[str, Any], length: int, out: Path) -> None:
    """What `tools.train_release` and `tools.training.baseline` leave of a run."""
    out.mkdir()
    save_weights(zoo.create(architecture, **config), out / "weights.h5")
    codes = np.random.default_rng(0).integers(0, 4, (4, length), np.uint8)
    (out / SKETCH_FILE).write_bytes(sketch(codes).to_bytes())
    (out / "metrics.json").write_text(json.dumps([METRIC]))
    (out / "baseline.json").write_text(json.dumps({"metrics": [METRIC]}))
    run = {
        "config": config,
        "seed": 3,
        "sequence_length": length,
        "epochs": 1,
        "output_names": ["a", "b"],
        "facts": [FACT],
        "dropped": {},
        "rows": {"train": 4, "validation": 4, "test": 4},
    }
    (out / "run.json").write_text(json.dumps(run))


@pytest.mark.parametrize(
    ("name", "config", "head"),
    [
        ("shallow_wide_v1", {"filters": 4}, ("scalar", None, None)),
        (
            "hierarchical_dilated_v1",
            {
                "filters": 4,
                "dilation_rates": [1, 2],
                "sequence_length": 80,
                "bin_size": 8,
            },
            ("profile", 10, 8),
        ),
    ],
)
def test_a_run_becomes_a_release(
    name: str, config: dict[str, Any], head: tuple, tmp_path: Path
) -> None:
    recipe = RECIPES[name]
    config = config | {"num_outputs": 2}
    run_of(recipe.architecture, config, 80, tmp_path / "run")
    options = ["--run", str(tmp_path / "run"), "--out", str(tmp_path)]
    tool.main([name, "--baseline", str(tmp_path / "run" / "baseline.json"), *options])
    assert verify(tmp_path / name).passed
    release = registry.read_release(tmp_path / name)
    assert [output.name for output in release.outputs] == ["a", "b"]
    assert release.inputs is not None and release.heads is not None
    assert [each.kind for each in release.inputs] == ["sequence"]
    (found,) = release.heads
    assert dataclasses.astuple(found)[1:] == (head[0], 2, *head[1:])
    assert "| auroc_a | 0.750 | 0.500 to 1.000 | 0.750 |" in release.card()
