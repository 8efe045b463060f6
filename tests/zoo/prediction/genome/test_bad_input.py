"""Inputs and places that cannot be used: an error that says so, and no output."""

import contextlib
import os
import resource

import numpy as np
import pytest

import zoo
from tests.made import write_fasta
from tests.zoo.prediction.genome.conftest import CONTIGS
from zoo.errors import InputError
from zoo.files.output import OutputError
from zoo.prediction.genome.parts import PartsFolder


def predict(genome, out, **changes):
    arguments = {"step": 20, "window": 40} | changes
    return zoo.predict_genome("rc_dilated_v1", genome, out, **arguments)


@pytest.mark.parametrize(
    ("bed", "message"),
    [
        ("2\t5\t60\n", "line 1: no sequence '2' .* Did you mean 'chr2'"),
        ("chr2\t5\t2004\n", "line 1: expected an end within chr2, which has 2003 bp"),
        ("chr2\t5\t60\nchr2\t9\t9\n", "line 2: expected end > start"),
        ("chr2\t-5\t60\n", "line 1: expected start >= 0"),
        ("", "holds no interval"),
    ],
)
def test_intervals(genome, tmp_path, bed, message):
    path = tmp_path / "peaks.bed"
    path.write_text(bed)
    with pytest.raises(InputError, match=message):
        predict(genome, tmp_path / "x.tsv", bed=path)
    assert {p.name for p in tmp_path.iterdir()} == {"genome.fa", "peaks.bed"}


