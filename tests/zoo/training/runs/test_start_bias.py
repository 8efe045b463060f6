"""Logits that begin at how frequent each label is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.zoo.architectures.contract import NAMES, call, case, make, small_model
from tests.zoo.training.runs.small_run import BASE, SMALL, quiet, write
from zoo.data.examples import Examples
from zoo.training.configuration.config_file import parse_config
from zoo.training.runs.start_bias import start_bias

LABELLING = [
    name
    for name in NAMES
    if not isinstance(small_model(name).output, dict)
    and len(small_model(name).output.shape) == 2
]
DATA = {"format": "table", "path": "rows.tsv", "split": {"by": "random"}}
CONFIG = {
    "name": "labels_v1",
    "data": DATA | {"task": "multi-label", "targets": ["a", "b"]},
    "model": {"architecture": "shallow_wide"},
}
TARGETS = np.array([[1, 0], [0, 0], [0, np.nan], [0, 1], [0, 0]], "float32")
EXPECTED = np.log([2 / 5, 2 / 4])  # one more of each kind


def examples(targets: np.ndarray) -> Examples:
    codes = np.zeros((len(targets), 30), np.uint8)
    return Examples(codes, targets=targets, outputs=tuple("ab")[: targets.shape[1]])


@pytest.mark.parametrize("name", LABELLING)
def test_every_architecture_begins_at_the_log_odds(name: str) -> None:
    model, x = make(name, num_outputs=2), case(name).batch(3)
    before = call(model, x)
    start_bias(parse_config(CONFIG), model, examples(TARGETS))
    after = call(model, x)
    # Biases begin as zeros; an average has none of its own.
    expected = np.zeros(2) if name == "ensemble" else EXPECTED
    np.testing.assert_allclose(
        after - before, np.broadcast_to(expected, (3, 2)), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize(
    "change",
    [
        {"training": {"class_weights": True}},
        {"data": DATA | {"task": "regression", "targets": ["a", "b"]}},
    ],
)
def test_values_and_balanced_classes_begin_at_zero(change: dict) -> None:
    model = make("shallow_wide", num_outputs=2)
    start_bias(parse_config(CONFIG | change), model, examples(TARGETS))
    assert not model.get_layer("head_logits").bias.numpy().any()


def test_a_training_begins_there(tmp_path: Path) -> None:
    path = write(tmp_path, BASE + SMALL + "[optimizer]\nlearning_rate = 1e-9\n")
    rows = (tmp_path / "rows.tsv").read_text().splitlines()
    kept = [r for n, r in enumerate(rows) if "\t1\ttrain" not in r or n % 8 == 0]
    (tmp_path / "rows.tsv").write_text("\n".join(kept) + "\n")
    run = quiet(path)
    # Of the 80 rows of training, 40 are bound, of which every fourth is kept.
    np.testing.assert_allclose(
        run.model.get_layer("head_logits").bias, [np.log(11 / 41)], atol=1e-4
    )
