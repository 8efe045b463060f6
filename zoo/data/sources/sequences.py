"""Texts or codes of many sequences -> one array of codes, all of one length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.data.examples import CodesInMemory
from zoo.data.genomes.genome import check_length
from zoo.data.sources.labels import Mask
from zoo.data.sources.rejected import Rejected, Where
from zoo.data.tables import encode_cell
from zoo.dna import ASCII_TO_CODE, INVALID, UNKNOWN, Codes
from zoo.errors import InputError

Lengths = npt.NDArray[np.int64]


class SequenceRows:
    """Collects sequences in blocks and brings them to one length.

    Args:
        sequence_length: Length in bp that all must have; None takes the first one's.
        resize: Whether those of other lengths are cropped, or padded with N, evenly
            at both ends; of an odd number of bp the right end gets one more.
    """

    def __init__(self, sequence_length: int | None, resize: bool) -> None:
        if sequence_length is not None:
            check_length(sequence_length, "sequence_length")
        if resize and sequence_length is None:
            raise InputError("resize=True needs a sequence_length to crop or pad to.")
        self.length = sequence_length
        self.resize = resize
        self._like = "sequence_length"
        self._blocks: list[Codes] = []

    def add(
        self, flat: Codes, lengths: Lengths, ok: Mask, where: Where, rejected: Rejected
    ) -> None:
        """Adds the sequences that lie one behind the other in `flat`.

        Rows that are not `ok` are left for `keep` to drop; those of another length
        become so.
        """
        if self.length is None and ok.any():
            first = int(np.argmax(ok))
            self.length = int(lengths[first])
            self._like = f"the sequence of {where(first)}"
        length = self.length or 0
        if (lengths == length).all():
            self._blocks.append(flat.reshape(len(lengths), length))
            return
        ends = np.cumsum(lengths)
        rows = np.full((len(lengths), length), UNKNOWN, np.uint8)
        same = lengths == length
        rows[same] = flat[(ends - lengths)[same, None] + np.arange(length)]
        for row in np.flatnonzero(~same & ok).tolist():
            if self.resize:
                start, size = int(ends[row] - lengths[row]), int(lengths[row])
                _fit(flat[start : start + size], rows[row])
                continue
            ok[row] = False
            rejected(
                "another length",
                InputError(
                    f"{where(row)}: expected {length} bp, as {self._like}. Received: "
                    f"{lengths[row]} bp. sequence_length={length}, resize=True crops "
                    "or pads with N; on_invalid='drop' leaves such rows out."
                ),
            )
        self._blocks.append(rows)

    def keep(self, ok: Mask) -> None:
        """Drops the rows of the last block that are not `ok`."""
        if not ok.all():
            self._blocks[-1] = self._blocks[-1][ok]

    def __len__(self) -> int:
        return sum(map(len, self._blocks))

    def finish(self) -> CodesInMemory:
        """All sequences."""
        blocks, self._blocks = self._blocks, []
        return CodesInMemory(np.concatenate([b for b in blocks if len(b)]))


def encode_texts(
    texts: Sequence[Any], ok: Mask, where: Where, rejected: Rejected
) -> tuple[Codes, Lengths]:
    """Codes of the texts one behind the other, and their lengths; 0 if rejected."""
    try:
        joined = "".join(texts).encode("ascii")
    except (TypeError, UnicodeEncodeError):
        joined = b""
    flat = np.frombuffer(joined.translate(ASCII_TO_CODE), np.uint8)
    lengths = np.zeros(len(texts), np.int64)
    if joined:
        lengths[:] = list(map(len, texts))
    # Shorter ones may be NA or NaN.
    if ok.all() and flat.size and lengths.min() > 3 and flat.max() != INVALID:
        return flat, lengths
    parts = []
    for row, text in enumerate(texts):
        part = np.empty(0, np.uint8)
        if ok[row]:
            try:
                part = encode_cell(text, where(row))
            except InputError as error:
                ok[row] = False
                rejected("invalid sequence", error)
        parts.append(part)
        lengths[row] = part.size
    return np.concatenate(parts), lengths


def _fit(codes: Codes, out: Codes) -> None:
    """The middle of `codes` into the middle of `out`."""
    extra = codes.size - out.size
    if extra >= 0:
        out[:] = codes[extra // 2 : extra // 2 + out.size]
    else:
        out[-extra // 2 : -extra // 2 + codes.size] = codes
