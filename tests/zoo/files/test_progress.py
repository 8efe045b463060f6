import io
import itertools
import sys

import pytest

from zoo.files.progress import Display, counted, duration
from zoo.prediction.genome.calling import speed


class Terminal(io.StringIO):
    def isatty(self):
        return True


def a_terminal(monkeypatch):
    # Not a fixture: pytest puts its own in place when the test begins.
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    return sys.stderr


def test_a_line_a_minute_with_the_time_left():
    written = []
    times = iter([0.0, 10.0, 30.0, 61.0, 62.0, 100.0, 122.0])
    shown = counted(
        1_000,
        100,
        "windows",
        speed=lambda rate: speed(rate, 50),
        terminal=False,
        write=written.append,
        clock=times.__next__,
    )
    with shown as advance:
        for _ in range(6):
            advance(50)
    # 150 windows in 61 s, of 100 + 150; 300 in 122 s.
    assert written == [
        "seqzoo: 25.0%, 2 windows/s, 123.0 bp/s, 5 min left",
        "seqzoo: 40.0%, 2 windows/s, 123.0 bp/s, 4 min left",
    ]


def test_lines_of_what_nobody_has_counted():
    written = []
    clock = itertools.count(0, 40).__next__
    with counted(
        None, 0, "records", terminal=False, write=written.append, clock=clock
    ) as advance:
        for _ in range(4):
            advance(2_000)
    # 4,000 in 80 s, 8,000 in 160 s.
    assert written == [
        "seqzoo: 4,000 records, 50 records/s",
        "seqzoo: 8,000 records, 50 records/s",
    ]


@pytest.mark.parametrize(
    ("rate", "step", "text"),
    [
        (3, 100, "3 windows/s, 300.0 bp/s"),
        (1_234, 100, "1,234 windows/s, 123.4 kb/s"),
        (20_000, 100, "20,000 windows/s, 2.0 Mb/s"),
        (0, 1, "0 windows/s, 0.0 bp/s"),
    ],
)
def test_speed(rate, step, text):
    assert speed(rate, step) == text


@pytest.mark.parametrize(
    ("total", "text"),
    [(200, "65.0% 10 windows/s 7 s left"), (None, "130 windows 10 windows/s")],
)
def test_a_bar_on_a_terminal(monkeypatch, total, text):
    terminal = a_terminal(monkeypatch)
    with counted(
        total, 100, "windows", clock=iter([0.0, 1.0, 3.0]).__next__
    ) as advance:
        advance(10)
        advance(20)
    assert text in terminal.getvalue()


def test_short_runs_in_a_pipe_are_silent(capfd):
    with counted(200, 100, "windows") as advance:
        advance(100)
    assert capfd.readouterr().err == ""


def test_nothing_done_is_no_reason_for_a_line():
    written = []
    clock = itertools.count(0, 100).__next__
    with counted(
        5, 0, "windows", terminal=False, write=written.append, clock=clock
    ) as advance:
        advance(0)
    assert written == []


def test_an_error_takes_the_bar_away(monkeypatch):
    terminal = a_terminal(monkeypatch)
    with pytest.raises(KeyboardInterrupt), counted(9, 0, "windows") as advance:
        advance(1)
        raise KeyboardInterrupt
    assert terminal.getvalue().endswith("\x1b[2K")  # the line is erased


def test_words_may_hold_what_rich_would_take_as_markup(monkeypatch):
    terminal = a_terminal(monkeypatch)
    display = Display(10, stays=True)
    display.draw(5, "[red]", "[bold]x")
    display.line("never")
    display.close()
    assert "[bold]x" in terminal.getvalue()
    assert "never" not in terminal.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 s"),
        (119, "119 s"),
        (240, "4 min"),
        (7_200, "2 h"),
        (200_000, "2 d"),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text
