import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp

from zoo import dna
from zoo.errors import InputError

BASES = st.text("ACGTNacgtn", min_size=1, max_size=40)
CODES = hnp.arrays(
    np.uint8,
    hnp.array_shapes(min_dims=1, max_dims=3, max_side=9),
    elements=st.integers(0, 4),
)
BAD = st.characters(codec="utf-8").filter(lambda c: c not in "ACGTNacgtn")


@st.composite
def batches(draw):
    length = draw(st.integers(1, 12))
    one = st.text("ACGTNacgtn", min_size=length, max_size=length)
    return draw(st.lists(one, min_size=1, max_size=8))


def slow_one_hot(text):
    return np.array(
        [[float(base == c) for c in "ACGT"] for base in text.upper()], np.float32
    )


@settings(deadline=None)
@given(BASES)
def test_encode_follows_the_alphabet_in_either_case(text):
    codes = dna.encode(text)
    assert codes.dtype == np.uint8
    assert codes.flags.writeable
    assert codes.tolist() == ["ACGTN".index(c) for c in text.upper()]
    assert dna.encode(text.encode()).tolist() == codes.tolist()


@settings(deadline=None)
@given(BASES)
def test_decode_undoes_encode(text):
    assert dna.decode(dna.encode(text)) == text.upper()


@settings(deadline=None)
@given(BASES, BAD, st.data())
def test_encode_names_record_position_and_character(text, bad, data):
    at = data.draw(st.integers(0, len(text)))
    with pytest.raises(InputError) as error:
        dna.encode(text[:at] + bad + text[at:], record="a.fa: record 'x'")
    assert str(error.value).startswith("a.fa: record 'x': ")
    assert f"Received {bad!r} at position {at + 1} (1-based)" in str(error.value)


@pytest.mark.parametrize(
    ("character", "hint"),
    [("U", "RNA"), ("u", "RNA"), ("R", "IUPAC"), ("y", "IUPAC"), (" ", "white space")],
)
def test_encode_hints_at_the_next_step(character, hint):
    with pytest.raises(InputError, match=hint):
        dna.encode("ACG" + character)


@pytest.mark.parametrize("empty", ["", b""])
def test_encode_refuses_an_empty_sequence(empty):
    with pytest.raises(InputError, match="gene is empty"):
        dna.encode(empty, record="gene")


def test_encode_refuses_other_types():
    with pytest.raises(InputError, match="Received: int"):
        dna.encode(5)  # type: ignore[arg-type]


@settings(deadline=None)
@given(batches())
def test_encode_batch_is_encode_row_by_row(sequences):
    expected = [dna.encode(s).tolist() for s in sequences]
    assert dna.encode_batch(sequences).tolist() == expected
    assert dna.encode_batch(np.array(sequences)).tolist() == expected
    mixed = [s.encode() if i % 2 else s for i, s in enumerate(sequences)]
    assert dna.encode_batch(mixed).tolist() == expected


@pytest.mark.parametrize("function", [dna.encode_batch, dna.one_hot_strings])
@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ([], "at least one sequence"),
        ("ACGT", "Received one string"),
        (["AC", "ACG"], r"sequence 1 has 2 bp, sequence 2 has 3 bp"),
        (["", ""], "sequence 1 is empty"),
        (["AC", ""], "sequence 2 is empty"),
        (["AC", "A", "ACG"], "sequence 2 has 1 bp"),
        (["AC", "AX"], r"sequence 2: .*'X' at position 2"),
        (["AC", b"A\xff"], r"sequence 2: .*'ÿ' at position 2"),
        (["AC", "Aé"], r"sequence 2: .*'é' at position 2"),
        (["AC", ["A", "C"]], r"sequence 2: .*Received: list"),
        ([3, 4], r"sequence 1: .*Received: int"),
    ],
)
def test_batches_refuse_bad_sequences(function, sequences, message):
    with pytest.raises(InputError, match=message):
        function(sequences)


def test_encode_batch_uses_names():
    with pytest.raises(InputError, match=r"^b: expected"):
        dna.encode_batch(["AC", "A-"], names=["a", "b"])
    with pytest.raises(InputError, match="1 names"):
        dna.encode_batch(["AC", "AC"], names=["a"])


@settings(deadline=None)
@given(CODES)
def test_one_hot_is_the_identity_matrix_with_a_row_of_zeros(codes):
    identity = np.vstack([np.eye(4), np.zeros(4)])
    result = dna.one_hot(codes)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, identity[codes])
    np.testing.assert_array_equal(dna.one_hot(codes.T), identity[codes.T])


