"""Answers of all kinds, in processes of their own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from zoo.errors import InputError
from zoo.practice import check, checking, contained, exercise

NAME = "genome_hits"
RIGHT = exercise(NAME).solution
START = "def genome_hits(contigs, width, rate):\n    "


def writes(content: str) -> str:
    """An answer that writes into what it inherits, in place of a result."""
    return (
        f"import os\nfor file in range(3, 9):\n    try: os.write(file, {content})\n"
        "    except OSError: pass\nos._exit(0)"
    )


@pytest.fixture
def answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is yet to be written, beside one that is not to be touched."""
    monkeypatch.setenv("SECRET_TOKEN", "secret")
    (tmp_path / "kept").write_text("kept")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "answer.py"


def test_a_right_answer_is_right_and_leaves_nothing(answer: Path) -> None:
    answer.write_text(f"print('hello')\n{RIGHT}")
    verdict = check(NAME, answer)
    assert verdict.right and not verdict.hint and verdict.printed == "hello\n"
    assert sorted(path.name for path in answer.parent.iterdir()) == [
        "answer.py",
        "kept",
    ]


def test_a_wrong_answer_gets_the_hint_of_its_mistake(answer: Path) -> None:
    answer.write_text(RIGHT.replace("2 * ", ""))
    verdict = check("3.4", answer)
    assert not verdict.right and "both strands" in verdict.hint
    right = checking.check_of(exercise(NAME)).solution(*([1000, 500, 8], 15, 0.001))
    assert str(right) not in verdict.hint


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", "does not define genome_hits"),
        ("genome_hits = 3", "is no function"),
        ("def genome_hits(:", "no Python: .*line 1"),
        ("x = '\0'", r"null bytes\.$"),
        ("import nothing_of_that_name", "ModuleNotFoundError in line 1"),
        (START + "...", "not finished"),
        (START + "return contigs[7]", "IndexError in line 2: .*for genome_hits"),
        (START + "return rate > 0", "Expected a number, received True or False"),
        (START + "return float('nan')", "infinity or a NaN"),
        (START + "return print", "object of type builtin_function"),
        (START + "return [0] * 20_000", "20,000 items"),
        (START + "import numpy\n    return numpy.zeros(20_000)", "array of 20,000"),
        (START + "return 10 ** 5_000", "OverflowError"),
        (START + "x = []\n    x.append(x)\n    return x", "too deep"),
        (START + "return genome_hits(contigs, width, rate)", "RecursionError"),
        (START + "import sys\n    sys.exit(0)", "SystemExit"),
        (START + "import os\n    os._exit(0)", "ended without an answer"),
        (START + "import os\n    os.abort()", "ended without an answer"),
        (START + "return 'x' * 1_000_000", "more than 100,000 bytes"),
        (START + "print('x' * 1_000_000)", "more than 100,000 bytes"),
        (START + "return input()", "EOFError"),
        (START + "import os\n    os.fork()", "starts no processes"),
        (START + "import os\n    os.kill(os.getppid(), 9)", "starts no processes"),
        (START + "import subprocess as s\n    s.run(['true'])", "starts no processes"),
        (START + "open('kept', 'w')", "changes no files"),
        (START + "import socket\n    socket.create_connection(('a.b', 80))", "connect"),
        (START + "import os\n    return os.environ['SECRET_TOKEN']", "KeyError"),
        (START + "import os\n    os.write(1, b'{}')", "not finished"),
        (writes("""b'{"values": [1' + b'0' * 999 + b']}'"""), "without an answer"),
        (writes("b'[' * 90_000"), "without an answer"),
        (writes("b'{}'"), "without an answer"),
        (writes("""b'{"values": ' + b'[' * 900 + b']' * 900 + b'}'"""), "ended|deep"),
    ],
)
def test_what_is_no_answer_is_told_why(code: str, said: str, answer: Path) -> None:
    answer.write_text(code)
    verdict = check(NAME, answer)
    assert not verdict.right
    assert re.search(said, verdict.hint), verdict.hint
    assert (answer.parent / "kept").read_text() == "kept"


