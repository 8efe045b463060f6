"""ChromBPNet in two runs: the enzyme's bias, and what is learned beside it."""

from __future__ import annotations

import dataclasses
import functools
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import registry
import zoo
from tests.made import write_fasta
from tests.zoo.training.runs.small_run import quiet
from tests.zoo.training.runs.test_running import Break
from zoo.commands.train import print_run
from zoo.interpretation.marginalization.footprints import Footprint
from zoo.models.enzyme_bias import only_bias
from zoo.models.weights import addresses
from zoo.publishing.verification import verify
from zoo.training.configuration.config import Config, ConfigError
from zoo.training.configuration.config_file import parse_config
from zoo.training.configuration.content import to_content
from zoo.training.fine_tuning.groups import layer_groups
from zoo.training.fine_tuning.unfreezing import set_trainable
from zoo.training.reports.enzyme import EnzymeCheck
from zoo.training.runs import running
from zoo.training.runs.run import Run
from zoo.training.runs.run_data import read_splits
from zoo.training.runs.running import plan

numbers = keras.ops.convert_to_numpy
LENGTH, BINS, SITES = 64, 40, 24
CHROMOSOMES = ("chr1", "chr2", "chr3")
NETWORK = {"stem_kernel_size": 7, "profile_kernel_size": 5}
BIAS_SIZES = {"filters": 3, "dilation_rates": [1, 2]}


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More cuts in the first half of each contig, where the peaks are."""
    pybigtools = pytest.importorskip("pybigtools")
    folder = tmp_path_factory.mktemp("cuts")
    random = np.random.default_rng(0)
    size, half = 2 * SITES * LENGTH, SITES * LENGTH
    contigs = {n: "".join(random.choice(list("ACGT"), size)) for n in CHROMOSOMES}
    write_fasta(folder / "genome.fa", contigs)
    peaks, regions, cuts = [], [], []
    for name in CHROMOSOMES:
        for site in range(SITES):
            peaks.append(f"{name}\t{site * LENGTH}\t{(site + 1) * LENGTH}")
            start = half + site * LENGTH
            regions.append(f"{name}\t{start}\t{start + LENGTH}")
        rates = np.repeat([3.0, 0.5], half)
        track = random.poisson(rates).astype(float).tolist()
        cuts += [(name, i, i + 1, v) for i, v in enumerate(track)]
    (folder / "peaks.bed").write_text("\n".join(peaks) + "\n")
    (folder / "regions.bed").write_text("\n".join(regions) + "\n")
    sizes = dict.fromkeys(CHROMOSOMES, size)
    pybigtools.open(str(folder / "cuts.bw"), "w").write(sizes, iter(cuts))
    return folder


def bias_config(genome: Path, **tables: Any) -> Config:
    content: dict[str, Any] = {
        "name": "bias_v1",
        "data": {
            "format": "intervals",
            "path": "peaks.bed",
            "genome": "genome.fa",
            "sequence_length": LENGTH,
            "target_length": BINS,
            "task": "profile",
            "signals": {"cuts": "cuts.bw"},
            "bin_size": 1,
            "split": {"by": "chromosome", "valid": "chr2", "test": "chr3"},
            "background": {"path": "regions.bed", "only": True},
        },
        "model": {
            "architecture": "bpnet",
            "arguments": NETWORK | BIAS_SIZES | {"padding": "valid"},
        },
        "heads": {
            "profile": {"loss": "MultinomialNegativeLogLikelihood"},
            "counts": {"targets": "log_total"},
        },
        "training": {"epochs": 1, "batch_size": 16, "reverse_complement": True},
        "release": {"description": "Cuts.", "licence": "Apache-2.0"},
    }
    return parse_config(content | tables, base=genome)


def config(genome: Path, bias: object, **tables: Any) -> Config:
    content = to_content(bias_config(genome)) | {"name": "atac_v1"}
    content["data"]["background"] = {"path": "regions.bed", "ratio": 0.5}
    content["model"] = {
        "architecture": "chrombpnet",
        "arguments": NETWORK | {"filters": 4, "dilation_rates": [1, 2, 2]},
        "bias": {"release": str(bias)},
    }
    return parse_config(content | tables, base=genome)


@pytest.fixture(scope="module")
def bias(genome: Path) -> Run:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "write_report", lambda *_: None)
        return eagerly(bias_config(genome))


@pytest.fixture(scope="module")
def run(genome: Path, bias: Run) -> Run:
    assert bias.release is not None
    return eagerly(config(genome, bias.release.folder))


def eagerly(config: Config, **arguments: Any) -> Run:
    """Without compiled steps, as all runs of these tests, but with a report."""
    with pytest.MonkeyPatch.context() as patch:
        eager = functools.partialmethod(keras.Model.compile, run_eagerly=True)
        patch.setattr(keras.Model, "compile", eager)
        found: Run = quiet(config, **arguments)
    return found


def test_the_bias_is_as_it_was_but_for_the_depth(run: Run, bias: Run) -> None:
    assert bias.release is not None
    released, trained = zoo.load(bias.release.folder), addresses(run.model)
    for address, variable in addresses(released).items():
        if address != "head_counts/bias":
            np.testing.assert_array_equal(
                numbers(trained[f"bias_{address}"]), numbers(variable)
            )
    train = read_splits(run.config).train
    background = train.subset(train.columns["background"])
    observed = np.log1p(background.targets.sum(axis=1, dtype=float))
    predicted = zoo.predict(released, background)["counts"]
    offset = numbers(trained["bias_head_counts/bias"])
    offset = offset - numbers(released.get_layer("head_counts").bias)
    np.testing.assert_allclose(offset, (observed - predicted).mean(0), atol=1e-5)
    assert abs(offset).max() > 1e-3


def test_a_run_releases_the_model_with_and_without_the_bias(run: Run) -> None:
    assert run.release is not None and run.bias_free is not None
    names = sorted(path.name for path in run.release.folder.parent.iterdir())
    assert names == ["atac_nobias_v1", "atac_v1"]
    free = run.bias_free
    assert (run.release.architecture, free.architecture) == ("chrombpnet", "bpnet")
    assert free.description == "Cuts, without the bias of the enzyme"
    assert free.outputs == run.release.outputs
    assert {m.name for m in free.metrics} == {m.name for m in run.release.metrics}
    assert free.metrics != run.release.metrics
    for release in (run.release, free):
        assert verify(release.folder).passed
    test = read_splits(run.config).test
    whole, rest = (zoo.predict(zoo.load(r.folder), test) for r in (run.release, free))
    own = zoo.predict(only_bias(zoo.load(run.release.folder)), test)
    np.testing.assert_allclose(
        whole["profile"], rest["profile"] + own["profile"], atol=1e-5
    )
    np.testing.assert_allclose(
        whole["counts"], np.logaddexp(rest["counts"], own["counts"]), atol=1e-5
    )


def test_the_report_says_whether_the_enzyme_is_gone(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    check = run.enzyme
    assert isinstance(check, EnzymeCheck) and check.regions > SITES
    assert check.free.keys() == check.bias.keys() and len(check.free) == 5
    assert check.limit == pytest.approx(3 / BINS)
    largest = max(footprint.max_response for footprint in check.free.values())
    assert check.corrected == (largest < 3 / BINS) is True
    assert not dataclasses.replace(check, free=peaked(check.free)).corrected
    print_run(run)
    printed = capsys.readouterr().out
    assert "enzyme      Without the bias, no motif of the enzyme draws 7.5%" in printed
    assert re.findall(r"release     .*/(\w+)\n", printed) == [
        "atac_v1",
        "atac_nobias_v1",
    ]
    page = (run.folder / "report.html").read_text()
    assert "Bias of the enzyme" in page and "the model is corrected" in page
    assert f"{check.free['tn5_1'].max_response:.4f}"[:5] in page
    test = read_splits(run.config).test
    peaks = test.subset(~test.columns["background"])
    counts = zoo.predict(only_bias(run.model), peaks)["counts"][:, 0]
    observed = np.log1p(peaks.targets.sum(axis=(1, 2)))
    expected = np.corrcoef(counts, observed)[0, 1]
    assert check.pearson == pytest.approx(expected, abs=1e-4)


def peaked(found: dict[str, Footprint]) -> dict[str, Footprint]:
    """Footprints of which one puts all reads on one base."""
    (name, footprint), *_ = found.items()
    profile = np.zeros_like(footprint.profile)
    profile[3] = 1
    return found | {name: dataclasses.replace(footprint, profile=profile)}


@pytest.mark.parametrize(("pearson", "said"), [(-0.6, True), (-0.4, False)])
def test_a_bias_of_the_composition_is_told_of(
    run: Run, pearson: float, said: bool
) -> None:
    assert run.enzyme is not None
    text = " ".join(dataclasses.replace(run.enzyme, pearson=pearson).sentences())
    assert ("ChromBPNet refuses" in text) == said


def test_training_leaves_the_bias_alone(genome: Path, run: Run, bias: Run) -> None:
    assert bias.release is not None and run.release is not None
    model = plan(config(genome, bias.release.folder)).model
    assert "bias" not in layer_groups(model)
    for groups in ("head", "all"):  # one after the other, as when a release is tuned
        set_trainable(model, groups)
        assert not [v for v in model.trainable_variables if "bias_" in v.path]
    tuned = to_content(config(genome, bias.release.folder)) | {"name": "tuned_v1"}
    tuned["model"] = {"release": str(run.release.folder)}
    done = quiet(parse_config(tuned, base=genome))
    before = addresses(zoo.load(run.release.folder))
    for address, variable in addresses(done.model).items():
        same = np.array_equal(numbers(variable), numbers(before[address]))
        assert same == address.startswith("bias_"), address


@pytest.mark.slow
def test_broken_off_and_gone_on_it_ends_with_the_same_bits(
    genome: Path, bias: Run, run: Run, tmp_path: Path
) -> None:
    assert bias.release is not None
    training = to_content(run.config)["training"] | {"checkpoint_steps": 1}
    made = config(
        genome, bias.release.folder, training=training, folder=str(tmp_path / "again")
    )
    with pytest.raises(ConnectionError):
        eagerly(made, callbacks=[Break(2)])
    again = addresses(eagerly(made).model)
    for address, variable in addresses(run.model).items():
        np.testing.assert_array_equal(numbers(again[address]), numbers(variable))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"bias": None}, r"model\.bias: expected the release of the bias"),
        ({"architecture": "bpnet"}, r"model\.bias: .*none for others"),
        ({"arguments": {}}, r"a bpnet with stem_kernel_size = 21\. .*bias_v1 with 7"),
        (
            {"arguments": NETWORK | {"bias_filters": 5}},
            r"the filters of model\.arguments\.bias_filters, 5\. .*bias_v1 with 3",
        ),
        (
            {"bias": {"release": "shallow_wide_v1"}},
            "a bpnet.*architecture shallow_wide",
        ),
        ({"bias": {"release": "no_such_v1"}}, "no_such_v1"),
    ],
)
def test_what_is_no_bias_of_the_model_is_refused(
    genome: Path, bias: Run, model: dict[str, Any], message: str
) -> None:
    assert bias.release is not None
    content = to_content(config(genome, bias.release.folder))
    content["model"] |= model
    content["name"] = "other_v1"
    with pytest.raises(registry.SeqzooError, match=message):
        plan(parse_config(content, base=genome))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"sequence_length": 62}, r"the 62 bp of the data\. .*bias_v1 with 64 bp"),
        ({"background": None}, r"data\.background: expected regions without peaks"),
        (
            {"background": {"path": "regions.bed", "only": True}},
            r"data\.background: expected regions without peaks beside the peaks",
        ),
    ],
)
def test_data_that_the_bias_cannot_be_fitted_to_are_refused(
    genome: Path, bias: Run, data: dict[str, Any], message: str
) -> None:
    assert bias.release is not None
    content = to_content(config(genome, bias.release.folder))
    content["data"] |= data
    content["name"] = "other_v1"
    with pytest.raises(ConfigError, match=message):
        plan(parse_config(content, base=genome))
