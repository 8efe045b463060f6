"""An answer is run apart, and what it returned compared here."""

from __future__ import annotations

import contextlib
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry.files import user_path
from zoo.errors import InputError
from zoo.practice import contained
from zoo.practice.kinds import Check, Designed, NetworkSize
from zoo.practice.reading import CHAPTERS, Exercise, exercise

SECONDS = 20  # for an answer
SECONDS_OF_KERAS = 300  # for a network of a few layers: its import takes longest
MEGABYTES = 1_000
MEGABYTES_OF_KERAS = 16_000  # of addresses, which backends reserve and do not use


@dataclass(frozen=True)
class Verdict:
    """What is said of an answer.

    Attributes:
        right: Whether the answer is right.
        hint: What to think about if it is wrong, else empty.
        printed: What the answer printed.
    """

    right: bool
    hint: str = ""
    printed: str = ""


def check(name: str, answer: str | Path) -> Verdict:
    """Runs an answer in a process of its own and compares what it returns.

    Args:
        name: Of the exercise, "wide_or_deep", or its number, "4.2".
        answer: A file of Python code, which defines a value or a function of the
            exercise's name. It has twenty seconds and a gigabyte, and may neither
            change files nor use the network. That contains accidents and is no jail.
            A network that it designs is built afterwards, in another process.

    Returns:
        Whether it is right, or a hint for the mistake.

    Raises:
        UnknownNameError: There is no such exercise.
        InputError: The file cannot be read.
    """
    found = exercise(name)
    check, code = check_of(found), _read(answer)
    ended = contained.run(
        "zoo.practice.answering",
        {"name": found.name, "code": code, "inputs": list(check.inputs)},
        seconds=SECONDS,
        megabytes=MEGABYTES,
        writes=False,
    )
    try:
        hint = ended.reason or _judged(found.name, check, ended.result)
    except RecursionError:  # an answer that wrote the result itself
        hint = "It returned lists in lists, too deep."
    return Verdict(hint is None, hint or "", ended.printed)


def _read(path: str | Path) -> str:
    found = user_path(path)
    with contextlib.suppress(OSError, UnicodeDecodeError):
        with found.open("rb") as file:
            content = file.read(contained.MOST_BYTES + 1)
        if len(content) <= contained.MOST_BYTES:
            return content.decode()
    what = "" if found.is_file() else ", which is no file"
    raise InputError(
        "Expected a file of Python code, in UTF-8, of at most "
        f"{contained.MOST_BYTES:,} bytes. Received: {path}{what}. seqzoo practice show "
        "NAME --out FILE writes one to begin with."
    )


def check_of(found: Exercise) -> Check:
    """What is right in an exercise, from the module of its chapter."""
    module = f"zoo.practice.checks.{CHAPTERS[found.chapter - 1]}"
    check: Check = getattr(importlib.import_module(module), found.name.upper())
    return check


def _judged(name: str, check: Check, result: Any) -> str | None:
    """The hint for a wrong answer, None for a right one."""
    values = result.get("values") if isinstance(result, dict) else None
    if not isinstance(values, list) or len(values) != max(1, len(check.inputs)):
        problem = result.get("problem") if isinstance(result, dict) else None
        return str(problem or "Its process ended without an answer.")
    if isinstance(check, Designed):
        return check.refusal(name, values[0]) or measured(check, values[0])
    return check.judge(name, values)


def measured(check: Designed, config: dict[str, Any]) -> str | None:
    """Builds the network, and says which need it does not meet."""
    ended = contained.run(
        "zoo.practice.measuring",
        {
            "architecture": check.architecture,
            "sequence_length": check.sequence_length,
            "config": config,
        },
        seconds=SECONDS_OF_KERAS,
        megabytes=MEGABYTES_OF_KERAS,
        writes=True,
    )
    if ended.reason or "problem" in ended.result:
        return ended.reason or str(ended.result["problem"])
    return check.judge_network(NetworkSize(**ended.result))
