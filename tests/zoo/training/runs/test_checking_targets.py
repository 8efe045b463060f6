"""Signals that a run cannot learn: below 0, or empty; and regions without reads."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pybigtools
import pytest

from tests.made import write_fasta
from zoo.commands.train import print_plan
from zoo.training.configuration.config import Config, ConfigError
from zoo.training.configuration.config_file import parse_config
from zoo.training.reports.report_data import data_section
from zoo.training.runs.loss_weights import with_loss_weights
from zoo.training.runs.run_data import read_examples
from zoo.training.runs.running import plan

SIZE = 400


@pytest.fixture
def configured(tmp_path: Path) -> Callable[..., Config]:
    """Twenty regions of 20 bp, half of them with reads on both strands."""
    random = np.random.default_rng(0)
    contigs = {f"chr{k}": "".join(random.choice(list("ACGT"), SIZE)) for k in (1, 2)}
    write_fasta(tmp_path / "g.fa", contigs)
    rows, reads = [], np.zeros(SIZE)
    for k in range(10):
        rows += [f"{n}\t{40 * k}\t{40 * k + 20}\tr\t0\t{'+-'[k % 2]}" for n in contigs]
        if k % 3:
            reads[40 * k + 3] = k
    (tmp_path / "peaks.bed").write_text("\n".join(rows) + "\n")
    for name, sign in (("plus", 1), ("minus", -1), ("none", 0)):
        values = [
            (n, i, i + 1, float(sign * reads[i])) for n in contigs for i in range(SIZE)
        ]
        sizes = dict.fromkeys(contigs, SIZE)
        pybigtools.open(str(tmp_path / f"{name}.bw"), "w").write(sizes, iter(values))

    def made(signals: Any, **data: Any) -> Config:
        content: dict[str, Any] = {
            "name": "mine_v1",
            "data": {
                "format": "intervals",
                "path": "peaks.bed",
                "genome": "g.fa",
                "sequence_length": 20,
                "task": "profile",
                "signals": signals,
                "bin_size": 1,
                "split": {"by": "chromosome", "valid": "chr2"},
            },
            "model": {
                "architecture": "bpnet",
                "arguments": {
                    "filters": 4,
                    "stem_kernel_size": 3,
                    "dilation_rates": [1],
                    "profile_kernel_size": 3,
                },
            },
            "heads": {
                "profile": {"loss": "MultinomialNegativeLogLikelihood"},
                "counts": {"targets": "log_total"},
            },
        }
        content["data"] |= data
        return parse_config(content, base=tmp_path)

    return made


def test_a_minus_strand_below_zero_is_named_with_its_place(
    configured: Callable[..., Config], tmp_path: Path
) -> None:
    signals = {"a": "plus.bw", "b": "minus.bw"}
    # The second region is the first with reads: at 43, on the minus strand.
    with pytest.raises(
        ConfigError,
        match=r"counts of at least 0.*the first in minus\.bw at chr1:43-44\..*absolute",
    ):
        read_examples(configured(signals))
    found = read_examples(configured(signals, negative="absolute"))
    assert found.targets is not None and found.targets.min() == 0
    np.testing.assert_array_equal(found.targets[..., 0], found.targets[..., 1])
    # Bins of the middle of a window on the minus strand; the reads are at 163.
    (tmp_path / "one.bed").write_text("chr1\t156\t176\tr\t0\t-\n")
    binned = {"bin_size": 4, "target_length": 12, "path": "one.bed"}
    with pytest.raises(ConfigError, match=r"minus\.bw at chr1:160-164\."):
        read_examples(configured(signals, **binned))
    # Where strands are swapped, too, it is the file that has them.
    paired = configured({"plus": "plus.bw", "minus": "minus.bw"}, **binned)
    moving = dataclasses.replace(paired.training, pairing=(1, 0))
    with pytest.raises(ConfigError, match=r"minus\.bw at chr1:160-164\."):
        read_examples(dataclasses.replace(paired, training=moving))


def test_a_control_below_zero_is_named_with_its_place(
    configured: Callable[..., Config],
) -> None:
    # Its logarithm is taken: NaN, if nobody looks.
    control = {"control": ["plus.bw", "minus.bw"]}
    plus = functools.partial(configured, ["plus.bw"], stranded=False)
    with pytest.raises(
        ConfigError,
        match=r"input_signals\.control: expected reads.*in minus\.bw at chr1:43-44\.",
    ):
        read_examples(plus(input_signals=control))
    found = read_examples(plus(input_signals=control, negative="absolute"))
    assert found.inputs["control"].min() == 0 < found.inputs["control"].max()
    # What has no strand is no count of reads: the conservation of a base, say.
    other = {"conserved": {"phylop": "minus.bw"}}
    assert read_examples(plus(input_signals=other))


def test_a_signal_without_reads_is_refused_regions_without_are_told(
    configured: Callable[..., Config], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConfigError, match=r"'b' in some of the 20 .* none\.bw\. Is"):
        read_examples(configured({"a": "plus.bw", "b": "none.bw"}))
    config = configured(["plus.bw"])
    ready = plan(config)
    print_plan(ready)
    told = "none in some regions, which say nothing of the profile: 4 of 10 (train)"
    assert told in capsys.readouterr().out
    page = " ".join(map(str, data_section(config, ready.splits, [0], drawn=False)))
    assert f"{told}, 4 of 10 (validation)" in page


@pytest.mark.parametrize("missing", ["nan", "ignore"])
def test_a_weight_needs_totals_that_are_known(
    configured: Callable[..., Config], tmp_path: Path, missing: str
) -> None:
    rows = [(f"chr{k}", i, i + 1, 1.0) for k in (1, 2) for i in range(3, SIZE, 40)]
    sizes = {"chr1": SIZE, "chr2": SIZE}
    pybigtools.open(str(tmp_path / "some.bw"), "w").write(sizes, iter(rows))
    config = configured(["some.bw"], missing=missing)
    counts = dataclasses.replace(config.heads["counts"], loss_weight="auto")
    config = dataclasses.replace(config, heads={**config.heads, "counts": counts})
    with pytest.raises(ConfigError, match=r"loss_weight: .*data\.missing = \"zero\""):
        with_loss_weights(config, read_examples(config))
