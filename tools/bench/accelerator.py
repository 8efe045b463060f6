"""Training speed of `rc_dilated` on an accelerator: Keras on JAX against PyTorch.

    python -m tools.bench.accelerator

needs one Python with keras, JAX and PyTorch (no TensorFlow) and an NVIDIA GPU that both
see; where there is none it says so and ends well. With --cpu and small sizes it can be
tried anywhere:

    python -m tools.bench.accelerator --cpu --batch-size 4 --sequence-length 64 \
        --steps 2 --rounds 2 --matrix-size 128 --modes default

The network is the released one, in bfloat16 with float32 weights (Keras's
mixed_bfloat16, PyTorch's autocast), trained by Adam on binary cross-entropy. It reads
codes, one byte per base, and makes one-hot on the device. One run measures, each in a
process of its own, as the memory pools of two frameworks do not share a card:

- limit: what a bfloat16 matrix product reaches, of JAX or of PyTorch, the best round;
- JAX fit: `zoo.training.fit`, shuffled batches of codes fed from the host. No callback
  looks at a step, as Keras on JAX would then wait for each loss; so the steps are
  queued while the device computes. `steps_per_execution` stays 1: on JAX it is a
  loop in Python around the same compiled step;
- JAX loop: Keras's own compiled `train_step` on batches that lie on the device, so
  that its distance from fit is what feeding and bookkeeping cost. Not `train_on_batch`,
  which waits for the loss of each step;
- PyTorch: the same network under `torch.compile`, fused Adam, batches on the device; in
  each mode that is asked for and in two layouts. Before, its float32 logits are
  compared with Keras's, with the same weights.

Rates are of the median round. The arithmetic of a step is that of
`zoo.inspection.multiply_adds`, times two and three, less the first layer's gradient to
its input. --output keeps all of it as JSON, anew after each measure.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

TOP = Path(__file__).resolve().parents[2]
MODES = ("default", "max-autotune")
PEER = "PyTorch, "
RELEASE = "rc_dilated_v1"
LAYOUTS = ("NCL", "channels_last")  # of the network in PyTorch
RESIDENT = 8  # batches that a measure with batches on the device takes in turn
WARM_ROUNDS = 2  # compilation and autotuning; captured graphs need a few steps more
LEARNING_RATE, EPSILON = 1e-3, 1e-7  # of Adam, Keras's defaults
FIRST_LAYER = "stem_conv"


@dataclass(frozen=True)
class Sizes:
    """What is measured, and where.

    Attributes:
        batch_size: Sequences per step.
        sequence_length: In bp.
        steps: Steps per round.
        rounds: Rounds that count.
        matrix_size: Rows of the square matrices of the limit.
        cpu: Whether to compute on the processor, to try the bench.
        network: The file with the initial weights, of `accelerator_jax.network`.
    """

    batch_size: int
    sequence_length: int
    steps: int
    rounds: int
    matrix_size: int
    cpu: bool
    network: str


def released_config() -> dict[str, Any]:
    """The arguments of the released network's builder."""
    import registry

    return dict(registry.find(RELEASE).config)


