"""seqzoo summary: what each layer of a model sees and costs."""

from __future__ import annotations

import argparse
import json
from typing import Any

from registry.errors import SeqzooError


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
        help="input length; by default that of the model, of the release's training, "
        "or 1000",
    )
    add_config(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints a table, or JSON."""
    from zoo.models.listing import info

    info(arguments.name)  # a misspelt name should not wait for Keras
    config = read_config(arguments.config)
    from zoo.commands.quiet import quiet_import

    quiet_import()
    from zoo.inspection.summaries import summary

    found = summary(
        arguments.name, sequence_length=arguments.sequence_length, config=config
    )
    if arguments.json:
        print(json.dumps(found.as_json(), indent=2))
    else:
        print(found)
    return 0


def add_config(parser: argparse.ArgumentParser) -> None:
    """Adds the option whose words `read_config` reads."""
    parser.add_argument(
        "--config",
        nargs="+",
        default=[],
        metavar="ARG=VALUE",
        help="arguments of the architecture, values in JSON, e.g. filters=32 "
        "dilation_rates=[1,2,4]; or one JSON object of them",
    )


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
