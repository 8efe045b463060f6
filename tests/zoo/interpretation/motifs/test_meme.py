from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tests.zoo.interpretation.motifs.strategies import damaged, motifs
from zoo import samples
from zoo.errors import InputError
from zoo.interpretation.motifs import Motif, lines, read_meme, write_meme

HEAD = "MEME version 4\n\nALPHABET= ACGT\n\n"
ONE = """MOTIF M1 first
letter-probability matrix: alength= 4 w= 2 nsites= 10 E= 0
0.1 0.2 0.3 0.4
0.0 0.0 0.0 1.0
"""
# The layout of MEME's own output, with what surrounds the matrix in it.
LONG = """****************************************
MEME - Motif discovery tool
****************************************
MEME version 5.5.5 (Release date: Thu Sep 14 08:48:04 2023 +1000)

Sequence name            Weight Length  Sequence name            Weight Length
-------------            ------ ------  -------------            ------ ------
ce1cg                    1.0000    105  ara                      1.0000    105
ALPHABET= ACGT
strands: + -
Background letter frequencies (from file `bg'):
A 0.303 C 0.183 G 0.209 T 0.306

MOTIF GTGAACA MEME-1\twidth =   2  sites =  18  llr = 198  E-value = 4.1e-009
Simplified        A  :12
log-odds matrix: alength= 4 w= 2 n= 1800 bayes= 6.6 E= 4.1e-009
  -32    150   -69    11
 -1081   -20   119    -1
--------------------------------------------------------------------------------
letter-probability matrix: alength= 4 w= 2 nsites= 18 E= 4.1e-009
 0.222222  0.611111  0.055556  0.111111
 0.000000  0.166667  0.833333  0.000000
--------------------------------------------------------------------------------
Time  1.02 secs.
URL http://example.org
"""


def read(text: str | bytes) -> list:
    content = text.encode() if isinstance(text, str) else text
    return read_meme(io.BytesIO(content))


# As MEME 5 writes it: pairs of core symbols, then ambiguous ones.
DEFINED = """ "DNA" DNA-LIKE
A "Adenine = A" CC0000 ~ T "Thymine" 008000
C "Cytosine" 0000CC ~ G "Guanine" FFB300
N "Any base" = ACGT
U = T
END ALPHABET
"""


@pytest.mark.parametrize("alphabet", [' "DNA" DNA-LIKE\n', " DNA-LIKE\n", DEFINED])
def test_an_alphabet_of_dna_is_one_however_it_is_said(alphabet):
    (motif,) = read(HEAD.replace("= ACGT\n", alphabet) + ONE)
    np.testing.assert_allclose(motif.counts, [[1, 2, 3, 4], [0, 0, 0, 10]])


def test_columns_of_two_digits_need_not_sum_to_one():
    (motif,) = read(HEAD + ONE.replace("0.1 0.2 0.3 0.4", "0.33 0.33 0.33 0.00"))
    np.testing.assert_allclose(motif.probabilities[0], [1 / 3, 1 / 3, 1 / 3, 0])
    read(HEAD + ONE.replace("0.1 0.2 0.3 0.4", "0.125 0.125 0.125 0.605"))  # 0.98
    frequencies = "A 0.303 C 0.183 G 0.209 T 0.306"
    (motif,) = read(LONG.replace(frequencies, "A 0.33 C 0.33 G 0.32 T 0.01"))
    np.testing.assert_allclose(sum(motif.background), 1)


def test_a_small_file():
    (motif,) = read(HEAD + ONE)
    assert (motif.identifier, motif.name, motif.num_sites) == ("M1", "first", 10)
    np.testing.assert_allclose(motif.counts, [[1, 2, 3, 4], [0, 0, 0, 10]])
    np.testing.assert_allclose(motif.background, 0.25)


