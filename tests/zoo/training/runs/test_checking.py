"""What would end a training, or lose it at its end, is one line before it begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest

import zoo
from registry.release import Output
from tests.made import write_fasta
from tests.zoo.training.runs.small_run import BASE, RELEASE, SMALL, quiet, write
from zoo.cli import main
from zoo.training.configuration.config import ConfigError
from zoo.training.configuration.config_file import parse_config
from zoo.training.runs.run_data import read_splits
from zoo.training.runs.running import plan

PROFILE = """
name = "profile_v1"
[data]
format = "intervals"
path = "rows.bed"
genome = "g.fa"
signals = ["s.bw"]
task = "profile"
sequence_length = 64
bin_size = 16
[data.split]
by = "chromosome"
valid = ["chr2"]
leaks = "ignore"
[training]
epochs = 1
batch_size = 8
"""
BINS = """
[model]
architecture = "hierarchical_dilated"
arguments = { bin_size = 16, filters = 4, stem_kernel_size = 3, dilation_rates = [1] }
"""
OUTPUT = """{ name = "a", units = "p", activation = "sigmoid" }"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("profile")
    random = np.random.default_rng(0)
    names = ("chr1", "chr2")
    write_fasta(
        found / "g.fa", {n: "".join(random.choice(list("ACGT"), 1000)) for n in names}
    )
    rows = [f"{n}\t{start}\t{start + 64}" for n in names for start in range(0, 640, 80)]
    (found / "rows.bed").write_text("\n".join(rows) + "\n")
    with pyBigWig.open(str(found / "s.bw"), "w") as file:
        file.addHeader([(name, 1000) for name in names])
        for name in names:
            values = random.gamma(2.0, size=1000)
            file.addEntries(name, 0, values=list(values), span=1, step=1)
    return found


