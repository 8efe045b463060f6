"""The command line: parse, call, print."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import textwrap
import threading
import warnings
from collections.abc import Sequence

from registry.errors import SeqzooError

#: The commands, in the groups and the order in which the help lists them.
GROUPS = {
    "predict and look at data": ("predict", "data"),
    "answers": (
        *("variants", "mutagenesis", "contributions"),
        *("motifs", "design", "report"),
    ),
    "models and releases": (
        *("list", "info", "summary", "verify", "convert", "export"),
        *("lock", "push", "cache"),
    ),
    "training": ("suggest", "train", "tune"),
    "this machine, and networks of your own": ("doctor", "check-plugin", "new-plugin"),
    "learning": ("practice",),
}
COMMANDS = tuple(name for names in GROUPS.values() for name in names)
EXAMPLES = """\
seqzoo list
seqzoo predict rc_dilated_v1 --fasta peaks.fa --out scores.tsv
seqzoo COMMAND --help"""

ERROR = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
TERMINATED = 143  # 128 + SIGTERM


class _Version(argparse.Action):
    """Prints the version; importing the package's metadata is not free."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        import zoo

        print(f"seqzoo {zoo.__version__}")
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    top = argparse.ArgumentParser(
        prog="seqzoo",
        usage="seqzoo COMMAND ...",
        description="Named, versioned, verified CNNs for DNA in Keras.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action=_Version, nargs=0, help="print the version")
    # argparse would list all of them in one group.
    subparsers = top.add_subparsers(
        metavar="COMMAND", dest="command", prog="seqzoo", help=argparse.SUPPRESS
    )
    lines = []
    for title, names in GROUPS.items():
        lines.append(f"{title}:")
        for name in names:
            module = importlib.import_module(f"zoo.commands.{name.replace('-', '_')}")
            command = module.add_parser(subparsers)
            command.set_defaults(run=module.run, refuse=command.error)
            # "seqzoo list: list releases." says what the command does.
            about = (module.__doc__ or "").splitlines()[0].partition(": ")[2]
            lines.append(f"  {name:15s}{about.rstrip('.')}")
        lines.append("")
    examples = textwrap.indent(EXAMPLES, "  ")
    top.epilog = "\n".join([*lines, "examples:", examples])
    return top


def _warning(message: Warning | str, *_: object, **__: object) -> str:
    """Without the place in our code, which is not the user's to mend."""
    return f"seqzoo: warning: {message}\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status.

    0 is success, 1 a verification that failed, 2 an error, which is one message on
    standard error without a traceback, 130 an interrupt.
    """
    if threading.current_thread() is threading.main_thread():
        # As an exception, so that temporary files are removed on the way out.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    warnings.formatwarning = _warning
    # TensorFlow's C++ messages would bury ours; a user's own choice stays.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        commands = parser()
        if "_ARGCOMPLETE" in os.environ:  # the shell asks what may follow
            import argcomplete

            argcomplete.autocomplete(commands)
        parsed, unknown = commands.parse_known_args(arguments)
        if unknown:  # the command says how it is used, not the list of commands
            refuse = getattr(parsed, "refuse", commands.error)
            refuse(f"unrecognized arguments: {' '.join(unknown)}")
        if parsed.command is None:
            commands.print_help()
            return 0
        status: int = parsed.run(parsed)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt as interrupt:
        # A training says what it saved and how it goes on.
        print(_said("seqzoo: ", interrupt), file=sys.stderr)
        return INTERRUPTED
    except SystemExit as leaving:
        for note in getattr(leaving, "__notes__", ()):
            print(f"seqzoo: {note}", file=sys.stderr)
        raise
    except BrokenPipeError:
        # The reader left, as `head` does. Python would complain at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (SeqzooError, OSError) as error:
        print(_said("seqzoo: error: ", error), file=sys.stderr)
        return ERROR


def _said(prefix: str, error: BaseException) -> str:
    """The message, and the notes on what is not lost and how to go on."""
    notes = getattr(error, "__notes__", ())
    return "\n".join([f"{prefix}{str(error) or 'interrupted'}", *notes])


if __name__ == "__main__":
    sys.exit(main())
