import io
import sys

import pytest

from zoo.prediction.genome import progress


def test_a_line_a_minute_with_the_time_left():
    written = []
    times = iter([0.0, 10.0, 30.0, 61.0, 62.0, 100.0, 122.0])
    advance = progress.lines(1_000, 100, 50, written.append, clock=times.__next__)
    for _ in range(6):
        advance(50)
    # 150 windows in 61 s, of 100 + 150; 300 in 122 s.
    assert written == [
        "seqzoo: 25.0%, 2 windows/s, 123.0 bp/s, 0:05:05 left",
        "seqzoo: 40.0%, 2 windows/s, 123.0 bp/s, 0:04:04 left",
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
    assert progress.speed(rate, step) == text


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_on_a_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with progress.shown(200, 100, 50) as advance:
        advance(10)
        advance(20)
    assert "65%" in sys.stderr.getvalue()


def test_short_runs_in_a_pipe_are_silent(capfd):
    with progress.shown(200, 100, 50) as advance:
        advance(100)
    assert capfd.readouterr().err == ""