def data(
    sizes: Sizes, batches: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Random codes (rows, sequence_length) and labels (rows, num_outputs)."""
    generator = np.random.default_rng(0)
    rows, outputs = batches * sizes.batch_size, released_config()["num_outputs"]
    codes = generator.integers(0, 4, (rows, sizes.sequence_length), dtype=np.uint8)
    labels = generator.integers(0, 2, (rows, outputs))
    return codes, labels.astype(np.float32)


def seconds_per_round(one_round: Callable[[], object], rounds: int) -> list[float]:
    """Wall-clock time of each round, after some that warm up.

    Args:
        one_round: Returns when the device has finished.
        rounds: How many count.
    """
    seconds = []
    for number in range(WARM_ROUNDS + rounds):
        start = time.perf_counter()
        one_round()
        if number >= WARM_ROUNDS:
            seconds.append(time.perf_counter() - start)
    return seconds


def matrix_rate(
    product: Callable[[], Any], wait: Callable[[Any], object], sizes: Sizes
) -> float:
    """FLOP/s of a square matrix product; the best of the rounds.

    Args:
        product: Starts one, and may return before it has finished.
        wait: Returns when the last one has.
        sizes: Those of the bench.
    """

    def one_round() -> None:
        for _ in range(sizes.steps - 1):
            product()
        wait(product())

    best = min(seconds_per_round(one_round, sizes.rounds))
    return 2 * sizes.matrix_size**3 * sizes.steps / best


def step_flop(multiply_adds: Mapping[str, int]) -> int:
    """Operations of a training step for one sequence.

    Two for a multiply-add, and three times the forward pass: itself and the gradients
    to the weights and to the input, of which the first layer has none.

    Args:
        multiply_adds: Of the forward pass, by layer.
    """
    return 2 * (3 * sum(multiply_adds.values()) - multiply_adds[FIRST_LAYER])


class Failed(Exception):
    """A measure that came to no number, and why."""


def measured(
    measure: str, sizes: Sizes | None, limit: float, **arguments: str
) -> dict[str, Any]:
    """Runs one measure, "jax.fit" or the like, in a process of its own.

    Args:
        measure: Of `accelerator_jax` or `accelerator_torch`.
        sizes: What the measure is given; None for nothing.
        limit: Seconds that it may take.
        **arguments: Given to the measure as well.

    Raises:
        Failed: It did not end well.
    """
    given = json.dumps([sizes and dataclasses.asdict(sizes), arguments])
    command = [
        sys.executable,
        "-m",
        "tools.bench.accelerator",
        "--worker",
        measure,
        given,
    ]
    environment = os.environ | {"KERAS_BACKEND": measure.partition(".")[0]}
    if (sizes and sizes.cpu) or measure in ("jax.network", "torch.same"):
        environment |= {"JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=environment,
            cwd=TOP,
            timeout=limit,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"took more than {limit:.0f} s") from None
    if done.returncode:
        raise Failed("\n".join(done.stderr.strip().splitlines()[-15:]) or "no reason")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def work(measure: str, given: str) -> None:
    """What one process does: prints what its measure found as its last line."""
    framework, _, name = measure.partition(".")
    module = importlib.import_module(f"tools.bench.accelerator_{framework}")
    sizes, arguments = json.loads(given)
    positional = [] if sizes is None else [Sizes(**sizes)]
    print(json.dumps(getattr(module, name)(*positional, **arguments)))


def devices(limit: float) -> tuple[dict[str, Any], list[str]]:
    """What each framework computes on, and why one cannot compute on a GPU."""
    found, missing = {}, []
    for framework in ("jax", "torch"):
        try:
            found[framework] = measured(f"{framework}.device", None, limit)
        except Failed as error:
            missing.append(f"{framework}: {str(error).splitlines()[-1]}")
            continue
        if not found[framework]["accelerator"]:
            missing.append(f"{framework} sees none")
    return found, missing


def measure_all(
    sizes: Sizes,
    modes: list[str],
    limit: float,
    keep: Callable[[dict[str, Any]], object],
) -> dict[str, Any]:
    """Runs all measures one after the other, and tells of each when it has ended.

    A measure that fails leaves its reason, not a number, and does not end the others.

    Args:
        sizes: What each measure is given.
        modes: Of `torch.compile`.
        limit: Seconds per measure.
        keep: Called with what there is after each, which outlives an end by force.

    Returns:
        What `table` takes.

    Raises:
        Failed: The two networks are not the same, or that could not be seen.
    """
    cost = measured("jax.network", sizes, limit)
    same = measured("torch.same", sizes, limit)
    print(f"logits of both networks differ by {same['max_difference']:.1e} at most")
    wanted: list[tuple[str, str, dict[str, str]]] = [
        ("JAX matrix product", "jax.matrix", {}),
        ("PyTorch matrix product", "torch.matrix", {}),
        ("JAX fit", "jax.fit", {}),
        ("JAX loop", "jax.loop", {}),
    ]
    for mode in modes:
        for layout in LAYOUTS:
            name = f"PyTorch, {mode}, {layout}"
            wanted.append((name, "torch.training", {"mode": mode, "layout": layout}))
    raw: dict[str, Any] = {}
    for name, measure, arguments in wanted:
        try:
            raw[name] = measured(measure, sizes, limit, **arguments)
        except Failed as error:
            raw[name] = {"error": str(error)}
        print(f"{name}: {'failed' if 'error' in raw[name] else 'done'}", flush=True)
        keep(cost | same | {"raw": raw})
    return cost | same | {"raw": raw}


def table(results: Mapping[str, Any], sizes: Mapping[str, Any]) -> list[str]:
    """Rates, shares of the limit and ratios, as a table for a Markdown page.

    Args:
        results: "step_flop", and "raw", by measure its "flop_per_second", or the
            "seconds" of its rounds and the mean "loss" of the last, or the "error".
        sizes: Those of `Sizes`.

    Returns:
        Lines; measures that failed, also by a loss that is not finite, are below.
    """
    raw, flop = results["raw"], results["step_flop"]
    limits = {n: m["flop_per_second"] for n, m in raw.items() if "flop_per_second" in m}
    limit = max(limits.values(), default=math.nan)
    failed = {n: m["error"].splitlines()[-1] for n, m in raw.items() if "error" in m}
    rates = {}
    for name, measure in raw.items():
        if "seconds" in measure and math.isfinite(measure["loss"]):
            sequences = sizes["steps"] * sizes["batch_size"]
            rates[name] = sequences / statistics.median(measure["seconds"])
        elif "seconds" in measure:
            failed[name] = f"its loss is {measure['loss']}"
    peers = [rate for name, rate in rates.items() if name.startswith(PEER)]
    peer = max(peers, default=math.nan)
    lines = [
        f"{flop / 1e6:.1f} MFLOP per sequence and step",
        *(f"{name}: {rate / 1e12:.4g} TFLOP/s" for name, rate in limits.items()),
        "",
        "| measure | sequences/s | step, ms | TFLOP/s | of the matrix rate | "
        "x fastest torch.compile | loss |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, rate in rates.items():
        cells = (
            f"{rate:,.0f}",
            f"{1e3 * sizes['batch_size'] / rate:.2f}",
            f"{rate * flop / 1e12:.3g}",
            f"{rate * flop / limit:.1%}",
            f"{rate / peer:.2f}",
            f"{raw[name]['loss']:.3f}",
        )
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return [*lines, "", *(f"{n} failed: {reason}" for n, reason in failed.items())]


def main(arguments: list[str] | None = None) -> int:
    """Returns 1 if a measure failed; no accelerator is no failure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batch-size", type=int, default=1_024)
    parser.add_argument("--sequence-length", type=int, default=1_000, metavar="BP")
    parser.add_argument("--steps", type=int, default=50, help="steps per round")
    parser.add_argument("--rounds", type=int, default=7, help="rounds that count")
    parser.add_argument("--matrix-size", type=int, default=8_192, help="of the limit")
    parser.add_argument(
        "--modes",
        nargs="+",
        default=list(MODES),
        metavar="MODE",
        help="of torch.compile",
    )
    parser.add_argument("--cpu", action="store_true", help="compute on the processor")
    parser.add_argument("--output", type=Path, metavar="FILE", help="JSON")
    parser.add_argument("--limit", type=float, default=240, help="seconds per measure")
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.worker:
        work(*given.worker)
        return 0

    found, missing = devices(given.limit)
    if not given.cpu and missing:
        print(
            f"No accelerator found ({'; '.join(missing)}): nothing was measured. It "
            "needs an NVIDIA GPU and keras, JAX and PyTorch that see it; --cpu tries "
            "the bench on the processor."
        )
        return 0
    names = [field.name for field in dataclasses.fields(Sizes)]
    chosen = {name: value for name, value in vars(given).items() if name in names}
    about = {"devices": found, "sizes": chosen, "config": released_config()}

    def keep(results: dict[str, Any]) -> None:
        if given.output is not None:
            text = json.dumps(about | results, indent=2)
            given.output.write_text(text + "\n")

    with tempfile.TemporaryDirectory() as folder:
        sizes = Sizes(**chosen, network=str(Path(folder) / "network.npz"))
        try:
            results = measure_all(sizes, given.modes, given.limit, keep)
        except Failed as error:
            print(f"Nothing was measured: {error}")
            return 1
    lines = table(results, chosen)
    print("\n".join(lines))
    return int(any(" failed: " in line for line in lines))


if __name__ == "__main__":
    raise SystemExit(main())
