"""A web server on this machine that behaves as badly as a test asks for."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Page:
    """What one address answers.

    Attributes:
        content: The body.
        status: The HTTP status.
        headers: More headers.
        ranges: Whether a part can be asked for.
        cut: The connection ends after so many bytes of the body.
        cuts: How many requests are cut; all of them if negative.
        pause: Seconds between single bytes of the body.
        silence: Seconds before the first header.
    """

    content: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    ranges: bool = True
    cut: int | None = None
    cuts: int = -1
    pause: float = 0.0
    silence: float = 0.0


class Server:
    """Pages by path, and the requests received: (path, Range, Authorization)."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.pages: dict[str, Page] = {}
        self.requests: list[tuple[str, str | None, str | None]] = []

    def put(self, path: str, content: bytes = b"", **behaviour: Any) -> str:
        """Adds a page and returns its address."""
        self.pages[path] = Page(content, **behaviour)
        return f"{self.address}{path}"


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """A server as long as the block runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            server.requests.append(
                (self.path, wanted, self.headers.get("Authorization"))
            )
            page = server.pages.get(self.path.partition("?")[0], Page(status=404))
            time.sleep(page.silence)
            with contextlib.suppress(OSError):
                self.answer(page, wanted)
            self.close_connection = True

        def answer(self, page: Page, wanted: str | None) -> None:
            body, status = page.content, page.status
            self.send_response(206 if wanted and page.ranges else status)
            if wanted and page.ranges:
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
                body = body[start:]
                size = len(page.content)
                self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
            for name, value in page.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if page.cut is not None and page.cuts:
                page.cuts -= 1
                body = body[: page.cut]
            if not page.pause:
                self.wfile.write(body)
                return
            for position in range(len(body)):
                self.wfile.write(body[position : position + 1])
                self.wfile.flush()
                time.sleep(page.pause)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        server = Server(f"http://127.0.0.1:{http.server_address[1]}")
        thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
