"""Feeds damaged files to what reads a stranger's files.

    python -m tools.fuzz model.json --cases 100000
    python -m tools.fuzz weights.h5 --cases 100000
    python -m tools.fuzz foreign --cases 10000

Each case is a valid file with random damage, made from its number alone: case 1234 can
be made again with --first 1234 --cases 1. A case passes if the file is read, or refused
with a SeqzooError. Cases run in another process, so that a crash of a C library and
a hang are found as well, and counted with the number of their case. The exit status
is 1 if there was any.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from registry import read_release
from registry.errors import SeqzooError
from registry.release import MODEL_FILE

SAMPLE = Path(__file__).resolve().parents[1] / "tests/fixtures/schema_5/small_v1"
FOREIGN = SAMPLE.parents[1] / "foreign"
FOREIGN_SUFFIXES = (".h5", ".keras", ".safetensors")
START_SECONDS = 300.0
HANG_SECONDS = 30.0
EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**63, 2**64 - 1)
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, 10**400, 1e308, -0.5, "", "..", "/etc/passwd", "a/b",
    "os:system", "\x00", "\ud800", "x" * 10_000, [], {}, [[]], [{}], {"": {}},
)  # fmt: skip


def main() -> int:
    """Runs the cases; prints what came of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", choices=sorted(TARGETS))
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0)
    arguments = parser.parse_args()
    outcomes, failures = fuzz(arguments.file, arguments.first, arguments.cases)
    for outcome, count in outcomes.most_common():
        print(f"{count:8,} {outcome}")
    for case, what in failures:
        print(f"case {case}: {what}")
    print(f"{arguments.file}: {sum(outcomes.values()):,} cases, {len(failures)} failed")
    return 1 if failures else 0


def fuzz(
    file: str, first: int, cases: int
) -> tuple[Counter[str], list[tuple[int, str]]]:
    """Runs cases; returns how many had which outcome, and which failed."""
    outcomes: Counter[str] = Counter()
    failures: list[tuple[int, str]] = []
    case, end = first, first + cases
    # A new interpreter: threads of a library do not survive a fork.
    context = multiprocessing.get_context("spawn")
    while case < end:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=work, args=(file, case, end, theirs))
        process.start()
        theirs.close()
        try:
            # Its imports are no case, and a busy machine takes long over them.
            if not ours.poll(START_SECONDS):
                raise TimeoutError
            ours.recv()
            while case < end:
                if not ours.poll(HANG_SECONDS):
                    raise TimeoutError
                outcome, failure = ours.recv()
                outcomes[outcome] += 1
                if failure:
                    failures.append((case, failure))
                case += 1
        except (EOFError, TimeoutError) as error:
            hung = isinstance(error, TimeoutError)
            process.kill()
            process.join()
            what = "hang" if hung else f"crash, exit code {process.exitcode}"
            outcomes[what] += 1
            failures.append((case, what))
            case += 1
        process.join()
    return outcomes, failures


def work(file: str, first: int, end: int, results: Connection) -> None:
    """Runs cases and sends (outcome, description of a failure or None) of each."""
    with tempfile.TemporaryDirectory() as folder:
        run = TARGETS[file](Path(folder))
        results.send("ready")
        for case in range(first, end):
            began = time.monotonic()
            try:
                run(random.Random(case))
                outcome, failure = "read", None
            except SeqzooError as error:
                outcome, failure = type(error).__name__, None
            except Exception as error:
                outcome = f"unexpected {type(error).__name__}"
                failure = traceback.format_exc(limit=-3)
            if time.monotonic() - began > HANG_SECONDS:
                failure = "too slow"
            results.send((outcome, failure))


Case = Callable[[random.Random], None]


def model_json(folder: Path) -> Case:
    """Damaged model.json, half of them on the level of values, half of bytes."""
    text = (SAMPLE / MODEL_FILE).read_text()

    def run(generator: random.Random) -> None:
        if generator.random() < 0.5:
            content = json.loads(text)
            for _ in range(generator.randint(1, 3)):
                spoil_value(content, generator)
            damaged = json.dumps(content).encode()
        else:
            damaged = spoil_bytes(text.encode(), generator)
        (folder / MODEL_FILE).write_bytes(damaged)
        release = read_release(folder)
        # What was read may not lead out of the folder.
        for file in release.files:
            if (folder / file.file).resolve().parent != folder.resolve():
                raise AssertionError(f"{file.file!r} is outside the folder")
            try:
                release.read(file)
            except SeqzooError:
                continue

    return run


