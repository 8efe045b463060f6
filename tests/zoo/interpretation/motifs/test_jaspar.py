from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tests.zoo.interpretation.motifs.strategies import damaged, motifs
from zoo.errors import InputError
from zoo.interpretation.motifs import read_jaspar

BRACKETS = """>MA0004.1\tArnt
A  [ 4 19  0  0  0  0 ]
C  [16  0 20  0  0  0 ]
G  [ 0  1  0 20  0 20 ]
T  [ 0  0  0  0 20  0 ]
"""
RAW = """>MA0004.1 Arnt
 4 19  0  0  0  0
16  0 20  0  0  0
 0  1  0 20  0 20
 0  0  0  0 20  0
"""


# A row per position: probabilities with fields behind the name, and counts.
HOMER = """>CACGTG\tArnt(bHLH)/MCF7-Arnt-ChIP-Seq/Homer\t6.5\t-2000.1\t0\tT:90.0(5%)
0.200\t0.799\t0.001\t0.000
0.945\t0.001\t0.053\t0.001
0.001\t0.997\t0.001\t0.001
0.001\t0.001\t0.997\t0.001
0.001\t0.001\t0.001\t0.997
0.001\t0.001\t0.997\t0.001
"""
HOCOMOCO = """>ARNT_HUMAN.H11MO.0.B
4.0\t16.0\t0.0\t0.0
19.0\t0.0\t1.0\t0.0
0.0\t20.0\t0.0\t0.0
0.0\t0.0\t20.0\t0.0
0.0\t0.0\t0.0\t20.0
0.0\t0.0\t20.0\t0.0
"""


def read(text: str | bytes, **arguments) -> list:
    content = text.encode() if isinstance(text, str) else text
    return read_jaspar(io.BytesIO(content), **arguments)


def test_rows_of_positions():
    (motif,) = read(HOCOMOCO)
    (same,) = read(RAW)
    np.testing.assert_array_equal(motif.counts, same.counts)
    assert (motif.identifier, motif.name) == ("ARNT_HUMAN.H11MO.0.B",) * 2
    (motif,) = read(HOMER)
    assert (motif.identifier, motif.consensus) == ("CACGTG", "CACGTG")
    assert motif.name == "Arnt(bHLH)/MCF7-Arnt-ChIP-Seq/Homer"
    assert motif.num_sites == 20  # as of other probabilities
    np.testing.assert_allclose(motif.probabilities[0], [0.2, 0.799, 0.001, 0])


def test_four_rows_of_four_are_asked_for_and_never_turned_silently():
    square = ">S1\n1 2 3 4\n4 3 2 1\n0 0 0 9\n9 0 0 0\n"
    rows = [[1, 2, 3, 4], [4, 3, 2, 1], [0, 0, 0, 9], [9, 0, 0, 0]]
    with pytest.raises(InputError, match=r"line 1: .*rows_are='bases' \(JASPAR\) or"):
        read(square)
    with pytest.raises(InputError, match=r"line 1: .*Received neither"):
        read(square + BRACKETS)  # which shows nothing of raw rows
    with pytest.raises(InputError, match=r"line 1: .*Received neither"):
        read(square + RAW + HOCOMOCO)
    for text, arguments, expected in (
        (square, {"rows_are": "bases"}, np.transpose(rows)),
        (square, {"rows_are": "positions"}, rows),
        (square + RAW, {}, np.transpose(rows)),
        (square + HOCOMOCO, {}, rows),
        (square + HOCOMOCO, {"rows_are": "positions"}, rows),
    ):
        np.testing.assert_array_equal(read(text, **arguments)[0].counts, expected)
    # What is said must fit; named rows say it themselves.
    assert read(BRACKETS, rows_are="positions")[0].width == 6
    with pytest.raises(InputError, match=r"line 2: .*of one position"):
        read(RAW, rows_are="positions")
    with pytest.raises(InputError, match=r"line 1: .*Received: 6 rows"):
        read(HOCOMOCO, rows_are="bases")
    with pytest.raises(ValueError, match="Expected rows_are to be one of"):
        read(RAW, rows_are="columns")


def test_probabilities_are_not_taken_for_counts_of_one_site():
    (motif,) = read(">M1\nA [0.5 0.0]\nC [0.5 0.0]\nG [0 0]\nT [0 0.99]\n")
    assert motif.num_sites == 20
    (motif,) = read(">M1\nA [1 0]\nC [0 0]\nG [0 0]\nT [0 1]\n")
    assert motif.num_sites == 1