def test_the_output_of_meme():
    (motif,) = read(LONG)
    assert (motif.identifier, motif.name, motif.num_sites) == ("GTGAACA", "MEME-1", 18)
    np.testing.assert_allclose(motif.counts[0], [4, 11, 1, 2], atol=1e-4)
    np.testing.assert_allclose(
        motif.background, np.array([0.303, 0.183, 0.209, 0.306]) / 1.001
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_line_ends_compression_and_byte_order_marks(
    tmp_path: Path, end: str, compress
) -> None:
    path = tmp_path / "m.meme"
    text = (HEAD + ONE + ONE.replace("M1", "M2")).replace("\n", end)
    path.write_bytes(compress(text.encode("utf-8-sig")))
    assert [m.identifier for m in read_meme(path)] == ["M1", "M2"]
    assert [m.identifier for m in read_meme(str(path))] == ["M1", "M2"]


@given(st.lists(motifs(), min_size=1, max_size=4))
def test_what_is_written_is_read(written):
    text = HEAD
    for number, motif in enumerate(written):
        text += f"MOTIF M{number} name\nletter-probability matrix: w= {motif.width}\n"
        for row in motif.probabilities:
            text += " ".join(f"{p:.6f}" for p in row) + "\n"
    found = read(text)
    assert [m.identifier for m in found] == [f"M{i}" for i in range(len(written))]
    for one, other in zip(found, written, strict=True):
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-5)
        assert one.num_sites == 20  # MEME's, where the file says nothing


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        (" \n\n", "is empty"),
        (">M1\n1 2\n1 2\n1 2\n1 2\n", "line 1: .*read_jaspar"),
        ("MOTIF x\n", "line 1: .*begins with 'MEME version 4'"),
        (b"PK\x03\x04" + bytes(30), "zip"),
        (bytes(range(256)), "binary"),
        ((HEAD + "MOTIF \xe9").encode("latin-1"), "UTF-8"),
        (HEAD, "at least one line 'MOTIF"),
        (HEAD.replace("ACGT", "ACGU") + ONE, "line 3: .*RNA"),
        (HEAD.replace("ACGT", "ACDEFGHIKLMNPQRSTVWY") + ONE, "line 3: .*DNA"),
        (HEAD.replace("= ACGT", ' "RNA" RNA-LIKE') + ONE, "line 3: .*RNA"),
        (HEAD.replace("= ACGT\n", DEFINED.replace("C ", "m ")) + ONE, "line 3: .*AGTm"),
        (HEAD + "MOTIF M1\n\nMOTIF M2\n", "line 5: .*'MOTIF M1'.* cut short"),
        (HEAD + "MOTIF M1\n", "line 5: .* cut short"),
        (HEAD + ONE.partition("\n")[2], "line 5: .*'MOTIF identifier name' above"),
        (HEAD + ONE.replace("M1 first", ""), "line 5: .*'MOTIF identifier name'"),
        (HEAD + ONE.replace("w= 2", "w= 3"), "line 8: .*w= 3.*Received: 2"),
        (HEAD + ONE.replace("w= 2", "w= 1"), "line 8: .*w= 1.*Received: 2"),
        (HEAD + ONE.replace("w= 2", "w= -1"), "w= -1.*Received: 2"),
        (HEAD + ONE[: ONE.index("0.1")], "line 6: .*Received: 0"),
        (HEAD + ONE.replace("alength= 4", "alength= 20"), "line 6: .*alength= 4"),
        (HEAD + ONE.replace("0.3 ", ""), "line 7: .*4 probabilities"),
        (HEAD + ONE.replace("0.4", "0.4 0.1"), "line 7: .*4 probabilities"),
        (HEAD + ONE.replace("0.4", "-0.4"), "line 7: .*negative.*'-0.4'"),
        (HEAD + ONE.replace("0.4", "nan"), "line 7: .*'nan'"),
        (HEAD + ONE.replace("0.1 0.2", "nan 0.2"), "line 7: .*'nan'"),
        (HEAD + ONE.replace("0.4", "1e999"), "line 7: .*finite"),
        (HEAD + ONE.replace("0.4", "0_4"), "line 7: .*'0_4'"),
        (HEAD + ONE.replace("0.4", "0.9"), "line 6: M1 first: .*sum to 1.*column 1"),
        (HEAD + ONE.replace("= 10", "= -10"), "line 6: .*negative"),
        (HEAD + ONE.replace("= 10", "= many"), "line 6: .*'many'"),
        (LONG.replace("A 0.303", "A 0.9"), "line 11: .*sum is 1"),
        (LONG.replace("A 0.303 C 0.183", "A 0.486 C 0"), "line 11: .*positive"),
        (LONG.replace("C 0.183", ""), "line 11: .*frequencies"),
        (LONG.replace("T 0.306", "U 0.306"), "line 11: .*frequencies"),
        (LONG.replace(" T 0.306", ""), "line 11: .*frequencies"),
    ],
)
def test_errors_name_the_line(text, message):
    with pytest.raises(InputError, match=message):
        read(text)


def test_a_file_that_is_cut_short(tmp_path: Path):
    path = tmp_path / "m.meme.gz"
    path.write_bytes(gzip.compress((HEAD + ONE).encode())[:-12])
    with pytest.raises(InputError, match=r"m\.meme\.gz: the gzip data are cut short"):
        read_meme(path)
    with pytest.raises(InputError, match="no such file"):
        read_meme(tmp_path / "other.meme")


def test_a_small_file_that_grows_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "MAX_BYTES", 1 << 20)
    content = gzip.compress((HEAD + ONE).encode() + bytes(1 << 21))
    assert len(content) < 1 << 13
    with pytest.raises(InputError, match="at most 1 MiB"):
        read(content)


@given(damaged(HEAD + ONE + LONG[LONG.index("Background") :]))
def test_damage_is_an_input_error_or_harmless(content):
    try:
        found = read(content)
    except InputError:
        return
    for motif in found:
        np.testing.assert_allclose(motif.probabilities.sum(axis=1), 1)


def test_a_file_that_is_written_is_read(tmp_path):
    motifs = [*samples.motifs().values(), Motif("a b", [[1, 2, 3, 4]])]
    write_meme(motifs, tmp_path / "m.meme")
    read = read_meme(tmp_path / "m.meme")
    for one, other in zip(motifs, read, strict=True):
        assert other.name == one.name.replace(" ", "_")
        assert other.identifier == (one.identifier or other.name)
        assert other.num_sites == pytest.approx(one.num_sites, rel=1e-4)
        np.testing.assert_allclose(other.probabilities, one.probabilities, atol=1e-5)
        np.testing.assert_allclose(other.background, one.background, atol=1e-5)
    with pytest.raises(InputError, match="at least one motif to write"):
        write_meme([], tmp_path / "none.meme")