@pytest.mark.parametrize(
    "code",
    [
        START + "import time\n    time.sleep(60)",
        START + "while True: pass",
        "import time, threading\n"
        "threading.Thread(target=time.sleep, args=(60,)).start()\n"
        "while True: time.sleep(60)",
    ],
)
def test_an_answer_that_hangs_is_ended(
    code: str, answer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "SECONDS", 1)
    answer.write_text(code)
    began = time.monotonic()
    assert "did not end within 1 s" in check(NAME, answer).hint
    assert time.monotonic() - began < 10


def test_threads_of_an_answer_do_not_hold_it(answer: Path) -> None:
    thread = "threading.Thread(target=time.sleep, args=(60,)).start()"
    answer.write_text(f"import time, threading\n{thread}\n{RIGHT}")
    assert check(NAME, answer).right


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("return len(b'x' * 2 ** 31)", "MemoryError"),
        # Without the words of the language that are refused.
        (
            "import ctypes\n    libc = ctypes.CDLL(None)\n"
            "    file = libc.open(b'big', 0o1101, 0o600)\n"
            "    return [libc.write(file, b'x' * 60000, 60000) for _ in range(3)]",
            "is [60000, 40000, -1]",
        ),
    ],
)
def test_memory_and_disk_have_limits(code: str, said: str, answer: Path) -> None:
    answer.write_text(START + code)
    assert said in check(NAME, answer).hint


def test_processes_that_it_started_end_with_it(
    answer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started without the words that are refused."""
    monkeypatch.setattr(checking, "SECONDS", 5)
    answer.write_text(
        START + "import ctypes, time\n    child = ctypes.CDLL(None).fork()\n"
        "    if child == 0: time.sleep(60)\n    print(child)\n    return 0"
    )
    printed = check(NAME, answer).printed
    child = int(printed.split()[0])
    for _ in range(50):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        if "Z" in Path(f"/proc/{child}/stat").read_text().rpartition(")")[2]:
            return  # dead; whoever adopts it will notice
        time.sleep(0.1)
    pytest.fail(f"{child} lives")


def test_ctrl_c_ends_the_answer(answer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen] = []
    wait = subprocess.Popen.wait

    def interrupted(process: subprocess.Popen, *seconds: float) -> int:
        if process in started:
            return wait(process)
        started.append(process)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "wait", interrupted)
    answer.write_text("import time\ntime.sleep(60)")
    with pytest.raises(KeyboardInterrupt):
        check(NAME, answer)
    assert started[0].returncode == -signal.SIGKILL


@pytest.mark.parametrize("content", [None, b"\xff", b"#" * 200_000])
def test_a_file_that_is_no_code_is_refused(content: bytes | None, answer: Path) -> None:
    if content is not None:
        answer.write_bytes(content)
    told = r"answer\.py, which is no file\." if content is None else r"answer\.py\. "
    with pytest.raises(InputError, match=f"Expected a file of Python code.*{told}"):
        check(NAME, answer)


@pytest.mark.parametrize("result", [None, [], {}, {"values": 3}, {"values": [1] * 9}])
def test_a_result_that_no_answer_has_is_none(result: object) -> None:
    found = checking.check_of(exercise(NAME))
    assert "without an answer" in str(checking._judged(NAME, found, result))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (3, "is a dictionary"),
        ({"pooling": 3}, "Only these"),
        ({"filters": [10**9]}, "whole numbers from 1"),
        ({"filters": [1] * 100}, "at most 32"),
        ({"filters": None}, "not finished"),
    ],
)
def test_a_design_that_cannot_be_built_is_not(config: object, said: str) -> None:
    found = exercise("see_the_window")
    hint = checking._judged(found.name, checking.check_of(found), {"values": [config]})
    assert hint and said in hint


@pytest.mark.slow
def test_a_design_is_built_and_measured(answer: Path) -> None:
    found = exercise("see_the_window")
    answer.write_text(found.solution)
    assert check(found.name, answer).right
    answer.write_text("see_the_window = {'filters': [8], 'depth': 1}")
    hint = check(found.name, answer).hint
    assert "cannot be built" in hint and "at least four" in hint


def test_nothing_of_an_answer_is_read_as_more_than_data() -> None:
    ended = contained.run(
        "zoo.practice.answering",
        {"name": "x", "code": "x = {'a': (1, 'b', None)}", "inputs": []},
        seconds=20,
        megabytes=500,
        writes=False,
    )
    assert ended.result == {"values": [{"a": [1, "b", None]}]}
