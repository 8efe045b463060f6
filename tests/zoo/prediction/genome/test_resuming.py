"""Runs that are ended in any way continue, and give what they would have given."""

import json
import os
import signal
import subprocess
import sys
import time

import filelock
import h5py
import numpy as np
import pytest

import zoo
from tests.made import write_fasta
from tests.zoo.prediction.genome.conftest import random_bases
from zoo.errors import InputError
from zoo.files.output import OutputError
from zoo.prediction.genome.parts import PartsFolder

ARGUMENTS = {"step": 20, "window": 40, "part_bases": 800, "batch_size": 7}


def predict(genome, out, **changes):
    return zoo.predict_genome("rc_dilated_v1", genome, out, **ARGUMENTS | changes)


@pytest.fixture
def expected(genome, tmp_path):
    out = tmp_path / "whole.tsv"
    predict(genome, out)
    return out.read_bytes()


def interrupt_after(monkeypatch, count, error):
    """Lets the folder keep so many parts; the next one is an error."""
    save, saved = PartsFolder.save, []

    def limited(self, part, values):
        if len(saved) == count:
            raise error
        saved.append(part)
        save(self, part, values)

    monkeypatch.setattr(PartsFolder, "save", limited)
    return saved


def test_an_interrupted_run_continues(genome, tmp_path, monkeypatch, expected):
    out = tmp_path / "x.tsv"
    with monkeypatch.context() as patch:
        saved = interrupt_after(patch, 3, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt) as caught:
            predict(genome, out)
    assert saved == [0, 1, 2]
    assert caught.value.__notes__ == [
        f"What is done is kept in {out}.parts; --resume (in Python "
        "zoo.predict_genome(resume=True)) "
        "continues from there."
    ]
    assert not out.exists()
    with pytest.raises(InputError, match=r"x\.tsv\.parts holds the parts .*--resume"):
        predict(genome, out)
    # What was done is not done again, but for a part that was cut short.
    kept = [PartsFolder(out).file(part) for part in range(3)]
    kept[1].write_bytes(kept[1].read_bytes()[:-9])
    times = [path.stat().st_mtime_ns for path in kept]
    with monkeypatch.context() as patch:
        again = interrupt_after(patch, 2, OSError(28, "full"))
        with pytest.raises(OSError):
            predict(genome, out, resume=True)
    assert again == [1, 3]
    now = [path.stat().st_mtime_ns for path in kept]
    assert [a == b for a, b in zip(times, now, strict=True)] == [True, False, True]
    predict(genome, out, resume=True)
    assert out.read_bytes() == expected
    assert not out.with_name("x.tsv.parts").exists()


def test_resume_begins_where_nothing_is_kept(genome, tmp_path, expected):
    out = tmp_path / "x.tsv"
    out.write_text("of an older run")
    predict(genome, out, resume=True)
    assert out.read_bytes() == expected


SCRIPT = """
import sys, time, zoo
from zoo.prediction.genome.parts import PartsFolder
save = PartsFolder.save
def slow(self, part, values):
    save(self, part, values)
    if part == 2:
        print("three parts", flush=True)
        time.sleep(60)
PartsFolder.save = slow
zoo.predict_genome("rc_dilated_v1", sys.argv[1], sys.argv[2], step=20,
                   window=40, part_bases=800, batch_size=7)
"""


@pytest.mark.slow
def test_a_killed_run_continues(genome, tmp_path, expected):
    out = tmp_path / "x.tsv"
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(genome), str(out)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"three parts\n"
        with pytest.raises(OutputError, match="another process is writing"):
            predict(genome, out, resume=True)
        os.kill(process.pid, signal.SIGKILL)
    assert not out.exists()
    predict(genome, out, resume=True)
    assert out.read_bytes() == expected


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"step": 10}, "offset was 10, is 15"),
        ({"strand": "-"}, "strand was '\\+', is '-'"),
        ({"batch_size": 8}, "batch_size was 7, is 8"),
        ({"contigs": ["chr1"]}, "tiles"),
    ],
)
def test_other_arguments_do_not_continue(genome, tmp_path, monkeypatch, changes, named):
    out = tmp_path / "x.tsv"
    with monkeypatch.context() as patch:
        interrupt_after(patch, 1, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            predict(genome, out)
    with pytest.raises(InputError, match=f"another prediction: .*{named}"):
        predict(genome, out, resume=True, **changes)
    assert PartsFolder(out).holds_parts()


def test_another_genome_does_not_continue(genome, tmp_path, monkeypatch):
    out = tmp_path / "x.tsv"
    with monkeypatch.context() as patch:
        interrupt_after(patch, 1, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            predict(genome, out)
    os.utime(genome, (time.time() + 100,) * 2)
    with pytest.raises(InputError, match="genome_mtime_ns was"):
        predict(genome, out, resume=True)
    manifest = PartsFolder(out).path / "manifest.json"
    manifest.write_text(json.dumps([1]))
    with pytest.raises(InputError, match="cannot be read"):
        predict(genome, out, resume=True)


def test_a_genome_that_changes_meanwhile(genome, tmp_path, monkeypatch):
    save = PartsFolder.save

    def change(self, part, values):
        save(self, part, values)
        if part == 1:
            genome.write_text(genome.read_text() + "A\n")

    monkeypatch.setattr(PartsFolder, "save", change)
    with pytest.raises(InputError, match="changed"):
        predict(genome, tmp_path / "x.tsv")
    assert not (tmp_path / "x.tsv").exists()


def test_two_runs_have_one_output_only_in_turn(genome, tmp_path):
    out = tmp_path / "x.tsv"
    folder = PartsFolder(out)
    folder.path.mkdir()
    with (
        filelock.FileLock(folder.path / "lock"),
        pytest.raises(OutputError, match="another process"),
    ):
        predict(genome, out)


def test_memory_does_not_hold_the_values_of_all_parts(tmp_path, monkeypatch):
    """At most three parts are on their way, however many there are."""
    genome = write_fasta(tmp_path / "g.fa", {"c": random_bases(4_000)})
    from zoo.prediction.genome import running

    alive, most = 0, 0
    read, save = running.PartPredictor.read, PartsFolder.save

    def counted(self, part):
        nonlocal alive, most
        alive += 1
        most = max(most, alive)
        return read(self, part)

    def freed(self, part, values):
        nonlocal alive
        save(self, part, values)
        alive -= 1

    monkeypatch.setattr(running.PartPredictor, "read", counted)
    monkeypatch.setattr(PartsFolder, "save", freed)
    predict(genome, tmp_path / "x.tsv")
    assert alive == 0
    assert 1 <= most <= 3


def test_hdf5_is_continued_value_for_value(genome, tmp_path, monkeypatch):
    predict(genome, tmp_path / "whole.h5")
    out = tmp_path / "x.h5"
    with monkeypatch.context() as patch:
        interrupt_after(patch, 4, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            predict(genome, out)
    predict(genome, out, resume=True)
    with h5py.File(out) as one, h5py.File(tmp_path / "whole.h5") as other:
        assert set(one) == set(other)
        for name in one:
            np.testing.assert_array_equal(one[name][:], other[name][:])
