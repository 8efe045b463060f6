"""All workers of a cluster wait for one another, but not for ever."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Sequence

from zoo.errors import InputError

_MAGIC = b"seqzoo"
_HELLO = struct.Struct("!6sI")  # the magic word and the worker's number
_GO = b"go"
_PAUSE = 0.1  # seconds between attempts


def meet(addresses: Sequence[str], worker: int, timeout: float) -> None:
    """Returns on each worker once all have called it.

    Worker 0 listens on its own port, which is free again afterwards.

    Args:
        addresses: "host:port" of each worker.
        worker: Number of this one.
        timeout: Seconds to wait.

    Raises:
        InputError: Some did not come, or two have one number.
    """
    end = time.monotonic() + timeout
    if worker == 0:
        _receive(addresses, end, timeout)
    else:
        _call(addresses, worker, end, timeout)


def _receive(addresses: Sequence[str], end: float, timeout: float) -> None:
    port = int(addresses[0].rpartition(":")[2])
    present: dict[int, socket.socket] = {}
    try:
        server = socket.create_server(("", port))
    except OSError as error:
        raise InputError(
            f"Expected port {port} of worker 0 to be free. Received: {error}. Is an "
            "earlier run still there?"
        ) from error
    with server:
        try:
            while len(present) < len(addresses) - 1:
                number, connection = _hello(server, end)
                if connection is None:
                    absent = set(range(1, len(addresses))) - present.keys()
                    raise InputError(_message(addresses, absent, timeout))
                if number in present:
                    connection.close()
                    raise InputError(
                        "Expected each worker's number once. Received: two workers "
                        f"with the number {number}. Give each its own task index."
                    )
                present[number] = connection
            for connection in present.values():
                connection.sendall(_GO)
        finally:
            for connection in present.values():
                connection.close()


def _hello(server: socket.socket, end: float) -> tuple[int, socket.socket | None]:
    """The next worker that says its number; none if the time is over."""
    while (left := end - time.monotonic()) > 0:
        server.settimeout(left)
        try:
            connection, _ = server.accept()
            connection.settimeout(max(end - time.monotonic(), _PAUSE))
            magic, number = _HELLO.unpack(
                connection.recv(_HELLO.size, socket.MSG_WAITALL)
            )
        except (OSError, struct.error):  # nobody, or somebody else
            continue
        if magic == _MAGIC:
            return number, connection
        connection.close()
    return 0, None


def _call(addresses: Sequence[str], worker: int, end: float, timeout: float) -> None:
    host, _, port = addresses[0].rpartition(":")
    while (left := end - time.monotonic()) > 0:
        try:
            with socket.create_connection((host, int(port)), left) as connection:
                connection.settimeout(max(end - time.monotonic(), _PAUSE))
                connection.sendall(_HELLO.pack(_MAGIC, worker))
                if connection.recv(len(_GO), socket.MSG_WAITALL) == _GO:
                    return
        except OSError:
            pass
        time.sleep(_PAUSE)
    raise InputError(_message(addresses, {0}, timeout))


def _message(addresses: Sequence[str], absent: set[int], timeout: float) -> str:
    names = ", ".join(f"worker {i} ({addresses[i]})" for i in sorted(absent))
    return (
        f"Expected all {len(addresses)} workers within {timeout:g} s. Received: "
        f"nothing from {names}. Start the same program on each, see whether its port "
        "can be reached, or raise the timeout."
    )
