from pathlib import Path
from typing import Any

import pytest

from tools.benchmarks import tables

TOP = Path(__file__).resolve().parents[3]


def row(architecture: str, dataset: str, seed: int, **changes: Any) -> dict[str, Any]:
    metrics = {"test_auroc": 0.9, "test_accuracy": 0.8, "train_per_second": 10.0}
    return {
        "architecture": architecture,
        "dataset": dataset,
        "seed": seed,
        "arguments": {},
        "parameters": 1_234,
        "metrics": metrics,
        "error": "",
    } | changes


ROWS = [
    row("deep", "gue_tf", 0, metrics={"test_auroc": 0.7}),
    row("wide", "gue_tf", 0, metrics={"test_auroc": 0.91, "train_per_second": 99.6}),
    row("wide", "gue_tf", 1, metrics={"test_auroc": 0.93}),
    row("wide", "gue_tf", 2, arguments={"filters": 2}, metrics={"test_auroc": 0.1}),
    row("flat", "gue_tf", 0, error="ValueError: 200 bp", metrics={}),
    row("flat", "gue_promoter", 0, error="ValueError: 1,070 bp", metrics={}),
    row("strands_plain", "gue_tf", 0),
    row("kmers", "gue_tf", 0, parameters=None, metrics={"test_auroc": 0.8}),
]


def test_the_best_come_first_with_mean_and_spread() -> None:
    head, _, *lines = tables.full_table(ROWS).splitlines()
    column = head.split(" | ").index("GUE human factors, AUROC")
    cells = [line.split(" | ") for line in lines]
    assert [line[0] for line in cells] == ["| `wide`", "| k-mer regression", "| `deep`"]
    assert cells[0][column] == "0.920 ± 0.014"
    assert cells[1][column] == "0.800"
    assert cells[0][-3:] == ["1,234", "100", " |"]


def test_what_was_run_is_said() -> None:
    assert tables.run_so_far(ROWS) == (
        "Run so far: GUE human factors (architectures: 2, seeds: 0, 1). "
        "All else is not measured yet.\n"
    )


def test_ways_to_deal_with_strands_have_a_table_of_their_own() -> None:
    assert "| `plain` |" in tables.strands_table(ROWS)
    assert "plain" not in tables.short_table(ROWS)


def test_ensembles_stand_beside_their_members() -> None:
    rows = [
        row("x", "gue_tf/tf_0", seed, arguments={"what": what}, metrics=metrics)
        for what, seed, metrics in (
            ("member", 0, {"test_auroc": 0.7, "test_mcc": 0.2}),
            ("member", 1, {"test_auroc": 0.8, "test_mcc": 0.4}),
            ("ensemble of 3", 0, {"test_auroc": 0.9, "test_mcc": 0.5}),
        )
    ]
    assert tables.ensembles_table(rows).splitlines()[2:] == [
        "| gue_tf/tf_0 | member | 2 | 0.750 ± 0.071 | 0.300 ± 0.141 |",
        "| gue_tf/tf_0 | ensemble of 3 | 1 | 0.900 | 0.500 |",
    ]
    # Members of another network are no members of that one.
    other = {"units": 3, "what": "member"}
    for name, arguments in (("y", {"what": "member"}), ("x", other)):
        rows.append(row(name, "gue_tf/tf_0", 0, arguments=arguments))
        rows[-1]["metrics"] = {"test_auroc": 0.6, "test_mcc": 0.1}
    assert tables.ensembles_table(rows).splitlines() == [
        "| data set | architecture | network | runs | test AUROC | test MCC |",
        "|---|---|---|---|---|---|",
        "| gue_tf/tf_0 | `x()` | member | 2 | 0.750 ± 0.071 | 0.300 ± 0.141 |",
        "| gue_tf/tf_0 | `x()` | ensemble of 3 | 1 | 0.900 | 0.500 |",
        "| gue_tf/tf_0 | `y()` | member | 1 | 0.600 | 0.100 |",
        "| gue_tf/tf_0 | `x(units=3)` | member | 1 | 0.600 | 0.100 |",
    ]


def test_what_has_no_number_has_a_reason() -> None:
    assert tables.refusals(ROWS) == (
        "- `flat`, GUE human factors, core promoters: ValueError: 200 bp\n"
    )
    done = [*ROWS, row("flat", "gue_promoter", 0), row("flat", "gue_tf", 0)]
    assert tables.refusals(done) == "\n"


def test_a_text_without_the_marks_is_refused() -> None:
    assert tables.between("a <!-- x -->\nb<!-- end of x --> c", "x", "new\n") == (
        "a <!-- x -->\nnew\n<!-- end of x --> c"
    )
    with pytest.raises(ValueError, match="end of x"):
        tables.between("<!-- x -->\n", "x", "")


def test_page_and_readme_have_the_tables_of_the_runs(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    for name in ("README.md", "docs/benchmarks.md"):
        (tmp_path / name).write_text((TOP / name).read_text())
    tables.write_tables(top=tmp_path)
    for name in ("README.md", "docs/benchmarks.md"):
        assert (tmp_path / name).read_text() == (TOP / name).read_text()
