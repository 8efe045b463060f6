"""An error that names an argument names one of the function that the user called."""

from __future__ import annotations

import inspect
import re
import sys
from dataclasses import fields, is_dataclass
from types import FrameType
from typing import Any

from registry.errors import SeqzooError

# "beyond='pad'", but not "zoo.data.Genome(path, ambiguous='unknown')", which says whose
# argument it is, nor what was received.
_CALL = re.compile(r"[\w.]+\([^()]*\)")
_RECEIVED = re.compile(r"(?:Received:?|It said:) .*?(?:\. |$)", re.DOTALL)
_NAMED = re.compile(r"(?<![\w.#\\-])([a-z]\w*)=(?=$|['\"{(\[.,;]|True|False|None)")


def missing_arguments(message: str, frame: FrameType | None) -> list[str]:
    """Arguments that a message names and the outermost function of ours lacks."""
    text = _RECEIVED.sub("", _CALL.sub("", message))
    names = set(_NAMED.findall(text))
    called = None
    while frame is not None:
        # What a test or a user calls is the outermost frame of ours.
        if frame.f_globals.get("__name__", "").split(".")[0] in ("zoo", "registry"):
            called = frame
        frame = frame.f_back
    if not names or called is None:
        return []
    code = called.f_code
    known = set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    if code.co_flags & inspect.CO_VARKEYWORDS:
        return []
    if "self" in known:
        known |= set(inspect.signature(type(called.f_locals["self"])).parameters)
    if "arguments" in known:  # of the command line
        parsed = called.f_locals.get("parsed", called.f_locals["arguments"])
        known |= set(getattr(parsed, "__dict__", ()))
    if "config" in known:
        known |= _keys()
    return sorted(names - known)


def _keys() -> set[str]:
    """Of a training configuration, which are those of the readers, too."""
    from zoo.training.configuration import config
    from zoo.training.configuration.keywords import READERS, keys

    tables = [table for table in vars(config).values() if is_dataclass(table)]
    return {key.name for table in tables for key in fields(table)} | {
        name for readers in READERS.values() for name in keys(readers)
    }


def install() -> None:
    """Checks each error of ours as it is made, for as long as the process lives."""

    def checked(self: SeqzooError, *args: Any) -> None:
        super(SeqzooError, self).__init__(*args)
        message = str(args[0]) if args else ""
        if other := str(sys.exc_info()[1] or ""):  # what another library said
            message = message.replace(other, "")
        missing = missing_arguments(message, sys._getframe(1))
        assert not missing, f"no such argument: {missing} in {message!r}"

    SeqzooError.__init__ = checked  # type: ignore[method-assign]
