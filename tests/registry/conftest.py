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
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache that the environment names."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("SEQZOO_CACHE", str(folder))
    for name in ("SEQZOO_SHARED_CACHES", "SEQZOO_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    return folder
