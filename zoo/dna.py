"""The alphabet in one place: strings, uint8 codes, one-hot, k-mers (NumPy).

Codes are one byte per base: A 0, C 1, G 2, T 3 and N 4. Lower case is accepted
everywhere; a character that is not A, C, G, T or N is an error that gives the
record, the 1-based position and the character.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.errors import InputError

ALPHABET = "ACGT"
UNKNOWN = 4
INVALID = 255

Codes = npt.NDArray[np.uint8]
OneHot = npt.NDArray[np.float32]

_LETTERS = ALPHABET + "N"
_MAX_K = 15  # 4**15 is the largest power of 4 that an int32 index can count
# 32,768 bases are 512 kB of one-hot: written and checked while in the L2 cache.
_CHUNK_BASES = 32_768
IUPAC = "RYSWKMBDHV"
_ROWS_AT_ONCE = 512  # of those that become their other strand


def _ascii_to_code() -> bytes:
    table = bytearray([INVALID]) * 256
    for code, letter in enumerate(_LETTERS):
        table[ord(letter)] = table[ord(letter.lower())] = code
    return bytes(table)


#: For `bytes.translate`: the code of each ASCII character, INVALID if it has none.
ASCII_TO_CODE = _ascii_to_code()
_CODE_TO_ASCII = _LETTERS.encode("ascii").ljust(256, b"?")


def encode(sequence: str | bytes, *, record: str = "sequence") -> Codes:
    """Turn one sequence into codes.

    Args:
        sequence: A, C, G, T and N in either case, not empty.
        record: What an error calls the sequence, e.g. "a.fa: record 'chr1'".

    Returns:
        uint8 codes (length,).

    Raises:
        InputError: A character that is not A, C, G, T or N, or no character.
    """
    text = _as_bytes(sequence, record)
    if not text:
        raise InputError(f"{record} is empty: expected at least one base.")
    # A bytearray gives a writable array without a copy.
    codes = np.frombuffer(bytearray(text).translate(ASCII_TO_CODE), np.uint8)
    if codes.max() == INVALID:
        position = int(np.argmax(codes == INVALID))
        raise invalid_character(chr(text[position]), position, record)
    return codes


def encode_batch(
    sequences: Iterable[str | bytes], names: Sequence[str] | None = None
) -> Codes:
    """Turn sequences of one length into codes.

    Args:
        sequences: At least one string, all of one length.
        names: What errors call the sequences; "sequence 1", ... without it.

    Returns:
        uint8 codes (sequence, length).

    Raises:
        InputError: No sequence, unequal lengths, or an invalid character.
    """
    sequences = _listed(sequences)
    names = None if names is None else list(names)
    length = _first_length(sequences, names)
    codes = np.empty(len(sequences) * length, np.uint8)
    for start, text in _chunks(sequences, length, names):
        part = np.frombuffer(text.translate(ASCII_TO_CODE), np.uint8)
        if part.max() == INVALID:
            raise _first_error(sequences, names)
        codes[start : start + part.size] = part
    return codes.reshape(len(sequences), length)


def one_hot(codes: npt.ArrayLike, out: OneHot | None = None) -> OneHot:
    """Turn codes into one-hot, channels A, C, G, T; N becomes zeros.

    Args:
        codes: uint8 codes (..., length).
        out: Filled and returned if given: float32 (..., length, 4), contiguous.
            Reuse one for speed: a fresh large array costs more than filling it.

    Returns:
        float32 (..., length, 4).

    Raises:
        InputError: A code above 4, or an `out` of another shape or type.
    """
    codes = check_codes(codes)
    out = _output(out, (*codes.shape, 4))
    flat = np.ascontiguousarray(codes).reshape(-1)
    rows = out.reshape(-1, 4)
    for start in range(0, flat.size, _CHUNK_BASES):
        stop = start + _CHUNK_BASES
        _look_up(flat[start:stop], rows[start:stop])
    return out


def one_hot_strings(
    sequences: Iterable[str | bytes], out: OneHot | None = None
) -> OneHot:
    """Turn sequences of one length into one-hot, channels A, C, G, T.

    Args:
        sequences: At least one string, all of one length.
        out: Filled and returned if given: float32 (sequence, length, 4),
            contiguous.

    Returns:
        float32 (sequence, length, 4); N is zeros.

    Raises:
        InputError: As `encode_batch`, or an `out` of another shape or type.
    """
    return one_hot(encode_batch(sequences), out)


def check_codes(codes: npt.ArrayLike) -> Codes:
    """Integers of any shape as uint8 codes; no copy if they are uint8.

    Raises:
        InputError: No integers, or one outside 0 to 4.
    """
    codes = np.asarray(codes)
    if codes.dtype.kind not in "iu":
        raise InputError(
            "Expected integer codes, 0 to 4 for A, C, G, T and N. Received: dtype "
            f"{codes.dtype}. Use encode for text."
        )
    largest, smallest = codes.max(initial=0), codes.min(initial=0)
    if largest > UNKNOWN or smallest < 0:
        raise InputError(
            "Expected codes 0 to 4 for A, C, G, T and N. "
            f"Received: {largest if largest > UNKNOWN else smallest}."
        )
    return codes.astype(np.uint8, copy=False)


def decode(codes: npt.ArrayLike) -> str:
    """Turn the codes (length,) of one sequence back into upper-case text.

    Raises:
        InputError: Codes that are not one-dimensional, or a code above 4.
    """
    codes = check_codes(codes)
    if codes.ndim != 1:
        raise InputError(
            f"Expected the codes (length,) of one sequence. Received shape: "
            f"{codes.shape}. Decode a batch row by row."
        )
    return codes.tobytes().translate(_CODE_TO_ASCII).decode("ascii")


def reverse_complement(sequence: str) -> str:
    """The other strand, 5' to 3', in upper case; N stays N.

    Raises:
        InputError: As `encode`.
    """
    return decode(reverse_complement_codes(encode(sequence)))


def reverse_complement_codes(codes: npt.ArrayLike) -> Codes:
    """The other strand of codes (..., length), 5' to 3', as a new array.

    Raises:
        InputError: A code above 4.
    """
    return _other_strand(check_codes(codes))


def reverse_complement_rows(codes: Codes, rows: npt.NDArray[np.integer[Any]]) -> None:
    """Turns these rows of `codes` (n, length) into their other strand, in place."""
    for first in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[first : first + _ROWS_AT_ONCE]
        codes[some] = _other_strand(codes[some])


def _other_strand(codes: Codes) -> Codes:
    # 3 - code is the complement; 3 - 4 is 255 in uint8, which the minimum makes N
    # again. Both are one pass at the speed of memory, unlike a table.
    other = np.subtract(3, codes[..., ::-1], dtype=np.uint8)
    return np.minimum(other, UNKNOWN, out=other)


def kmer_indices(codes: npt.ArrayLike, k: int) -> npt.NDArray[np.int32]:
    """Index of the k-mer that starts at each position.

    Args:
        codes: uint8 codes (..., length).
        k: Length of a k-mer, 1 to 15.

    Returns:
        int32 (..., length - k + 1): the k-mer read as a number in base 4, first
        base most significant; -1 where the k-mer holds an N.

    Raises:
        InputError: k outside 1 to 15 or longer than the sequence.
    """
    codes = check_codes(codes)
    length = codes.shape[-1] if codes.ndim else 0
    if not 1 <= k <= min(_MAX_K, length):
        raise InputError(
            f"Expected 1 <= k <= {_MAX_K} and k <= length. Received: k={k}, "
            f"length={length}."
        )
    count = length - k + 1
    indices = codes[..., :count].astype(np.int32)
    unknown = codes[..., :count] == UNKNOWN
    for offset in range(1, k):
        base = codes[..., offset : offset + count]
        indices <<= 2
        indices += base
        unknown |= base == UNKNOWN
    indices[unknown] = -1
    return indices


def _as_bytes(sequence: str | bytes, record: str) -> bytes:
    if isinstance(sequence, bytes):
        return sequence
    if not isinstance(sequence, str):
        raise InputError(
            f"{record}: expected str or bytes. Received: {type(sequence).__name__}."
        )
    try:
        return sequence.encode("ascii")
    except UnicodeEncodeError as error:
        raise invalid_character(sequence[error.start], error.start, record) from None


def invalid_character(character: str, position: int, record: str) -> InputError:
    """The error for a character at a 0-based position."""
    if character in "Uu":
        hint = " U is RNA: write T instead."
    elif character.upper() in IUPAC:
        hint = " IUPAC ambiguity codes are not accepted: write N instead."
    elif character.isspace():
        hint = " Remove white space."
    elif character in "-.*":
        hint = " Remove gaps, or write N instead."
    else:
        hint = ""
    return InputError(
        f"{record}: expected A, C, G, T or N. Received {character!r} at position "
        f"{position + 1:,} (1-based).{hint}"
    )


def _record(index: int, names: Sequence[str] | None) -> str:
    return f"sequence {index + 1}" if names is None else str(names[index])


def _listed(sequences: Iterable[str | bytes]) -> Sequence[str | bytes]:
    if isinstance(sequences, (str, bytes)):
        raise InputError(
            "Expected a list of sequences. Received one string: put it in a list."
        )
    return sequences if isinstance(sequences, (list, tuple)) else list(sequences)


def _first_length(sequences: Sequence[str | bytes], names: Sequence[str] | None) -> int:
    """Length of the first sequence, which all others should have."""
    if len(sequences) == 0:
        raise InputError("Expected at least one sequence. Received none.")
    if names is not None and len(names) != len(sequences):
        raise InputError(
            f"Expected a name for each of {len(sequences)} sequences. "
            f"Received: {len(names)} names."
        )
    return encode(sequences[0], record=_record(0, names)).size


def _chunks(
    sequences: Sequence[str | bytes], length: int, names: Sequence[str] | None
) -> Iterator[tuple[int, bytes]]:
    """Join many sequences at a time; yields their first base and their text."""
    step = max(1, _CHUNK_BASES // length)
    for first in range(0, len(sequences), step):
        part = sequences[first : first + step]
        try:
            text = _join(part)
            equal = list(map(len, part)).count(length) == len(part)
        except (UnicodeEncodeError, TypeError):
            equal = False
        if not equal:
            raise _first_error(sequences, names)
        yield first * length, text


def _join(sequences: Sequence[Any]) -> bytes:
    try:
        return "".join(sequences).encode("ascii")
    except TypeError:
        return b"".join(
            s.encode("ascii") if isinstance(s, str) else s for s in sequences
        )


def _first_error(
    sequences: Sequence[str | bytes], names: Sequence[str] | None
) -> InputError:
    """Look again, one by one, at sequences of which one is known to be unfit."""
    length = len(sequences[0])
    for index, sequence in enumerate(sequences):
        try:
            size = encode(sequence, record=_record(index, names)).size
        except InputError as error:
            return error
        if size != length:
            return InputError(
                f"Expected sequences of one length. {_record(0, names)} has {length} "
                f"bp, {_record(index, names)} has {size} bp."
            )
    raise AssertionError("called without an unfit sequence")


def _output(out: OneHot | None, shape: tuple[int, ...]) -> OneHot:
    if out is None:
        return np.empty(shape, np.float32)
    if out.shape != shape or out.dtype != np.float32 or not out.flags.c_contiguous:
        raise InputError(
            f"Expected a contiguous float32 `out` of shape {shape}. "
            f"Received: {out.dtype} of shape {out.shape}."
        )
    return out


@functools.cache
def _rows_of_two() -> OneHot:
    """The rows of two codes at once, in the byte order of this machine's uint16."""
    singles = np.eye(256, 4, dtype=np.float32)
    two = np.arange(65_536, dtype=np.uint16).view(np.uint8).reshape(-1, 2)
    return singles[two].reshape(-1, 8)


def _look_up(values: Codes, rows: OneHot) -> None:
    """Write the row of each of the codes (n,) to `rows` (n, 4)."""
    pairs = _rows_of_two()
    even = values.size // 2 * 2
    # mode="clip" is what lets take write to `out` without a buffer; a uint16
    # cannot be outside the table.
    np.take(
        pairs,
        values[:even].view(np.uint16),
        axis=0,
        out=rows[:even].reshape(-1, 8),
        mode="clip",
    )
    if even < values.size:
        two = np.full(2, values[even], np.uint8).view(np.uint16)
        rows[even] = pairs[two[0], :4]
