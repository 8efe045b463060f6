"""What `tools.bench.accelerator` makes of its measures: rates, ratios, files."""

from __future__ import annotations

import json
import math
import re
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MATRIX = " matrix product"
PEER = "PyTorch, "


def report(about: Mapping[str, Any], results: Mapping[str, Any]) -> dict[str, Any]:
    """Rates, shares of the limit and ratios.

    Args:
        about: Device, date, command, versions, sizes and config.
        results: "step_flop", "multiply_adds" and "max_difference"; "raw", by measure
            its "flop_a_second", or the "seconds" of its rounds and the mean "loss" of
            the last, or the "error".

    Returns:
        `about` with "step_flop", "multiply_adds", "max_difference", "limit" (FLOP/s;
        None without), "peer" (name of the fastest PyTorch; None without), "measures"
        (by name: sequences_per_second, step_milliseconds, teraflops, share_of_limit,
        ratio_to_peer, round_seconds, loss) and "failed" (by name the reason; also a
        loss that is not finite).
    """
    raw, sizes = results["raw"], about["sizes"]
    limits = {n: m["flop_a_second"] for n, m in raw.items() if "flop_a_second" in m}
    limit = max(limits.values(), default=None)
    failed = {n: m["error"] for n, m in raw.items() if "error" in m}
    rounds = {n: m for n, m in raw.items() if "seconds" in m}
    for name in [n for n, m in rounds.items() if not math.isfinite(m["loss"])]:
        failed[name] = f"its loss is {rounds.pop(name)['loss']}"
    rates = {
        name: sizes["steps"]
        * sizes["batch_size"]
        / statistics.median(measure["seconds"])
        for name, measure in rounds.items()
    }
    peers = [name for name in rates if name.startswith(PEER)]
    peer = max(peers, key=rates.__getitem__, default=None)
    flop = results["step_flop"]
    measures = {
        name: {
            "sequences_per_second": rate,
            "step_milliseconds": 1e3 * sizes["batch_size"] / rate,
            "teraflops": rate * flop / 1e12,
            "share_of_limit": None if limit is None else rate * flop / limit,
            "ratio_to_peer": None if peer is None else rate / rates[peer],
            "round_seconds": rounds[name]["seconds"],
            "loss": rounds[name]["loss"],
        }
        for name, rate in rates.items()
    }
    return {
        **about,
        **{n: results[n] for n in ("step_flop", "multiply_adds", "max_difference")},
        "limit": limit,
        "limits": limits,
        "peer": peer,
        "measures": measures,
        "failed": failed,
    }


def lines(record: Mapping[str, Any]) -> list[str]:
    """The record for a terminal and, as a table, for a Markdown page."""
    flop = f"{record['step_flop'] / 1e6:.1f} MFLOP a sequence and step"
    if record["limit"] is not None:
        each = ", ".join(
            f"{name.removesuffix(MATRIX)} {rate / 1e12:.4g}"
            for name, rate in record["limits"].items()
        )
        flop += f"; bfloat16 matrix product, TFLOP/s: {each}"
    table = [
        f"{flop}.",
        "",
        "| measure | sequences/s | step, ms | TFLOP/s | of the matrix rate | "
        "x fastest torch.compile | loss |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, m in record["measures"].items():
        share, ratio = _text(m["share_of_limit"], ".1%"), _text(m["ratio_to_peer"])
        cells = (
            f"{m['sequences_per_second']:,.0f}",
            f"{m['step_milliseconds']:.2f}",
            f"{m['teraflops']:.3g}",
            *(share, ratio, f"{m['loss']:.3f}"),
        )
        table.append(f"| {name} | {' | '.join(cells)} |")
    reasons = [
        f"{name} failed: {reason.splitlines()[-1]}"
        for name, reason in record["failed"].items()
    ]
    return table + (["", *reasons] if reasons else [])


def _text(number: float | None, form: str = ".2f") -> str:
    return "-" if number is None else format(number, form)


def write(record: Mapping[str, Any], folder: Path) -> tuple[Path, Path]:
    """Writes accelerator_DEVICE.json, all of it, and .md, what it says.

    Returns:
        Their paths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"\W+", "_", record["device"]).strip("_").lower()
    paths = folder / f"accelerator_{name}.json", folder / f"accelerator_{name}.md"
    paths[0].write_text(json.dumps(record, indent=2) + "\n")
    sizes = record["sizes"]
    page = [
        f"# Training `rc_dilated` on {record['device']}",
        "",
        f"{record['date']}, by `{record['command']}`: batches of "
        f"{sizes['batch_size']:,} sequences of {sizes['sequence_length']:,} bp, the "
        f"median of {sizes['rounds']} rounds of {sizes['steps']} steps. The two "
        f"networks' float32 logits differ by {record['max_difference']:.1e} at most. "
        "What is measured, and how, is in `tools/bench/accelerator.py`.",
        "",
        *lines(record),
        "",
        ", ".join(f"{name} {number}" for name, number in record["versions"].items()),
    ]
    paths[1].write_text("\n".join(page) + "\n")
    return paths