def test_contigs_that_are_not_there(genome, tmp_path):
    with pytest.raises(InputError, match=r"no sequence '1' .* Did you mean 'chr1'"):
        predict(genome, tmp_path / "x.tsv", contigs=["1"])
    with pytest.raises(InputError, match="at least one contig"):
        predict(genome, tmp_path / "x.tsv", contigs=[])
    bed = tmp_path / "peaks.bed"
    bed.write_text("chr2\t5\t60\n")
    with pytest.raises(InputError, match="No interval lies on the chosen"):
        predict(genome, tmp_path / "x.tsv", contigs=["chr1"], bed=bed)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"strand": "."}, "Expected strand to be one of"),
        ({"beyond": "cut"}, "Expected beyond"),
        ({"ambiguous": "x"}, "Expected ambiguous"),
        ({"batch_size": 0}, "batch_size of at least 1"),
        ({"part_bases": 0}, "part_bases of at least 1"),
        ({"step": 41}, "from 1 to 40 bp"),
        ({"window": 14, "step": 7}, "at least 15 bp"),
    ],
)
def test_arguments(genome, tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        predict(genome, tmp_path / "x.tsv", **changes)
    assert [p.name for p in tmp_path.iterdir()] == ["genome.fa"]


def test_windows_are_as_long_as_in_training(genome, tmp_path, write_release):
    for name, changes in (("default", {}), ("said", {"window": 101})):
        out = tmp_path / f"{name}.tsv"
        zoo.predict_genome("rc_dilated_v1", genome, out, contigs=["chr1"], **changes)
    default, said = ((tmp_path / f"{n}.tsv").read_bytes() for n in ("default", "said"))
    assert default == said
    unknown = write_release()
    with pytest.raises(InputError, match=r"does not say at which.*--window"):
        zoo.predict_genome(unknown, genome, tmp_path / "x.tsv")


def test_windows_that_do_not_fit(tmp_path):
    genome = write_fasta(tmp_path / "g.fa", {"tiny": CONTIGS["tiny"]})
    with pytest.raises(InputError, match=r"longest contig has 10 bp.*--beyond pad"):
        predict(genome, tmp_path / "x.tsv", beyond="drop")
    both = write_fasta(tmp_path / "both.fa", CONTIGS)
    with pytest.raises(InputError, match=r"longest contig has 10 bp"):
        predict(both, tmp_path / "x.tsv", beyond="drop", contigs=["tiny"])
    empty = write_fasta(tmp_path / "empty.fa", {"c": ""})
    with pytest.raises(InputError, match=r"longest contig has 0 bp\)\.$"):
        predict(empty, tmp_path / "x.tsv")
    with pytest.raises(InputError, match="windows of 2048 bp"):
        zoo.predict_genome(
            "hierarchical_dilated_v1",
            genome,
            tmp_path / "x.tsv",
            window=1000,
        )
    predict(genome, tmp_path / "x.tsv")
    assert len((tmp_path / "x.tsv").read_text().splitlines()) == 2


def test_letters_that_are_no_bases(tmp_path):
    genome = write_fasta(tmp_path / "g.fa", {"c": "ACGTR" * 20})
    with pytest.raises(InputError, match="IUPAC"):
        predict(genome, tmp_path / "x.tsv")
    predict(genome, tmp_path / "x.tsv", ambiguous="unknown")


def test_places_that_cannot_be_written(genome, tmp_path):
    with pytest.raises(OutputError, match="folder does not exist"):
        predict(genome, tmp_path / "no" / "x.tsv")
    with pytest.raises(OutputError, match="is a file"):
        predict(genome, genome / "x.tsv")
    (tmp_path / "x.tsv").mkdir()
    with pytest.raises(OutputError, match="received a folder"):
        predict(genome, tmp_path / "x.tsv")
    with pytest.raises(InputError, match="would replace the input"):
        predict(genome, tmp_path / "b.tsv", bed=tmp_path / "b.tsv")


@pytest.mark.parametrize(
    ("error", "raised", "message"),
    [
        (ValueError("no such shape"), InputError, r"x\.h5: .*\(no such shape\).*\.tsv"),
        (OSError(28, "full"), OutputError, "no space left"),
    ],
)
def test_an_output_that_cannot_be_is_known_before_all_is_computed(
    genome, tmp_path, monkeypatch, error, raised, message
):
    from zoo.prediction.genome import calling
    from zoo.prediction.genome.writers import hdf5

    def fail(*_):
        raise error

    monkeypatch.setattr(hdf5, "write", fail)
    monkeypatch.setattr(calling, "_compute", lambda *_: pytest.fail("computed"))
    with pytest.raises(raised, match=message):
        predict(genome, tmp_path / "x.h5")
    assert [p.name for p in tmp_path.iterdir()] == ["genome.fa"]


def test_a_folder_in_the_place_of_a_file_is_known_before_all_is_computed(
    genome, tmp_path, monkeypatch
):
    from zoo.prediction.genome import calling

    monkeypatch.setattr(calling, "_compute", lambda *_: pytest.fail("computed"))
    (tmp_path / "x.tf_3.bw").mkdir()
    with pytest.raises(OutputError, match="received a folder"):
        predict(genome, tmp_path / "x.bw")
    assert {p.name for p in tmp_path.iterdir()} == {"genome.fa", "x.tf_3.bw"}


def test_an_output_behind_a_link_is_replaced(genome, tmp_path):
    target = tmp_path / "target.tsv"
    target.write_text("old")
    target.chmod(0o600)
    (tmp_path / "x.tsv").symlink_to(target)
    predict(genome, tmp_path / "x.tsv")
    assert (tmp_path / "x.tsv").is_symlink()
    assert target.read_text().startswith("chrom\t")
    assert target.stat().st_mode & 0o777 == 0o600


@contextlib.contextmanager
def files_of_at_most(size):
    """What a full disk looks like to a process, for which this is a stand-in."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("name", ["x.tsv", "x.h5", "x.parquet", "x.bw"])
def test_a_full_disk_while_files_are_assembled(genome, tmp_path, monkeypatch, name):
    pytest.importorskip({"x.parquet": "pyarrow"}.get(name, "zoo"))
    from zoo.prediction.genome import calling

    assemble = calling.assemble

    def on_a_full_disk(*arguments):
        with files_of_at_most(500):
            return assemble(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(calling, "assemble", on_a_full_disk)
        with pytest.raises(OutputError, match=r"\.parts"):
            predict(genome, tmp_path / name)
    assert PartsFolder(tmp_path / name).holds_parts()
    assert not list(tmp_path.glob("x.*[!s]"))
    made = predict(genome, tmp_path / name, resume=True)
    assert all(path.stat().st_size > 500 for path in made.paths)


def test_a_full_disk_while_parts_are_made(genome, tmp_path):
    out = tmp_path / "x.tsv"
    predict(genome, tmp_path / "warm.tsv")  # the genome's cache is there
    with files_of_at_most(1_500), pytest.raises(OutputError, match="file would be"):
        predict(genome, out)
    assert not list(tmp_path.glob("x.tsv*"))


@pytest.mark.parametrize(
    ("value", "says"), [(np.nan, "NaN"), (np.inf, "infinite"), (-np.inf, "infinite")]
)
def test_a_model_that_predicts_no_numbers(genome, tmp_path, monkeypatch, value, says):
    from zoo.prediction.genome import running

    monkeypatch.setattr(
        running,
        "compiled",
        lambda *_, **__: (
            lambda inputs: {
                name: np.full((len(codes), 5), value, np.float32)
                for name, codes in inputs.items()
            }
        ),
    )
    with pytest.raises(InputError, match=f"predicts {says}"):
        predict(genome, tmp_path / "x.tsv")


def test_the_current_folder_may_change(genome, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = predict(genome.name, "x.tsv")
    assert [os.fspath(path) for path in made.paths] == ["x.tsv"]
