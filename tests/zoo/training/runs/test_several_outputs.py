"""From a configuration to a release, of models with several outputs."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import registry
import zoo
from tests.zoo.training.runs.small_run import quiet
from tests.zoo.training.runs.test_running import Break
from zoo.commands.train import print_plan, print_run
from zoo.dna import decode
from zoo.publishing.verification import verify
from zoo.training.configuration.config import Config, ConfigError
from zoo.training.configuration.config_file import parse_config, read_config
from zoo.training.reports.report import write_report
from zoo.training.reports.report_data import data_section
from zoo.training.runs.run_data import read_examples, read_splits
from zoo.training.runs.running import plan

LENGTH, SITES = 64, 144
GATTACA = np.array([2, 0, 3, 3, 0, 1, 0], np.uint8)
ISLAND = np.array([1, 2, 1, 2, 1, 2], np.uint8)  # CGCGCG among A and T
BPNET = """
name = "reads_v1"
[data]
format = "intervals"
path = "peaks.bed"
genome = "genome.fa"
sequence_length = 64
task = "profile"
signals = { plus = "plus.bw", minus = "minus.bw" }
bin_size = 1
aggregate = "sum"
[data.split]
by = "chromosome"
valid = ["chr2"]
test = ["chr3"]
[model]
architecture = "bpnet"
arguments = { filters = 8, stem_kernel_size = 7, dilation_rates = [1, 2], profile_kernel_size = 9 }
[heads.profile]
loss = "MultinomialNegativeLogLikelihood"
[heads.counts]
targets = "log_total"
loss_weight = 10.0
[training]
epochs = 30
batch_size = 16
reverse_complement = true
pairing = [1, 0]
[optimizer]
learning_rate = 0.02
[release]
description = "Reads around CGCGCG"
licence = "Apache-2.0"
symmetry = "augmented"
"""  # noqa: E501


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reads lie around some sites, on one strand before and on the other behind."""
    pybigtools = pytest.importorskip("pybigtools")
    folder = tmp_path_factory.mktemp("reads")
    random = np.random.default_rng(0)
    codes = 3 * random.integers(0, 2, (3, SITES // 3 * LENGTH), dtype=np.uint8)
    reads = {"plus": np.zeros(codes.shape), "minus": np.zeros(codes.shape)}
    lines = []
    for contig in range(3):
        for site in range(SITES // 3):
            first = site * LENGTH
            lines.append(f"chr{contig + 1}\t{first}\t{first + LENGTH}")
            if site % 2:
                place = first + int(random.integers(16, LENGTH - 16))
                codes[contig, place : place + 6] = ISLAND
                reads["plus"][contig, place - 6 : place - 2] = random.poisson(9, 4)
                reads["minus"][contig, place + 8 : place + 12] = random.poisson(9, 4)
    names = [f"chr{contig + 1}" for contig in range(3)]
    pairs = zip(names, codes, strict=True)
    text = "".join(f">{name}\n{decode(row)}\n" for name, row in pairs)
    (folder / "genome.fa").write_text(text)
    (folder / "peaks.bed").write_text("\n".join(lines) + "\n")
    sizes = dict.fromkeys(names, codes.shape[1])
    for strand, values in reads.items():
        found = [
            (name, place, place + 1, float(row[place]))
            for name, row in zip(names, values, strict=True)
            for place in range(len(row))
        ]
        pybigtools.open(str(folder / f"{strand}.bw"), "w").write(sizes, iter(found))
    return folder


def configured(files: Path, text: str, folder: Path | str) -> Config:
    """A run of these files in a folder of its own."""
    config = parse_config(tomllib.loads(text), base=files)
    return dataclasses.replace(config, folder=str(folder))


@pytest.mark.slow
@pytest.mark.parametrize("quick", [("report",)], ids=["compiled"], indirect=True)
def test_bpnet_learns_where_reads_lie_and_how_many_they_are(
    genome: Path, tmp_path: Path
) -> None:
    run = quiet(configured(genome, BPNET, tmp_path))
    release = run.release
    assert verify(release.folder).passed
    assert [(h.name, h.kind, h.num_outputs) for h in release.heads] == [
        (h.name, h.kind, h.num_outputs)
        for h in zoo.inspection.heads.heads_of(zoo.load(release.folder))
    ]
    described = {
        name: [(o.name, o.units, o.reverse_complement_partner) for o in outputs]
        for name, outputs in zip(
            [h.name for h in release.heads],
            [release.outputs[:2], release.outputs[2:]],
            strict=True,
        )
    }
    assert described == {
        "profile": [("plus", "share", "minus"), ("minus", "share", "plus")],
        "counts": [
            ("plus", "ln(1 + signal)", "minus"),
            ("minus", "ln(1 + signal)", "plus"),
        ],
    }
    test = {m["name"]: m["value"] for m in run.measured.metrics if m["split"] == "test"}
    assert test["counts.pearson_plus"] > 0.8 and test["counts.pearson_minus"] > 0.8
    assert test["profile.pearson_window_mean"] > 0.5
    # What is measured is what the released model predicts, against the reads.
    part = run.measured.parts["test"]["counts"]
    splits = read_splits(run.config)
    found = zoo.predict(zoo.load(release.folder), splits.test)
    np.testing.assert_allclose(found["counts"], part.predictions, atol=1e-5)
    reads = splits.test.targets.sum(axis=1)
    np.testing.assert_allclose(part.targets, np.log(1 + reads), rtol=1e-5)
    shares = np.exp(found["profile"])
    shares /= shares.sum(axis=1, keepdims=True)
    profile = run.measured.parts["test"]["profile"]
    np.testing.assert_allclose(profile.predictions, shares, atol=1e-5)
    assert {o.activation for o in release.outputs} == {"softmax_over_bins", "linear"}
    history = run.members[0].history
    assert {"loss", "profile_loss", "counts_loss", "val_counts_pearson"} <= {*history}
    distances = history["val_profile_jensen_shannon_distance"]
    assert min(distances) < distances[0] < 1


def test_the_report_and_the_plan_have_all_heads(
    genome: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    text = BPNET.replace("epochs = 30", "epochs = 1")
    config = configured(genome, text.replace("= 10.0", '= "auto"'), tmp_path)
    print_plan(plan(config))
    printed = capsys.readouterr().out
    assert "output     profile (batch, 64, 2) and counts (batch, 2)\n" in printed
    totals = read_splits(config).train.targets.sum(axis=1)
    weight = max(1.0, float(np.median(totals)) / 10)
    assert (
        "losses     profile: 1 x MultinomialNegativeLogLikelihood\n"
        f"           counts: {weight:g} x MaskedMeanSquaredError\n"
    ) in printed
    run = quiet(config)
    assert run.config.heads["counts"].loss_weight == pytest.approx(weight, rel=1e-5)
    page = write_report(run, read_splits(config), tmp_path).read_text()
    assert page.count("<img") + page.count("<svg") > 4
    for name in ("profile.pearson_plus", "counts.spearman_minus", "heads"):
        assert name in page
    assert "{&quot;profile&quot;: {&quot;targets&quot;: &quot;values&quot;" in page


def test_a_release_with_heads_is_tuned(genome: Path, tmp_path: Path) -> None:
    text = BPNET.replace("epochs = 30", "epochs = 1")
    first = quiet(configured(genome, text, tmp_path))
    head, _, rest = text.partition("[model]")
    _, heads, rest = rest.partition("[heads.profile]")
    text = f'{head}[model]\nrelease = "{first.release.folder}"\n{heads}{rest}'
    tuned = text.replace("reads_v1", "tuned_v1", 1).replace("epochs = 1", "epochs = 2")
    second = quiet(
        configured(genome, tuned + "[fine_tuning]\nhead_epochs = 1\n", tmp_path)
    )
    assert second.release.derived_from.name == "reads_v1"
    assert verify(second.release.folder).passed
    # Other outputs are new heads of both.
    text = text.replace("reads_v1", "one_v1", 1).replace("pairing = [1, 0]", "")
    third = quiet(
        configured(genome, text.replace(', minus = "minus.bw"', ""), tmp_path)
    )
    assert [head.num_outputs for head in third.release.heads] == [1, 1]


def test_both_strands_have_one_total_and_the_profile_is_the_middle(
    genome: Path, tmp_path: Path
) -> None:
    text = BPNET.replace("epochs = 30", "epochs = 1")
    text = text.replace("bin_size = 1", "bin_size = 1\ntarget_length = 40")
    text = text.replace("arguments = {", "arguments = { num_counts = 1,")
    text = text.replace("loss_weight = 10.0", "joined_outputs = 2")
    run = quiet(configured(genome, text, tmp_path))
    assert run.release.config["profile_length"] == 40
    partners = {o.name: o.reverse_complement_partner for o in run.release.outputs}
    assert partners == {"plus": "minus", "minus": "plus", "plus_minus": "plus_minus"}
    reads = read_splits(run.config).test.targets
    assert reads.shape[1:] == (40, 2)
    found = run.measured.parts["test"]["counts"].targets
    np.testing.assert_allclose(found[:, 0], np.log1p(reads.sum((1, 2))), rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("steps", [3, 9])  # within an epoch, in the second
def test_broken_off_and_gone_on_it_ends_with_the_same_bits(
    genome: Path, tmp_path: Path, steps: int
) -> None:
    text = BPNET.replace("epochs = 30", "epochs = 3").partition("[release]")[0]
    text = text.replace("batch_size = 16", "batch_size = 8\ncheckpoint_steps = 1")
    once = quiet(configured(genome, text, tmp_path / "once"))
    config = configured(genome, text, tmp_path / "again")
    with pytest.raises(ConnectionError):
        quiet(config, callbacks=[Break(steps)])
    again = quiet(config)
    for one, other in zip(once.model.weights, again.model.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    assert once.members[0].history == again.members[0].history


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[heads.counts]", "[heads.total]", r"\[heads\.profile\].*\[heads\.counts\]"),
        ('targets = "log_total"', "", r"heads\.counts: .*\(batch, 64, 2\).*"),
        ('targets = "log_total"', 'targets = "sum"', "'log_total'.*'sum'"),
        ("loss_weight = 10.0", "loss_weight = 0.0", r"heads\.counts\.loss_weight"),
        ("[heads.profile]", '[heads.profile]\nloss_weight = "auto"', "a number, as"),
        ("loss_weight = 10.0", 'outputs = ["both"]', r"heads\.counts.*plus, minus"),
        ("loss_weight = 10.0", 'loss = "MaskedLogPoison"', r"heads\.counts\.loss"),
        ("loss_weight = 10.0", 'metrics = ["R2"]', r"heads\.counts\.metrics"),
        ("pairing = [1, 0]", "pairing = [1, 0, 2]", "pairing"),
        ("batch_size = 16", 'monitor = "val_pearson"', "val_counts_pearson"),
        ("batch_size = 16", 'metrics = ["MCC"]', r"in its table of \[heads\]"),
        ("batch_size = 16", "class_weights = true", "class_weights"),
        ('symmetry = "augmented"', 'symmetry = "equivariant"', "release"),
        ("licence", "descriptions = { counts = 'x' }\nlicence", "'minus'.*: 'counts'"),
        ("[heads.profile]", "[heads.profile]\njoined_bins = 5", "profile.*divisor"),
        ("[heads.profile]", "[heads.profile]\njoined_bins = 2", r"\(batch, 32, 2\)"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_key(
    genome: Path, tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in BPNET
    with pytest.raises(registry.SeqzooError, match=message):
        plan(configured(genome, BPNET.replace(old, new), tmp_path))


def test_several_outputs_need_their_tables(genome: Path, tmp_path: Path) -> None:
    content = tomllib.loads(BPNET)
    del content["heads"]
    with pytest.raises(ConfigError, match=r"expected \[heads\.profile\].*none"):
        plan(parse_config(content, base=genome))


def two_scalars(
    *, sequence_length: int | None = None, num_outputs: int = 1
) -> keras.Model:
    """What an outside plugin may bring: a list of two outputs."""
    inputs = layers.Input((sequence_length, 4), name="dna")
    x = layers.Conv1D(8, 7, activation="relu", name="stem")(inputs)
    x = layers.GlobalMaxPooling1D(name="pool")(x)
    heads = [
        layers.Dense(num_outputs, dtype="float32", name=f"head_{name}")(x)
        for name in ("bound", "level")
    ]
    return keras.Model(inputs, heads, name="two_scalars")


PLUGIN = """
name = "two_v1"
[data]
format = "table"
path = "rows.tsv"
task = "binary"
targets = ["bound", "level"]
[data.split]
by = "random"
[model]
architecture = "two_scalars"
[heads.head_bound]
outputs = ["bound"]
[heads.head_level]
outputs = ["level"]
task = "regression"
[training]
epochs = 12
batch_size = 16
monitor = "val_head_bound_auroc"
[optimizer]
learning_rate = 0.02
[release]
description = "GATTACA, and a level"
licence = "Apache-2.0"
symmetry = "none"
"""


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.architectures._session", {})
    zoo.register()(two_scalars)


def rows(folder: Path, text: str = PLUGIN) -> Path:
    random = np.random.default_rng(0)
    codes = random.integers(0, 4, (120, 24), dtype=np.uint8)
    bound = np.arange(120) % 2
    codes[bound == 1, 8:15] = GATTACA
    lines = [
        f"{decode(row)}\t{label}\t{3.5 * label - 1}"
        for row, label in zip(codes, bound, strict=True)
    ]
    (folder / "rows.tsv").write_text(
        "\n".join(["sequence\tbound\tlevel", *lines]) + "\n"
    )
    path = folder / "config.toml"
    path.write_text(text)
    return path


@pytest.mark.usefixtures("plugin")
def test_a_plugin_with_two_outputs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = quiet(rows(tmp_path))
    print_run(run)
    table = [x for x in capsys.readouterr().out.splitlines() if " interval " in x]
    assert len(table) == len(run.measured.metrics) > 0
    assert len({line.index("  95% interval ") for line in table}) == 1
    assert verify(run.release.folder).passed
    assert [(o.name, o.activation, o.units) for o in run.release.outputs] == [
        ("bound", "sigmoid", "probability"),
        ("level", "linear", "target"),
    ]
    values = {m["name"]: m["value"] for m in run.measured.metrics}
    assert values["head_bound.auroc_bound"] > 0.9
    assert values["head_level.pearson_level"] > 0.8
    assert run.members[0].best == max(run.members[0].history["val_head_bound_auroc"])
    # Of seeds as one model, which is a release, too.
    text = PLUGIN.replace('"two_v1"', '"both_v1"').replace("epochs = 12", "epochs = 1")
    both = quiet(rows(tmp_path, text + "[ensemble]\nseeds = [0, 1]\n"))
    assert verify(both.release.folder).passed
    assert len(both.members) == 2


@pytest.mark.usefixtures("plugin")
def test_labels_are_those_of_their_head(tmp_path: Path) -> None:
    text = PLUGIN.replace('task = "regression"', "")
    with pytest.raises(ConfigError, match=r"heads\.head_level\.task: expected 0, 1"):
        plan(rows(tmp_path, text))


@pytest.mark.usefixtures("plugin")
def test_the_report_counts_labels_and_averages_values(tmp_path: Path) -> None:
    config = read_config(rows(tmp_path))
    splits = read_splits(config)
    page = str(data_section(config, splits, [0, 1], drawn=False)[-1])
    bound, level = splits.train.targets.T
    assert "output, positives of known or mean ± deviation" in page
    assert f"{int(bound.sum())} of {len(bound)} ({bound.mean():.1%})" in page
    assert f"{level.mean():.4g} ± {level.std():.3g}" in page


def test_fit_of_several_outputs_in_python(genome: Path, tmp_path: Path) -> None:
    examples = read_examples(configured(genome, BPNET, tmp_path))
    model = zoo.create("bpnet", num_outputs=2, filters=4, dilation_rates=[1, 2])
    losses: Any = {"profile": "mse", "counts": "mse"}
    model.compile("adam", losses)
    heads: Any = {"profile": "values", "counts": "log_total"}
    history = zoo.training.fit(
        model, examples.batches(32, heads=heads), epochs=1, verbose=0
    )
    assert {"profile_loss", "counts_loss"} <= set(history.history)
    for wrong, message in (
        (None, "batches.heads=.*profile .*counts .*no heads"),
        ({"counts": "log_total"}, "profile .*Received: counts"),
        ({"profile": "values", "counts": "values"}, r"counts \(batch, 2\)"),
    ):
        with pytest.raises(registry.SeqzooError, match=message):
            zoo.training.fit(
                model, examples.batches(32, heads=wrong), epochs=1, verbose=0
            )
