"""Each thing has one name: in all commands, and in Python."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Iterator

import pytest

import zoo
from registry import maintenance, publish
from zoo import doctor, splits
from zoo.cli import COMMANDS, main, parser
from zoo.data.intervals.reading import read_intervals
from zoo.data.tables import read_table
from zoo.prediction.genome import RayCluster, predict_genome
from zoo.publishing import conformance
from zoo.publishing.recipes import converted_release
from zoo.training.runs.ray_launcher import train_with_ray

# What a command calls. An option has the name of an argument of one of them.
CALLS = {
    "list": [zoo.list_models],
    "summary": [zoo.summary],
    "data describe": [zoo.data.from_intervals, read_table, splits.overlap],
    "data cut-sites": [zoo.data.cut_sites],
    "predict": [
        *(zoo.predict, predict_genome, zoo.data.from_table, zoo.data.from_intervals),
        *(read_intervals, RayCluster),
    ],
    "variants": [zoo.score_variants, RayCluster],
    "mutagenesis": [
        *(zoo.saturation_mutagenesis, zoo.data.from_intervals, zoo.data.from_table),
        *(predict_genome, read_intervals),
    ],
    "motifs": [
        *(zoo.contributions, zoo.motifs.filters_to_motifs, zoo.motifs.tomtom),
        *(zoo.motifs.discover, read_intervals, zoo.data.from_intervals),
    ],
    "report": [zoo.report_sequences, zoo.report_variants, read_intervals],
    "contributions": [
        *(zoo.contributions, zoo.data.from_intervals, zoo.data.from_table),
        *(predict_genome, read_intervals),
    ],
    "design": [zoo.design],
    "convert": [zoo.convert, converted_release],
    "export": [zoo.export],
    "lock": [zoo.load],
    "push": [publish.push],
    "cache prune": [maintenance.prune],
    "suggest": [zoo.suggest, zoo.data.from_table],
    "train": [train_with_ray],
    "doctor": [doctor.examine],
    "check-plugin": [conformance.check],
}
# What is said in another way in Python: what is printed, which file is read by which
# function, and objects.
COMMAND_LINE_ONLY = {
    *("json", "quiet", "dry_run", "all", "version"),
    *("fasta", "table", "vcf"),  # zoo.data.from_fasta, from_table, from_variants
    *("against", "release"),  # zoo.splits.leakage, zoo.splits.overlap
    *("discover", "max_q_value", "of"),  # zoo.motifs: discover, q_value of matches
    "history",  # zoo.interpretation.Designs.history
    "kind",  # zoo.saturation_mutagenesis, indel_mutagenesis, pairwise_mutagenesis
    "ray",  # zoo.prediction.genome.RayCluster(address=...), train_with_ray(address=...)
}
PAGES = {
    ("data describe", "out"),
    ("report", "out"),
    ("new-plugin", "out"),
    ("design", "out"),
    ("practice show", "out"),
}  # written by no function


def options(
    parsed: argparse.ArgumentParser, command: str = ""
) -> Iterator[tuple[str, argparse.Action]]:
    """Each command's name and options."""
    for action in parsed._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield from options(inner, f"{command} {name}".strip())
        elif action.option_strings and action.dest != "help":
            yield command, action


OPTIONS = list(options(parser()))


def test_the_same_option_is_the_same_in_all_commands() -> None:
    seen: dict[str, tuple] = {}
    for command, action in OPTIONS:
        assert action.help, (command, action.dest)
        # Behind a colon stands what it means to this command.
        about = action.help.partition(":")[0].partition(" (default")[0]
        found = (action.option_strings, type(action), action.type, action.nargs)
        found += (action.metavar, action.choices, about)
        assert seen.setdefault(action.dest, found) == found, (command, action.dest)
        assert f"--{action.dest.replace('_', '-')}" in action.option_strings


@pytest.mark.parametrize(
    ("command", "name"), [(command, action.dest) for command, action in OPTIONS]
)
def test_an_option_is_called_as_in_python(command: str, name: str) -> None:
    known = COMMAND_LINE_ONLY | {
        argument
        for function in CALLS.get(command, [])
        for argument in inspect.signature(function).parameters
    }
    assert name in known or (command, name) in PAGES


@pytest.mark.parametrize(
    "words",
    [
        ["predict", "kmer_v1", "--fast", "x.fa"],
        ["predict", "kmer_v1", "--fasta", "x.fa", "--win", "5"],
        ["cache", "list", "--js"],
        ["--vers"],
    ],
)
def test_an_abbreviated_option_is_refused(
    words: list[str], capsys: pytest.CaptureFixture
) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert "usage: seqzoo" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["list", "--tsak", "x"], "seqzoo list: error: unrecognized arguments: --tsak"),
        (["verify", "a", "b"], "seqzoo verify: error: unrecognized arguments: b"),
        (["predict", "a", "--fasta", "b", "--window", "x"], "whole number, received"),
        (["summary", "a", "--sequence-length", "1.5"], "whole number, received '1.5'"),
    ],
)
def test_a_wrong_option_is_told_in_the_words_of_its_command(
    words: list[str], said: str, capsys: pytest.CaptureFixture
) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    text = capsys.readouterr().err
    assert text.startswith(f"usage: seqzoo {words[0]}")
    assert said in text.splitlines()[-1]
    assert "_window" not in text and "positive" not in text


@pytest.mark.parametrize(
    "words",
    [[], *([name] for name in COMMANDS), ["data", "describe"], ["cache", "list"]],
)
def test_help_has_an_example_that_is_one_and_fits_80_columns(
    words: list[str], capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main([*words, "--help"])
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    examples = text.rpartition("example")[2].splitlines()[1:]
    assert examples and all(line.startswith("  seqzoo ") for line in examples)
    for line in examples:
        if "COMMAND" not in line:
            parser().parse_args(line.replace("'", "").split()[1:])


def test_without_a_command_the_help_lists_all(capsys: pytest.CaptureFixture) -> None:
    assert main([]) == 0
    text = capsys.readouterr().out
    for name in COMMANDS:
        (line,) = [x for x in text.splitlines() if x.startswith(f"  {name} ")]
        assert len(line.split()) > 3
