"""As much of the Hugging Face hub as reading and committing need, on this machine."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hf_secret"


def blob_id(content: bytes) -> str:
    """The name that git gives a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@dataclass
class Repository:
    """The commits of one branch, oldest first: (commit, files)."""

    private: bool = False
    commits: list[tuple[str, dict[str, bytes]]] = field(
        default_factory=lambda: [("0" * 39 + "1", {".gitattributes": b""})]
    )

    def files(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        if revision == "main":
            return self.commits[-1]
        return next((c for c in self.commits if c[0] == revision), None)

    def commit(self, files: dict[str, bytes]) -> str:
        """Adds files to those of the last commit."""
        content = self.commits[-1][1] | files
        commit = f"{len(self.commits) + 1:040x}"
        self.commits.append((commit, content))
        return commit


class Hub:
    """Repositories by name, and the paths of the POST requests received."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.repositories: dict[str, Repository] = {}
        self.posts: list[str] = []

    def get(self, path: str) -> tuple[int, bytes]:
        """(status, body) of a GET request."""
        api = path.startswith("/api/models/")
        parts = path.removeprefix("/api/models").strip("/").split("/")
        repository = self.repositories.get("/".join(parts[:2]))
        found = repository.files(parts[3]) if repository and len(parts) > 3 else None
        if found is None:
            return 404, b"{}"
        commit, files = found
        if api:
            siblings = [{"rfilename": name} for name in files]
            answer = {"id": "/".join(parts[:2]), "sha": commit, "siblings": siblings}
            return 200, json.dumps(answer).encode()
        name = "/".join(parts[4:])
        return (200, files[name]) if name in files else (404, b"")

    def post(self, path: str, body: bytes) -> tuple[int, Any]:
        """(status, answer) of a POST request."""
        self.posts.append(path)
        if path == "/api/validate-yaml":
            return 200, {"errors": [], "warnings": []}
        if path == "/api/repos/create":
            return self.create(json.loads(body))
        parts = path.removeprefix("/api/models/").split("/")
        repository = self.repositories["/".join(parts[:2])]
        if parts[2] == "preupload":
            there = repository.commits[-1][1]
            modes = [
                {
                    "path": file["path"],
                    "uploadMode": "regular",
                    "shouldIgnore": False,
                    "oid": blob_id(there[file["path"]])
                    if file["path"] in there
                    else None,
                }
                for file in json.loads(body)["files"]
            ]
            return 200, {"files": modes}
        lines = [json.loads(line) for line in body.splitlines()]
        header = next(x["value"] for x in lines if x["key"] == "header")
        if header["parentCommit"] != repository.commits[-1][0]:
            return 412, {"error": "A commit has happened since"}
        files = {
            x["value"]["path"]: base64.b64decode(x["value"]["content"])
            for x in lines
            if x["key"] == "file"
        }
        commit = repository.commit(files)
        url = f"{self.address}/{'/'.join(parts[:2])}/commit/{commit}"
        return 200, {"commitUrl": url, "commitOid": commit}

    def create(self, wanted: dict[str, Any]) -> tuple[int, Any]:
        name = f"{wanted['organization']}/{wanted['name']}"
        url = f"{self.address}/{name}"
        if name in self.repositories:
            return 409, {"error": "You already created this model repo", "url": url}
        self.repositories[name] = Repository(wanted.get("visibility") == "private")
        return 200, {"url": url}


@contextlib.contextmanager
def serving() -> Iterator[Hub]:
    """A hub as long as the block runs."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self.answer(*hub.get(self.path.partition("?")[0]))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self.answer(401, b"{}")
                return
            status, answer = hub.post(self.path.partition("?")[0], body)
            self.answer(status, json.dumps(answer).encode())

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        hub = Hub(f"http://127.0.0.1:{http.server_address[1]}")
        thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            http.shutdown()
            thread.join()
