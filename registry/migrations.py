"""model.json of every schema that was ever released -> the newest.

A migration is a plain function from the content of one schema to that of the next. It
is never changed or removed: a frozen release of each schema is loaded by the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from registry.errors import ReleaseError

SCHEMA = 6

Content = dict[str, Any]


def _from_1(content: Content) -> Content:
    """Schema 2 says which release another was fine-tuned from."""
    if "derived_from" in content:
        raise ValueError("schema 1 has no key derived_from")
    return content | {"derived_from": None}


def _from_2(content: Content) -> Content:
    """Schema 3 may have a sketch of the training data."""
    if "sketch" in content:
        raise ValueError("schemas 1 and 2 have no key sketch")
    return content | {"sketch": None}


def _from_3(content: Content) -> Content:
    """Schema 4 says at which length the model was trained and measured."""
    reads = content.get("input")
    if not isinstance(reads, dict):
        return content  # which the schema refuses
    if "training_length" in reads:
        raise ValueError("schemas 1 to 3 have no key input.training_length")
    # Those of one length could be trained at no other.
    length = reads.get("sequence_length")
    return content | {"input": reads | {"training_length": length}}


def _from_4(content: Content) -> Content:
    """Schema 5 names the inputs and outputs of the Keras model, however many."""
    for key in ("inputs", "heads"):
        if key in content:
            raise ValueError(f"schemas 1 to 4 have no key {key}")
    return content | {"inputs": None, "heads": None}


def _from_5(content: Content) -> Content:
    """Schema 6 says what a release is for, and what was measured of its outputs."""
    new: Content = {"intended_use": "", "limits": []}
    facts = ("description", "calibration", "threshold", "backgrounds")
    outputs = content.get("outputs")
    for output in outputs if isinstance(outputs, list) else ():
        for key in facts if isinstance(output, dict) else ():
            if key in output:
                raise ValueError(f"schemas 1 to 5 have no key outputs.{key}")
    for key in new:
        if key in content:
            raise ValueError(f"schemas 1 to 5 have no key {key}")
    return content | new


MIGRATIONS: dict[int, Callable[[Content], Content]] = {
    1: _from_1,
    2: _from_2,
    3: _from_3,
    4: _from_4,
    5: _from_5,
}


def migrated(content: Content, where: str) -> Content:
    """The content in the newest schema.

    Args:
        content: A model.json; its `schema` says which it is.
        where: The file, for errors.

    Raises:
        ReleaseError: This seqzoo does not know the schema.
    """
    schema = content.get("schema")
    if type(schema) is not int or not 1 <= schema <= SCHEMA:
        raise ReleaseError(
            f"{where} has schema {schema!r:.80}; this seqzoo reads schema 1 to "
            f"{SCHEMA}. A newer seqzoo may be needed: pip install --upgrade seqzoo"
        )
    while schema < SCHEMA:
        try:
            content = MIGRATIONS[schema](content)
        except ValueError as error:
            raise ReleaseError(f"{where}: {error}.") from None
        schema += 1
    return content | {"schema": schema}
