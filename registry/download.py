"""One HTTP(S) request whose answer may come from anybody.

Only https is spoken, and http to this very machine; a redirect may not leave that.
The answer is not trusted with time (it has to begin, and to keep a minimum speed) nor
with memory (the caller says how many bytes it takes).
"""

from __future__ import annotations

import contextlib
import http.client
import queue
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from registry import hub
from registry.errors import DownloadError

CHUNK_BYTES = 1 << 18
ANSWER_SECONDS = 30.0  # until the headers are complete
WINDOW_SECONDS = 30.0
MINIMUM_BYTES_PER_SECOND = 1024
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class TransportError(Exception):
    """Why one address did not give the file, in a few words."""


@dataclass
class Answer:
    """The body of an answer.

    Attributes:
        chunks: Its bytes.
        start: Where in the file they begin: not 0 if a part was asked for and given.
    """

    chunks: Iterator[bytes]
    start: int


def check_address(url: str) -> None:
    """Refuses every scheme but https, and http to this machine.

    Raises:
        TransportError: It is another.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise TransportError(f"{url!r} is not an address: {error}") from None
    if parts.scheme == "https" and host:
        return
    if parts.scheme == "http" and host in LOOPBACK:
        return
    raise TransportError(f"only https:// is fetched, not {url!r}")


class _CheckedRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: str
    ) -> Any:
        try:
            check_address(newurl)
            # Nobody outside may send us to what listens on this machine only.
            if newurl.startswith("http:") and req.type == "https":
                raise TransportError(f"it redirected from https:// to {newurl!r}")
        except TransportError:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """The handlers that are needed, and none for file:, ftp: or data:."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _CheckedRedirects(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _answer(request: urllib.request.Request) -> Any:
    """The response to a request, once all of its headers are here."""
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(_opener().open(request, timeout=ANSWER_SECONDS))
        except Exception as error:
            answers.put(error)

    # A socket's own time limit counts from byte to byte: a server that sends one now
    # and then could hold us forever. What it holds is a thread that nobody waits for.
    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=ANSWER_SECONDS)
    except queue.Empty:
        raise TransportError(f"no answer within {ANSWER_SECONDS:g} s") from None
    if isinstance(answer, urllib.error.HTTPError):
        answer.close()
        raise TransportError(f"it answered {answer.code} {answer.reason}")
    if isinstance(answer, TransportError):
        raise answer
    if isinstance(answer, (OSError, http.client.HTTPException, ValueError)):
        reason = getattr(answer, "reason", None) or answer or type(answer).__name__
        raise TransportError(str(reason))
    if isinstance(answer, Exception):
        raise answer
    return answer


@contextlib.contextmanager
def fetched(url: str, *, start: int = 0) -> Iterator[Answer]:
    """Asks for the file at `url`, from byte `start` on if the server can.

    Args:
        url: https, or http on this machine.
        start: The first byte wanted.

    Yields:
        The answer; its chunks raise TransportError as well.

    Raises:
        TransportError: The address is refused, does not answer, or answers with an
            error.
    """
    check_address(url)
    headers = {"User-Agent": "seqzoo", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    request = urllib.request.Request(url, headers=headers)
    authorization = hub.authorization(url)
    if authorization is not None:
        # Not for where the hub may redirect to.
        request.add_unredirected_header("Authorization", authorization)
    with _answer(request) as response:
        yield Answer(_chunks(response), _first_byte(response, start))


def small(url: str, maximum_bytes: int) -> bytes:
    """The content of a small file of unknown hash.

    Raises:
        DownloadError: It cannot be fetched, or is larger.
    """
    content = b""
    try:
        with fetched(url) as answer:
            for chunk in answer.chunks:
                content += chunk
                if len(content) > maximum_bytes:
                    raise TransportError(f"it is larger than {maximum_bytes:,} bytes")
    except TransportError as error:
        raise DownloadError(
            f"{url} could not be fetched: {error}. Check the address and the network."
        ) from None
    return content


def _first_byte(response: Any, start: int) -> int:
    """Where the body begins; servers may ignore that a part was asked for."""
    if response.status != http.HTTPStatus.PARTIAL_CONTENT:
        return 0
    given = response.headers.get("Content-Range", "")
    if not given.startswith(f"bytes {start}-"):
        raise TransportError(f"it gave {given!r} instead of the bytes from {start} on")
    return start


def _chunks(response: Any) -> Iterator[bytes]:
    began, received = time.monotonic(), 0
    while True:
        try:
            chunk = response.read1(CHUNK_BYTES)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise TransportError(
                f"the connection broke: {error or type(error).__name__}"
            ) from None
        if not chunk:
            return
        yield chunk
        received += len(chunk)
        seconds = time.monotonic() - began
        if seconds > WINDOW_SECONDS:
            if received < MINIMUM_BYTES_PER_SECOND * seconds:
                raise TransportError(
                    f"it sent {received} bytes in {seconds:.0f} s, too slow to go on"
                )
            began, received = time.monotonic(), 0
