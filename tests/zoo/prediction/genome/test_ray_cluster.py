"""A local Ray cluster of two workers, one of which is killed half-way."""

import os
import signal
from pathlib import Path

import pytest

import zoo
from tests.made import write_fasta
from tests.zoo.prediction.genome.conftest import random_bases
from zoo.errors import InputError
from zoo.prediction.genome import RayCluster
from zoo.prediction.genome.parts import PartsFolder

ARGUMENTS = {"step": 10, "window": 40, "part_bases": 2_000}


@pytest.fixture
def genome(tmp_path):
    return write_fasta(tmp_path / "genome.fa", {"c": random_bases(20_000)})


def status(pid):
    """Name, state and parent of a process, or None if there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    state, parent = text.rpartition(")")[2].split()[:2]
    return command, state, int(parent)


def workers():
    """Actors of our class in the cluster that this process started."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        process = status(folder.name)
        if process and process[0].startswith(b"ray::_Worker") and process[1] != "Z":
            raylet = status(process[2])
            if raylet and raylet[2] == os.getpid():
                found.add(int(folder.name))
    return found


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::FutureWarning")
def test_a_killed_worker_is_replaced(genome, tmp_path, monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    # No idle processes beside the workers.
    monkeypatch.setenv("RAY_prestart_worker_first_driver", "0")
    zoo.predict_genome("rc_dilated_v1", genome, tmp_path / "serial.tsv", **ARGUMENTS)
    pids, killed = set(), []

    class Watched(RayCluster):
        def run(self, job, folder, parts, advance, opened):
            assert len(parts) == 40
            done = 0

            def watch(windows):
                nonlocal done
                done += 1
                advance(windows)
                pids.update(workers())
                if done == 15:
                    killed.append(min(workers()))
                    os.kill(killed[0], signal.SIGKILL)

            super().run(job, folder, parts, watch, opened)

    out = tmp_path / "x.tsv"
    zoo.predict_genome(
        "rc_dilated_v1", genome, out, cluster=Watched(workers=2), **ARGUMENTS
    )
    assert len(killed) == 1
    assert len(pids) == 3  # one came in the place of the one that was killed
    assert out.read_bytes() == (tmp_path / "serial.tsv").read_bytes()
    assert not PartsFolder(out).path.exists()
    assert not workers()


def test_what_cannot_be():
    pytest.importorskip("ray")
    with pytest.raises(InputError, match="workers=0"):
        RayCluster(workers=0).check()


def test_ray_is_an_extra(genome, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(InputError, match=r"seqzoo\[ray\]"):
        zoo.predict_genome(
            "rc_dilated_v1",
            genome,
            tmp_path / "x.tsv",
            cluster=RayCluster(),
            **ARGUMENTS,
        )
