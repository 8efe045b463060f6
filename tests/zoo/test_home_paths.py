"""A path that begins with "~" lies in the home folder, wherever a path is given."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

import registry
import zoo
import zoo.training
from registry.files import user_path
from registry.lock import read_lock, write_lock
from zoo.cli import main
from zoo.data.intervals.reading import read_intervals
from zoo.foreign import shapes
from zoo.models.weights import load_weights, save_weights
from zoo.training.configuration.config_file import read_config

CONFIG = """
name = "mine_v1"
folder = "~/runs"
[data]
format = "table"
path = "~/t.csv"
targets = ["y"]
task = "regression"
split = {by = "random"}
[model]
architecture = "kmer"
"""


@pytest.fixture
def home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_release: Callable[..., Path]
) -> Path:
    """A home folder with a file of each kind; the current folder is another."""
    folder = tmp_path / "home"
    folder.mkdir()
    shutil.copytree(write_release(), folder / "small_v1")
    bases = "ACGTTGCATTTACGCGAATACAGATTACA"
    (folder / "g.fa").write_text(f">chr1\n{bases}\n")
    (folder / "t.csv").write_text(f"sequence,y\n{bases},1\n")
    (folder / "p.bed").write_text("chr1\t2\t22\n")
    (folder / "c.toml").write_text(CONFIG)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("SEQZOO_CACHE", "~/cache")
    return folder


def test_of_an_unknown_user_it_stays() -> None:
    assert user_path("~no_such_user/x") == Path("~no_such_user/x")
    assert user_path("~/x") == Path(os.environ["HOME"], "x")


def test_data(home: Path) -> None:
    assert len(zoo.data.from_table("~/t.csv", targets="y")) == 1
    assert len(zoo.data.from_fasta("~/g.fa")) == 1
    assert len(list(read_intervals("~/g.fa", "~/p.bed"))) == 1
    assert len(zoo.data.Genome("~/g.fa", cache=False).contigs) == 1
    found = zoo.data.from_intervals(Path("~/g.fa"), "~/p.bed", sequence_length=20)
    assert len(found) == 1
    assert (home / "cache").is_dir()
    excluded = zoo.splits.gc_matched_negatives(
        zoo.data.Genome("~/g.fa"), found, exclude=["~/p.bed"], incomplete="drop"
    )
    assert not len(excluded)


def test_signals_and_variants(home: Path) -> None:
    pybigtools = pytest.importorskip("pybigtools")
    pytest.importorskip("pysam")
    pybigtools.open(str(home / "s.bw"), "w").write(
        {"chr1": 29}, ((("chr1", i, i + 1, 1.0)) for i in range(29))
    )
    found = zoo.data.from_intervals(
        "~/g.fa", "~/p.bed", sequence_length=20, signals="~/s.bw"
    )
    assert found.targets is not None
    (home / "v.vcf").write_text(
        "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n"
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nchr1\t15\t.\tC\tA\t.\t.\t.\n"
    )
    variants = zoo.data.from_variants("~/g.fa", "~/v.vcf", sequence_length=9)
    assert len(variants.reference) == 1


def test_releases(home: Path) -> None:
    model = zoo.load("~/small_v1")
    assert registry.find(Path("~/small_v1")).folder == home / "small_v1"
    assert zoo.info("~/small_v1").name == "small_v1"
    write_lock(["~/small_v1"], "~/lock.json")
    assert list(read_lock("~/lock.json")) == ["~/small_v1"]
    zoo.load("~/small_v1", lock="~/lock.json")
    zoo.save(
        model,
        "~/again_v1",
        description="Again",
        licence="CC0-1.0",
        task="binary",
        training_data=[],
    )
    assert (home / "again_v1" / "model.json").is_file()


def test_weights_and_checkpoints(home: Path) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="a")])
    save_weights(model, "~/a.h5")
    load_weights(model, "~/a.h5")
    assert shapes("~/a.h5") == {"a/kernel": (2, 1), "a/bias": (1,)}
    for made in (
        zoo.training.Checkpoint("~/run"),
        zoo.training.BestWeights("~/run"),
    ):
        assert made.folder == home / "run"
    assert np.asarray(model.weights[0]).shape == (2, 1)


def test_a_configuration(home: Path) -> None:
    config = read_config("~/c.toml")
    assert config.path(config.data.path) == home / "t.csv"
    assert config.run_folder == home / "runs" / "mine_v1"


def test_the_command_line(home: Path, tmp_path: Path) -> None:
    # A shell leaves --out=~/x as it is.
    release, fasta = "~/small_v1", "--fasta=~/g.fa"
    assert main(["predict", release, fasta, "--bed=~/p.bed", "--out=~/o.tsv"]) == 0
    assert (home / "o.tsv").is_file()
    assert main(["predict", release, fasta, "--out=~/g.fa"]) == 2
    arguments = ["--genome=~/g.fa", "--out=~/o.bed.tsv", "--window=20"]
    assert main(["predict", release, *arguments]) == 0
    assert (home / "o.bed.tsv").is_file()
    assert main(["data", "describe", "~/t.csv", "--out=~/page.html"]) == 0
    assert main(["new-plugin", "mine", "--out=~/mine"]) == 0
    assert main(["lock", release, "--lock=~/lock.json"]) == 0
    expected = {"page.html", "mine", "lock.json"}
    assert expected <= {path.name for path in home.iterdir()}
    assert list((tmp_path / "elsewhere").iterdir()) == []
