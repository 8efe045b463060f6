"""seqzoo convert: make a release of a published program's weight file."""

from __future__ import annotations

import argparse

import registry
from registry.errors import SeqzooError
from registry.files import user_path
from registry.release import check_new
from zoo.commands.options import add_command, add_json, add_out, complete_recipes
from zoo.commands.printing import print_json, printable


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "convert",
        "Read the weights in another program's file into one of our architectures, and "
        "write a release. No code of the file is run: what it says of its network is "
        "computed in NumPy, for random sequences of both strands, and nothing is kept "
        "if our model predicts otherwise.",
        "seqzoo convert chrombpnet_nobias.h5 --recipe chrombpnet --out k562_v1",
    )
    parser.add_argument(
        "path", metavar="FILE", help="a .h5 or .keras of Keras, or a .safetensors"
    )
    recipe = parser.add_argument(
        "--recipe",
        metavar="NAME",
        required=True,
        help="what wrote the file, e.g. deepstarr; an unknown name lists all",
    )
    complete_recipes(recipe)
    add_out(parser, "a new folder, named as a release is", required=True)
    parser.add_argument(
        "--description",
        metavar="TEXT",
        help="of the release, one line (default: by the recipe)",
    )
    parser.add_argument(
        "--licence",
        default="not stated",
        help="licence of the weights: what the card says (default: %(default)s)",
    )
    add_json(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints what was written and the largest difference."""
    registry.recipe(arguments.recipe)  # a misspelt name should not wait for Keras
    check_new(user_path(arguments.out))
    if not user_path(arguments.path).is_file():
        raise SeqzooError(f"There is no file {arguments.path}.")
    from zoo.commands.quiet import quiet_import

    quiet_import()
    from zoo.publishing.recipes import converted_release

    release, found = converted_release(
        arguments.path,
        arguments.recipe,
        arguments.out,
        description=arguments.description,
        licence=arguments.licence,
    )
    if arguments.json:
        print_json(
            {
                "folder": release.folder,
                "architecture": release.architecture,
                "sequences": found.sequences,
                "length": found.length,
                "max_difference": found.max_difference,
            }
        )
        return 0
    print(
        f"{printable(str(arguments.out))}: {release.architecture}, verified\n"
        f"largest difference from the file's own network {found.max_difference:.1e}, "
        f"{found.sequences} sequences of {found.length:,} bp, both strands"
    )
    return 0