def refused(path: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line of a start that does not train, and leaves nothing in the way."""
    assert main(["train", str(path), *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1, error
    assert not list(path.parent.glob("runs/*/checkpoints/*.npz"))
    return error


@pytest.mark.parametrize("dry", [("--dry-run",), ()])
@pytest.mark.parametrize(
    ("text", "expected", "received"),
    [
        (
            PROFILE + '[model]\narchitecture = "bpnet"\n'
            "arguments = { filters = 2, dilation_rates = [1] }\n",
            "expected [heads.profile], [heads.counts] for 'bpnet'",
            "profile (batch, 64, 1) and counts (batch, 1)",
        ),
        (PROFILE + SMALL, "(batch, 4, 1)", "'shallow_wide' with (batch, 1), one value"),
        (
            PROFILE + BINS.replace("bin_size = 16", "bin_size = 32"),
            "(batch, 4, 1)",
            "(batch, 2, 1)",
        ),
        (
            # As many bins, of the half of the window.
            PROFILE.replace("bin_size = 16", "bin_size = 8\ntarget_length = 32") + BINS,
            "the 16 bp of a bin",
            "Received 8",
        ),
        (
            BASE + BINS.replace("bin_size = 16", "bin_size = 8"),
            "(batch, 1), as the targets",
            "(batch, 3, 1); its bins need data.signals",
        ),
        (
            BASE + SMALL.replace("units = 2", "units = 2, sequence_length = 30"),
            "the 24 bp of the data",
            "Received 30",
        ),
        (
            BASE + '[model]\nrelease = "hierarchical_dilated_v1"\n',
            "cannot be built for the 24 bp of the data",
            "sequence_length=24",
        ),
        (
            BASE + SMALL + "[heads.head_logits]\n",
            "heads: expected none for 'shallow_wide', whose output is (batch, 1)",
            "Received [heads.head_logits].",
        ),
        (
            BASE + '[model]\narchitecture = "multi_modal"\n',
            "all inputs of 'multi_modal' by name: 'sequence'",
            "Received beside the sequences: no other",
        ),
    ],
    ids=[
        *("outputs", "pooled", "bins", "width", "profile"),
        *("length", "release", "heads", "inputs"),
    ],
)
def test_outputs_that_are_not_the_targets(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    expected: str,
    received: str,
    dry: tuple[str, ...],
) -> None:
    if text.startswith(BASE):
        write(folder, text)
    (folder / "config.toml").write_text(text)
    error = refused(folder / "config.toml", capsys, *dry)
    assert expected in error
    assert received in error


def test_the_dry_run_prints_the_model_s_output_and_the_targets(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "bins.toml"
    path.write_text(PROFILE + BINS)
    assert main(["train", str(path), "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert "targets    (batch, 4, 1): s" in printed
    assert "output     (batch, 4, 1)\n" in printed
    # The length is the data's: it was not given.
    assert "input      (batch, 64, 4)" in printed


def test_a_configuration_that_was_refused_may_be_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = SMALL.replace("units = 2", "units = 2, sequence_length = 30")
    path = write(tmp_path, BASE + wrong)
    refused(path, capsys)
    path.write_text((BASE + SMALL).replace("epochs = 2", "epochs = 1"))
    assert len(quiet(path).members[0].history["loss"]) == 1
    # Now there are checkpoints, and they belong to that.
    path.write_text(BASE + SMALL)
    assert "Changed: training.epochs: 1 is now 2" in refused(path, capsys)
    assert "Changed: training.epochs" in refused(path, capsys, "--dry-run")


@pytest.fixture(scope="module")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release that takes 20 bp only."""
    folder = tmp_path_factory.mktemp("fixed") / "start_v1"
    arguments = {"filters": (4, 4), "units": 4, "pooling": "flatten"}
    model = zoo.create("deep_narrow", sequence_length=20, **arguments)
    output = Output("x", "probability", "sigmoid", None)
    zoo.save(model, folder, description="x", task="x", licence="x", outputs=[output])
    return folder


def test_a_release_of_one_length_is_tuned_at_that_of_the_data(
    tmp_path: Path, fixed: Path
) -> None:
    text = BASE.replace("epochs = 2", "epochs = 1") + RELEASE
    path = write(tmp_path, text + f'[model]\nrelease = "{fixed}"\n')
    assert plan(path).model.inputs[0].shape == (None, 24, 4)
    run = quiet(path)
    assert run.release.input.sequence_length == 24
    assert run.release.derived_from.name == "start_v1"


def test_an_architecture_of_one_length_takes_that_of_the_data(tmp_path: Path) -> None:
    text = BASE + '[model]\narchitecture = "deep_narrow"\n'
    text += 'arguments = { filters = [4, 4], units = 4, pooling = "flatten" }\n'
    assert plan(write(tmp_path, text)).model.inputs[0].shape == (None, 24, 4)
    # Where any length is taken, it is kept.
    (tmp_path / "config.toml").write_text(BASE + SMALL)
    assert plan(tmp_path / "config.toml").model.inputs[0].shape == (None, None, 4)


@pytest.mark.parametrize("dry", [("--dry-run",), ()])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("batch_size", 'monitor = "val_aurc"\nbatch_size'),
            "monitor: expected one of val_loss, val_auroc, val_auprc;",
        ),
        (
            ("batch_size", 'loss = "MaskedLogPoisson"\nbatch_size'),
            "loss: expected auto or one of MaskedBinaryCrossentropy for",
        ),
        (("batch_size", 'metrics = ["AUROC", "auto"]\nbatch_size'), "each once"),
        (("units = 2", "units = 2, kernel = 3"), "model.arguments: shallow_wide"),
        (
            ('licence = "Apache-2.0"', 'licence = "x"\nmin_length = 90'),
            "release.min_length: expected 1 to the 24 bp",
        ),
        (
            (
                'licence = "Apache-2.0"',
                f"licence = 'x'\noutputs = [{OUTPUT}, {OUTPUT}]",
            ),
            "release.outputs: Expected 1 outputs",
        ),
        (
            (
                'licence = "Apache-2.0"',
                f"licence = 'x'\noutputs = [{OUTPUT.replace('sigmoid', 'sigmod')}]",
            ),
            "release.outputs: .* activation .* 'sigmod'",
        ),
        (
            (
                'licence = "Apache-2.0"',
                f"licence = 'x'\noutputs = [{OUTPUT.replace('sigmoid', 'linear')}]",
            ),
            "'sigmoid' for 'a', by which MaskedBinaryCrossentropy .* 'linear'",
        ),
        (
            ("units = 2", "units = { first = 2 }"),
            "model.arguments: expected numbers .*as a .release. holds nothing else",
        ),
    ],
)
def test_what_would_be_found_after_the_last_epoch(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: tuple[str, str],
    message: str,
    dry: tuple[str, ...],
) -> None:
    text = BASE + SMALL + RELEASE
    assert change[0] in text
    path = write(tmp_path, text.replace(*change))
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(refused(path, capsys, *dry))


