"""Models with several inputs and outputs along a genome."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pybigtools
import pytest

import registry
import zoo
from tests.made import write_fasta
from tests.zoo.architectures.contract import case, make
from tests.zoo.prediction.genome.conftest import random_bases
from zoo.data import Genome, read_signals
from zoo.data.examples import Intervals
from zoo.inspection.heads import heads_of
from zoo.prediction import expected_reads
from zoo.prediction.genome.further_inputs import FurtherInputs
from zoo.publishing.saving import save

LENGTH, WINDOW = 300, 60
LOGS = "ln(1 + reads)"
UNITS = {"counts": LOGS}


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("genome") / "g.fa"
    return write_fasta(path, {"chr1": random_bases(LENGTH)})


@pytest.fixture(scope="module")
def signal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("signal") / "s.bw"
    values = np.random.default_rng(1).random(LENGTH).round(3)
    rows = [("chr1", i, i + 1, float(v)) for i, v in enumerate(values)]
    pybigtools.open(str(path), "w").write({"chr1": LENGTH}, iter(rows))
    return path


def release(name: str, folder: Path, partners: bool = False) -> registry.Release:
    model = make(name)
    if name == "bpnet":  # there are reads
        model.get_layer("head_counts").bias.assign([2.0, 3.0])
    outputs = {}
    for head in heads_of(model):
        names = [f"{head.name}_{i}" for i in range(head.num_outputs)]
        swapped = names[::-1] if partners else names
        activation = "softmax_over_bins" if head.name == "profile" else "linear"
        outputs[head.name] = [
            zoo.Output(n, UNITS.get(head.name, "units"), activation, p)
            for n, p in zip(names, swapped, strict=True)
        ]
    return save(
        model,
        folder / "mine_v1",
        description="A test",
        task="test",
        licence="CC0-1.0",
        outputs=outputs,
        min_length=21,
        training_length=WINDOW,
    )


def shares(logits: np.ndarray) -> np.ndarray:
    """In a window, as BPNet's profile."""
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


def predicted(found: Any) -> np.ndarray:
    (path,) = found.paths
    lines = path.read_text().splitlines()[1:]
    return np.array([[float(v) for v in line.split("\t")[3:]] for line in lines])


def windows(genome: Path, step: int) -> np.ndarray:
    starts = np.arange(0, LENGTH, step) - (WINDOW - step) // 2
    contig = np.zeros(len(starts), np.int64)
    return Genome(genome, cache=False).gather(contig, starts, WINDOW, beyond="pad")


