"""seqzoo practice: exercises on networks for DNA, checked by code."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from zoo.commands.options import add_command, add_out, complete
from zoo.commands.printing import counted, print_markdown, print_table, printable
from zoo.errors import InputError

if TYPE_CHECKING:
    from zoo.practice.reading import Exercise

MOST_PRINTED = 20  # lines


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "practice",
        "Exercises over the chapters of the course: read one, write an answer in "
        "Python, have it checked. A wrong answer is told what to think about.",
        "seqzoo practice list\n"
        "seqzoo practice show wide_or_deep --out answer.py\n"
        "seqzoo practice check wide_or_deep answer.py",
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    what = "list the exercises by chapter"
    add_command(
        actions, "list", f"{what.capitalize()}.", "seqzoo practice list", help=what
    )
    what = "print what is asked, and the code to begin with"
    show = add_command(
        actions, "show", f"{what.capitalize()}.", "seqzoo practice show 4.2", help=what
    )
    _add_exercise(show)
    add_out(show, "the code to begin with, a new file")
    what = "check an answer; exit status 1 if it is wrong"
    check = add_command(
        actions,
        "check",
        "Run an answer in a process of its own, for twenty seconds at most, and "
        "compare what it returns. It is not isolated from this machine: check only "
        "what you would run yourself. Exit status 1 if it is wrong.",
        "seqzoo practice check wide_or_deep answer.py",
        help=what,
    )
    _add_exercise(check)
    check.add_argument("answer", metavar="FILE", help="a file of Python code")
    what = "print a worked solution"
    solution = add_command(
        actions,
        "solution",
        f"{what.capitalize()}.",
        "seqzoo practice solution 4.2",
        help=what,
    )
    _add_exercise(solution)
    return parser


def _add_exercise(parser: argparse.ArgumentParser) -> None:
    named = parser.add_argument(
        "name", metavar="NAME", help="an exercise: its name, or its number"
    )
    complete(named, _names)


def _names() -> list[str]:
    from zoo.practice.reading import exercises

    return [each.name for each in exercises()]


def run(arguments: argparse.Namespace) -> int:
    """Does one of the four."""
    from zoo.practice.reading import CHAPTERS, exercise, exercises

    if arguments.action == "list":
        rows = [
            (each.number, each.name, CHAPTERS[each.chapter - 1], each.title)
            for each in exercises()
        ]
        print_table(("number", "name", "chapter", "exercise"), rows)
        return 0
    if arguments.action == "check":
        return _check(arguments.name, arguments.answer)
    found = exercise(arguments.name)
    if arguments.action == "solution":
        _print(found, found.explanation, found.solution)
        return 0
    if arguments.out is not None:
        _write(found, arguments.out)
    _print(found, found.question, found.starter)
    return 0


def _check(name: str, answer: str) -> int:
    from zoo.practice.checking import check

    verdict = check(name, answer)
    lines = verdict.printed.splitlines()
    for line in lines[:MOST_PRINTED]:
        print(f"it printed: {printable(line)[:200]}", file=sys.stderr)
    if len(lines) > MOST_PRINTED:
        more = counted(len(lines) - MOST_PRINTED, "more line")
        print(f"... and {more}", file=sys.stderr)
    if verdict.right:
        print(f"{name}: right. seqzoo practice solution {name} shows another way.")
        return 0
    print(f"{name}: not yet. {printable(verdict.hint)}")
    return 1


def _write(found: Exercise, out: str) -> None:
    from registry.files import user_path
    from zoo.files.output import open_output

    if user_path(out).exists():  # perhaps an answer
        raise InputError(
            f"Expected a file that does not exist. Received: {out}. Give another with "
            "--out, or remove it."
        )
    with open_output(out) as write:
        write(found.starter)


def _print(found: Exercise, text: str, code: str) -> None:
    title = f"# {found.number} {found.name}: {found.title}"
    print_markdown(f"{title}\n\n{text}\n\n```python\n{code}```")