@pytest.mark.parametrize(
    ("task", "change", "message"),
    [
        ("binary", {"targets": "value"}, "expected 0, 1 or nothing .*Received 0.5"),
        ("multi-label", {"targets": "value"}, "are the task 'regression'"),
        ("profile", {"signals": "s.bw"}, "expected bins .data.bin_size."),
        ("regression", {"signals": "s.bw", "bin_size": 16}, "bins are 'profile'"),
    ],
)
def test_targets_of_another_task(
    folder: Path, task: str, change: dict[str, Any], message: str
) -> None:
    rows = (folder / "rows.bed").read_text().splitlines()
    text = "\n".join(f"{row}\t{k / 2}" for k, row in enumerate(rows, start=1))
    (folder / "values.bed").write_text(text + "\n")
    names = ["chrom", "start", "end", "value"]
    given = {"path": "values.bed", "genome": "g.fa", "column_names": names}
    split = {"by": "chromosome", "valid": ["chr2"], "leaks": "ignore"}
    data = {"format": "intervals", "task": task, "split": split} | given | change
    content = {
        "name": "mine_v1",
        "data": data | {"sequence_length": 64},
        "model": {"architecture": "kmer"},
    }
    config = parse_config(content, base=folder)
    with pytest.raises(ConfigError, match=message):
        read_splits(config)
    # Rates of a Poisson loss are not negative, whatever the task.
    content["training"] = {"loss": "MaskedLogPoisson"}
    content["data"] = data | {"task": "regression", "targets": "value", "signals": []}
    content["data"] |= {"bin_size": None, "sequence_length": 64}
    (folder / "values.bed").write_text(text.replace("\t0.5", "\t-0.5") + "\n")
    with pytest.raises(ConfigError, match=r"at least 0, .*Received -0\.5 in 1 of 16"):
        read_splits(parse_config(content, base=folder))


def test_a_monitor_without_a_value_in_the_validation_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = BASE.replace("batch_size", 'monitor = "val_auroc"\nbatch_size') + SMALL
    path = write(tmp_path, text)
    table = (tmp_path / "rows.tsv").read_text()
    (tmp_path / "rows.tsv").write_text(table.replace("\t0\tdev", "\t0\tx"))
    for dry in (["--dry-run"], []):
        assert "val_auroc has no value in the 10 examples" in refused(
            path, capsys, *dry
        )
    path.write_text(BASE + SMALL)
    assert main(["train", str(path), "--dry-run"]) == 0


def test_the_outputs_of_a_release_are_in_the_order_of_the_targets(
    tmp_path: Path,
) -> None:
    targets = BASE.replace('["bound"]', '["bound", "bound2"]')
    names = [f'{{ name = "{n}", units = "p", activation = "sigmoid" }}' for n in "ba"]
    release = RELEASE + f"outputs = [{', '.join(names)}]\n"
    path = write(tmp_path, targets.replace("bound2", "b").replace("bound", "a") + SMALL)
    table = (tmp_path / "rows.tsv").read_text().splitlines()
    rows = [line.split("\t") for line in table[1:]]
    lines = ["sequence\ta\tb\tsplit", *("\t".join([s, y, y, p]) for s, y, p in rows)]
    (tmp_path / "rows.tsv").write_text("\n".join(lines) + "\n")
    path.write_text(path.read_text() + release)
    with pytest.raises(ConfigError, match=r"order of the data's outputs, a, b\. Rec"):
        plan(path)
    path.write_text(path.read_text().replace('name = "b"', 'name = "c"'))
    assert plan(path).splits.train.outputs == ("a", "b")  # others are other names


@pytest.mark.parametrize("dry", [("--dry-run",), ()])
def test_a_fold_that_cannot_be_is_told_before_the_first_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], dry: tuple[str, ...]
) -> None:
    text = BASE.replace("batch_size", 'monitor = "val_auroc"\nbatch_size') + SMALL
    path = write(tmp_path, text + "[ensemble]\nfolds = 2\n")
    table = (tmp_path / "rows.tsv").read_text().replace("\t1\t", "\t0\t")
    (tmp_path / "rows.tsv").write_text(table.replace("\t0\ttrain", "\t1\ttrain", 1))
    assert "val_auroc has no value" in refused(path, capsys, *dry)  # in one of the two
    header, *rows = table.splitlines()
    few = [header, rows[0], rows[80], rows[-1]]  # fewer rows than folds
    (tmp_path / "rows.tsv").write_text("\n".join(few) + "\n")
    path.write_text(path.read_text().replace("folds = 2", "folds = 4"))
    assert "examples for each of 4 folds" in refused(path, capsys, *dry)


def test_values_have_the_activation_of_their_loss_and_ensembles(tmp_path: Path) -> None:
    """A Poisson loss learns logarithms, also for the task 'regression'."""
    text = BASE.replace('"binary"', '"regression"').replace("epochs = 2", "epochs = 1")
    text = text.replace("batch_size", 'loss = "MaskedLogPoisson"\nbatch_size')
    text += SMALL + RELEASE + "[ensemble]\nseeds = [1, 2]\n"
    run = quiet(write(tmp_path, text))
    assert run.release.outputs[0].activation == "exponential"
    assert (run.measured.parts["test"][""].predictions > 0).all()
    assert len(zoo.models.ensembles.members(run.model)) == 2


def test_an_ensemble_is_no_member(tmp_path: Path) -> None:
    net = '["shallow_wide", ["filters", 2]]'
    text = BASE + '[model]\narchitecture = "ensemble"\n'
    text += f"arguments = {{ members = [{net}, {net}] }}\n[ensemble]\nseeds = [1, 2]\n"
    with pytest.raises(ConfigError, match="no ensemble itself, to average 2"):
        plan(write(tmp_path, text))
