import mmap

import numpy as np
import pyfaidx
import pytest
from hypothesis import given, settings, strategies as st

from tests.made import write_fasta
from tests.zoo.data.genomes.genome_files import fasta_files
from zoo.data.genomes import index as genome_index
from zoo.data.genomes.index import FastaIndex, read_index
from zoo.errors import InputError


def index_of(path) -> FastaIndex:
    with path.open("rb") as file:
        return read_index(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), "a.fa")


@settings(max_examples=40, deadline=None)
@given(file=fasta_files(), last=st.booleans())
def test_it_is_that_of_pyfaidx(tmp_path_factory, file, last):
    path = write_fasta(tmp_path_factory.mktemp("fasta") / "a.fa", **file)
    if last:  # without its end
        path.write_bytes(path.read_bytes().rstrip())
    expected = pyfaidx.Faidx(str(path)).index
    found = index_of(path)
    assert found.names == tuple(expected)
    for record, length, offset, bases, size in zip(
        expected.values(), *(column.tolist() for column in found[1:]), strict=True
    ):
        assert (record.rlen, record.offset) == (length, offset)
        if length > file["width"]:
            assert (record.lenc, record.lenb) == (bases, size)
        else:
            assert length <= bases == size - 1


def test_scaffolds_of_one_line_have_one_shape_of_lines(tmp_path):
    """However many: intervals are read shape by shape."""
    lines = "".join(f">s{n}\n{'A' * n}\n" for n in range(300))
    (tmp_path / "a.fa").write_text(lines)
    found = index_of(tmp_path / "a.fa")
    assert found.lengths.tolist() == list(range(300))
    assert len(np.unique([found.line_bases, found.line_bytes], axis=1).T) == 1


@settings(max_examples=200, deadline=None)
@given(
    lines=st.lists(st.integers(0, 3), max_size=4).flatmap(
        lambda odd: st.permutations([4] * 9 + odd)
    ),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_lines_are_equal_but_for_the_last(tmp_path_factory, lines, end):
    """Over several blocks; blank lines before and after the bases say nothing."""
    path = tmp_path_factory.mktemp("fasta") / "a.fa"
    rows = "".join("ACGT"[:length] + end for length in lines)
    path.write_bytes(f">a{end}{rows}>b{end}".encode())
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        del lines[0]
    equal = all(n == lines[0] for n in lines[:-1]) and 0 < lines[-1] <= lines[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(genome_index, "_BLOCK_BYTES", 20)
        if equal:
            assert index_of(path).lengths.tolist() == [sum(lines), 0]
        else:
            with pytest.raises(InputError, match=r"a\.fa, line \d+: expected lines of"):
                index_of(path)
