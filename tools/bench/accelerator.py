"""Training speed of `rc_dilated` on an accelerator: Keras on JAX against PyTorch.

    python -m tools.bench.accelerator

needs one Python with keras, JAX and PyTorch (no TensorFlow) and an NVIDIA GPU that both
see; where there is none it says so and ends well. With --cpu and small sizes it can be
tried anywhere:

    python -m tools.bench.accelerator --cpu --batch-size 4 --sequence-length 64 \
        --steps 2 --rounds 2 --matrix-size 128 --modes default

The network is the released one, in bfloat16 with float32 weights (Keras's
mixed_bfloat16, PyTorch's autocast), trained by Adam on binary cross-entropy. It reads
codes, one byte a base, and makes one-hot on the device. One run measures, each in a
process of its own, as the memory pools of two frameworks do not share a card:

- limit: what a bfloat16 matrix product reaches, of JAX or of PyTorch, the best round;
- JAX fit: `zoo.training.fit`, shuffled batches of codes fed from the host. No callback
  looks at a step, as Keras on JAX would then wait for each loss; so the steps are
  queued while the device computes. `steps_per_execution` stays 1: on JAX it is a
  loop in Python around the same compiled step;
- JAX loop: Keras's own compiled `train_step` on batches that lie on the device, so
  that its distance from fit is what feeding and bookkeeping cost. Not `train_on_batch`,
  which waits for the loss of each step;
- PyTorch: the same network (`rc_dilated_torch`) under `torch.compile`, fused Adam,
  batches on the device; in each mode that is asked for and in two layouts. Before,
  its float32 logits are compared with Keras's, with the same weights.

Rates are of the median round. The arithmetic of a step is that of
`zoo.inspection.multiply_adds`, times two and three, less the first layer's gradient to
its input. Results go to tools/bench/results/, or to --output; those of a processor to
--output alone.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.bench.accelerator_data import LAYOUTS, Sizes, released_config
from tools.bench.accelerator_record import lines, report, write

TOP = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).resolve().parent / "results"
MODES = ("default", "max-autotune")


class Failed(Exception):
    """A measure that came to no number, and why."""


def measured(
    python: str, measure: str, sizes: Sizes | None, limit: float, **arguments: str
) -> dict[str, Any]:
    """Runs one measure, "jax.fit" or the like, in a process of its own.

    Args:
        python: The Python that has its framework.
        measure: Of `accelerator_jax` or `accelerator_torch`.
        sizes: What the measure is given; None for nothing.
        limit: Seconds that it may take.
        **arguments: Given to the measure as well.

    Raises:
        Failed: It did not end well.
    """
    given = json.dumps([sizes and dataclasses.asdict(sizes), arguments])
    command = [python, "-m", "tools.bench.accelerator", "--worker", measure, given]
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


def devices(pythons: dict[str, str], limit: float) -> tuple[dict[str, Any], list[str]]:
    """What each framework computes on, and why one cannot compute on a GPU."""
    found, missing = {}, []
    for framework, python in pythons.items():
        try:
            found[framework] = measured(python, f"{framework}.device", None, limit)
        except (Failed, OSError) as error:
            missing.append(f"{framework}: {str(error).splitlines()[-1]}")
            continue
        if not found[framework]["accelerator"]:
            missing.append(f"{framework} sees none")
    return found, missing


def measure_all(
    pythons: dict[str, str],
    sizes: Sizes,
    modes: list[str],
    limit: float,
    keep: Callable[[dict[str, Any]], object],
) -> dict[str, Any]:
    """Runs all measures one after the other, and tells of each when it has ended.

    A measure that fails leaves its reason, not a number, and does not end the others.

    Args:
        pythons: By framework.
        sizes: What each measure is given.
        modes: Of `torch.compile`.
        limit: Seconds a measure.
        keep: Called with what there is after each, which outlives an end by force.

    Returns:
        What `accelerator_record.report` takes.

    Raises:
        Failed: The two networks are not the same, or that could not be seen.
    """
    cost = measured(pythons["jax"], "jax.network", sizes, limit)
    same = measured(pythons["torch"], "torch.same", sizes, limit)
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
        python = pythons[measure.partition(".")[0]]
        try:
            raw[name] = measured(python, measure, sizes, limit, **arguments)
        except Failed as error:
            raw[name] = {"error": str(error)}
        print(f"{name}: {'failed' if 'error' in raw[name] else 'done'}", flush=True)
        keep(cost | same | {"raw": raw})
    return cost | same | {"raw": raw}


def main(arguments: list[str] | None = None) -> int:
    """Returns 1 if a measure failed; no accelerator is no failure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batch-size", type=int, default=1_024)
    parser.add_argument("--sequence-length", type=int, default=1_000, metavar="BP")
    parser.add_argument("--steps", type=int, default=50, help="steps a round")
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
    parser.add_argument("--output", type=Path, metavar="FOLDER")
    parser.add_argument("--limit", type=float, default=240, help="seconds a measure")
    parser.add_argument("--python-jax", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--python-torch", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.worker:
        work(*given.worker)
        return 0

    pythons = {"jax": given.python_jax, "torch": given.python_torch}
    found, missing = devices(pythons, given.limit)
    if not given.cpu and missing:
        print(
            f"No accelerator found ({'; '.join(missing)}): nothing was measured. It "
            "needs an NVIDIA GPU and keras, JAX and PyTorch that see it; --cpu tries "
            "the bench on the processor."
        )
        return 0
    names = [field.name for field in dataclasses.fields(Sizes)]
    chosen = {name: value for name, value in vars(given).items() if name in names}
    about = {
        "device": "cpu" if given.cpu else found["jax"]["device"],
        "date": datetime.now(UTC).date().isoformat(),
        "command": _command(chosen, given.modes),
        "versions": {"python": sys.version.split()[0]},
        "sizes": chosen,
        "config": released_config(),
    }
    for each in found.values():
        about["versions"] |= each["versions"]
    output = given.output or (None if given.cpu else RESULTS)

    def keep(results: dict[str, Any]) -> None:
        if output is not None:
            write(report(about, results), output)

    with tempfile.TemporaryDirectory() as folder:
        sizes = Sizes(**chosen, network=str(Path(folder) / "network.npz"))
        try:
            results = measure_all(pythons, sizes, given.modes, given.limit, keep)
        except Failed as error:
            print(f"Nothing was measured: {error}")
            return 1
    record = report(about, results)
    print("\n".join(lines(record)))
    if output is not None:
        print(f"written to {output}")
    return 1 if record["failed"] else 0


def _command(chosen: dict[str, Any], modes: list[str]) -> str:
    """What repeats the measures, without the paths of a machine."""
    options = [
        f"--{name.replace('_', '-')} {value}"
        for name, value in chosen.items()
        if name != "cpu"
    ]
    flag = ["--cpu"] if chosen["cpu"] else []
    words = ["python -m tools.bench.accelerator", *flag, *options, "--modes", *modes]
    return " ".join(words)


if __name__ == "__main__":
    raise SystemExit(main())
