from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.registry.server import Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as found:
        yield found


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in place of the one whose releases are installed with seqzoo."""
    place = tmp_path / "shipped"
    place.mkdir()
    monkeypatch.setattr("registry.sources.shipped_folder", lambda: place)
    return place
