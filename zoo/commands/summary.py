"""seqzoo summary: what each layer of a model sees and costs."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from registry.errors import SeqzooError

if TYPE_CHECKING:
    from zoo.summaries import Summary


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "summary",
        help="show receptive field, parameters and multiply-adds of each layer",
        description="Print, for each layer of an architecture or a release: the shape "
        "of its output, the bp that one unit of it sees (span), the bp between units "
        "(stride), its parameters, and its multiply-adds for one sequence.",
    )
    parser.add_argument("name", metavar="NAME", help="an architecture or a release")
    parser.add_argument(
        "--sequence-length",
        type=int,
        metavar="BP",
        help="input length; by default that of the model, or 1000 if it takes any",
    )
    parser.add_argument(
        "--config",
        nargs="+",
        default=[],
        metavar="ARG=VALUE",
        help="arguments of the architecture, values in JSON, e.g. filters=32 "
        "dilation_rates=[1,2,4]; or one JSON object of them",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints a table, or JSON."""
    from zoo.listing import info

    info(arguments.name)  # a misspelt name should not wait for Keras
    config = read_config(arguments.config)
    from zoo.commands.quiet import quiet_import

    quiet_import()
    from zoo.summaries import summary

    found = summary(
        arguments.name, sequence_length=arguments.sequence_length, config=config
    )
    if arguments.json:
        print(json.dumps(found.as_json(), indent=2))
    else:
        print_summary(found)
    return 0


def read_config(words: list[str]) -> dict[str, Any]:
    """Arguments from ARG=VALUE words, or from one JSON object.

    A value that is not JSON is text: pooling=max.

    Raises:
        SeqzooError: Neither.
    """
    config: dict[str, Any] = {}
    for word in words:
        if word.lstrip().startswith("{"):
            config |= _object(word)
            continue
        name, equals, value = word.partition("=")
        if not equals or not name.isidentifier():
            raise SeqzooError(
                "Expected --config ARG=VALUE, e.g. filters=32, or a JSON object. "
                f"Received: {word!r}"
            )
        try:
            config[name] = json.loads(value)
        except json.JSONDecodeError:
            config[name] = value
    return config


def _object(text: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(text)
    except json.JSONDecodeError as error:
        raise SeqzooError(
            f"--config is not JSON: {error}. Received: {text!r}"
        ) from error
    return found


def print_summary(found: Summary) -> None:
    """Prints the table of the layers and the totals."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("layer", "output"):
        table.add_column(title, no_wrap=True)
    for title in ("span, bp", "stride, bp", "parameters", "multiply-adds"):
        table.add_column(title, justify="right", no_wrap=True)
    for layer in found.layers:
        table.add_row(
            layer.name,
            " x ".join(str(n) for n in layer.output_shape[1:]) or "1",
            "all" if layer.span is None else f"{layer.span:,}",
            "" if layer.stride is None else str(layer.stride),
            f"{layer.parameters:,}" if layer.parameters else "",
            _count(layer.multiply_adds),
        )
    # Wider than any table: rich would cut cells to fit a terminal or a pipe.
    Console(width=1000, highlight=False).print(table)
    start, stop = found.interval
    fixed = found.parameters - found.trainable_parameters
    print(
        f"\n{found.name} at {found.sequence_length:,} bp: {found.parameters:,} "
        f"parameters ({fixed:,} not trained), {found.multiply_adds:,} multiply-adds "
        f"a sequence.\nA unit sees up to {found.span:,} bp before the whole length is "
        f"pooled; the outputs see {start:,} to {stop:,}."
    )
    if found.uncounted:
        print(f"Multiply-adds not known, and left out: {', '.join(found.uncounted)}.")


def _count(number: int | None) -> str:
    if number is None:
        return "?"
    return f"{number:,}" if number else ""