@settings(deadline=None)
@given(batches())
def test_one_hot_strings_matches_the_definition(sequences):
    expected = np.stack([slow_one_hot(s) for s in sequences])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(dna.one_hot_strings(sequences), expected)


@pytest.mark.parametrize("shape", [(3, 32_769), (700, 101), (1, 100_001)])
def test_one_hot_across_chunks(shape):
    codes = np.random.default_rng(0).integers(0, 5, shape).astype(np.uint8)
    strings = [dna.decode(row) for row in codes]
    expected = np.vstack([np.eye(4), np.zeros(4)])[codes]
    out = np.full((*shape, 4), 9, np.float32)
    assert dna.one_hot(codes, out=out) is out
    np.testing.assert_array_equal(out, expected)
    out[:] = 9
    assert dna.one_hot_strings(strings, out=out) is out
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("at", [0, 32_767, 32_768, 99_999])
def test_one_hot_strings_finds_one_bad_character_in_any_chunk(at):
    text = bytearray(b"A" * 100_001)
    text[at] = ord("R")
    with pytest.raises(InputError, match=rf"position {at + 1:,} "):
        dna.one_hot_strings([bytes(text)])


@pytest.mark.parametrize(
    "out",
    [
        np.empty((2, 2, 3), np.float32),
        np.empty((2, 2, 4), np.float64),
        np.empty((2, 4, 4), np.float32)[:, ::2],
    ],
)
def test_one_hot_refuses_an_unfit_out(out):
    with pytest.raises(InputError, match="contiguous float32"):
        dna.one_hot([[0, 1], [2, 3]], out=out)
    with pytest.raises(InputError, match="contiguous float32"):
        dna.one_hot_strings(["AC", "GT"], out=out)


@pytest.mark.parametrize(
    ("codes", "message"),
    [([5], "Received: 5"), ([-1], "Received: -1"), ([0.0], "float64"), ("AC", "U2")],
)
def test_codes_are_checked(codes, message):
    codes = np.array(codes)
    for function in (dna.one_hot, dna.decode, dna.reverse_complement_codes):
        with pytest.raises(InputError, match=message):
            function(codes)


def test_decode_refuses_a_batch():
    with pytest.raises(InputError, match="row by row"):
        dna.decode(np.zeros((2, 3), np.uint8))


@settings(deadline=None)
@given(BASES)
def test_reverse_complement_pairs_bases_and_undoes_itself(text):
    pair = {"A": "T", "C": "G", "G": "C", "T": "A", "N": "N"}
    result = dna.reverse_complement(text)
    assert result == "".join(pair[c] for c in reversed(text.upper()))
    assert dna.reverse_complement(result) == text.upper()


@settings(deadline=None)
@given(CODES)
def test_reverse_complement_codes_is_both_axes_of_the_one_hot_reversed(codes):
    np.testing.assert_array_equal(
        dna.one_hot(dna.reverse_complement_codes(codes)),
        dna.one_hot(codes)[..., ::-1, ::-1],
    )


@settings(deadline=None)
@given(CODES, st.integers(1, 9))
def test_kmer_indices_count_in_base_4(codes, k):
    length = codes.shape[-1]
    if k > length:
        with pytest.raises(InputError, match=f"length={length}"):
            dna.kmer_indices(codes, k)
        return
    result = dna.kmer_indices(codes, k)
    assert result.dtype == np.int32
    assert result.shape == (*codes.shape[:-1], length - k + 1)
    flat, rows = result.reshape(-1, length - k + 1), codes.reshape(-1, length)
    for got, row in zip(flat, rows, strict=True):
        for start, index in enumerate(got):
            digits = "".join(map(str, row[start : start + k]))
            assert index == (-1 if "4" in digits else int(digits, 4))


def test_kmer_indices_order_is_alphabetical():
    kmers = ["".join(p) for p in itertools.product("ACGT", repeat=3)]
    indices = dna.kmer_indices(dna.encode_batch(kmers), 3)
    assert indices.ravel().tolist() == list(range(64))
    assert dna.kmer_indices(dna.encode("T" * 15), 15).tolist() == [4**15 - 1]


@pytest.mark.parametrize("k", [0, -1, 16])
def test_kmer_indices_refuses_k(k):
    with pytest.raises(InputError, match=f"k={k}"):
        dna.kmer_indices(np.zeros(40, np.uint8), k)
