"""The exercises, a Markdown file each: what is asked, where to begin, a solution."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from registry.errors import UnknownNameError

FOLDER = Path(__file__).resolve().parent / "exercises"
#: The chapters of the course; exercise 4.2 is the second one of the fourth.
CHAPTERS = (
    "encodings",
    "filters",
    "thresholds",
    "receptive_field",
    "dilation",
    "pooling",
    "downsampling",
    "reverse_complement",
    "filters_to_motifs",
    "variants",
    "modalities",
    "objectives",
    "trade_offs",
)
_FILE = re.compile(
    r"# (?P<chapter>\d+)\.(?P<place>\d+) (?P<title>.+?)\n\n"
    r"(?P<question>.+?)\n\n"
    r"## Starter\n\n```python\n(?P<starter>.+?)```\n\n"
    r"## Solution\n\n(?P<explanation>.+?)\n\n```python\n(?P<solution>.+?)```\n",
    re.DOTALL,
)


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        name: Also that of the value or the function which an answer defines.
        chapter: Its chapter of the course, from 1.
        place: Among the exercises of the chapter, from 1.
        title: One line.
        question: What is asked, in Markdown.
        starter: The Python code to begin with.
        explanation: Why the solution is one, in Markdown.
        solution: The Python code of a right answer.
    """

    name: str
    chapter: int
    place: int
    title: str
    question: str
    starter: str
    explanation: str
    solution: str

    @property
    def number(self) -> str:
        """Chapter and place: "4.2"."""
        return f"{self.chapter}.{self.place}"


def exercises() -> list[Exercise]:
    """All exercises, in the order of the course."""
    found = [_read(path) for path in FOLDER.glob("*.md")]
    return sorted(found, key=lambda each: (each.chapter, each.place))


def exercise(name: str) -> Exercise:
    """An exercise.

    Args:
        name: Its name, "wide_or_deep", or number, "4.2".

    Raises:
        UnknownNameError: There is none of that name or number.
    """
    if re.fullmatch(r"[a-z_]+", name) and (path := FOLDER / f"{name}.md").is_file():
        return _read(path)
    found = exercises()
    for each in found:
        if each.number == name:
            return each
    hint = None
    if re.match(r"\d", name):
        hint = f"Numbers go from {found[0].number} to {found[-1].number}."
    raise UnknownNameError("exercise", name, [each.name for each in found], hint=hint)


def _read(path: Path) -> Exercise:
    found = _FILE.fullmatch(path.read_text(encoding="utf-8"))
    assert found is not None, f"{path.name} is not laid out as an exercise"
    parts = found.groupdict()
    chapter, place = int(parts.pop("chapter")), int(parts.pop("place"))
    return Exercise(path.stem, chapter, place, **parts)
