"""Every architecture of this package keeps to seqzoo's contract."""

from importlib import metadata

import pytest

from zoo.publishing.conformance import check

NAMES = [
    point.name
    for point in metadata.distribution("my-pkg").entry_points
    if point.group == "seqzoo.architectures"
]


@pytest.mark.parametrize("name", NAMES)
def test_conformance(name: str) -> None:
    problems = [f"{f.check}: {f.problem}" for f in check(name) if f.problem]
    assert problems == []
