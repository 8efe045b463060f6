"""The registry's own cost: listing many names, and reading verified files.

    python -m tools.bench.registry

Prints ratios from one run: `seqzoo list` with 1,000 names of a plugin against Python's
own start; a 100 MB file out of the cache, checked, against hashlib's sha256 of bytes
that are in memory; and a release found and read in a warm cache beyond that hash.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import registry
from registry import remote, store
from registry.release import MODEL_FILE
from zoo.cli import main as seqzoo

NAMES = 1_000
BYTES = 100_000_000


def median(function: Callable[[], object], rounds: int) -> float:
    """Median seconds of one call."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def plugin(site: Path) -> None:
    """A distribution that registers many names, each in a module of its own package."""
    info = site / "many_nets-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: many-nets\nVersion: 1\n"
    )
    points = "\n".join(
        f"net_{i} = many_nets.part_{i % 50}:net_{i}" for i in range(NAMES)
    )
    (info / "entry_points.txt").write_text(f"[seqzoo.architectures]\n{points}\n")
    package = site / "many_nets"
    package.mkdir()
    for name in ["__init__", *(f"part_{i}" for i in range(50))]:
        (package / f"{name}.py").write_text("raise SystemExit('imported')\n")


def listing(site: Path, rounds: int) -> None:
    plugin(site)
    environment = os.environ | {"PYTHONPATH": str(site)}

    def run(*command: str) -> Callable[[], object]:
        return lambda: subprocess.run(
            [sys.executable, *command], env=environment, check=True, capture_output=True
        )

    start = median(run("-c", "pass"), rounds)
    whole = median(run("-m", "zoo.cli", "list"), rounds)
    print(
        f"seqzoo list, {NAMES:,} more names: {whole:.3f} s; Python's start: "
        f"{start:.3f} s"
    )


def reading(rounds: int) -> None:
    content = os.urandom(BYTES)
    sha256 = hashlib.sha256(content).hexdigest()
    path = store.file_path(store.folder(), sha256)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    bare = median(lambda: hashlib.sha256(content).digest(), rounds)
    cached = median(lambda: store.read(sha256, BYTES, (), label="weights"), rounds)
    print(
        f"100 MB from the cache, checked: {BYTES / cached / 1e6:,.0f} MB/s, "
        f"{bare / cached:.2f} x sha256's own speed"
    )


def finding(rounds: int) -> None:
    """A release at an address that was used before."""
    (location, *_) = registry.list_releases()
    model = (location.folder / MODEL_FILE).read_bytes()
    address, sha256 = "https://example.org/x", hashlib.sha256(model).hexdigest()
    release = registry.read_location(location)
    remote._keep(sha256, model, b"", address)
    remote._write_pin({"address": address, "sha256": sha256, "base": address})
    for file in release.files:
        path = store.file_path(store.folder(), file.sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(release.read(file))

    def read() -> bytes:
        found = registry.find(address)
        return found.read(found.weights)

    content = read()
    whole = median(read, rounds)
    hashing = median(lambda: hashlib.sha256(content).digest(), rounds)
    print(
        f"find and read {location.name} in a warm cache: {whole * 1e3:.2f} ms, "
        f"of which one hash pass {hashing * 1e3:.2f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SEQZOO_CACHE"] = f"{folder}/cache"
        with contextlib.redirect_stdout(io.StringIO()):
            seqzoo(["list"])  # compiles what was not
        listing(Path(folder) / "site", arguments.rounds)
        reading(arguments.rounds)
        finding(arguments.rounds)


if __name__ == "__main__":
    main()
