"""FASTA files for the tests of Genome, and pyfaidx's word on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyfaidx
from hypothesis import strategies as st

CODE = {"A": 0, "C": 1, "G": 2, "T": 3, "N": 4}
PARTNER = {"A": "T", "C": "G", "G": "C", "T": "A", "N": "N"}


@st.composite
def fasta_files(draw: Any) -> dict[str, Any]:
    """Keyword arguments of `write_fasta`; contigs may be shorter than a line."""
    names = draw(
        st.lists(st.text("abc12", min_size=1, max_size=4), min_size=1, unique=True)
    )
    return {
        "sequences": {
            name: draw(st.text("ACGTNacgtn", min_size=1, max_size=90)) for name in names
        },
        "width": draw(st.integers(1, 100)),
        "end": draw(st.sampled_from(["\n", "\r\n"])),
    }


def codes_by_pyfaidx(
    path: Path, name: str, start: int, length: int, strand: str = "+"
) -> list[int]:
    """Codes of an interval with N beyond the ends, letter by letter."""
    with pyfaidx.Fasta(str(path), as_raw=True, rebuild=True) as fasta:
        size = len(fasta[name])
        low, high = max(0, start), min(size, start + length)
        inside = str(fasta[name][low:high]) if low < high else ""
    if low < high:
        text = "N" * (low - start) + inside + "N" * (start + length - high)
    else:
        text = "N" * length
    text = text.upper()
    if strand == "-":
        text = "".join(PARTNER[letter] for letter in reversed(text))
    return [CODE[letter] for letter in text]


def draw_intervals(
    data: Any, contigs: dict[str, int]
) -> tuple[np.ndarray, np.ndarray, int, np.ndarray]:
    """Numbers of contigs, starts from before to after them, a length, strands."""
    count = data.draw(st.integers(1, 12))
    numbers = data.draw(
        st.lists(st.integers(0, len(contigs) - 1), min_size=count, max_size=count)
    )
    lengths = list(contigs.values())
    starts = [data.draw(st.integers(-40, lengths[n] + 40)) for n in numbers]
    strands = data.draw(
        st.lists(st.sampled_from("+-."), min_size=count, max_size=count)
    )
    length = data.draw(st.integers(1, 120))
    return np.array(numbers), np.array(starts), length, np.array(strands)
