"""What commands are given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.made import write_fasta


@pytest.fixture
def release(write_release: Any) -> str:
    """The folder of a small release."""
    return str(write_release())


@pytest.fixture
def fasta(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A FASTA file of what the module of the test has as SEQUENCES."""
    return str(write_fasta(tmp_path / "in.fa", request.module.SEQUENCES))
