from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from zoo.cli import main
from zoo.practice import exercise, exercises


def test_list_shows_them_in_order(capsys: pytest.CaptureFixture) -> None:
    assert main(["practice", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [
        [each.number, each.name] for each in exercises()
    ]


def test_show_prints_the_question_and_writes_the_starter(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    out = tmp_path / "answer.py"
    assert main(["practice", "show", "4.2", "--out", str(out)]) == 0
    found = exercise("wide_or_deep")
    printed = capsys.readouterr().out
    assert found.question in printed and found.starter in printed
    assert found.explanation not in printed and found.solution not in printed
    assert out.read_text() == found.starter
    assert main(["practice", "show", "4.2", "--out", str(out)]) == 2  # an answer
    assert "does not exist" in capsys.readouterr().err


def test_solution_prints_the_solution(capsys: pytest.CaptureFixture) -> None:
    assert main(["practice", "solution", "wide_or_deep"]) == 0
    printed = capsys.readouterr().out
    found = exercise("wide_or_deep")
    assert found.explanation in printed and found.solution in printed


def test_a_terminal_gets_it_laid_out(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert main(["practice", "show", "scan"]) == 0
    assert "```" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("print('\\x1b[2J')\n" + exercise("kmer_index").solution, 0, "1.2: right"),
        ("print('a\\n' * 50)", 1, "1.2: not yet. It does not define kmer_index"),
        (None, 2, ""),
    ],
)
def test_check_tells_right_from_wrong(
    code: str | None,
    status: int,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture,
) -> None:
    answer = tmp_path / "answer.py"
    if code is not None:
        answer.write_text(code)
    assert main(["practice", "check", "1.2", str(answer)]) == status
    shown = capsys.readouterr()
    assert shown.out.startswith(said) and "\x1b" not in shown.err
    assert exercise("kmer_index").solution not in shown.out
    assert len(shown.err.splitlines()) <= 21


@pytest.mark.parametrize(
    ("words", "absent"),
    [
        (["list"], {"numpy", "keras"}),
        (["show", "see_the_window"], {"numpy", "keras"}),
        (["check", "2.2", "answer.py"], {"keras"}),
    ],
)
def test_nothing_is_imported_that_is_not_needed(
    words: list[str], absent: set[str], tmp_path: Path
) -> None:
    (tmp_path / "answer.py").write_text(exercise("scan").solution)
    code = (
        "import sys, zoo.cli\n"
        f"assert zoo.cli.main(['practice', *{words}]) == 0\n"
        f"print({absent} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "set()", done.stderr
