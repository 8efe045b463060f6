"""All that one scoring of variants is made of: plain values that can be sent."""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from zoo.prediction.genome.job import RunSettings


class VariantRows(NamedTuple):
    """Variants of one part, in the order of the file, one entry per allele."""

    record: npt.NDArray[np.int64]  # number in the file
    allele: npt.NDArray[np.int64]  # number among the record's alternates
    contig: npt.NDArray[np.int64]  # number in the genome
    position: npt.NDArray[np.int64]  # 0-based
    reference: list[str]
    alternate: list[str]
    name: list[str]

    def to_bytes(self) -> bytes:
        """As a file of NumPy, with the texts as bytes."""
        buffer = io.BytesIO()
        texts = {
            key: np.frombuffer("\n".join(getattr(self, key)).encode(), np.uint8)
            for key in _TEXTS
        }
        numbers = {key: getattr(self, key) for key in _NUMBERS}
        np.savez(buffer, allow_pickle=False, **texts, **numbers)
        return buffer.getvalue()

    @classmethod
    def read(cls, path: Path) -> VariantRows:
        """What `to_bytes` gave."""
        with np.load(path, allow_pickle=False) as file:
            texts = {key: file[key].tobytes().decode().split("\n") for key in _TEXTS}
            return cls(**{key: file[key] for key in _NUMBERS}, **texts)


_NUMBERS = ("record", "allele", "contig", "position")
_TEXTS = ("reference", "alternate", "name")


@dataclass(frozen=True)
class VariantSettings(RunSettings):
    """What decides the numbers, beside the variants.

    Attributes:
        window: bp of a window.
        shifts: bp by which windows are moved; scores are means over them.
        beyond: What becomes of windows that reach beyond a contig.
        scores: Names of the scores.
        outputs: Names of the outputs; None for all.
    """

    window: int
    shifts: tuple[int, ...]
    beyond: str
    scores: tuple[str, ...]
    outputs: tuple[str, ...] | None


@dataclass(frozen=True)
class VariantJob:
    """The settings, and how the variants are cut into parts.

    Attributes:
        settings: Of the numbers.
        folder: Where the rows of each part lie, on storage that all workers share.
        rows: How many variants there are.
        rows_sha256: Of all of them.
        part_rows: Variants in a part; the last one may have fewer.
    """

    settings: VariantSettings
    folder: Path
    rows: int
    rows_sha256: str
    part_rows: int

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return -(-self.rows // self.part_rows)

    @property
    def backend(self) -> str:
        """Of Keras."""
        return self.settings.backend

    def size(self, part: int) -> int:
        """Variants in a part."""
        return min(self.part_rows, self.rows - part * self.part_rows)

    def shape(self, part: int) -> tuple[int, int]:
        """Shape (variant, score) of a part's values."""
        return self.size(part), len(self.settings.scores)

    def identity(self) -> dict[str, Any]:
        """What two runs must share to continue each other, as JSON takes it."""
        settings = asdict(self.settings)
        del settings["release"], settings["genome"]
        for key in ("shifts", "scores", "outputs"):
            settings[key] = settings[key] and list(settings[key])
        return settings | {
            "rows": self.rows,
            "rows_sha256": self.rows_sha256,
            "part_rows": self.part_rows,
        }

    def file(self, part: int) -> Path:
        """Where the rows of a part lie."""
        return self.folder / rows_name(part)


def rows_name(part: int) -> str:
    """The file of a part's rows."""
    return f"variants-{part:07d}.npz"
