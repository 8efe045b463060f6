"""seqzoo export: write a release as SavedModel, ONNX or TFLite."""

from __future__ import annotations

import argparse

import registry
from registry.errors import SeqzooError
from registry.files import user_path
from zoo.commands.options import add_command, add_json, add_name, add_out
from zoo.commands.printing import print_json


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "export",
        "Write a release for programs without Keras, read it back, and compare its "
        "predictions with those of the Keras model. Nothing is kept if they differ by "
        "more than the tolerance.",
        "seqzoo export kmer_v1 --format onnx --activation sigmoid --out kmer.onnx",
    )
    add_name(parser, "release")
    parser.add_argument(
        "--format",
        choices=("saved_model", "onnx", "tflite"),
        default="saved_model",
        help="of what is written (default: %(default)s)",
    )
    add_out(parser, "a new file, or a new folder for saved_model", required=True)
    parser.add_argument(
        "--activation",
        metavar="NAME",
        help="apply this to the logits, e.g. sigmoid (default: none)",
    )
    parser.add_argument(
        "--tolerance",
        metavar="X",
        type=float,
        default=1e-4,
        help="largest difference allowed (default: 1e-4)",
    )
    add_json(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints what was written and the largest difference."""
    registry.find(arguments.name)  # a misspelt name should not wait for Keras
    if user_path(arguments.out).exists():
        raise SeqzooError(f"{arguments.out} exists. Remove it, or export elsewhere.")
    from zoo.commands.quiet import quiet_import

    quiet_import()
    from zoo.publishing.exporting import export

    report = export(
        arguments.name,
        arguments.out,
        arguments.format,
        activation=arguments.activation,
        tolerance=arguments.tolerance,
    )
    if arguments.json:
        print_json(report)
        return 0
    lengths = " and ".join(map(str, report.lengths))
    print(
        f"{report.path}: {report.format}, {report.bytes:,} bytes, "
        f"takes {' or '.join(report.inputs)}\n"
        f"largest difference from Keras {report.max_difference:.2e} "
        f"(tolerance {report.tolerance:.0e}), {lengths} bp"
    )
    if report.training_length is not None:
        print(
            f"trained and measured on {report.training_length} bp: cut longer "
            "sequences to that, as seqzoo predict does"
        )
    return 0
