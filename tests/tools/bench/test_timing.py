from __future__ import annotations

import time
from pathlib import Path

import pytest

from tools.bench.timing import medians, print_table, timed

TOP = Path(__file__).resolve().parents[3]


def test_every_bench_is_named_by_a_page() -> None:
    pages = "".join(page.read_text() for page in (TOP / "docs").glob("*.md"))
    files = (TOP / "tools" / "bench").glob("*.py")
    benches = [file.stem for file in files if "__main__" in file.read_text()]
    assert len(benches) > 1
    assert [b for b in benches if f"python -m tools.bench.{b}`" not in pages] == []


def test_waiting_takes_wall_time_alone() -> None:
    taken = timed(lambda: time.sleep(0.05))
    assert taken.wall > 0.04 > taken.cpu


def test_calls_take_turns_and_the_first_round_does_not_count() -> None:
    calls = []

    def slow_at_first(name: str) -> None:
        time.sleep(0.2 if name not in calls else 0.0)
        calls.append(name)

    found = medians({n: lambda n=n: slow_at_first(n) for n in "ab"}, 3)
    assert calls == list("abababab")
    assert all(seconds.wall < 0.1 for seconds in found.values())


def test_columns_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["name", "rate"], [("one", 12345.6), ("another", 0.01234)])
    assert capsys.readouterr().out.splitlines() == [
        "name       rate",
        "one      12,346",
        "another  0.0123",
        "",
    ]
