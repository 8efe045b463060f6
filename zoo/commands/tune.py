"""seqzoo tune: search hyperparameters of a configuration."""

from __future__ import annotations

import argparse

from zoo.commands.options import add_command, add_quiet


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "tune",
        "Try configurations from the ranges of [search.space] on the validation data, "
        "and write the best as a TOML file for seqzoo train. Killed and started again, "
        "the search goes on.",
        "seqzoo tune config.toml",
    )
    parser.add_argument("config", metavar="CONFIG.toml", help="see docs/tune.md")
    add_quiet(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Searches, and prints the best parameters."""
    from zoo.training.configuration.config_file import read_config

    config = read_config(arguments.config)
    from zoo.commands.quiet import quiet_import

    quiet_import()
    from zoo.training.runs.search import TRIALS_FILE, tune

    found = tune(config, verbose=0 if arguments.quiet else "auto")
    counts = ", ".join(f"{n} {state.lower()}" for state, n in found.trials.items())
    print(f"{config.training.monitor} {found.value:.6g}  ({counts})")
    for place, value in found.parameters.items():
        print(f"{place} = {value}")
    print(f"trials      {found.path.with_name(TRIALS_FILE)}")
    print(f"next        seqzoo train {found.path}")
    return 0