@pytest.mark.parametrize("text", [BRACKETS, RAW, BRACKETS.replace(" ]", "]")])
def test_both_formats(text):
    (motif,) = read(text)
    assert (motif.identifier, motif.name) == ("MA0004.1", "Arnt")
    assert (motif.consensus, motif.num_sites) == ("CACGTG", 20)
    np.testing.assert_array_equal(motif.counts[0], [4, 16, 0, 0])


def test_rows_without_a_header_are_named_after_the_file(tmp_path: Path):
    path = tmp_path / "Arnt.pfm"
    path.write_text(RAW.partition("\n")[2])
    (motif,) = read_jaspar(path)
    assert (motif.identifier, motif.name, motif.width) == ("Arnt", "Arnt", 6)


def test_a_header_without_a_name_and_columns_of_unequal_totals():
    (motif,) = read(">M1\n1 2.5\n1 0\n0 0\n0 0\n")
    assert (motif.identifier, motif.name, motif.num_sites) == ("M1", "M1", 2.5)
    np.testing.assert_array_equal(motif.counts, [[1, 1, 0, 0], [2.5, 0, 0, 0]])


@given(st.lists(motifs(), min_size=1, max_size=4), st.booleans(), st.booleans())
def test_what_is_written_is_read(written, brackets, windows):
    text = ""
    for number, motif in enumerate(written):
        text += f">M{number} name {number}\n"
        for base, row in zip("ACGT", motif.counts.T, strict=True):
            cells = " ".join(f"{count:g}" for count in row)
            text += (f"{base} [ {cells} ]" if brackets else cells) + "\n"
        text += "\n"
    content = text.replace("\n", "\r\n").encode() if windows else text.encode()
    found = read(gzip.compress(content) if windows else content, rows_are="bases")
    assert [m.identifier for m in found] == [f"M{i}" for i in range(len(written))]
    assert [m.name for m in found] == [f"name {i}" for i in range(len(written))]
    for one, other in zip(found, written, strict=True):
        np.testing.assert_array_equal(one.counts, other.counts)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("MEME version 4\n", "read_meme"),
        (bytes(100), "binary"),
        ("1 2\n3 4\n5 6\n", "line 1: .*4 rows.*Received: 3"),
        (">M1\n", "line 1: .*Received: 0"),
        (">\n1\n1\n1\n1\n", "line 1: .*identifier"),
        (RAW + "1 2 3 4 5 6\n", "line 1: .*Received: 5"),
        (RAW + ">M2\n", "line 6: .*'M2'.*Received: 0"),
        (BRACKETS.replace("T  [", "U  ["), "line 5: .*RNA"),
        (BRACKETS.replace("T  [", "G  ["), "line 5: .*one row of G"),
        (BRACKETS.replace("T  [", "X  ["), "line 5: .*expected counts"),
        (BRACKETS.replace("20  0 ]", "20"), "line 5: .*cut short"),
        (BRACKETS.replace("0 20 ]", "0 ]"), "line 4: .*expected 6 .*Received: 5"),
        (RAW.replace("16  0", "16"), "line 3: .*expected 6 .*Received: 5"),
        (RAW.replace("16  0", "-16 0"), "line 3: .*negative"),
        (HOCOMOCO.replace("4.0", "-1.2"), "line 2: .*negative"),  # its pwm files
        (RAW.replace("16  0", "nan 0"), "line 3: .*'nan 0"),
        (RAW.replace("16  0", "16 nan"), "line 3: .*'nan'"),
        (RAW.replace("16  0", "16 inf"), "line 3: .*'inf'"),
        (RAW.replace("16  0", "16 x"), "line 3: .*'x'"),
        (">M1\nA []\nC []\nG []\nT []\n", "line 2: .*at least 1"),
        (">M1\n0 1\n0 1\n0 1\n0 1\n", "line 1: .*none in column 1"),
    ],
)
def test_errors_name_the_line(text, message):
    with pytest.raises(InputError, match=message):
        read(text)


@given(damaged(BRACKETS + RAW))
def test_damage_is_an_input_error_or_harmless(content):
    try:
        found = read(content)
    except InputError:
        return
    for motif in found:
        assert (motif.counts >= 0).all()
        assert np.isfinite(motif.counts).all()
