"""What the benches share: calls timed in turn, a table, the reference network."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple


class Seconds(NamedTuple):
    """How long a call took.

    Attributes:
        wall: By the clock.
        cpu: The work of all threads of this process, which other jobs on the machine
            change less.
    """

    wall: float
    cpu: float


def timed(call: Callable[[], object]) -> Seconds:
    """Times one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return Seconds(time.perf_counter() - wall, time.process_time() - cpu)


def medians(
    work: Mapping[str, Callable[[], object]], repeats: int
) -> dict[str, Seconds]:
    """Times the calls in turn, after one round that compiles and warms up."""
    times: dict[str, list[Seconds]] = {name: [] for name in work}
    for number in range(repeats + 1):
        for name, call in work.items():
            seconds = timed(call)
            if number:
                times[name].append(seconds)
    return {
        name: Seconds(*(statistics.median(each) for each in zip(*taken, strict=True)))
        for name, taken in times.items()
    }


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints aligned columns, the first to the left and the others to the right."""
    table = [list(header), *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for first, *others in table:
        cells = [each.rjust(n) for each, n in zip(others, widths[1:], strict=True)]
        print("  ".join([first.ljust(widths[0]), *cells]), flush=True)
    print()


def _cell(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"


def network(sequence_length: int | None = None, *, normalized: bool = False) -> Any:
    """The reference network: about 90 MFLOP per sequence of 1 kb.

    Args:
        sequence_length: In bp; None for any.
        normalized: With a synchronized batch normalization behind the stem.
    """
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    inputs = keras.Input((sequence_length, 4))
    x = layers.Conv1D(64, 15, padding="same", name="stem")(inputs)
    if normalized:
        x = layers.BatchNormalization(synchronized=True, name="norm")(x)
    x = layers.MaxPooling1D(4)(layers.Activation("relu")(x))
    for number, rate in enumerate((1, 2, 4, 8), start=1):
        y = layers.Conv1D(
            64,
            3,
            padding="same",
            dilation_rate=rate,
            activation="relu",
            name=f"tower_{number}",
        )(x)
        x = layers.Add()([x, y])
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(1, name="head")(x))
