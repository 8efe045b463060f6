from __future__ import annotations

import json

import pytest

import zoo
from registry.errors import SeqzooError
from zoo.cli import main
from zoo.commands.options import read_config


def test_it_prints_what_the_python_interface_finds(
    capsys: pytest.CaptureFixture,
) -> None:
    words = ["summary", "shallow_wide", "--sequence-length", "300"]
    assert main([*words, "--config", "filters=32", "pooling=average"]) == 0
    lines = capsys.readouterr().out.splitlines()
    found = zoo.summary("shallow_wide", 300, config={"filters": 32})
    assert lines[0].split("  ")[0] == "layer"
    assert lines[1].split() == ["stem_conv", "300", "x", "32"] + [
        f"{n:,}" for n in (25, 1, 25 * 4 * 32 + 32, 300 * 25 * 4 * 32)
    ]
    assert [line.split()[0] for line in lines[1 : 1 + len(found.layers)]] == [
        layer.name for layer in found.layers
    ]
    assert f"{found.parameters:,} parameters" in lines[-2]
    assert f"{found.multiply_adds:,} multiply-adds" in lines[-2]


def test_json_is_all_of_it(capsys: pytest.CaptureFixture) -> None:
    assert main(["summary", "rc_dilated_v1", "--json"]) == 0
    found = zoo.summary("rc_dilated_v1").as_json()
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(found))


@pytest.mark.parametrize(
    ("words", "config"),
    [
        ([], {}),
        (["filters=32", "pooling=max"], {"filters": 32, "pooling": "max"}),
        (["dilation_rates=[1, 2]"], {"dilation_rates": [1, 2]}),
        (["sequence_length=null"], {"sequence_length": None}),
        (['{"filters": 8}', "units=2"], {"filters": 8, "units": 2}),
    ],
)
def test_config_is_read_as_json_or_text(words: list[str], config: dict) -> None:
    assert read_config(words) == config


@pytest.mark.parametrize("word", ["filters", "=3", "{filters: 3}", "a b=1"])
def test_what_is_no_config_is_refused(word: str) -> None:
    with pytest.raises(SeqzooError, match="Received"):
        read_config([word])


@pytest.mark.parametrize("again", ["a=2", '{"b": 1, "a": 1}'])
def test_two_values_of_one_name_are_refused(again: str) -> None:
    with pytest.raises(SeqzooError, match=r"--inputs a once.*again"):
        read_config(["a=1", again], "--inputs")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rc_dilatd"], "Did you mean"),
        (["rc_dilated", "--config", "filter=3"], "unexpected keyword"),
        (["rc_dilated", "--config", "filters=7"], "even number"),
        (["deepstarr", "--sequence-length", "10"], "16 bp or more"),
    ],
)
def test_errors_are_one_line_and_status_2(
    words: list[str], message: str, capsys: pytest.CaptureFixture
) -> None:
    assert main(["summary", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("seqzoo: error:")
    assert message in captured.err
