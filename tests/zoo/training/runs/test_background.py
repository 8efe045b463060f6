"""Regions without peaks in a run: read, drawn, filtered and told apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pybigtools
import pytest

from tests.made import write_fasta
from zoo.commands.train import print_plan
from zoo.training.configuration.config import Config, ConfigError
from zoo.training.configuration.config_file import parse_config
from zoo.training.reports.measuring import measure
from zoo.training.reports.report_data import data_section
from zoo.training.runs.data_size import settled
from zoo.training.runs.member import batches_of
from zoo.training.runs.run_data import read_splits, reads_of
from zoo.training.runs.running import _turns, plan

LENGTH, SIZE = 32, 4000
CHROMOSOMES = ("chr1", "chr2", "chr3")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty peaks on each of three chromosomes, and a read at every third base."""
    found = tmp_path_factory.mktemp("background")
    random = np.random.default_rng(0)
    contigs = {n: "".join(random.choice(list("ACGT"), SIZE)) for n in CHROMOSOMES}
    write_fasta(found / "g.fa", contigs)
    peaks, regions = [], []
    values = []
    for name in CHROMOSOMES:
        track = np.zeros(SIZE)
        track[::3] = 1
        for k in range(20):
            peaks.append(f"{name}\t{100 * k}\t{100 * k + 50}")
            track[100 * k : 100 * k + 50] += k + 1
            regions.append(f"{name}\t{2500 + 50 * k}\t{2532 + 50 * k}")
            track[2500 + 50 * k] += k  # how many reads the region has more
        values += [(name, i, i + 1, v) for i, v in enumerate(track.tolist())]
    (found / "peaks.bed").write_text("\n".join(peaks) + "\n")
    (found / "regions.bed").write_text("\n".join(regions) + "\n")
    (found / "blacklist.bed").write_text("".join(f"{n}\t2000\t3500\n" for n in contigs))
    sizes = dict.fromkeys(CHROMOSOMES, SIZE)
    pybigtools.open(str(found / "reads.bw"), "w").write(sizes, iter(values))
    return found


def config(folder: Path, background: dict[str, Any] | None, **tables: Any) -> Config:
    content: dict[str, Any] = {
        "name": "mine_v1",
        "data": {
            "format": "intervals",
            "path": "peaks.bed",
            "genome": "g.fa",
            "sequence_length": LENGTH,
            "task": "profile",
            "signals": {"reads": "reads.bw"},
            "bin_size": 1,
            "split": {"by": "chromosome", "valid": "chr2", "test": "chr3"},
        },
        "model": {"architecture": "bpnet"},
        "heads": {
            "profile": {"loss": "MultinomialNegativeLogLikelihood"},
            "counts": {"targets": "log_total"},
        },
    }
    content["model"]["arguments"] = {
        "filters": 4,
        "stem_kernel_size": 5,
        "dilation_rates": [1],
        "profile_kernel_size": 5,
    }
    content["data"] |= {} if background is None else {"background": background}
    return parse_config(content | tables, base=folder)


def test_given_regions_are_read_as_the_peaks_are(folder: Path) -> None:
    splits = read_splits(config(folder, {"path": "regions.bed", "ratio": 0.25}))
    assert [len(part) for part in splits] == [40, 25, 25]  # of held-out splits drawn
    for part in splits:
        background = part.columns["background"]
        assert background.dtype == bool and (~background).sum() == 20
        starts = part.intervals.start[background]
        assert (starts >= 2500).all() and set((starts - 2500) % 50) == {0}
        # Ten or eleven reads at every third base, and k at the first.
        k = (starts - 2500) // 50
        more = reads_of(part)[background] - k
        assert set(more.tolist()) <= {10, 11}
    again = read_splits(config(folder, {"path": "regions.bed", "ratio": 0.25}))
    np.testing.assert_array_equal(
        again.valid.intervals.start, splits.valid.intervals.start
    )


def test_matched_regions_lie_where_the_peaks_of_their_split_do(folder: Path) -> None:
    said = {"gc_matched": True, "exclude": ["blacklist.bed"], "ratio": 0.5}
    splits = read_splits(config(folder, said))
    assert [len(part) for part in splits] == [20 + 5 * 20, 30, 30]
    for name, part in zip(CHROMOSOMES, splits, strict=True):
        assert set(part.intervals.chrom) == {name}
        background = part.columns["background"]
        start = part.intervals.start[background]
        end = start + LENGTH
        assert ((end <= 2000) | (start >= 3500)).all()
        for peak in range(0, 2000, 100):  # as wide as in the file, not as the window
            assert ((end <= peak) | (start >= peak + 50)).all()
        gaps = reads_of(part)[background]
        assert set(gaps.tolist()) <= {10, 11}  # their own reads


