"""A configuration that trains in a moment, and its table of sequences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from zoo.dna import decode
from zoo.training.configuration.config import Config
from zoo.training.runs.running import train

ROWS, LENGTH = 120, 24
DATA = """
[data]
format = "table"
path = "rows.tsv"
task = "binary"
targets = ["bound"]
[data.split]
by = "column"
column = "split"
valid = ["dev"]
"""
BASE = f"""
name = "motif_v1"{DATA}
test = ["test"]
leaks = "ignore"
[training]
epochs = 2
batch_size = 32
"""
SMALL = """
[model]
architecture = "shallow_wide"
arguments = { filters = 4, kernel_size = 7, units = 2 }
"""
RELEASE = """
[release]
description = "Sequences with GATTACA"
licence = "Apache-2.0"
symmetry = "augmented"
"""


def write(folder: Path, text: str) -> Path:
    random = np.random.default_rng(0)
    codes = random.integers(0, 4, (ROWS, LENGTH), dtype=np.uint8)
    bound = np.arange(ROWS) % 2
    codes[bound == 1, 8:15] = [2, 0, 3, 3, 0, 1, 0]
    parts = ["train"] * 80 + ["dev"] * 20 + ["test"] * 20
    rows = zip(map(decode, codes), bound, parts, strict=True)
    lines = ["sequence\tbound\tsplit", *("\t".join(map(str, row)) for row in rows)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rows.tsv").write_text("\n".join(lines) + "\n")
    path = folder / "config.toml"
    path.write_text(text)
    return path


def quiet(config: Config | Path, **arguments: Any) -> Any:
    return train(config, verbose=0, **arguments)
