"""Every schema that was ever released stays loadable."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import registry
from registry.migrations import MIGRATIONS, SCHEMA
from zoo.publishing.verification import verify

FROZEN = Path(__file__).resolve().parent.parent / "fixtures"
# A frozen file is never written again: what was released cannot be, either.
MODEL_SHA256 = {
    1: "ff1a87526c84e1ca21836259078d1bd240e5b338d5f9ab8bb16545f4d5db9b14",
    2: "218ba84feec1633c5dadbd5a38ceebcdc74ac82e35deae14e81323e6c8b55f5d",
    3: "baddf9e5b47e04a65982fdd5013426e551d1f107e9023cff3ef00dd2a2d6cce9",
    4: "20fee450fb926041b3e8c5c089dbf88af13f3c1d0f08f7f798679a2f1aea3d28",
    5: "ff46562ab275b4eba6269a8310a51952b8455559f400e73052712bd35085c16e",
    6: "8800b30bb7f8defe01fd126e1c6edd6a40bc884af08aec1d4a1042df8837c1ef",
}
every_schema = pytest.mark.parametrize("schema", range(1, SCHEMA + 1))


@every_schema
def test_the_frozen_release_is_the_one_that_was_frozen(schema: int) -> None:
    path = FROZEN / f"schema_{schema}" / "small_v1" / "model.json"
    received = hashlib.sha256(path.read_bytes()).hexdigest()
    assert received == MODEL_SHA256[schema]


@every_schema
def test_it_loads_and_predicts_what_it_did(schema: int) -> None:
    folder = FROZEN / f"schema_{schema}" / "small_v1"
    assert registry.read_release(folder).schema == SCHEMA
    assert verify(folder).passed


def test_there_is_a_migration_from_every_older_schema() -> None:
    assert sorted(MIGRATIONS) == list(range(1, SCHEMA))
