"""What the commands' parsers have in common: an option is declared once, here."""

from __future__ import annotations

import argparse
import functools
import json
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from zoo.errors import InputError

Kind = Literal["release", "architecture", "either"]
_KINDS: dict[Kind, str] = {
    "release": "a release, its folder or address",
    "architecture": "an architecture",
    "either": "a release, its folder or address, or an architecture",
}


class _Help(argparse.HelpFormatter):
    """Fills texts of one line, and leaves others, such as examples, as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text:
            return textwrap.indent(text, indent)
        return super()._fill_text(text, width, indent)


def add_command(
    subparsers: argparse._SubParsersAction,
    name: str,
    about: str,
    example: str,
    **more: Any,
) -> argparse.ArgumentParser:
    """Adds the parser of a command.

    Args:
        subparsers: Of the command line, or of a command with actions.
        name: Of the command.
        about: Its description, above the arguments.
        example: Command lines, below the arguments.
        **more: As in `argparse.ArgumentParser`.
    """
    title = "examples" if "\n" in example else "example"
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name,
        description=about,
        epilog=f"{title}:\n" + textwrap.indent(example, "  "),
        formatter_class=_Help,
        allow_abbrev=False,  # a name that is not an option's is refused, not guessed
        **more,
    )
    return parser


def add_name(parser: argparse.ArgumentParser, kind: Kind, **more: Any) -> None:
    """Adds NAME: of a release, an architecture, or either."""
    named = parser.add_argument("name", metavar="NAME", help=_KINDS[kind], **more)
    complete_names(named, kind)


def complete_names(argument: argparse.Action, kind: Kind) -> None:
    """Makes the shell complete an argument by the names of what it takes."""
    argument.completer = functools.partial(_names, kind)  # type: ignore[attr-defined]


def _names(kind: Kind, prefix: str, **_: object) -> list[str]:
    """What argcomplete offers: names, or else files."""
    import registry

    known: list[str] = []
    if kind != "release":
        known += [found.name for found in registry.list_architectures()]
    if kind != "architecture":
        known += [found.name for found in registry.list_releases()]
    names = [name for name in known if name.startswith(prefix)]
    if names:
        return names
    from argcomplete.completers import FilesCompleter

    files: list[str] = FilesCompleter()(prefix)
    return files


def complete(argument: argparse.Action, known: Callable[[], Iterable[str]]) -> None:
    """Makes the shell complete an argument by names, which are listed when asked."""
    argument.completer = lambda prefix, **_: [  # type: ignore[attr-defined]
        name for name in known() if name.startswith(prefix)
    ]


def complete_recipes(argument: argparse.Action) -> None:
    """Makes the shell complete an argument by the names of recipes."""

    def names() -> list[str]:
        import registry

        return [recipe.name for recipe in registry.list_recipes()]

    complete(argument, names)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Adds --json."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_out(parser: Any, what: str, **more: Any) -> None:
    """Adds --out, whatever the command writes, to a parser or a group of options."""
    parser.add_argument("--out", metavar="PATH", help=f"where to write: {what}", **more)


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """Adds --quiet."""
    parser.add_argument(
        "--quiet", action="store_true", help="show no progress on the terminal"
    )


def add_genome(parser: Any, what: str, **more: Any) -> None:
    """Adds --genome, to a parser or a group of options."""
    parser.add_argument(
        "--genome", metavar="FILE", help=f"FASTA file of a genome: {what}", **more
    )


def add_method(parser: Any, methods: Sequence[str]) -> None:
    """Adds --method, to a parser or a group of options; Python refuses others.

    Args:
        parser: Of the command, or a group of its options.
        methods: Their names, first that which is taken by default.
    """
    known = ", ".join(methods)
    named = parser.add_argument(
        "--method",
        metavar="METHOD",
        default=methods[0],
        help=f"how it is computed: {known} (default: {methods[0]})",
    )
    complete(named, lambda: methods)


def add_seed(parser: Any) -> None:
    """Adds --seed, to a parser or a group of options."""
    parser.add_argument(
        "--seed",
        metavar="N",
        type=position,
        default=0,
        help="of what is drawn at random (default: 0)",
    )


def add_sequence_length(parser: Any, default: str) -> None:
    """Adds --sequence-length, to a parser or a group of options."""
    parser.add_argument(
        "--sequence-length",
        type=positive,
        metavar="BP",
        help=f"length of a sequence (default: {default})",
    )


def add_sequence_column(parser: Any) -> None:
    """Adds --sequence-column, to a parser or a group of options."""
    parser.add_argument(
        "--sequence-column",
        metavar="COLUMN",
        help="the table's column of sequences (default: sequence)",
    )


def add_table(parser: Any, what: str, **more: Any) -> None:
    """Adds --table, to a parser or a group of options."""
    parser.add_argument("--table", metavar="FILE", help=f"a table: {what}", **more)


def add_fasta(parser: Any, **more: Any) -> None:
    """Adds --fasta, to a parser or a group of options."""
    parser.add_argument("--fasta", metavar="FILE", help="sequences as FASTA", **more)


def add_bed(parser: Any, what: str, **more: Any) -> None:
    """Adds --bed, to a parser or a group of options."""
    parser.add_argument("--bed", metavar="FILE", help=f"intervals: {what}", **more)


def add_reduction(parser: Any) -> None:
    """Adds --reduction, to a parser or a group of options."""
    parser.add_argument(
        "--reduction",
        choices=("sum", "mean", "max", "center", "profile"),
        help="how the bins of a profile become one number",
    )


def add_outputs(parser: Any) -> None:
    """Adds --outputs, to a parser or a group of options."""
    parser.add_argument(
        "--outputs",
        metavar="NAME",
        nargs="+",
        help="these outputs of the model (default: all)",
    )


def add_reading(parser: Any, *, inputs: bool = True) -> None:
    """Adds --on-invalid, --ambiguous and --inputs, to a group of options."""
    parser.add_argument(
        "--on-invalid",
        choices=("error", "drop"),
        default="error",
        help="what a record that cannot be used is: an error, or reported on standard "
        "error and left out (default: error)",
    )
    parser.add_argument(
        "--ambiguous",
        choices=("error", "unknown"),
        default="error",
        help="what IUPAC letters of --genome are, and of --fasta with --bed: an error, "
        "or N (default: error)",
    )
    if not inputs:
        return
    parser.add_argument(
        "--inputs",
        metavar="NAME=VALUE",
        nargs="+",
        default=[],
        help="what a model reads beside the sequence, the same for all: numbers or "
        "lists in JSON; with --genome also bigWig files, e.g. signals=atac.bw or "
        'signals=["a.bw","b.bw"]',
    )


def add_window(parser: Any) -> None:
    """Adds --window, to a parser or a group of options."""
    parser.add_argument(
        "--window",
        metavar="BP",
        type=_window,
        help="length of a window, or 'full' for sequences and intervals as they are "
        "(default: the length that the release was trained and measured on)",
    )


def _window(text: str) -> int | str:
    return text if text == "full" else positive(text)


def add_beyond(parser: Any, said: str, default: str | None) -> None:
    """Adds --beyond, to a parser or a group of options."""
    parser.add_argument(
        "--beyond",
        choices=("pad", "drop"),
        default=default,
        help="fill windows that reach beyond a contig with N, or leave them out "
        f"(default: {said})",
    )


def add_strand(parser: Any, default: str) -> None:
    """Adds --strand, to a parser or a group of options."""
    parser.add_argument(
        "--strand",
        choices=("+", "-", "both"),
        default=default,
        help=f"the strand that is read, or the mean of both (default: {default})",
    )


def add_batch_size(parser: Any) -> None:
    """Adds --batch-size, to a parser or a group of options."""
    parser.add_argument(
        "--batch-size",
        metavar="N",
        type=positive,
        default=256,
        help="sequences or windows per batch (default: 256)",
    )


def add_resume(parser: Any) -> None:
    """Adds --resume, to a parser or a group of options."""
    parser.add_argument(
        "--resume", action="store_true", help="continue after an interruption"
    )


def add_further_inputs(parser: Any) -> None:
    """Adds --negative and --missing, of the bigWig files of --inputs."""
    parser.add_argument(
        "--negative",
        choices=("error", "absolute", "keep"),
        default="error",
        help="what values of --inputs files below 0 are: an error, their magnitude, or "
        "themselves (default: error)",
    )
    parser.add_argument(
        "--missing",
        choices=("zero", "nan"),
        default="zero",
        help="what bases without a value in --inputs files are (default: zero)",
    )


def add_ray(parser: Any, workers: int) -> None:
    """Adds --ray and --workers, to a parser or a group of options."""
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="compute on a Ray cluster: its address, 'auto', or 'local' for one that "
        "is started here",
    )
    parser.add_argument(
        "--workers",
        metavar="N",
        type=positive,
        help=f"workers of --ray (default: {workers})",
    )


def positive(text: str) -> int:
    """A whole number of at least 1, for argparse."""
    return _at_least(1, text)


def position(text: str) -> int:
    """A whole number of at least 0, for argparse."""
    return _at_least(0, text)


def _at_least(least: int, text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected a whole number, received {text!r}"
        ) from None
    if number < least:
        raise argparse.ArgumentTypeError(
            f"expected at least {least}, received {number}"
        )
    return number


def add_config(parser: argparse.ArgumentParser) -> None:
    """Adds --config, whose words `read_config` reads."""
    parser.add_argument(
        "--config",
        nargs="+",
        default=[],
        metavar="ARG=VALUE",
        help="arguments of the architecture, values in JSON, e.g. filters=32 "
        "dilation_rates=[1,2,4]; or one JSON object of them",
    )


def read_config(words: list[str], option: str = "--config") -> dict[str, Any]:
    """Arguments from ARG=VALUE words, or from one JSON object.

    A value that is not JSON is text: pooling=max.

    Raises:
        InputError: Neither, or two values of one name.
    """
    config: dict[str, Any] = {}
    for word in words:
        found = _read_word(word, option)
        for name in config.keys() & found.keys():
            raise InputError(
                f"Expected {option} {name} once. Received it again: {word!r}"
            )
        config |= found
    return config


def _read_word(word: str, option: str) -> dict[str, Any]:
    if word.lstrip().startswith("{"):
        try:
            found: dict[str, Any] = json.loads(word)
        except json.JSONDecodeError as error:
            raise InputError(
                f"{option} is not JSON: {error}. Received: {word!r}"
            ) from error
        return found
    name, equals, value = word.partition("=")
    if not equals or not name.isidentifier():
        raise InputError(
            f"Expected {option} NAME=VALUE, the value in JSON, or one JSON object "
            f"of them. Received: {word!r}"
        )
    try:
        return {name: json.loads(value)}
    except json.JSONDecodeError:
        return {name: value}
