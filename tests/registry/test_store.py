from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from registry import download, store
from registry.errors import DownloadError, StoreError
from tests.registry.server import Server

CONTENT = random.Random(0).randbytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
SIZE = len(CONTENT)


def read(*urls: str) -> bytes:
    return store.read(SHA256, SIZE, urls, label="weights.h5")


def files(cache: Path) -> list[Path]:
    """What the cache holds but for locks."""
    found = (f for f in cache.rglob("*") if f.is_file() and f.suffix != ".lock")
    return sorted(f.relative_to(cache) for f in found)


def test_a_file_is_fetched_once_and_then_without_a_network(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.put("/w", CONTENT)
    assert read(url) == CONTENT
    assert read(url) == CONTENT
    assert len(server.requests) == 1
    monkeypatch.setenv("SEQZOO_OFFLINE", "1")
    assert read("https://nowhere.invalid/w") == CONTENT
    assert files(cache) == [Path("files", SHA256[:2], SHA256)]
    assert store.file_path(cache, SHA256).stat().st_mode & 0o222 == 0


def test_mirrors_are_tried_in_order_and_each_reason_is_told(
    server: Server, cache: Path
) -> None:
    gone = f"{server.address}/gone"
    wrong = server.put("/wrong", CONTENT[::-1])
    short = server.put("/short", CONTENT[:-1], ranges=False)
    long = server.put("/long", CONTENT + b"x", ranges=False)
    with pytest.raises(DownloadError) as error:
        read(gone, wrong, short, long, "ftp://a/b")
    for reason in ("404", "received", "ended after 299,999", "more than", "ftp://"):
        assert reason in str(error.value)
    assert not store.file_path(cache, SHA256).exists()
    assert read(gone, wrong, short, long, server.put("/right", CONTENT)) == CONTENT


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_download_goes_on(server: Server, cache: Path, ranges: bool) -> None:
    url = server.put("/w", CONTENT, cut=100_000, cuts=1, ranges=ranges)
    assert read(url) == CONTENT
    assert [r[1] for r in server.requests] == [None, "bytes=100000-"]


def test_a_wrong_part_does_not_spoil_the_file(server: Server, cache: Path) -> None:
    partial = cache / "partial" / SHA256
    partial.parent.mkdir(parents=True)
    for left in (b"x" * 1000, b"x" * SIZE, b"x" * (SIZE + 1)):
        partial.write_bytes(left)
        assert read(server.put("/w", CONTENT)) == CONTENT
        assert not partial.exists()
        store.file_path(cache, SHA256).unlink()


@pytest.mark.parametrize(
    "target",
    ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://example.org/", "data:,x"],
)
def test_redirects_stay_on_https(server: Server, cache: Path, target: str) -> None:
    url = server.put("/w", status=302, headers={"Location": target})
    with pytest.raises(DownloadError, match=r"only https|not allowed"):
        read(url)
    assert files(cache) == []


def test_a_redirect_is_followed(server: Server, cache: Path) -> None:
    there = server.put("/there", CONTENT)
    assert read(server.put("/w", status=302, headers={"Location": there})) == CONTENT


def test_redirects_in_a_circle_end(server: Server, cache: Path) -> None:
    url = server.put("/w", status=302, headers={"Location": "/w"})
    with pytest.raises(DownloadError, match="302"):
        read(url)


def test_a_server_that_drips_is_left(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "WINDOW_SECONDS", 0.2)
    drip = server.put("/drip", CONTENT, pause=0.02)
    began = time.monotonic()
    assert read(drip, server.put("/w", CONTENT)) == CONTENT
    assert time.monotonic() - began < 10
    with pytest.raises(DownloadError, match="too slow"):
        store.read("0" * 64, SIZE, [drip], label="x")


def test_a_server_that_never_answers_is_left(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "ANSWER_SECONDS", 0.3)
    with pytest.raises(DownloadError, match=r"no answer|timed out"):
        read(server.put("/w", CONTENT, silence=3))


def test_headers_that_drip_are_left(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes within the socket's time limit, and all of them never."""
    monkeypatch.setattr(download, "ANSWER_SECONDS", 0.3)
    stop = threading.Event()

    def drip(listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                with connection:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
                    while not stop.wait(0.05):
                        connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening,), daemon=True)
        thread.start()
        port = listening.getsockname()[1]
        began = time.monotonic()
        with pytest.raises(DownloadError, match=r"no answer within 0\.3 s"):
            read(f"http://127.0.0.1:{port}/w")
        assert time.monotonic() - began < 10
        stop.set()
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=10)


