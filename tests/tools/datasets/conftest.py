import gzip

import numpy as np
import pytest


@pytest.fixture
def write_table(tmp_path):
    """Writes a miniature of a source file: gzip, tab-separated, with a header."""

    def write(name, header, rows):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = ["\t".join(map(str, row)) for row in [header, *rows]]
        path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))
        return path

    return write


@pytest.fixture
def sequences():
    """Seeded random sequences: `sequences(n, length)` never repeats one."""
    random = np.random.default_rng(0)

    def draw(n, length):
        return ["".join(random.choice(list("ACGT"), length)) for _ in range(n)]

    return draw
