"""Builds what a stranger's model.json describes, on trial: no memory, little time.

A few digits in a configuration ask for terabytes of weights, or for a million layers.
The trial makes the variables without their values, and is stopped when it takes too
long; only what then fits the weight file is built in earnest.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from registry import Release, ReleaseError, store
from zoo.errors import said

if TYPE_CHECKING:
    import keras

SECONDS = 60.0
BYTES_PER_WEIGHT = 4
OVERHEAD_BYTES = 1 << 14  # of HDF5, a variable; it takes about 1 kB


_PATIENCE = 0.1  # seconds until a thread that has not ended is told so again


class _OutOfTime(BaseException):
    """Not an Exception, which the code on trial might catch."""


def check_buildable(release: Release, build: Callable[..., keras.Model]) -> None:
    """Refuses a release whose configuration does not build what its weights fill.

    Args:
        release: Of anybody.
        build: The builder of its architecture.

    Raises:
        ReleaseError: The builder refuses the configuration, or needs too long, or
            builds more than the weight file can hold.
    """
    # What was built once needs no second trial: the sha256 is that of all it says.
    passed = store.folder() / "built" / release.sha256
    if passed.exists():
        return
    what = f"{release.name}: {release.architecture} with the release's configuration"
    found = shapes(what, build, release.config)
    needed = BYTES_PER_WEIGHT * sum(map(math.prod, found))
    if needed > release.weights.bytes:
        raise ReleaseError(
            f"{what} has {needed:,} bytes of weights, but its weight file only "
            f"{release.weights.bytes:,}. Nothing was loaded."
        )
    if release.weights.bytes > needed + OVERHEAD_BYTES * (len(found) + 1):
        # Reading it would take memory that no weight needs.
        raise ReleaseError(
            f"{what} has {needed:,} bytes of weights, but declares a weight file of "
            f"{release.weights.bytes:,}. Nothing was loaded."
        )
    with contextlib.suppress(OSError):  # it is only about time
        passed.parent.mkdir(parents=True, exist_ok=True)
        passed.touch()


def shapes(
    what: str, build: Callable[..., keras.Model], config: Mapping[str, Any]
) -> list[tuple[int, ...]]:
    """The shapes of the variables that a stranger's configuration builds.

    Args:
        what: Is built, as an error begins.
        build: The builder of its architecture.
        config: Its arguments.

    Returns:
        In the order of `model.weights`.

    Raises:
        ReleaseError: The builder refuses the configuration, or needs too long.
    """
    import keras

    def shapes_of() -> list[tuple[int, ...]]:
        # Variables get no values: they are discarded with the model.
        with keras.StatelessScope(initialize_variables=False):
            model = build(**config)
            return [tuple(weight.shape) for weight in model.weights]

    try:
        found: list[tuple[int, ...]] = _within(SECONDS, shapes_of)
    except _OutOfTime:
        raise ReleaseError(
            f"{what} was not built within {SECONDS:.0f} s. Nothing was loaded."
        ) from None
    # Whatever a builder or Keras makes of nonsense.
    except Exception as error:
        raise ReleaseError(
            f"{what} cannot be built: {type(error).__name__}: {said(error)}"
        ) from error
    return found


def _within(seconds: float, function: Callable[[], Any]) -> Any:
    """Calls a function in a thread of its own, and ends it when its time is over.

    Keras keeps a list of variables that wait for their values, one a thread, and gives
    all of them values at the next occasion: those of a trial have to end with it.
    """
    outcome: list[tuple[Any, BaseException | None]] = []

    def run() -> None:
        try:
            outcome.append((function(), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=run, name="trial", daemon=True)
    thread.start()
    thread.join(seconds)
    with _nothing_is_printed():
        while thread.is_alive():
            # Again and again: Python drops what is raised within a finalizer.
            if not outcome:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_OutOfTime)
                )
            thread.join(_PATIENCE)
    # It may have been ended between its last step and the noting of its outcome.
    value, error = outcome[0] if outcome else (None, _OutOfTime())
    if error is not None:
        raise error
    return value


@contextlib.contextmanager
def _nothing_is_printed() -> Iterator[None]:
    """Python prints what finalizers raise, and threads; not what ends a trial."""
    finalizers, threads = sys.unraisablehook, threading.excepthook

    def of_others(hook: Callable[[Any], Any]) -> Callable[[Any], None]:
        return lambda args: None if args.exc_type is _OutOfTime else hook(args)

    sys.unraisablehook = of_others(finalizers)
    threading.excepthook = of_others(threads)
    try:
        yield
    finally:
        sys.unraisablehook, threading.excepthook = finalizers, threads
