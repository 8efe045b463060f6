"""The table [model.bias] of a configuration: what an enzyme does by itself.

Importing this imports neither NumPy nor Keras.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Bias:
    """The bias of the enzyme, which `chrombpnet` adds and training leaves as it is.

    Attributes:
        release: A name, folder or address of a `bpnet` with "valid" padding, trained on
            background alone (`data.background.only`).
        enzyme: Whose motifs the report looks at: Tn5's in "atac", DNase I's in "dnase".
    """

    release: str
    enzyme: Literal["atac", "dnase"] = "atac"
