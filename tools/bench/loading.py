"""Start-up: `seqzoo list`, and `zoo.load` past the import of Keras.

    python -m tools.bench.loading

Whole processes, interleaved; medians. The peers are an interpreter that does
nothing, and Keras's own load of the same weights into the same model.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


def seconds(call: Callable[[], object], rounds: int) -> float:
    """Median seconds of a call."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def process(*arguments: str) -> Callable[[], object]:
    """A call that runs this interpreter."""
    command = [sys.executable, *arguments]
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    nothing = seconds(process("-c", "pass"), 15)
    listing = seconds(process("-m", "zoo.cli", "list"), 15)
    print(f"seqzoo list: {listing:.3f} s, {listing / nothing:.1f} x an empty process")

    import registry
    import zoo
    from zoo.models.loading import load

    for name in zoo.list_models():
        first = seconds(lambda name=name: load(name), 1)  # type: ignore[misc]
        ours = seconds(lambda name=name: load(name), 5)  # type: ignore[misc]
        model = load(name)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.weights.h5"
            model.save_weights(path)
            release = registry.find(name)

            def keras_load() -> None:
                built = zoo.create(release.architecture, **release.config)  # noqa: B023
                built.load_weights(path)  # noqa: B023

            peer = seconds(keras_load, 5)
        print(
            f"zoo.load({name!r}): first {first:.3f} s, then {ours:.3f} s, "
            f"{ours / peer:.2f} x building it and Keras's load_weights"
        )


if __name__ == "__main__":
    main()
