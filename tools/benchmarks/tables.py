"""The tables of docs/benchmarks.md and README.md, from tools/runs/benchmarks.csv."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tools import runs

STUDY, KMERS, DISTILLATION = "benchmarks", "kmers", "distillation"
# In the order in which they are run: what it is called, and what is compared.
DATASETS = {
    "uci_splice": ("splice junctions", "accuracy"),
    "gue_promoter": ("core promoters", "auroc"),
    "yeast_factors": ("48 yeast factors", "auroc"),
    "retina_mpra": ("retina MPRA, four classes", "accuracy"),
    "ctcf_pu1": ("CTCF against PU.1", "auroc"),
    "gue_tf": ("GUE human factors", "auroc"),
    "deepbind_encode": ("ENCODE factors", "auroc"),
}
METRICS = {"auroc": "AUROC", "accuracy": "accuracy"}
STRANDS = "strands_"
TOP = Path(__file__).parents[2]
Rows = list[dict[str, Any]]


def write_tables(rows: Rows | None = None, top: Path = TOP) -> None:
    """Writes the tables between their marks in the page and in the README."""
    rows = runs.read(STUDY) if rows is None else rows
    page = top / "docs" / "benchmarks.md"
    said = "\n" + run_so_far(rows)
    text = between(page.read_text(), "benchmarks", full_table(rows) + said)
    text = between(text, "refusals", refusals(rows))
    text = between(text, "strands", strands_table(rows))
    text = between(text, "ensembles", ensembles_table(runs.read(DISTILLATION)))
    page.write_text(text)
    readme = top / "README.md"
    table = short_table(rows) + said
    readme.write_text(between(readme.read_text(), "benchmarks", table))


def between(text: str, name: str, new: str) -> str:
    """A text with something else between `<!-- NAME -->` and `<!-- end of NAME -->`."""
    before, begin, rest = text.partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition(f"<!-- end of {name} -->")
    if not begin or not end:
        raise ValueError(f"Expected <!-- {name} --> and <!-- end of {name} -->.")
    return before + begin + new + end + after


def full_table(rows: Rows) -> str:
    """Mean and spread of seeds, size and speed: an architecture a line."""
    return _table(_ranked(rows), _with_spread, costs=True)


def short_table(rows: Rows) -> str:
    """Means only."""
    return _table(_ranked(rows), lambda values: f"{statistics.mean(values):.3f}")


def run_so_far(rows: Rows) -> str:
    """A line that says of how many networks and which seeds the tables are."""
    runs = [row for name, own in by_name(rows).items() if name != KMERS for row in own]
    places = []
    for dataset, (title, _) in DATASETS.items():
        own = [row for row in runs if row["dataset"] == dataset]
        names = {row["architecture"] for row in own}
        seeds = ", ".join(map(str, sorted({row["seed"] for row in own})))
        if own:
            places.append(f"{title} (architectures: {len(names)}, seeds: {seeds})")
    return f"Run so far: {'; '.join(places)}. All else is not measured yet.\n"


def strands_table(rows: Rows) -> str:
    """What ways to deal with the two strands are worth."""
    return _table(by_name(rows, strands=True), _with_spread, costs=True)


def ensembles_table(rows: Rows) -> str:
    """What members, their averages and students are worth, of `tools.study`.

    Of several architectures or arguments, these have a column.
    """
    named: dict[tuple[str, str, str], Rows] = {}
    for row in rows:
        if not row["error"]:
            key = (row["dataset"], _built(row), row["arguments"]["what"])
            named.setdefault(key, []).append(row)
    shown = slice(None) if len({built for _, built, _ in named}) > 1 else slice(0, 3, 2)
    head = ["data set", "architecture", "network"][shown]
    head += ["runs", "test AUROC", "test MCC"]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for key, own in named.items():
        cells = [
            _with_spread([row["metrics"][f"test_{metric}"] for row in own])
            for metric in ("auroc", "mcc")
        ]
        lines.append(f"| {' | '.join([*key[shown], str(len(own)), *cells])} |")
    return "\n".join(lines) + "\n"


def _built(row: dict[str, Any]) -> str:
    """The architecture of a run of `tools.study.distillation`, with its arguments."""
    said = [f"{k}={v}" for k, v in row["arguments"].items() if k != "what"]
    return f"`{row['architecture']}({', '.join(said)})`"


def refusals(rows: Rows) -> str:
    """Why an architecture has no number for a data set: a line a reason.

    Reasons that differ in numbers alone, such as a length, are one: the first is shown.
    """
    done = {(row["architecture"], row["dataset"]) for row in rows if not row["error"]}
    reasons: dict[tuple[str, str], tuple[str, list[str]]] = {}
    for row in rows:
        name, dataset, error = row["architecture"], row["dataset"], row["error"]
        if (name, dataset) in done or dataset not in DATASETS:
            continue
        kind = name, re.sub(r"[\d,]+", "0", error)
        _, places = reasons.setdefault(kind, (error, []))
        places += [dataset] if dataset not in places else []
    lines = [
        f"- `{name}`, {', '.join(DATASETS[each][0] for each in places)}: {error}"
        for (name, _), (error, places) in sorted(reasons.items())
    ]
    return "\n".join(lines) + "\n"


def by_name(rows: Rows, *, strands: bool = False) -> dict[str, Rows]:
    """Runs with default arguments that succeeded, by architecture."""
    found: dict[str, Rows] = {}
    for row in rows:
        name, failed = row["architecture"], row["error"] or row["arguments"]
        wanted = row["dataset"] in DATASETS and name.startswith(STRANDS) == strands
        if wanted and not failed:
            found.setdefault(name, []).append(row)
    return found


def _ranked(rows: Rows) -> dict[str, Rows]:
    """By architecture, the best first: by the mean of its ranks on the data sets."""
    named = by_name(rows)
    ranks: dict[str, list[float]] = {name: [] for name in named}
    for dataset in DATASETS:
        scores = {name: values(own, dataset) for name, own in named.items()}
        order = sorted(
            (name for name in named if scores[name]),
            key=lambda name: -statistics.mean(scores[name]),
        )
        for rank, name in enumerate(order):
            ranks[name].append(rank / max(1, len(order) - 1))
    order = sorted(named, key=lambda name: statistics.mean(ranks[name]))
    return {name: named[name] for name in order}


def values(rows: Rows, dataset: str) -> list[float]:
    """What is compared on a data set, a value a run."""
    key = f"test_{DATASETS[dataset][1]}"
    return [r["metrics"][key] for r in rows if r["dataset"] == dataset]


def rates(rows: Rows, key: str) -> list[float]:
    """Sequences a second of the runs that have them."""
    return [row["metrics"][key] for row in rows if key in row["metrics"]]


def _with_spread(values: Sequence[float]) -> str:
    mean = f"{statistics.mean(values):.3f}"
    return mean if len(values) < 2 else f"{mean} ± {statistics.stdev(values):.3f}"


def _table(
    named: dict[str, Rows],
    cell: Callable[[Sequence[float]], str],
    costs: bool = False,
) -> str:
    done = {row["dataset"] for rows in named.values() for row in rows}
    shown = {name: said for name, said in DATASETS.items() if name in done}
    head = [f"{title}, {METRICS[metric]}" for title, metric in shown.values()]
    more = ["parameters", "trained/s", "predicted/s"] if costs else []
    lines = [
        f"| {' | '.join(['architecture', *head, *more])} |",
        "|" + "---|" * (1 + len(head) + len(more)),
    ]
    for name, rows in named.items():
        found = [values(rows, dataset) for dataset in shown]
        cells = [cell(values) if values else "" for values in found]
        if costs:
            cells += _costs(rows)
        called = "k-mer regression" if name == KMERS else f"`{name}`"
        lines.append(f"| {' | '.join([called.replace(STRANDS, ''), *cells])} |")
    return "\n".join(lines) + "\n"


def _costs(rows: Rows) -> list[str]:
    """Parameters on the data set with most outputs; medians of the speeds."""
    sizes = [row["parameters"] for row in rows if row["parameters"]]
    cells = [f"{max(sizes):,}" if sizes else ""]
    for key in ("train_per_second", "predict_per_second"):
        found = rates(rows, key)
        cells.append(f"{statistics.median(found):,.0f}" if found else "")
    return cells
