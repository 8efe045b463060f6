from __future__ import annotations

import pytest


@pytest.fixture(
    params=[
        pytest.param(True, id="eager"),
        pytest.param(False, id="compiled", marks=pytest.mark.slow),
    ]
)
def run_eagerly(request: pytest.FixtureRequest) -> bool:
    """Of `compile`: compiled steps, which users have, take seconds to trace."""
    return bool(request.param)
