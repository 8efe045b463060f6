"""Summaries of runs, failed ones too: `tools/runs/STUDY.csv`, one line a run.

Lines are appended and never changed, so that lines of several branches merge. The
columns are those of `COLUMNS`; `arguments` and `metrics` are JSON objects. A finished
run of `seqzoo train` is recorded by

    python -m tools.runs STUDY FOLDER --set data.split.leaks=report

where `--set` says which keys of the run are worth a mention; they are checked.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import fcntl
import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("runs")
COLUMNS = (
    "date",
    "commit",  # ends with "+" where files differed from it
    "command",
    "device",
    "dataset",
    "architecture",
    "arguments",
    "seed",
    "parameters",
    "seconds",
    "metrics",
    "error",
)


def record(
    study: str,
    *,
    dataset: str,
    architecture: str,
    seed: int,
    metrics: Mapping[str, float],
    seconds: float | None = None,
    parameters: int | None = None,
    arguments: Mapping[str, Any] | None = None,
    error: BaseException | str = "",
    folder: Path = FOLDER,
) -> None:
    """Appends one run to the file of its study.

    Args:
        study: Names the file, such as "benchmarks".
        dataset: The data set's name, such as "gue_tf_0".
        architecture: A registered name, or what else was measured ("kmers", "motifs").
        seed: Of weights and of the order of batches.
        metrics: By name; those of the test split begin with "test_", those of the
            validation split with "validation_". Rounded to five digits.
        seconds: Of training, wall clock.
        parameters: Trainable ones.
        arguments: All that was not the default: of the network and of its training.
        error: Why the run failed. Its metrics are those it still has.
        folder: Where the file is.
    """
    if isinstance(error, BaseException):
        error = f"{type(error).__name__}: {error}"
    row = {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M"),
        "commit": _commit(),
        "command": _command(),
        "device": _device(),
        "dataset": dataset,
        "architecture": architecture,
        "arguments": json.dumps(dict(arguments or {}), sort_keys=True),
        "seed": seed,
        "parameters": parameters,
        "seconds": None if seconds is None else round(seconds, 1),
        "metrics": json.dumps({k: float(f"{v:.5g}") for k, v in metrics.items()}),
        "error": " ".join(error.split())[:300],
    }
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{study}.csv").open("a", newline="") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # until it is closed
        lines = io.StringIO()
        writer = csv.DictWriter(lines, COLUMNS, lineterminator="\n")
        if file.seek(0, os.SEEK_END) == 0:
            writer.writeheader()
        writer.writerow(row)
        file.write(lines.getvalue())


def read(study: str, folder: Path = FOLDER) -> list[dict[str, Any]]:
    """The runs of a study, oldest first; those that succeeded have no `error`."""
    path = folder / f"{study}.csv"
    if not path.exists():
        return []
    with path.open(newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    for row in rows:
        for column in ("arguments", "metrics"):
            row[column] = json.loads(row[column])
        for column, kind in (("seed", int), ("parameters", int), ("seconds", float)):
            row[column] = kind(row[column]) if row[column] else None
    return rows


def known(
    study: str,
    dataset: str,
    architecture: str,
    arguments: Mapping[str, Any],
    seed: int,
    *,
    failed: bool = True,
    folder: Path = FOLDER,
) -> bool:
    """Whether such a run has a line already.

    Args:
        study: Names the file.
        dataset: As in `record`, and so are the next three.
        architecture: A name.
        arguments: All of them.
        seed: A number.
        failed: Whether the line of a failed run counts.
        folder: Where the file is.
    """
    wanted = (dataset, architecture, dict(arguments), seed)
    return any(
        (row["dataset"], row["architecture"], row["arguments"], row["seed"]) == wanted
        and (failed or not row["error"])
        for row in read(study, folder)
    )


def _commit() -> str:
    def git(*arguments: str) -> str:
        run = subprocess.run(
            ["git", *arguments], cwd=FOLDER.parent, capture_output=True, text=True
        )
        return run.stdout.strip()

    # The files of runs themselves change with every run.
    changed = git("status", "--porcelain", "--", ":/", ":(exclude,top)tools/runs")
    return git("rev-parse", "--short=10", "HEAD") + ("+" if changed else "")


def _command() -> str:
    """How this process was started, without the paths of this machine."""
    words = [
        os.path.relpath(word) if Path(word).is_absolute() else word
        for word in sys.orig_argv[1:]
    ]
    return shlex.join(["python", *words])


def _device() -> str:
    """The backend and its first device, if Keras is loaded."""
    if "keras" not in sys.modules:
        return ""
    import keras

    if keras.backend.backend() == "torch":
        return "torch"
    return f"{keras.backend.backend()} {keras.distribution.list_devices()[0]}"


def of_training(folder: Path, keys: Sequence[str] = ()) -> dict[str, Any]:
    """Keywords of `record` for a finished run of `seqzoo train`.

    Args:
        folder: Of the run, with its config.json and metrics.json.
        keys: "KEY=VALUE" of its configuration, such as "data.split.leaks=report" or
            "training.reverse_complement=true".

    Returns:
        Its architecture: "ensemble" of several members, and the release that it started
        from, if it did. Its metrics: of what has a mean over outputs, that alone.

    Raises:
        ValueError: The run has another value, or no such key.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    arguments = {}
    for each in keys:
        key, _, wanted = each.partition("=")
        value: Any = config
        for part in key.split("."):
            if not isinstance(value, dict) or part not in value:
                raise ValueError(f"Expected a key of {folder.name}. Received: {key!r}")
            value = value[part]
        said = value if isinstance(value, str) else json.dumps(value)
        if said != wanted:
            raise ValueError(
                f"Expected {key} of {folder.name} to be {wanted!r}. Received: {said!r}"
            )
        arguments[key] = value
    model, start = config["model"], config["model"]["release"]
    several = any(config["ensemble"][key] for key in ("seeds", "folds", "members"))
    entries = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    means = tuple(e["name"][:-4] for e in entries if e["name"].endswith("_mean"))
    kept = [
        entry
        for entry in entries
        if entry["name"].endswith("_mean") or not entry["name"].startswith(means)
    ]
    return {
        "dataset": config["name"],
        "architecture": "ensemble" if several else model["architecture"] or start,
        "seed": config["seed"],
        "arguments": arguments,
        "metrics": {f"{e['split']}_{e['name']}": e["value"] for e in kept},
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Records one finished run."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.runs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("study", help="names the file")
    parser.add_argument("folder", type=Path, help="of the run")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--out", type=Path, default=FOLDER, help="default: tools/runs")
    options = parser.parse_args(arguments)
    try:
        found = of_training(options.folder, options.set)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    record(options.study, **found, folder=options.out)


if __name__ == "__main__":
    main()
