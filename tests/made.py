"""What tests of several rooms make: files of sequences, numbers by another way."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np


def write_fasta(
    path: Path, sequences: Mapping[str, str], *, width: int = 60, end: str = "\n"
) -> Path:
    """A FASTA file, each name with a description behind it."""
    lines = []
    for name, sequence in sequences.items():
        lines.append(f">{name} description")
        lines += [sequence[i : i + width] for i in range(0, len(sequence), width)]
    path.write_bytes((end.join(lines) + end).encode())
    return path


def stream(content: str | bytes, name: str = "a.fa") -> io.BytesIO:
    """An open file that has a name."""
    file = io.BytesIO(content.encode() if isinstance(content, str) else content)
    file.name = name
    return file


def sigmoid(z: Any) -> np.ndarray:
    """In float64."""
    return 1 / (1 + np.exp(-np.asarray(z, "float64")))


def softmax(z: Any) -> np.ndarray:
    """Over the last axis, in float64."""
    powers = np.exp(np.asarray(z, "float64"))
    return powers / powers.sum(axis=-1, keepdims=True)
