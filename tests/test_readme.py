from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import registry
from tests.docs.test_pages import check_output
from tools.model_table import table
from zoo.cli import main

README = (Path(__file__).resolve().parent.parent / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_table_is_that_of_the_releases() -> None:
    shown = README.partition("<!-- model table -->\n")[2]
    assert shown.partition("<!-- end of model table -->")[0] == table()


def test_the_first_result_is_what_is_printed(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = blocks("console")[0].partition(".venv/bin/seqzoo ")[2]
    monkeypatch.chdir(Path(__file__).resolve().parent.parent)
    assert main(shlex.split(command)) == 0
    printed = capsys.readouterr().out
    (shown,) = blocks("text")
    check_output(shown, printed)
    rows = [line.split("\t") for line in printed.splitlines()[1:]]
    assert len(rows) == 16  # and all are right, as the README says
    for name, _, _, probability in rows:
        assert (float(probability) > 0.5) == name.startswith("CTCF")


def test_what_the_test_command_leaves_out_is_run_by_ci() -> None:
    ci = (Path(__file__).resolve().parent.parent / ".ci" / "run").read_text()
    (fast,), (slow,) = (
        re.findall(r"\.venv/bin/python -m pytest .*", text) for text in (README, ci)
    )
    assert fast.replace('"not slow"', "slow") == slow


def test_the_ten_lines_of_use_run() -> None:
    code, _ = blocks("python")
    names: dict = {}
    exec(compile(code, "README.md", "exec"), names)
    assert names["model"].output_shape == (None, 3)
    try:
        assert registry.find_architecture("my_net").provider == "session"
    finally:
        registry.architectures._session.pop("my_net")


def test_genome_files_become_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keras = pytest.importorskip("keras")
    bigwig = pytest.importorskip("pybigtools")
    monkeypatch.chdir(tmp_path)
    contigs = dict.fromkeys(("chr1", "chr8", "chr9"), 2000)
    random = np.random.default_rng(0)
    bases = ["".join(random.choice(list("ACGT"), size)) for size in contigs.values()]
    records = zip(contigs, bases, strict=True)
    Path("genome.fa").write_text("".join(f">{n}\n{b}\n" for n, b in records))
    with Path("peaks.narrowPeak").open("w") as file:
        for name in contigs:
            for start in range(400, 1_600, 100):
                file.write(f"{name}\t{start}\t{start + 80}\t.\t0\t.\t1\t-1\t-1\t9\n")
    signal = [(name, 0, size, 1.0) for name, size in contigs.items()]
    bigwig.open("coverage.bw", "w").write(contigs, iter(signal))
    inputs = keras.Input((200, 4))
    pooled = keras.layers.GlobalAveragePooling1D()(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(pooled))
    model.compile("sgd", "mse")
    _, code = blocks("python")
    names = {"model": model}
    exec(compile(code, "README.md", "exec"), names)
    assert int(model.optimizer.iterations) == 1


def test_the_files_it_names_exist() -> None:
    top = Path(__file__).resolve().parent.parent
    for path in re.findall(r"\]\(([^)#:]+)\)|(?<=--fasta )(zoo/\S+)", README):
        assert (top / "".join(path)).exists(), path
