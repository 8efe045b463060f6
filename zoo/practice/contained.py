"""Programs that may do anything, in a process of their own that may do little."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import site
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from zoo.errors import InputError

MOST_BYTES = 100_000  # of what it prints, and as many of its result
# All that it is told of the environment; no other variable, which may be a secret.
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "LANG", "SYSTEMROOT", "KERAS_BACKEND")
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Ended:
    """How a program ended.

    Attributes:
        result: What it returned, as JSON has it; None if it did not come to it.
        printed: What it printed, to standard output and error.
        reason: Why there is no result.
    """

    result: Any
    printed: str
    reason: str = ""


def run(
    program: str, job: dict[str, Any], *, seconds: int, megabytes: int, writes: bool
) -> Ended:
    """Runs a program in a new folder, which is removed afterwards.

    It is a process group of its own, which is killed as a whole at its end, and which
    has the time, the memory and the output given; files, standard input and variables
    of the environment it has none of. This keeps accidents from doing harm. It is no
    jail: who wants to can leave it.

    Args:
        program: A module that reads its job from `job.json` and prints its result as
            JSON, all else to standard error.
        job: What JSON can write.
        seconds: After which it is ended.
        megabytes: Of memory, where the system can limit it.
        writes: Whether it may write files.
    """
    job = job | {"seconds": seconds, "megabytes": megabytes, "writes": writes}
    with tempfile.TemporaryDirectory(prefix="seqzoo-practice-") as folder:
        Path(folder, "job.json").write_text(json.dumps(job), encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-P", "-B", "-m", program],
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        with _killed(process):
            result = _Reader(process, process.stdout)
            printed = _Reader(process, process.stderr)
            late = False
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                late = True
    text = printed.text()
    if late:
        reason = f"It did not end within {seconds} s."
    elif printed.overflowed or result.overflowed:
        reason = f"It printed or returned more than {MOST_BYTES:,} bytes."
    else:
        # Nested too deeply, numbers too long, or cut off.
        with contextlib.suppress(ValueError, RecursionError):
            return Ended(json.loads(result.text()), text)
        reason = f"Its process ended without an answer (status {process.returncode})."
    return Ended(None, text, reason)


def _environment(folder: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    # The same packages and the same seqzoo are found, from any folder.
    top = str(Path(__file__).resolve().parents[2])
    paths = [top, *filter(None, [os.environ.get("PYTHONPATH")])]
    return kept | {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUSERBASE": site.getuserbase(),
        "PYTHONIOENCODING": "utf-8:replace",
        "HOME": folder,
        "TMPDIR": folder,
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        **dict.fromkeys(_ONE_THREAD, "1"),
    }


@contextlib.contextmanager
def _killed(process: subprocess.Popen) -> Iterator[None]:
    """Ends the whole group, whatever happens, Ctrl-C too."""
    try:
        yield
    finally:
        _kill(process)
        process.wait()


def _kill(process: subprocess.Popen) -> None:
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


class _Reader(threading.Thread):
    """Reads a pipe as far as allowed; a process that writes more is ended."""

    def __init__(self, process: subprocess.Popen, pipe: IO[bytes] | None) -> None:
        super().__init__(daemon=True)  # a process that fled may hold the pipe
        assert pipe is not None
        self._process, self._pipe = process, pipe
        self._content = b""
        self.overflowed = False
        self.start()

    def run(self) -> None:
        with self._pipe:
            while part := os.read(self._pipe.fileno(), 65_536):
                self._content += part
                if len(self._content) > MOST_BYTES:
                    self.overflowed = True
                    _kill(self._process)
                    return

    def text(self) -> str:
        self.join(timeout=1)
        return self._content[:MOST_BYTES].decode(errors="replace")


def read_answer(path: str | Path) -> str:
    """The text of a file with an answer.

    Raises:
        InputError: There is none, or it is no text of a reasonable size.
    """
    with contextlib.suppress(OSError, UnicodeDecodeError):
        with Path(path).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) <= MOST_BYTES:
            return content.decode()
    raise InputError(
        f"Expected a file of Python code, in UTF-8, of at most {MOST_BYTES:,} bytes. "
        f"Received: {path}. seqzoo practice show NAME --out FILE writes one to begin "
        "with."
    )