def test_an_epoch_has_as_many_as_the_ratio_says(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = config(folder, {"path": "regions.bed", "ratio": 0.5})
    ready = plan(made)
    assert ready.estimate.steps_per_epoch == 1
    stream = batches_of(ready.config, ready.splits.train, ready.model, training=True)
    assert stream.order.epoch_size == 30
    valid = batches_of(ready.config, ready.splits.valid, ready.model, training=False)
    assert valid.order.epoch_size == 30
    print_plan(ready)
    told = "regions without peaks are 20 of 40 (train); an epoch has 0.5 per peak"
    assert told in capsys.readouterr().out
    page = " ".join(map(str, data_section(made, ready.splits, [0], drawn=False)))
    assert "20 of 40 (train), 10 of 30 (validation), 10 of 30 (test); an ep" in page


def test_only_regions_with_few_reads_are_kept_and_counted(folder: Path) -> None:
    splits = read_splits(config(folder, {"path": "regions.bed", "max_counts": 16}))
    for part in (splits.train, splits.valid):
        reads = reads_of(part)[part.columns["background"]]
        assert reads.max() < 16
    background = splits.train.columns["background"]
    regions = read_splits(config(folder, {"path": "regions.bed"})).train
    all_reads = reads_of(regions)[regions.columns["background"]]
    assert background.sum() == (all_reads < 16).sum() < 20
    left_out = {"background of 16 reads or more": int((all_reads >= 16).sum())}
    assert splits.train.dropped == left_out
    with pytest.raises(ConfigError, match=r"fewer than 5 reads.*none among 20 of"):
        read_splits(config(folder, {"path": "regions.bed", "max_counts": 5}))


def test_values_are_measured_of_all_regions_and_of_those_with_peaks(
    folder: Path,
) -> None:
    ready = plan(config(folder, {"path": "regions.bed", "ratio": 1.0}))
    model, test = ready.model, ready.splits.test
    found = measure(ready.config, model, [(model, ready.splits.valid)], test)
    values = {e["name"]: e["value"] for e in found.metrics if e["split"] == "test"}
    part = found.parts["test"]["counts"]
    said, observed = part.predictions[:, 0], np.log1p(reads_of(test))
    peaks = ~test.columns["background"]
    assert 0 < peaks.sum() < len(test)
    for group, rows in (("", slice(None)), ("peaks.", peaks)):
        expected = np.corrcoef(said[rows], observed[rows])[0, 1]
        name = f"counts.{group}pearson_reads"
        assert values[name] == pytest.approx(expected, abs=1e-5)
        assert f"profile.{group}jsd_replicates_reads" in values


def test_background_alone_is_chosen_by_the_reads_of_the_peaks(folder: Path) -> None:
    said = {"path": "regions.bed", "only": True, "max_counts_factor": 0.5}
    splits = read_splits(config(folder, said))
    with_peaks = read_splits(config(folder, {"path": "regions.bed"}))
    peaks = np.concatenate(
        [
            reads_of(part)[~part.columns["background"]]
            for part in (with_peaks.train, with_peaks.valid)
        ]
    )
    limit = 0.5 * np.quantile(peaks, 0.01)
    assert 0 < len(splits.train) < 20
    assert (reads_of(splits.train) < limit).all()
    assert len(splits.test) == 20  # whatever their reads
    for part in splits:
        assert part.columns["background"].all()
    ready = plan(config(folder, said))
    stream = batches_of(ready.config, splits.train, ready.model, training=True)
    assert stream.order.epoch_size == len(splits.train)


def test_folds_hold_out_a_draw_and_train_on_all_there_is(folder: Path) -> None:
    made = config(folder, {"path": "regions.bed", "ratio": 0.5}, ensemble={"folds": 2})
    splits = read_splits(made)
    for _, _, own in _turns(settled(made, splits), splits):
        peaks = int((~own.valid.columns["background"]).sum())
        assert len(own.valid) == peaks + round(0.5 * peaks)
        assert len(own.train) > 1.5 * (40 - peaks)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({}, "background: expected either a path or gc_matched"),
        ({"path": "r.bed", "gc_matched": True}, "either a path or gc_matched"),
        ({"path": "r.bed", "pool": 3}, "pool and exclude with gc_matched"),
        ({"gc_matched": True, "pool": 0}, "pool: expected at least 1"),
        ({"path": "r.bed", "ratio": 0.0}, "ratio: expected above 0"),
        ({"path": "r.bed", "max_counts": -1.0}, "max_counts: expected above 0"),
        (
            {"path": "r.bed", "max_counts": 1.0, "max_counts_factor": 0.5},
            "either max_counts or max_counts_factor",
        ),
        ({"file": "r.bed"}, "data: background: expected the keys path.* Unknown: file"),
    ],
)
def test_tables_that_contradict_themselves(
    folder: Path, said: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        config(folder, said)


def test_background_needs_signals_and_places(folder: Path) -> None:
    table = {
        "format": "table",
        "path": "rows.tsv",
        "task": "binary",
        "targets": "bound",
        "split": {"by": "random"},
        "background": {"path": "r.bed"},
    }
    with pytest.raises(ConfigError, match="background: expected intervals with"):
        config(folder, None, data=table)
    table = {
        "format": "intervals",
        "path": "peaks.bed",
        "genome": "g.fa",
        "sequence_length": LENGTH,
        "task": "regression",
        "signals": "reads.bw",
        "sample_weight": "score",
        "split": {"by": "random"},
        "background": {"gc_matched": True},
    }
    with pytest.raises(ConfigError, match="gc_matched: expected false with columns"):
        config(folder, None, data=table)


def test_a_genome_without_room_for_background(folder: Path) -> None:
    moved = config(folder, {"gc_matched": True}, training={"max_shift": 1300})
    moved.data.keywords["beyond"] = "drop"
    with pytest.raises(ConfigError, match=r"data\.background: .* none of 2,632 bp"):
        read_splits(moved)
