from __future__ import annotations

import errno
import json
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

import registry
import zoo
from zoo.cli import COMMANDS, main


def seqzoo(*arguments: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "zoo.cli", *arguments],
        capture_output=True,
        text=True,
        **options,
    )


def test_every_command_file_is_a_command() -> None:
    folder = Path(zoo.__file__).parent / "commands"
    helpers = {"__init__", "options", "printing", "quiet"}
    helpers |= {"predict_genome", "predict_windows", "explaining"}
    files = {p.stem for p in folder.glob("*.py")} - helpers
    assert files == {name.replace("-", "_") for name in COMMANDS}


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_explains(command: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as left:
        main([*([command] if command else []), "--help"])
    assert left.value.code == 0
    assert "usage: seqzoo" in capsys.readouterr().out


def test_list_names_all_there_is(capsys: pytest.CaptureFixture) -> None:
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    for name in [*zoo.list_models(), *zoo.list_architectures()]:
        assert name in out


def test_list_describes_an_architecture_by_its_docstring(
    capsys: pytest.CaptureFixture,
) -> None:
    assert main(["list", "bpnet"]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.split() == ["architecture", "provider", "description"]
    first_line = (registry.builder("bpnet").__doc__ or "").splitlines()[0]
    assert row.split(maxsplit=2) == ["bpnet", "seqzoo", first_line]


@pytest.mark.parametrize("arguments", [["rc_dilate"], ["*", "--tags", "no_such"]])
def test_list_says_that_nothing_fits(
    arguments: list[str], capsys: pytest.CaptureFixture
) -> None:
    assert main(["list", *arguments]) == 0
    captured = capsys.readouterr()
    assert captured.out == "" and "fits" in captured.err
    assert ("a PATTERN is" in captured.err) == (arguments[0] != "*")
    assert main(["list", *arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"releases": [], "architectures": []}


def test_a_broken_release_is_listed_as_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "bad_v1").mkdir()
    (tmp_path / "bad_v1" / "model.json").write_text("{")
    monkeypatch.setattr("registry.sources.shipped_folder", lambda: tmp_path)
    assert main(["list"]) == 0
    assert "bad_v1   seqzoo    broken" in capsys.readouterr().out


def test_info_prints_the_card(
    write_release: Callable[..., Path], capsys: pytest.CaptureFixture
) -> None:
    assert main(["info", str(write_release())]) == 0
    assert "The card." in capsys.readouterr().out


def test_info_lays_the_card_out_on_a_terminal(
    write_release: Callable[..., Path],
    capsys: pytest.CaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = write_release()
    card = "# Title\n\n| a | b |\n|---|---|\n| **x** | [y](https://e.org) |\n"
    (folder / "README.md").write_text(card)
    assert main(["info", str(folder)]) == 0
    assert capsys.readouterr().out == card
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert main(["info", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "Title" in shown and "https://e.org" in shown
    assert "|---|" not in shown and "**" not in shown


def test_info_prints_an_architectures_arguments(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.sources.shipped_folder", lambda: tmp_path)
    assert main(["info", "rc_dilated"]) == 0
    out = capsys.readouterr().out
    assert "dilation_rates" in out
    assert "doi:10.1101/103663" in out


@pytest.mark.parametrize("command", ["info", "verify"])
def test_a_misspelt_name_is_one_line_and_status_2(
    command: str, capsys: pytest.CaptureFixture
) -> None:
    assert main([command, "rc_dilatd_v1"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("seqzoo: error: Unknown")
    assert "Did you mean" in captured.err
    assert captured.err.count("\n") == 1


def test_the_name_of_an_architecture_is_no_misspelt_release(
    capsys: pytest.CaptureFixture,
) -> None:
    assert main(["verify", "legnet"]) == 2
    error = capsys.readouterr().err
    assert "an architecture without weights" in error
    assert "zoo.create('legnet')" in error and "rc_dilated_v1" in error


def test_verify_reports_the_difference(
    write_release: Callable[..., Path], capsys: pytest.CaptureFixture
) -> None:
    folder = write_release()
    assert main(["verify", str(folder)]) == 0
    assert "small_v1: ok: largest difference" in capsys.readouterr().out
    (folder / "weights.h5").write_bytes(b"changed")
    assert main(["verify", str(folder)]) == 1
    assert "FAILED" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["kmer_v1", "--all"]])
def test_verify_takes_a_name_or_all(
    arguments: list[str], capsys: pytest.CaptureFixture
) -> None:
    assert main(["verify", *arguments]) == 2
    assert "or --all" in capsys.readouterr().err


def test_the_version_by_all_ways(capsys: pytest.CaptureFixture) -> None:
    version = metadata.version("seqzoo")
    assert zoo.__version__ == version
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"seqzoo {version}\n"
    command = [sys.executable, "-m", "zoo", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"seqzoo {version}\n"


def test_a_reader_that_leaves_is_no_error() -> None:
    command = f"{sys.executable} -m zoo.cli list | true"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("error", "status"),
    [(KeyboardInterrupt(), 130), (OSError(errno.ENOSPC, "No space left"), 2)],
)
def test_interrupts_and_full_disks_leave_no_traceback(
    error: BaseException,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    def fail(arguments: object) -> int:
        raise error

    monkeypatch.setattr("zoo.commands.list.run", fail)
    error.add_note("x.tsv: No output was written.")
    assert main(["list"]) == status
    said = capsys.readouterr().err.splitlines()
    if status == 130:
        assert said == ["seqzoo: interrupted", "x.tsv: No output was written."]
    else:
        assert said[0].startswith("seqzoo: error: ")


def test_a_terminated_command_cleans_up() -> None:
    code = """
import os, signal, sys, time
import zoo.commands.list as command
from zoo.cli import main

def run(arguments):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(30)
    finally:
        print("cleaned up")

command.run = run
sys.exit(main(["list"]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (143, "cleaned up\n")


@pytest.mark.parametrize(
    "without", ["sys.modules['keras'] = None", "os.environ['KERAS_BACKEND'] = 'numpi'"]
)
def test_without_a_backend_one_sentence_says_what_to_install(
    tmp_path: Path, without: str
) -> None:
    fasta = tmp_path / "a.fa"
    fasta.write_text(">a\n" + "ACGT" * 30 + "\n")
    own = ["kmer_v1", "--fasta", str(fasta)]
    track = ["--genome", str(fasta), "--out", str(tmp_path / "out.tsv")]
    commands = [
        ["verify", "kmer_v1"],
        ["predict", *own],
        ["predict", "yeast_factors_v1", *track],
        ["variants", "kmer_v1", "--vcf", "a.vcf", *track],
        ["contributions", *own, "--out", str(tmp_path / "out.h5")],
        ["mutagenesis", *own],
        ["motifs", "kmer_v1"],
        ["summary", "bpnet"],
    ]
    code = (
        f"import os, sys; {without}; from zoo.cli import main; "
        f"print(*(main(command) for command in {commands!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["2"] * len(commands), done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == len(commands)
    for line in lines:
        for extra in ("cpu", "gpu", "jax", "torch"):
            assert f"pip install 'seqzoo[{extra}]'" in line


def test_verify_as_json(
    write_release: Callable[..., Path], capsys: pytest.CaptureFixture
) -> None:
    folder = write_release()
    assert main(["verify", "--json", str(folder)]) == 0
    (outcome,) = json.loads(capsys.readouterr().out)
    assert (outcome["name"], outcome["passed"]) == ("small_v1", True)
    assert 0 <= outcome["max_difference"] <= outcome["atol"]
    (folder / "weights.h5").write_bytes(b"")
    assert main(["verify", "--json", str(folder)]) == 1
    (outcome,) = json.loads(capsys.readouterr().out)
    assert not outcome["passed"] and "size in bytes" in outcome["error"]
