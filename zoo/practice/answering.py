"""Run as a program: imports an answer, calls it, and prints what it returned as JSON.

It knows nothing of what is right. What an answer prints goes to standard error, so that
standard output holds the result alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

MOST_ITEMS = 10_000
MOST_DEPTH = 10
_REFUSED = {
    *("os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn", "os.system"),
    *("os.startfile", "pty.spawn", "subprocess.Popen", "os.kill", "os.killpg"),
    *("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo"),
    *("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate", "os.link"),
    *("os.symlink", "os.chmod", "os.chown", "os.utime", "shutil.rmtree", "os.mkfifo"),
}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class _Unreadable(Exception):
    """What it returned is no number, text or list."""


def limit(seconds: int, megabytes: int, file_bytes: int | None) -> None:
    """Takes from this process what it does not need.

    Args:
        seconds: Of the CPU, and of the clock.
        megabytes: Of addresses.
        file_bytes: The largest file that it may write, None for any.
    """
    with contextlib.suppress(ImportError):  # which Windows has not
        import resource

        limits = {
            resource.RLIMIT_CPU: seconds + 1,
            resource.RLIMIT_AS: megabytes * 2**20,
            resource.RLIMIT_CORE: 0,
        }
        if file_bytes is not None:
            limits[resource.RLIMIT_FSIZE] = file_bytes
        for kind, most in limits.items():
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(kind, (most, most))
        signal.alarm(seconds + 1)  # should nobody be left who would end it


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Keeps an answer from what it need not do, in words that help."""
    writes = event == "open" and isinstance(arguments[2], int)
    if event in _REFUSED or (writes and arguments[2] & _WRITING):
        raise PermissionError(
            "an answer starts no processes, opens no connections and changes no "
            f"files: it computes and returns ({event})"
        )


def plain(value: Any, depth: int = 0) -> Any:
    """Numbers, texts and lists of them as JSON has them.

    Raises:
        _Unreadable: It is something else, or too much.
    """
    if depth > MOST_DEPTH:
        raise _Unreadable("lists in lists, too deep")
    if hasattr(value, "tolist"):  # of NumPy
        if getattr(value, "size", 1) > MOST_ITEMS:
            raise _Unreadable(f"an array of {value.size:,} numbers")
        value = value.tolist()
    if value is None or value is ...:
        return None
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float)):
        return value if abs(value) < 1e300 else float(value)
    if isinstance(value, (list, tuple, dict)):
        if len(value) > MOST_ITEMS:
            raise _Unreadable(f"{len(value):,} items")
        if isinstance(value, dict):
            return {str(key): plain(each, depth + 1) for key, each in value.items()}
        return [plain(each, depth + 1) for each in value]
    raise _Unreadable(f"an object of type {type(value).__name__}")


def answer(name: str, code: str, inputs: list[list[Any]]) -> dict[str, Any]:
    """What the answer's value is, or what its function returns, input by input.

    Returns:
        {"values": [...]}, or {"problem": a sentence}.
    """
    module = sys.modules["answer"] = ModuleType("answer")  # as dataclasses want it
    namespace = vars(module)
    values: list[Any] = []
    called = ""
    try:
        exec(compile(code, "answer.py", "exec"), namespace)
        if name not in namespace:
            return {"problem": f"It does not define {name}."}
        found = namespace[name]
        if not inputs:
            return {"values": [plain(found)]}
        if not callable(found):
            return {"problem": f"{name} is no function."}
        for words in inputs:
            called = f" {name}({', '.join(map(repr, words))})"
            values.append(plain(found(*words)))
    except _Unreadable as error:
        return {
            "problem": f"Expected numbers, texts or lists of them. Received: {error}."
        }
    except BaseException as error:
        return {"problem": f"{_told(error)}{called and f', for{called}'}."}
    return {"values": values}


def _told(error: BaseException) -> str:
    """The error, and the line of the answer it came from."""
    if isinstance(error, SyntaxError):
        where = f", line {error.lineno}" if error.lineno else ""  # none for a null byte
        return f"It is no Python: {error.msg}{where}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == "answer.py"]
    where = f" in line {lines[-1]}" if lines else ""
    said = " ".join(str(error).split())[:300]
    return f"It raised {type(error).__name__}{where}{said and f': {said}'}"


def main(does: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Does its job, and prints the result."""
    job = json.loads(Path("job.json").read_text(encoding="utf-8"))
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    limit(job["seconds"], job["megabytes"], job["file_bytes"])
    content = json.dumps(does(job))
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # an answer may have closed it
            stream.flush()
    results.write(content)
    results.flush()
    os._exit(0)  # whatever threads are left


def _answers(job: dict[str, Any]) -> dict[str, Any]:
    import linecache  # noqa: F401  so that tracebacks import nothing under the limits

    sys.addaudithook(refuse)
    return answer(job["name"], job["code"], job["inputs"])


if __name__ == "__main__":
    main(_answers)
