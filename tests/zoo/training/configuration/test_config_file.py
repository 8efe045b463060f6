"""The configuration: every key known, every value typed, and errors that help."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.zoo.training.runs.small_run import DATA
from zoo.training.configuration.config import ConfigError
from zoo.training.configuration.config_file import parse_config, read_config
from zoo.training.configuration.content import to_content
from zoo.training.configuration.keywords import (
    READERS,
    SPLITTERS,
    chosen,
    keys,
    with_paths,
)

SMALLEST = f"""
name = "mine_v1"{DATA}
[model]
architecture = "rc_dilated"
"""


def content(**tables: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": "mine_v1",
        "data": {
            "format": "table",
            "path": "rows.tsv",
            "task": "binary",
            "targets": ["bound"],
            "split": {"by": "column", "column": "split", "valid": ["dev"]},
        },
        "model": {"architecture": "rc_dilated"},
    }
    for table, values in tables.items():
        found[table] = found.get(table, {}) | values
    return found


def test_a_file_is_read_relative_to_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(SMALLEST)
    config = read_config(path)
    assert config.path(config.data.path) == tmp_path / "rows.tsv"
    assert config.run_folder == tmp_path / "runs" / "mine_v1"
    assert config.data.split.keywords["valid"] == ("dev",)
    assert config.path("/data/rows.tsv") == Path("/data/rows.tsv")


def test_what_is_written_is_read_again() -> None:
    config = parse_config(content(training={"epochs": 3}, strategy={"devices": 2}))
    assert parse_config(json.loads(json.dumps(to_content(config)))) == config


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"training": {"epoch": 3}}, r"training.*epoch \(did you mean epochs\?\)"),
        ({"optimiser": {}}, r"optimiser \(did you mean optimizer\?\)"),
        (
            {"training": {"epochs": "3"}},
            "epochs: expected int or .*received '3'",
        ),
        (
            {"training": {"epochs": True}},
            "epochs: expected int or .*received True",
        ),
        ({"training": {"epochs": 0}}, "training.epochs: expected at least 1"),
        ({"optimizer": {"name": "adamv"}}, "expected one of 'adamw', 'adam', 'sgd'"),
        ({"optimizer": {"learning_rate": -1.0}}, "expected more than 0"),
        ({"optimizer": {"learning_rate": float("nan")}}, "learning_rate: expected"),
        ({"model": {"release": "kmer_v1"}}, "either architecture or release"),
        ({"model": {"arguments": {"num_outputs": 2}}}, "which the data give"),
        ({"data": {"format": "intervals"}}, "data:.*Missing: genome, sequence_length"),
        ({"data": {"format": "bed"}}, "data: format: expected one of 'table', 'fasta'"),
        ({"data": {"genome": "g.fa"}}, "data: .*sequence_length.* Unknown: genome"),
        ({"data": {"on_invalid": "skip"}}, "on_invalid: expected one of 'error', 'dr"),
        ({"data": {"targets": 3}}, "data: targets: expected str or a list, received 3"),
        ({"data": {"classes": ["a", "b"]}}, "data.classes: expected names for the"),
        ({"data": {"split": {}}}, "data: split: by: expected one of 'column'"),
        ({"data": {"task": "profile"}}, "data.signals: expected bigWig files"),
        (
            {"data": {"split": {"by": "random", "fractions": [0.5, 0.1, 0.1]}}},
            "data.split.fractions: .* add up to 1",
        ),
        ({"data": {"split": {"by": "column"}}}, "data: split: .*Missing: column"),
        (
            {"data": {"split": {"by": "random", "leaks": "drop"}}},
            "data: split: expected the keys by, fractions, stratify. Unknown: leaks",
        ),
        (
            {"data": {"split": {"by": "chromosome", "valid": [], "train": ["chr1"]}}},
            "data: split: .*Unknown: train",
        ),
        ({"fine_tuning": {"adapters": 4}}, "expected a release in model.release"),
        ({"optimizer": {"momentum": 0.5}}, "optimizer.momentum: expected the opt"),
        (
            {"optimizer": {"name": "sgd", "momentum": 1.5}},
            "optimizer.momentum: expected from 0 to below 1. Received: 1.5",
        ),
        (
            {"training": {"class_weights": True}, "data": {"task": "regression"}},
            "training.class_weights: expected false for values",
        ),
        ({"strategy": {"kind": "single", "devices": 2}}, "strategy.devices: expected"),
        ({"release": {"description": "A", "licence": ""}}, "release.licence: expected"),
        ({"release": {"description": " ", "licence": "MIT"}}, "release.description: e"),
        ({"ensemble": {"average": "probabilities"}}, "ensemble.average: expected"),
        ({"ensemble": {"seeds": [1, 1]}}, "ensemble.seeds: expected a seed for each"),
        ({"ensemble": {"seeds": [-1]}}, "seed: expected 0 to"),
        ({"search": {"trials": -3, "space": {}}}, "search.trials: .*Received: -3"),
        (
            {
                "data": {"task": "regression"},
                "ensemble": {"seeds": [1, 2], "average": "probabilities"},
            },
            "ensemble.average: expected",
        ),
        (
            {"search": {"space": {"seed": {"choices": [1], "low": 1.0}}}},
            "search.space.*expected choices, or low",
        ),
        (
            {"model": {"architecture": None, "release": "a", "arguments": {"k": 1}}},
            "model.arguments: expected none but sequence_length",
        ),
        ({"model": {"arguments": {"k": date(2026, 1, 1)}}}, "such as a date"),
        ({"logging": {"trackers": ["wandbb"]}}, "trackers.0.: expected one of"),
    ],
)
def test_an_error_names_table_key_and_next_step(
    tables: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_config(content(**tables))


def test_a_name_must_be_that_of_a_release() -> None:
    with pytest.raises(ConfigError, match="ending in a version"):
        parse_config(content() | {"name": "Mine"})


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"name = ", "not valid TOML"),
        (b"\xff\xfe", "expected UTF-8"),
        (b"", "Missing: data, model, name"),
        (b'name = "a_v1"\nname = "b_v1"', "not valid TOML"),
    ],
)
def test_a_damaged_file_is_told(tmp_path: Path, raw: bytes, message: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(raw)
    with pytest.raises(ConfigError, match=message):
        read_config(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_config(tmp_path / "config.toml")


# What a reader or split must have.
REQUIRED: dict[str, dict[str, Any]] = {
    "intervals": {"genome": "g.fa", "sequence_length": 20},
    "column": {"column": "split"},
    "chromosome": {"valid": ["chr1"]},
}


@pytest.mark.parametrize("name", [*READERS, *SPLITTERS])
def test_every_keyword_of_a_reader_is_a_key(name: str) -> None:
    """Whatever its signature has: with its default, and as what it is written to."""
    given, by = REQUIRED.get(name, {}), content()["data"]["split"]
    if name in READERS:
        tables = {"data": {"format": name, "split": by} | given}
        functions = READERS[name]
    else:
        tables = {"data": {"split": {"by": name} | given}}
        functions = SPLITTERS[name]
    config = parse_config(content(**tables))
    table = json.loads(json.dumps(to_content(config)))["data"]
    table = table if name in READERS else table["split"]
    for key, parameter in keys(functions).items():
        if key not in ("path", "targets", *given):
            assert table[key] == json.loads(json.dumps(parameter.default)), key
    assert parse_config(json.loads(json.dumps(to_content(config)))) == config


def test_paths_are_those_whose_type_says_so(tmp_path: Path) -> None:
    given = {
        "format": "intervals",
        "path": "peaks.bed",
        "genome": "~/g.fa",
        "signals": {"one": "a.bw", "two": "/data/b.bw"},
        "sequence_length": 20,
        "targets": [],
    }
    config = parse_config(content(data=given), base=tmp_path)
    found = with_paths(config.data, config.path)
    assert found["genome"] == Path.home() / "g.fa"
    assert found["signals"] == {"one": tmp_path / "a.bw", "two": Path("/data/b.bw")}
    assert {k: v for k, v in found.items() if k not in ("genome", "signals")} == {
        k: v for k, v in config.data.keywords.items() if k not in ("genome", "signals")
    }
    given = {"format": "fasta", "path": "a.fa", "table": "labels.tsv"}
    config = parse_config(content(data=given), base=tmp_path)
    assert with_paths(config.data, config.path)["table"] == tmp_path / "labels.tsv"


def test_chosen_are_the_keywords_that_are_not_the_default() -> None:
    given = {"genome": "g.fa", "sequence_length": 20, "beyond": "drop"}
    usual = {"targets": [], "missing": "zero", "stranded": True}
    split = {"by": "chromosome", "valid": ["chr8"], "leaks": "report"}
    table = {"format": "intervals", "path": "peaks.bed", "split": split}
    data = parse_config(content(data=table | usual | given)).data
    assert chosen(data) == given
    assert chosen(data.split) == {"valid": ("chr8",)}


def test_reading_needs_no_keras(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(SMALLEST)
    code = (
        "import sys; from zoo.training.configuration.config_file import read_config; "
        f"read_config({str(path)!r}); "
        "assert not {'keras', 'pandas', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def stranded(**data: Any) -> dict[str, Any]:
    found = content(training={"pairing": "strands", "reverse_complement": True})
    found["data"] = {
        "format": "intervals",
        "path": "peaks.bed",
        "genome": "g.fa",
        "sequence_length": 100,
        "task": "profile",
        "bin_size": 1,
        "split": {"by": "random"},
    } | data
    return found


def test_strands_are_paired_by_the_names_of_files() -> None:
    signals = {"a_plus": "1.bw", "b_minus": "2.bw", "b_plus": "3.bw", "a_minus": "4.bw"}
    inputs = {"control": ["x_neg.bw", "x_pos.bw"], "open": ["atac.bw"]}
    config = parse_config(stranded(signals=signals, input_signals=inputs))
    paired = {"targets": (3, 2, 1, 0), "control": (1, 0)}
    assert config.training.pairing == paired
    assert parse_config(json.loads(json.dumps(to_content(config)))) == config
    lacking = stranded(signals=["a_plus.bw", "b_minus.bw"])
    with pytest.raises(ConfigError, match=r"training\.pairing: .*'a_minus', too"):
        parse_config(lacking)
    lacking = stranded(signals=signals, input_signals={"control": ["x_neg.bw"]})
    with pytest.raises(ConfigError, match=r"training\.pairing: .*'x_pos', too"):
        parse_config(lacking)
    with pytest.raises(ConfigError, match=r"expected data\.signals to pair"):
        parse_config(stranded(task="binary", targets="x", bin_size=None))


@pytest.mark.parametrize(
    ("pairing", "missing"),
    [(None, "targets"), ([1, 0], "control"), ({"control": [1, 0]}, "targets")],
)
def test_strands_that_would_stay_where_sequences_turn(
    pairing: Any, missing: str
) -> None:
    found = stranded(
        signals={"plus": "1.bw", "minus": "2.bw"},
        input_signals={"control": ["x_neg.bw", "x_pos.bw"], "open": ["one_pos.bw"]},
    )
    found["training"]["pairing"] = pairing
    with pytest.raises(ConfigError, match=rf"training\.pairing: .* for '{missing}'\."):
        parse_config(found)
    found["training"]["pairing"] = {"targets": [0, 1], "control": [0, 1]}  # says so
    parse_config(found)
    found["training"] = {}
    parse_config(found)
