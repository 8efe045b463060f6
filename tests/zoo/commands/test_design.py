"""Tests of the command, against the function of Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo
import zoo.cli
from zoo.commands import design as command
from zoo.interpretation import Reach
from zoo.interpretation.sequence_design import METHODS

SEQUENCES = {"one": "ACGTACGTACGTACGTAACGAT", "two": "ttttggggccccaaaattttgg"}


def test_the_methods_are_those_of_python() -> None:
    assert command.METHODS == METHODS


def test_designs_and_their_history(release: str, fasta: str, tmp_path: Path) -> None:
    out, history = tmp_path / "out.fa", tmp_path / "edits.tsv"
    arguments = ["--goal", "first=1", "second=reach:-0.5", "--max-edits", "3"]
    arguments += ["--keep", "0-4", "20-22", "--gc", "0.3", "0.7", "--forbidden", "GATC"]
    files = ["--fasta", fasta, "--out", str(out), "--history", str(history)]
    assert zoo.cli.main(["design", release, *arguments, *files]) == 0
    expected = zoo.design(
        zoo.load(release),
        {"first": 1, "second": Reach(-0.5)},
        sequences=list(SEQUENCES.values()),
        max_edits=3,
        keep=[(0, 4), (20, 22)],
        gc=(0.3, 0.7),
        forbidden=["GATC"],
    )
    assert expected.distances.max() == 3
    assert out.read_text() == expected.fasta(["one", "two"])
    assert history.read_text() == expected.history(["one", "two"])


def test_random_sequences_to_standard_output(release: str, capfd: Any) -> None:
    arguments = ["--num-sequences", "2", "--sequence-length", "30", "--seed", "4"]
    more = ["--method", "beam", "--beam-width", "2", "--max-edits", "2"]
    assert zoo.cli.main(["design", release, "--goal", "first", *arguments, *more]) == 0
    expected = zoo.design(
        zoo.load(release),
        "first",
        num_sequences=2,
        sequence_length=30,
        seed=4,
        method="beam",
        beam_width=2,
        max_edits=2,
    )
    assert capfd.readouterr().out == expected.fasta()
    assert np.all(expected.scores > expected.start_scores)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--goal", "third"], "among 'first', 'second'"),
        (["--goal", "first=up"], "Expected --goal NAME, NAME=WEIGHT or NAME=reach:"),
        (["--goal", "first=reach:"], "Expected --goal NAME, NAME=WEIGHT or"),
        (["--goal", "first", "first=2"], "Expected --goal first once"),
        (["--goal", "first", "--history", "IN"], "would replace the input"),
        (["--goal", "first", "--history", "-"], "name one file"),
        (["--goal", "first", "--forbidden", "GAX"], "site 'GAX': expected letters"),
        (["--goal", "first", "--method", "best"], "method to be one of 'greedy'"),
        (["--goal", "first", "--keep", "0-90"], "within the 22 bp"),
        (["--goal", "first", "--out", "no/such/folder/x.fa"], "folder does not exist"),
    ],
)
def test_what_cannot_be_designed_is_one_line(
    release: str, fasta: str, arguments: list[str], message: str, capfd: Any
) -> None:
    arguments = [fasta if word == "IN" else word for word in arguments]
    assert zoo.cli.main(["design", release, "--fasta", fasta, *arguments]) == 2
    captured = capfd.readouterr()
    assert message in captured.err and captured.err.startswith("seqzoo: error: ")
    assert captured.err.count("\n") == 1 and not captured.out


@pytest.mark.parametrize("interval", ["5", "a-b", "-3-5", "+3-5", "0-²"])
def test_intervals_are_start_and_end(release: str, interval: str, capfd: Any) -> None:
    with pytest.raises(SystemExit):
        zoo.cli.main(
            [
                "design",
                release,
                "--goal",
                "first",
                "--num-sequences",
                "1",
                f"--keep={interval}",
            ]
        )
    assert "expected START-END" in capfd.readouterr().err
