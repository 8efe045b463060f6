"""Tracks are paired by what their names end in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pybigtools
import pytest
from hypothesis import given, strategies as st

from tests.made import write_fasta
from zoo.data import Examples, from_intervals
from zoo.data.strand_pairing import STRANDS, strand_pairing
from zoo.errors import InputError
from zoo.layers import pairings


@pytest.mark.parametrize(
    ("names", "partners"),
    [
        (["plus", "minus"], (1, 0)),
        (["sox2_plus", "nanog_plus", "nanog_minus", "sox2_minus"], (3, 2, 1, 0)),
        (["a.fwd", "both", "a.rev"], (2, 1, 0)),
        (["A-Pos", "A-Neg"], (1, 0)),
        (["x+", "x-", "surplus", "prev"], (1, 0, 2, 3)),
        (["reverse", "forward"], (1, 0)),
    ],
)
def test_names_that_begin_alike_are_partners(names, partners) -> None:
    assert strand_pairing(names) == partners


@given(
    st.lists(st.text("abc12", max_size=3), min_size=1, max_size=5, unique=True),
    st.sampled_from(STRANDS),
    st.sampled_from(["_", ".", " "]),
    st.randoms(),
)
def test_any_order_is_an_involution_of_both_strands(stems, strands, mark, random):
    names = [f"{stem}{mark}{strand}" for stem in stems for strand in strands]
    random.shuffle(names)
    found = pairings.check(strand_pairing(names))
    for name, partner in zip(names, found, strict=True):
        assert name != names[partner]
        assert name.rpartition(mark)[0] == names[partner].rpartition(mark)[0]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a_plus", "b_minus"], "other strand of 'a_plus', 'a_minus', too.*b_minus"),
        (["a_plus", "a_neg"], "'a_minus', too"),
        (["depth", "surplus"], "names that say their strand.*depth, surplus"),
        ([], "names that say their strand"),
    ],
)
def test_names_without_a_partner_are_told(names, message) -> None:
    with pytest.raises(InputError, match=message):
        strand_pairing(names)


@pytest.mark.parametrize("bin_size", [None, 1])
@pytest.mark.parametrize("max_shift", [0, 5])
def test_plus_is_minus_of_a_window_on_the_other_strand(
    tmp_path: Path, bin_size: int | None, max_shift: int
) -> None:
    write_fasta(tmp_path / "g.fa", {"chr1": "ACGT" * 25})
    for name, value in (("x_plus", 1.0), ("x_minus", 2.0)):
        file = pybigtools.open(str(tmp_path / f"{name}.bw"), "w")
        file.write({"chr1": 100}, iter([("chr1", 0, 100, value)]))
    rows = {"chrom": ["chr1"] * 3, "start": [20] * 3, "end": [30] * 3}
    rows["strand"] = ["+", "-", "."]
    files = [tmp_path / "x_plus.bw", tmp_path / "x_minus.bw"]

    def read(**arguments: Any) -> Examples:
        given: Any = {"input_signals": {"control": files}, "signals": files}
        given |= {"duplicates": "keep", "sequence_length": 10}
        given |= {"bin_size": bin_size, "max_shift": max_shift}
        return from_intervals(tmp_path / "g.fa", rows, **given | arguments)

    found = read(pairing={"targets": (1, 0), "control": (1, 0)})
    for values in (found.targets, found.inputs["control"]):
        assert (values[::2] == [1, 2]).all() and (values[1] == [2, 1]).all()
    if max_shift:
        ((x, y),) = found.batches(3, max_shift=5)
        assert (y[1] == [2, 1]).all() and (x["control"][1] == [2, 1]).all()
    with pytest.warns(UserWarning, match=r"1 of 3 windows lie on '-', .*x_plus, x_min"):
        alone = read(pairing=(1, 0))  # of the targets alone
    assert (alone.targets[1] == [2, 1]).all()
    assert (alone.inputs["control"] == [1, 2]).all()
    assert (read(stranded=False).targets == [1, 2]).all()
    with pytest.raises(InputError, match=r"pairing of 'targets': .*x_minus.*\[0, 2\]"):
        read(pairing=(0, 2))