def spoil_value(content: Any, generator: random.Random) -> None:
    """Replaces, removes, doubles or adds one value somewhere in a JSON object."""
    place = content
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return
        key = generator.choice(keys)
        inner = place[key]
        if not isinstance(inner, (dict, list)) or generator.random() < 0.3:
            break
        place = inner
    action = generator.randrange(4)
    if action == 0:
        place[key] = generator.choice(VALUES)
    elif action == 1:
        del place[key]
    elif action == 2 and isinstance(place, dict):
        place[generator.choice(["x", "folder", "sha256", str(key)])] = inner
    else:
        place[key] = [inner]


def weights(folder: Path) -> Case:
    """Damaged HDF5, read into variables of the right names and shapes."""
    import h5py

    from zoo.models.weights import load_weights

    content = (SAMPLE / "weights.h5").read_bytes()
    shapes: dict[str, tuple[int, ...]] = {}
    with h5py.File(SAMPLE / "weights.h5") as file:
        file.visititems(
            lambda name, item: (
                shapes.update({name: item.shape})
                if isinstance(item, h5py.Dataset)
                else None
            )
        )
    model: Any = StandIn(shapes)

    def run(generator: random.Random) -> None:
        load_weights(model, spoil_bytes(content, generator))

    return run


def foreign(folder: Path) -> Case:
    """Damaged files of other programs, read and computed as their recipes do."""
    import numpy as np

    from registry import recipe
    from zoo.foreign import open_network

    sources = [p for p in sorted(FOREIGN.iterdir()) if p.suffix in FOREIGN_SUFFIXES]

    def run(generator: random.Random) -> None:
        source = generator.choice(sources)
        name = source.name.partition(".")[0].partition("-")[0]
        target = folder / source.name
        target.write_bytes(spoil_bytes(source.read_bytes(), generator))
        beside = source.with_suffix(".json")
        if beside.exists():
            text = spoil_bytes(beside.read_bytes(), generator)
            target.with_suffix(".json").write_bytes(text)
        network = open_network(target)
        try:
            conversion = recipe(name)(network)
            length = conversion.config["sequence_length"] or conversion.length
            widths = {
                "sequence": 4,
                "control": conversion.config.get("num_control_tracks", 0),
            }
            if (
                length > 10_000 or widths["control"] > 10
            ):  # for other weights than these
                return
            conversion.predict(
                {n: np.ones((1, length, c)) for n, c in widths.items() if c}
            )
        except Exception as error:  # as zoo.convert refuses
            raise SeqzooError(str(error)) from None

    return run


class StandIn:
    """Has of a model what reading weights needs; spares the import of a backend."""

    def __init__(self, shapes: dict[str, tuple[int, ...]]) -> None:
        self.layers = [Layer(name, shape) for name, shape in shapes.items()]


class Layer:
    """One layer with one variable."""

    def __init__(self, address: str, shape: tuple[int, ...]) -> None:
        self.name = self.path = address.partition("/")[0]
        self.weights = [Variable(address, shape)]


class Variable:
    """Takes values of its shape and forgets them."""

    def __init__(self, path: str, shape: tuple[int, ...]) -> None:
        self.path, self.shape = path, shape

    def assign(self, value: Any) -> None:
        if value.shape != self.shape:
            raise AssertionError(f"{self.path}: {value.shape} instead of {self.shape}")


def spoil_bytes(content: bytes, generator: random.Random) -> bytes:
    """Flips, overwrites, cuts, inserts or moves some bytes."""
    data = bytearray(content)
    for _ in range(generator.choice((1, 1, 2, 4, 16))):
        # Most of what a file says of itself is at its beginning.
        limit = len(data) if generator.random() < 0.5 else min(len(data), 4096)
        if limit < 16:
            break
        at = generator.randrange(limit)
        action = generator.randrange(7)
        if action == 0:
            data[at] ^= 1 << generator.randrange(8)
        elif action == 1:
            data[at] = generator.randrange(256)
        elif action == 2:
            size = generator.choice((1, 2, 4, 8))
            value = generator.choice(EXTREMES) % 256**size
            data[at : at + size] = value.to_bytes(size, "little")
        elif action == 3:
            del data[at : at + generator.randint(1, 64)]
        elif action == 4:
            data[at:at] = generator.randbytes(generator.randint(1, 16))
        elif action == 5:
            source = generator.randrange(len(data))
            size = generator.choice((8, 16, 64))
            data[at : at + size] = data[source : source + size]
        else:
            del data[generator.randrange(len(data)) :]
    return bytes(data)


TARGETS: dict[str, Callable[[Path], Case]] = {
    "model.json": model_json,
    "weights.h5": weights,
    "foreign": foreign,
}

if __name__ == "__main__":
    raise SystemExit(main())
