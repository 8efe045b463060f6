"""One device, two devices of one process and two processes find the same weights."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import filelock
import keras
import numpy as np
import pytest

import zoo.training
from zoo.errors import InputError

TOP = Path(__file__).resolve().parents[4]
HERE = "tests.zoo.training.distribution"
SECONDS = 240
TENSORFLOW = keras.backend.backend() == "tensorflow"


def by_processes(test: Any) -> Any:
    """A test of what the processes found."""
    on_tensorflow = pytest.mark.skipif(not TENSORFLOW, reason="tf.distribute")
    return pytest.mark.slow(on_tensorflow(test))


def start(module: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", f"{HERE}.{module}"],
        cwd=TOP,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def finished(processes: list[subprocess.Popen[str]]) -> list[list[Any]]:
    """The JSON lines of each; none of them is left behind."""
    try:
        both = [process.communicate(timeout=SECONDS) for process in processes]
    finally:
        for process in processes:
            process.kill()  # SIGKILL: TensorFlow may hold SIGTERM back
    lines = [
        [json.loads(line) for line in out.splitlines() if line[:1] in "[{"]
        for out, _ in both
    ]
    assert all(lines), [error[-2000:] for _, error in both]
    return lines


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the processes found; they run once, whichever of xdist's workers asks."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return found_by_processes()
    path = tmp_path_factory.getbasetemp().parent / "distribute.json"
    with filelock.FileLock(path.with_suffix(".lock")):
        if not path.exists():
            path.write_text(json.dumps(found_by_processes()))
        found: dict[str, Any] = json.loads(path.read_text())
    return found


def found_by_processes() -> dict[str, Any]:
    addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]
    configs = [
        {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        for index in range(2)
    ]
    workers = [start("worker", TF_CONFIG=json.dumps(config)) for config in configs]
    last, other, (mirrored,) = finished([*workers, start("mirrored")])
    return {
        "workers": [last[0], other[0]],
        "after_death": last[1:],
        "codes": [process.returncode for process in workers],
        **mirrored,
    }


def largest(a: dict[str, Any], b: dict[str, Any]) -> float:
    assert len(a) == len(b) > 0
    pairs = zip(a.values(), b.values(), strict=True)
    return max(float(np.abs(np.subtract(x, y)).max()) for x, y in pairs)


@by_processes
def test_fifty_steps_give_the_same_weights(runs: dict[str, Any]) -> None:
    one = runs["single"]
    assert one["iterations"] == 50 and runs["replicas"] == 2
    for other in (runs["mirrored"], *runs["workers"]):
        assert other["iterations"] == 50
        assert largest(one["weights"], other["weights"]) < 1e-5


@by_processes
def test_evaluate_and_predict_are_complete_and_in_order(runs: dict[str, Any]) -> None:
    one = runs["single"]
    assert len(one["predict"]) == 53
    assert set(one["evaluate"]) > {"auroc", "auprc", "mcc", "pearson", "spearman"}
    for other in (runs["mirrored"], *runs["workers"]):
        assert np.allclose(one["predict"], other["predict"], atol=2e-5)
        for name, value in one["evaluate"].items():
            assert np.isfinite(value)
            assert np.isclose(other["evaluate"][name], value, atol=2e-5), name


@by_processes
def test_local_statistics_are_those_of_each_replica(runs: dict[str, Any]) -> None:
    mirrored = runs["mirrored"]["local"]
    for worker in runs["workers"]:
        assert largest(mirrored, worker["local"]) < 1e-5
    assert largest(mirrored, runs["single"]["local"]) > 1e-4


@by_processes
def test_losses_are_exact_however_rows_are_divided(runs: dict[str, Any]) -> None:
    assert runs["losses"] < 2e-6


@by_processes
def test_what_cannot_be_distributed_is_refused(runs: dict[str, Any]) -> None:
    said = runs["refusals"]
    assert "fewer rows than there are replicas" in said["rows"]
    assert "gradient_accumulation_steps=None" in said["accumulation"]
    assert "made outside" in said["outside"]


@by_processes
def test_workers_know_who_they_are(runs: dict[str, Any]) -> None:
    assert [worker["who"] for worker in runs["workers"]] == [
        ["multi_worker", 0, 2, True],
        ["multi_worker", 1, 2, False],
    ]


@by_processes
def test_keras_still_needs_the_remedy(runs: dict[str, Any]) -> None:
    from zoo.training.distribution.keras_multi_worker import defects

    # Once this fails, Keras has mended issue 20585: remove the fix, zoo/training/
    # distribution/keras_multi_worker.py, if the oldest Keras in pyproject.toml has it.
    for worker in runs["workers"]:
        assert "PerReplica" in worker["bare"], "remove the fix"
    assert defects() == {"build", "reduce"}


@by_processes
def test_a_killed_worker_ends_the_others(runs: dict[str, Any]) -> None:
    ((name, seconds),) = runs["after_death"]
    assert name in ("UnavailableError", "AbortedError", "InternalError")
    assert seconds < 90
    assert runs["codes"] == [0, -9]


def test_one_device_is_plain_keras() -> None:
    where = zoo.training.strategy("single")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    step = model.train_step
    with where.scope():
        where.compile(model, optimizer="sgd", loss="mse")
    assert model.train_step == step and model.loss == "mse"
    assert where.is_chief and where.dataset([1]) == [1]


def test_unknown_names_and_backends_are_refused() -> None:
    with pytest.raises(InputError, match="Received: kind='many'"):
        zoo.training.strategy("many")  # type: ignore[arg-type]
    if keras.backend.backend() == "torch":
        assert zoo.training.strategy("auto").kind == "single"
        with pytest.raises(InputError, match="on PyTorch"):
            zoo.training.strategy("mirrored")
    if keras.backend.backend() == "jax":
        with pytest.raises(InputError, match="on JAX"):
            zoo.training.strategy("multi_worker")
    if TENSORFLOW:
        with pytest.raises(InputError, match="Received: neither"):
            zoo.training.strategy("multi_worker")


JAX = """
import json, keras, numpy as np
from zoo.training import strategy
random = np.random.default_rng(0)
x = random.normal(size=(24, 9, 4)).astype("float32")
y = x[:, :2, 0]
found = []
for where in (strategy("single"), strategy("auto")):
    keras.utils.set_random_seed(0)
    with where.scope():
        model = keras.Sequential([
            keras.Input((9, 4)), keras.layers.Conv1D(5, 3),
            keras.layers.BatchNormalization(), keras.layers.GlobalMaxPooling1D(),
            keras.layers.Dense(2),
        ])
        where.compile(model, optimizer=keras.optimizers.SGD(0.1), loss="mse")
        model.fit(x, y, batch_size=8, epochs=17, shuffle=False, verbose=0)
        values = [keras.ops.convert_to_numpy(v).ravel() for v in model.weights]
        found.append(np.concatenate(values))
print(json.dumps([where.kind, where.replicas, float(abs(found[0] - found[1]).max())]))
"""


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="DataParallel of JAX")
def test_jax_shares_a_batch_among_devices() -> None:
    done = subprocess.run(
        [sys.executable, "-c", JAX],
        cwd=TOP,
        env=os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    kind, replicas, difference = json.loads(done.stdout.splitlines()[-1])
    assert (kind, replicas) == ("mirrored", 2)
    assert difference < 1e-5
