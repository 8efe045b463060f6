from __future__ import annotations

import pytest

from zoo.commands.printing import Skipped, counted, printable


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 records"), (1, "1 record"), (2_000, "2,000 records")]
)
def test_one_is_one(number: int, text: str) -> None:
    assert counted(number, "record") == text


def test_only_the_first_few_are_reported(capsys: pytest.CaptureFixture) -> None:
    skip = Skipped(shown=2)
    for number in range(5):
        skip(ValueError(number))
    assert skip.count == 5
    assert capsys.readouterr().err.splitlines() == [
        "seqzoo: skipped: 0",
        "seqzoo: skipped: 1",
        "seqzoo: more are skipped without a message",
    ]


def test_a_text_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[31mb\nc") == "a [31mb c"
