import struct

import numpy as np
import pytest

from zoo.data import Intervals, read_signals
from zoo.data.tracks import bigwig_contigs, signals

pybigtools = pytest.importorskip("pybigtools")

# More than a node of the list holds, of names that are not in the order of the file.
CONTIGS = {f"s{n}": 50 + n % 7 for n in range(700)}


def value(name):
    return float(int(name[1:]))


@pytest.fixture(scope="module", params=["pybigtools", "pyBigWig"])
def path(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("signals") / "a.bw"
    if request.param == "pybigtools":
        pybigtools.open(str(path), "w").write(
            CONTIGS, ((name, 10, 40, value(name)) for name in CONTIGS)
        )
        return path
    other = pytest.importorskip("pyBigWig")
    with other.open(str(path), "w") as file:
        file.addHeader(list(CONTIGS.items()))
        names = list(CONTIGS)
        file.addEntries(names, [10] * 700, [40] * 700, list(map(value, names)))
    return path


@pytest.fixture
def opened(monkeypatch):
    """Every file that is opened, contigs being looked up 100 at a time."""
    monkeypatch.setattr(bigwig_contigs, "FEW", 100)
    monkeypatch.setattr(signals, "FEW", 100)
    files, open_ = [], pybigtools.open
    monkeypatch.setattr(
        pybigtools, "open", lambda *given: files.append(given) or open_(*given)
    )
    return files


def test_each_contig_is_found_in_a_list_of_few(path, opened):
    chrom = np.random.default_rng(0).permutation([*CONTIGS, *list(CONTIGS)[::3], "x"])
    count = len(chrom)
    where = Intervals(
        chrom, np.zeros(count, np.int64), np.full(count, 60), np.full(count, "+")
    )
    found = read_signals(path, where, aggregate="sum", missing_contig="missing")
    assert found[:, 0, 0].tolist() == [
        0 if name == "x" else 30 * value(name) for name in chrom
    ]
    # Once whole, and once for each hundred.
    assert len(opened) == 1 + 7


def inner(tree, data, child):
    """The list with one node that has one child."""
    (key,) = struct.unpack_from("<I", data, tree + 8)
    node = struct.pack("<BBH", 0, 0, 1) + bytes(key) + struct.pack("<Q", child)
    return data[: tree + 32] + node + data[tree + 32 + len(node) :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda tree, data: data[: tree + 20],
        lambda tree, data: data[: tree + 40],
        lambda tree, data: data[: tree + 34] + b"\xff\xff" + data[tree + 36 :],
        lambda tree, data: inner(tree, data, 1 << 63),
        lambda tree, data: inner(tree, data, len(data)),
        # Its own child.
        lambda tree, data: inner(tree, data, tree + 32),
    ],
)
def test_a_damaged_list_is_refused(path, damage, tmp_path):
    data = path.read_bytes()
    (tree,) = struct.unpack_from("<Q", data, 8)
    broken = tmp_path / "b.bw"
    broken.write_bytes(damage(tree, data))
    with (
        broken.open("rb") as file,
        pytest.raises((ValueError, struct.error, OSError)),
    ):
        bigwig_contigs.ContigReaders(file, ["s5"])
