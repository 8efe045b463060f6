"""Each exercise: its solution is right, and each known mistake gets its hint."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from registry.errors import UnknownNameError
from zoo.practice import answering, checking, contained
from zoo.practice.kinds import Chosen, Computed, Designed
from zoo.practice.reading import CHAPTERS, Exercise, exercise, exercises

EXERCISES = exercises()
COURSE = Path(__file__).resolve().parents[3] / "docs" / "course"
PAGES = sorted(COURSE.glob("[0-9]*.md"))
every = pytest.mark.parametrize("found", EXERCISES, ids=lambda each: each.name)


@pytest.fixture(autouse=True)
def measured_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks are built in this process: another one for each imports Keras."""

    def run(program: str, job: dict[str, Any], **_: object) -> contained.Ended:
        from zoo.practice.measuring import measure

        assert program == measure.__module__
        return contained.Ended(measure(job), "")

    monkeypatch.setattr(contained, "run", run)


def judged(found: Exercise, code: str) -> str | None:
    """As in the process of an answer, in this one."""
    check = checking.check_of(found)
    inputs = [list(arguments) for arguments in check.inputs]
    return checking._judged(
        found.name, check, answering.answer(found.name, code, inputs)
    )


def mistakes(found: Exercise) -> list[tuple[str, Any]]:
    """Hints, and what an answer with the mistake returns, call by call."""
    check = checking.check_of(found)
    if isinstance(check, Computed):
        return [
            (hint, [wrong(*arguments) for arguments in check.inputs])
            for hint, wrong in check.mistakes.items()
        ]
    assert isinstance(check, Chosen)
    return [
        (check.mistakes.get((question, word)) or check.mistakes[question, ""], [wrong])
        for question, right in check.solution.items()
        for word in set(check.words) - {right}
        for wrong in [{**check.solution, question: word}]
    ]


def test_they_are_numbered_by_chapter() -> None:
    for chapter, group in itertools.groupby(EXERCISES, lambda each: each.chapter):
        assert [each.place for each in group] == list(
            range(1, sum(each.chapter == chapter for each in EXERCISES) + 1)
        )
    counts = Counter(each.chapter for each in EXERCISES)
    assert list(counts) == list(range(1, len(CHAPTERS) + 1))
    assert min(counts.values()) >= 2 and 25 <= sum(counts.values()) <= 40


@every
def test_it_is_found_by_name_and_number(found: Exercise) -> None:
    assert exercise(found.name) == exercise(found.number) == found
    # What is asked holds no answer, and each line fits a terminal.
    assert found.solution not in found.question
    assert max(map(len, f"{found.question}\n{found.starter}".splitlines())) <= 100


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_chapter_leads_to_its_exercises(page: Path) -> None:
    number, _, chapter = page.stem.partition("_")
    assert CHAPTERS[int(number) - 1] == chapter
    text = page.read_text(encoding="utf-8")
    _, practice, leads_to = text.partition("seqzoo practice show")
    assert practice, page
    assert [
        each.name
        for each in EXERCISES
        if each.chapter == int(number) and not re.search(rf"\b{each.name}\b", leads_to)
    ] == []


@pytest.mark.parametrize(
    ("name", "said"), [("wide_or_dep", "'wide_or_deep'"), ("99.1", "from 1.1 to 13")]
)
def test_another_name_is_refused(name: str, said: str) -> None:
    with pytest.raises(UnknownNameError, match=said):
        exercise(name)


@every
def test_its_solution_is_right(found: Exercise) -> None:
    assert judged(found, found.solution) is None


@every
def test_its_starter_is_not_finished(found: Exercise) -> None:
    hint = judged(found, found.starter)
    assert hint and "raised" not in hint, hint
    check = checking.check_of(found)
    if isinstance(check, Designed):  # it can be built
        assert hint.startswith(tuple(map(beginning, check.needs))), hint


@every
def test_known_mistakes_get_their_hints(found: Exercise) -> None:
    check = checking.check_of(found)
    if isinstance(check, Designed):
        assert check.needs.keys() == check.mistakes.keys() and len(check.needs) >= 2
        for hint, config in check.mistakes.items():
            said = checking._judged(found.name, check, {"values": [dict(config)]})
            assert said and said.startswith(beginning(hint)), said
        return
    known = mistakes(found)
    assert len(known) >= 2
    hints = check.mistakes.values() if isinstance(check, Chosen) else check.mistakes
    assert {hint for hint, _ in known} == set(hints)  # each is for some answer
    for hint, values in known:
        said = check.judge(found.name, values)
        assert said and said.endswith(hint), said


def beginning(hint: str) -> str:
    """Of a hint that names what is measured, what stands before it."""
    return hint.partition("{")[0]