def test_offline_says_what_to_do(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEQZOO_OFFLINE", "1")
    with pytest.raises(StoreError, match="Load it once online"):
        read(server.put("/w", CONTENT))
    assert server.requests == []
    assert not cache.exists()


@pytest.mark.parametrize("damage", ["flip", "cut", "link", "folder"])
def test_a_damaged_copy_is_never_used(
    server: Server, cache: Path, tmp_path: Path, damage: str
) -> None:
    url = server.put("/w", CONTENT)
    read(url)
    path = store.file_path(cache, SHA256)
    path.unlink()
    if damage == "flip":
        path.write_bytes(b"x" + CONTENT[1:])
    elif damage == "cut":
        path.write_bytes(CONTENT[:-1])
    elif damage == "link":
        (tmp_path / "elsewhere").write_bytes(CONTENT)
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path.mkdir()
        with pytest.raises(StoreError, match="cannot be kept"):
            read(url)
        return
    assert read(url) == CONTENT
    assert not path.is_symlink()
    assert path.read_bytes() == CONTENT


def test_shared_caches_are_read_and_not_written(
    server: Server, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(server.put("/w", CONTENT))
    shared = tmp_path / "shared"
    cache.rename(shared)
    before = {f: f.stat().st_mtime_ns for f in shared.rglob("*")}
    monkeypatch.setenv(
        "SEQZOO_SHARED_CACHES", f"{tmp_path / 'none'}{os.pathsep}{shared}"
    )
    monkeypatch.setenv("SEQZOO_OFFLINE", "1")
    assert read() == CONTENT
    assert {f: f.stat().st_mtime_ns for f in shared.rglob("*")} == before
    assert not cache.exists()


def test_a_cache_that_cannot_be_written_is_explained(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("SEQZOO_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(StoreError, match="Set SEQZOO_CACHE"):
        read(server.put("/w", CONTENT))


def test_a_full_disk_is_explained_and_leaves_nothing(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match="Free space"):
            read(server.put("/w", CONTENT))
    assert files(cache) == []
    assert read(server.put("/w", CONTENT)) == CONTENT


def test_a_size_beyond_the_disk_is_refused_before_the_download(
    server: Server, cache: Path
) -> None:
    with pytest.raises(StoreError, match="Free space"):
        store.read(SHA256, 1 << 60, [server.put("/w", CONTENT)], label="x")
    assert server.requests == []


def child(code: str, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True
    )


def test_a_killed_download_leaves_no_lock_and_goes_on(
    server: Server, cache: Path
) -> None:
    page = server.put("/w", CONTENT, pause=0.0005)
    code = (
        "import sys; from registry import store; "
        "store.read(sys.argv[1], int(sys.argv[2]), [sys.argv[3]], label='x')"
    )
    process = child(code, SHA256, str(SIZE), page)
    partial = cache / "partial" / SHA256
    deadline = time.monotonic() + 60
    while not (partial.exists() and partial.stat().st_size):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not store.file_path(cache, SHA256).exists()
    kept = partial.stat().st_size
    assert 0 < kept < SIZE
    server.put("/w", CONTENT)
    assert read(page) == CONTENT
    assert server.requests[-1][1] == f"bytes={kept}-"


def test_two_processes_fetch_at_once(server: Server, cache: Path) -> None:
    """100 files, each asked for by both at the same moment."""
    rounds = 100
    contents = [random.Random(i).randbytes(20_000) for i in range(rounds)]
    for i, content in enumerate(contents):
        server.put(f"/{i}", content)
    code = """
import sys, time
from registry import store
address, began, *names = sys.argv[1:]
for i, name in enumerate(names):
    time.sleep(max(0, float(began) + 0.02 * i - time.time()))
    store.read(name, 20_000, [f"{address}/{i}"], label="x")
print("all read")
"""
    names = [hashlib.sha256(content).hexdigest() for content in contents]
    start = str(time.time() + 1.5)
    pair = [child(code, server.address, start, *names) for _ in range(2)]
    assert [p.communicate(timeout=120)[0] for p in pair] == ["all read\n"] * 2
    assert len(server.requests) == rounds
    expected = sorted(Path("files", name[:2], name) for name in names)
    assert files(cache) == expected
