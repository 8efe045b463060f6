"""From a configuration to a release, of models that read more than the sequence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import registry
import zoo
from tests.zoo.training.runs.small_run import quiet
from zoo.commands.train import print_plan
from zoo.dna import decode
from zoo.publishing.verification import verify
from zoo.training.runs.run_data import read_splits
from zoo.training.runs.running import plan

LENGTH = 64
GATTACA = np.array([2, 0, 3, 3, 0, 1, 0], np.uint8)


def table(folder: Path, text: str) -> Path:
    """Bound where GATTACA is and the chromatin open, more so in the second cell."""
    pybigtools = pytest.importorskip("pybigtools")
    random = np.random.default_rng(1)
    n = 96
    codes = random.integers(0, 4, (n, LENGTH), dtype=np.uint8)
    cell, is_open = np.arange(n) % 2, (np.arange(n) // 2) % 2
    codes[:, 20:27] = GATTACA
    lines = []
    parts = ["train"] * 64 + ["valid"] * 16 + ["test"] * 16
    for row in range(n):
        bound = int(is_open[row])
        level = bound + 2 * cell[row]
        start = row * LENGTH
        lines.append(
            f"chr1\t{start}\t{start + LENGTH}\tr{row}\t{bound}\t+\t{level}\t"
            f"{cell[row]}\t{parts[row]}"
        )
    (folder / "genome.fa").write_text(f">chr1\n{decode(codes.reshape(-1))}\n")
    header = "chrom\tstart\tend\tname\tbound\tstrand\tlevel\tcell\tsplit"
    (folder / "rows.bed").write_text("\n".join([header, *lines]) + "\n")
    values = [
        ("chr1", place, place + 1, float(is_open[place // LENGTH]))
        for place in range(n * LENGTH)
        if place // LENGTH % 7
    ]
    sizes = {"chr1": n * LENGTH}
    pybigtools.open(str(folder / "open.bw"), "w").write(sizes, iter(values))
    path = folder / "config.toml"
    path.write_text(text)
    return path


SEVERAL_INPUTS = """
name = "open_v1"
[data]
format = "intervals"
path = "rows.bed"
genome = "genome.fa"
sequence_length = 64
task = "binary"
targets = ["bound"]
inputs = { cell_type = "cell" }
input_signals = { signals = ["open.bw"] }
missing = "nan"
beyond = "pad"
[data.split]
by = "column"
column = "split"
leaks = "ignore"
[model]
architecture = "multi_modal"
[model.arguments]
num_signals = 1
num_cell_types = 2
filters = 8
dilation_rates = [1]
units = 0
modality_dropout = 0.0
[training]
epochs = 12
batch_size = 16
reverse_complement = true
max_shift = 3
[optimizer]
learning_rate = 0.02
[release]
description = "Open GATTACA"
licence = "Apache-2.0"
"""


@pytest.mark.parametrize("quick", [("report",)], ids=["compiled"], indirect=True)
def test_a_cell_type_and_a_signal_per_base_are_inputs(tmp_path: Path) -> None:
    run = quiet(table(tmp_path, SEVERAL_INPUTS))
    assert verify(run.release.folder).passed
    kinds = {given.name: given.kind for given in run.release.inputs}
    assert set(kinds) == {"sequence", "signals", "cell_type"}
    assert kinds["cell_type"] == "category"
    values = {m["name"]: m["value"] for m in run.measured.metrics}
    assert values["auroc_bound"] > 0.9  # the sequence alone does not say it
    splits = read_splits(run.config)
    found = zoo.predict(zoo.load(run.release.folder), splits.test, activation="sigmoid")
    np.testing.assert_array_equal(found, run.measured.parts["test"][""].predictions)


def test_the_plan_has_all_inputs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    print_plan(plan(table(tmp_path, SEVERAL_INPUTS)))
    (line,) = [x for x in capsys.readouterr().out.splitlines() if x[:6] == "input "]
    assert set(line.removeprefix("input      ").split(" and ")) == {
        "sequence (batch, 64, 4)",
        "signals (batch, 64, 1)",
        "cell_type (batch)",
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('inputs = { cell_type = "cell" }', "", "data.inputs: .*'cell_type'"),
        ('cell_type = "cell"', 'cells = "cell"', "data.inputs: .*'cell_type'"),
        ('cell_type = "cell"', 'cell_type = "cells"', "cells"),
        ('cell_type = "cell"', 'cell_type = ["cell"]', "'cell_type': expected"),
        ("num_signals = 1", "num_signals = 2", "'signals': expected"),
        ('["open.bw"]', '["closed.bw"]', r"closed\.bw"),
    ],
)
def test_inputs_that_do_not_fit(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in SEVERAL_INPUTS
    path = table(tmp_path, SEVERAL_INPUTS.replace(old, new))
    with pytest.raises(registry.SeqzooError, match=message):
        plan(path)