def test_one_output_of_a_model_with_two(genome: Path, tmp_path: Path) -> None:
    made = release("bpnet", tmp_path)
    model = zoo.load(made.folder)
    codes = windows(genome, 20)
    expected = zoo.predict(model, codes, window="full")
    with pytest.raises(registry.SeqzooError, match="'counts', 'profile'"):
        zoo.predict_genome(made.folder, genome, tmp_path / "x.tsv")
    found = zoo.predict_genome(
        made.folder, genome, tmp_path / "c.tsv", step=20, head="counts"
    )
    np.testing.assert_allclose(predicted(found), expected["counts"], rtol=1e-4)
    found = zoo.predict_genome(
        made.folder, genome, tmp_path / "p.tsv", step=20, head="profile"
    )
    middle = shares(expected["profile"])[:, 20:40].reshape(LENGTH, -1)
    np.testing.assert_allclose(predicted(found), middle, rtol=1e-4, atol=1e-6)
    found = zoo.predict_genome(
        made.folder, genome, tmp_path / "l.tsv", step=20, head="profile", logits=True
    )
    assert "profile_0_logit" in found.paths[0].read_text()
    middle = expected["profile"][:, 20:40].reshape(LENGTH, -1)
    np.testing.assert_allclose(predicted(found), middle, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("strand", ["+", "-"])
def test_the_reads_at_each_base(strand: str, genome: Path, tmp_path: Path) -> None:
    """Of a profile and its counts, with --head expected_reads."""
    made = release("bpnet", tmp_path, partners=True)
    model = zoo.load(made.folder)
    codes = windows(genome, 20)
    turned = strand == "-"
    given = zoo.dna.reverse_complement_codes(codes) if turned else codes
    said = zoo.predict(model, given, window="full")
    reads = shares(said["profile"]) * np.expm1(said["counts"]).clip(0)[:, None]
    assert reads.max() > 0
    both = expected_reads(model)
    np.testing.assert_allclose(
        zoo.predict(both, given, window="full"), reads, rtol=1e-4, atol=1e-6
    )
    assert zoo.output_names(both) == [o.name for o in made.outputs if o.units != LOGS]
    found = zoo.predict_genome(
        made.folder,
        genome,
        tmp_path / "p.tsv",
        step=20,
        head="expected_reads",
        strand=strand,
    )
    expected = reads[:, ::-1, ::-1] if turned else reads
    middle = expected[:, 20:40].reshape(LENGTH, -1)
    np.testing.assert_allclose(predicted(found), middle, rtol=1e-4, atol=1e-6)
    assert "profile_0_reads" in found.paths[0].read_text()


def test_other_models_have_no_reads(genome: Path, tmp_path: Path) -> None:
    with pytest.raises(
        registry.SeqzooError, match=r"profile \(batch, bins, .*Received"
    ):
        expected_reads(make("multi_modal"))
    made = release("multi_modal", tmp_path)
    with pytest.raises(registry.SeqzooError, match="'expected_reads'"):
        zoo.predict_genome(
            made.folder, genome, tmp_path / "x.tsv", head="expected_reads"
        )


@pytest.mark.parametrize("strand", ["-", "both"])
def test_the_other_strand(strand: str, genome: Path, tmp_path: Path) -> None:
    made = release("bpnet", tmp_path, partners=True)
    model = zoo.load(made.folder)
    codes = windows(genome, 20)
    forward = zoo.predict(model, codes, window="full")["profile"]
    turned = zoo.dna.reverse_complement_codes(codes)
    other = zoo.predict(model, turned, window="full")["profile"][:, ::-1, ::-1]
    expected = other if strand == "-" else (forward + other) / 2
    found = zoo.predict_genome(
        made.folder,
        genome,
        tmp_path / "p.tsv",
        step=20,
        head="profile",
        strand=strand,
    )
    middle = shares(expected)[:, 20:40].reshape(LENGTH, -1)
    np.testing.assert_allclose(predicted(found), middle, rtol=1e-4, atol=1e-6)


def test_signals_and_constants_beside_the_sequence(
    genome: Path, signal: Path, tmp_path: Path
) -> None:
    made = release("multi_modal", tmp_path)
    others = {i.name: i for i in made.inputs or () if i.kind != "sequence"}
    constants = {n: 0 if i.kind == "category" else 0.25 for n, i in others.items()}
    given = constants | {"signals": [signal, signal]}
    found = zoo.predict_genome(
        made.folder, genome, tmp_path / "x.tsv", step=20, inputs=given
    )
    codes = windows(genome, 20)
    starts = np.arange(0, LENGTH, 20) - 20
    where = Intervals(
        np.full(len(starts), "chr1"),
        starts,
        starts + WINDOW,
        np.full(len(starts), "+"),
    )
    values = {
        name: np.full((len(codes), *i.shape), constants[name])
        for name, i in others.items()
        if name != "signals"
    }
    expected = zoo.predict(
        zoo.load(made.folder),
        {
            "sequence": codes,
            "signals": read_signals([signal, signal], where, bin_size=1),
            **values,
        },
    )
    np.testing.assert_allclose(predicted(found), expected, rtol=1e-4, atol=1e-5)
    assert case("multi_modal").small.keys() <= made.config.keys()


@pytest.mark.parametrize(
    ("name", "head", "message"),
    [
        ("rc_dilated_v1", "tf_0", "only one: leave that out.*'tf_0', a column: all"),
        ("rc_dilated_v1", "tf", "only one: leave that out. Received: 'tf'$"),
        (
            None,
            "counts_1",
            "'counts', 'profile', 'expected_reads'. Received: 'counts_1', a column",
        ),
    ],
)
def test_a_column_is_no_head(
    name: str | None, head: str, message: str, genome: Path, tmp_path: Path
) -> None:
    asked = name or release("bpnet", tmp_path).folder
    with pytest.raises(registry.SeqzooError, match=message):
        zoo.predict_genome(asked, genome, tmp_path / "x.tsv", head=head)


def test_a_control_below_0_is_read_as_is_said(
    genome: Path, signal: Path, tmp_path: Path
) -> None:
    made = release("multi_modal", tmp_path)
    where = Intervals(
        np.array(["chr1"]), np.array([0]), np.array([LENGTH]), np.array(["+"])
    )
    values = read_signals(signal, where, bin_size=1)[0, :, 0].tolist()
    mirrored = tmp_path / "minus.bw"
    rows = [("chr1", i, i + 1, -v) for i, v in enumerate(values)]
    pybigtools.open(str(mirrored), "w").write({"chr1": LENGTH}, iter(rows))

    def predict(path: Path, **more: Any) -> Any:
        out = tmp_path / f"{len(list(tmp_path.iterdir()))}.tsv"
        inputs = {"cell_type": 0, "covariates": 0, "signals": [path, path]}
        return predicted(
            zoo.predict_genome(made.folder, genome, out, step=20, inputs=inputs, **more)
        )

    with pytest.raises(registry.SeqzooError, match=r"at least 0.*negative='absolute'"):
        predict(mirrored)
    expected, raw = predict(signal), predict(mirrored, negative="keep")
    np.testing.assert_array_equal(predict(mirrored, negative="absolute"), expected)
    assert np.abs(raw - expected).max() > 1e-3
    with pytest.raises(registry.SeqzooError, match="negative to be one of"):
        predict(mirrored, negative="no")


@pytest.mark.parametrize("missing", ["zero", "nan"])
def test_bases_without_a_value(missing: Any, genome: Path, tmp_path: Path) -> None:
    path = tmp_path / "gap.bw"
    pybigtools.open(str(path), "w").write({"chr1": LENGTH}, iter([("chr1", 3, 9, 1.0)]))
    made = release("multi_modal", tmp_path)
    model = zoo.load(made.folder)
    inputs = {"cell_type": 0, "covariates": 0, "signals": [str(path)] * 2}
    further = FurtherInputs(model, inputs, missing=missing)
    start = np.array([0])
    found = further.of(Genome(genome), np.array([0]), start, WINDOW)["signals"][0, :, 0]
    assert found[3:9].tolist() == [1] * 6
    gap = np.delete(found, np.s_[3:9])
    assert (np.isnan(gap) if missing == "nan" else gap == 0).all()


def test_inputs_that_do_not_fit(genome: Path, signal: Path, tmp_path: Path) -> None:
    made = release("multi_modal", tmp_path)
    for given, message in (
        ({}, "all inputs"),
        ({"cell_type": 0, "covariates": 0, "signals": signal}, "1 bigWig files"),
    ):
        with pytest.raises(registry.SeqzooError, match=message):
            zoo.predict_genome(
                made.folder, genome, tmp_path / "x.tsv", step=20, inputs=given
            )
    assert not (tmp_path / "x.tsv").exists()


def test_a_contig_without_signal_is_told_of_before_any_window(
    genome: Path, signal: Path, tmp_path: Path
) -> None:
    made = release("multi_modal", tmp_path)
    both = tmp_path / "both.fa"
    both.write_text(genome.read_text() + ">chr2\n" + "ACGT" * 50 + "\n")
    inputs = {"cell_type": 0, "covariates": 0, "signals": [signal, signal]}
    given: dict[str, Any] = {"step": 20, "inputs": inputs, "part_bases": WINDOW}
    out = tmp_path / "x.tsv"
    message = r"no signal on 'chr2' \(1 of 2 contigs\).*--contigs"
    with pytest.raises(registry.SeqzooError, match=message) as raised:
        zoo.predict_genome(made.folder, both, out, **given)
    assert not hasattr(raised.value, "__notes__")  # that parts were kept
    found = zoo.predict_genome(made.folder, both, out, contigs="chr1", **given)
    assert len(predicted(found)) == LENGTH / 20


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"signals": []}, r"'signals': expected bigWig files.*Received: \[\]"),
        ({"signals": [[1], [1, 2]]}, "'signals': expected bigWig files"),
        ({"signals": ["a.bw", 1]}, "'signals': expected bigWig files"),
        ({"signals": None}, "'signals': expected bigWig files"),
        (None, "inputs: expected values by the name"),
        ([0], "inputs: expected values by the name"),
    ],
)
def test_what_is_no_input(
    inputs: Any, message: str, genome: Path, tmp_path: Path
) -> None:
    with pytest.raises(registry.SeqzooError, match=message):
        zoo.predict_genome(
            "rc_dilated_v1", genome, tmp_path / "x.tsv", step=20, inputs=inputs
        )
