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
from pathlib import Path
from typing import Any, NamedTuple

MOST_BYTES = 100_000  # that it prints, and as many that it returns
# All that it is told of the environment: any other variable may be a secret.
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "LANG", "SYSTEMROOT", "KERAS_BACKEND")


class Ended(NamedTuple):
    """How a program ended: with a result, as JSON has it, or the reason for none."""

    result: Any
    printed: str
    reason: str = ""


def run(
    program: str, job: dict[str, Any], *, seconds: int, megabytes: int, writes: bool
) -> Ended:
    """Runs a program in a new folder, which is removed afterwards.

    Its process group is killed as a whole at its end. It has the time, the memory and
    the output given, no standard input, and no variable of the environment that it
    does not need. That keeps accidents from doing harm. It is no jail.

    Args:
        program: A module whose main program is that of `zoo.practice.answering`.
        job: What JSON can write.
        seconds: After which it is ended.
        megabytes: Of memory, where the system can limit it.
        writes: Whether it may write files that are larger than what it may print.
    """
    limits = {
        "seconds": seconds,
        "megabytes": megabytes,
        "file_bytes": None if writes else MOST_BYTES,
    }
    with tempfile.TemporaryDirectory(
        prefix="seqzoo-practice-", ignore_cleanup_errors=True
    ) as name:
        folder = Path(name)
        (folder / "job.json").write_text(json.dumps(job | limits), encoding="utf-8")
        result, printed = folder / "result.json", folder / "printed"
        with result.open("wb") as output, printed.open("wb") as error:
            process = subprocess.Popen(
                [sys.executable, "-P", "-B", "-m", program],
                cwd=folder,
                env=_environment(name),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=error,
                start_new_session=True,
            )
            late = False
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                late = True
            finally:  # whatever happens, Ctrl-C too
                _kill(process)
                process.wait()
        returned, text = _start_of(result), _start_of(printed)
    if late:
        return Ended(None, text, f"It did not end within {seconds} s.")
    if max(len(returned), len(text)) >= MOST_BYTES:
        reason = f"It printed or returned more than {MOST_BYTES:,} bytes."
        return Ended(None, text, reason)
    # Cut off, nested too deeply, or numbers of thousands of digits.
    with contextlib.suppress(ValueError, RecursionError):
        return Ended(json.loads(returned, parse_int=_whole), text)
    reason = f"Its process ended without an answer (status {process.returncode})."
    return Ended(None, text, reason)


def _environment(home: str) -> dict[str, str]:
    """The same packages and the same seqzoo are found, from any folder."""
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    top = str(Path(__file__).resolve().parents[2])
    paths = [top, *filter(None, [os.environ.get("PYTHONPATH")])]
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return kept | {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUSERBASE": site.getuserbase(),
        "PYTHONIOENCODING": "utf-8:replace",
        "HOME": home,
        "TMPDIR": home,
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        **dict.fromkeys(threads, "1"),
    }


def _kill(process: subprocess.Popen) -> None:
    """Ends the process and all that it started and did not flee."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _start_of(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MOST_BYTES).decode(errors="replace")


def _whole(digits: str) -> int:
    """A whole number that is a float64, too."""
    number = int(digits)
    if abs(number) > 10**300:
        raise ValueError
    return number
