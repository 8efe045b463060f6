"""Keras, its backend, GPUs, XLA and throughput."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from zoo.doctor import child
from zoo.doctor.findings import Finding
from zoo.models.keras_settings import DATA_FORMAT, FLOATX

SECONDS = 180.0
SOUND_KERAS = "3.12.4 of the maintained 3.12, or 3.15.1 or newer"
INSTALL = (
    "Install one: pip install 'seqzoo[cpu]' (TensorFlow), 'seqzoo[gpu]' (TensorFlow "
    "with CUDA), 'seqzoo[jax]' with KERAS_BACKEND=jax, or 'seqzoo[torch]' with "
    "KERAS_BACKEND=torch."
)
GPU_ADVICE = {
    "tensorflow": "Install TensorFlow with CUDA: pip uninstall tensorflow-cpu, then "
    "pip install 'seqzoo[gpu]'.",
    "jax": "Install JAX with CUDA: pip install -U 'jax[cuda12]'.",
    "torch": "Install a CUDA build of PyTorch: its install page gives the command.",
}


def findings(*, probe: bool) -> Iterator[Finding]:
    """Tries Keras in a process of its own.

    Args:
        probe: Measure the throughput.
    """
    facts, ending = _facts(probe)
    nvidia = _nvidia()
    if "version" not in facts.get("keras", {}):
        reason = facts.get("keras", {}).get("error", ending)
        yield Finding("keras", "problem", f"cannot be imported: {reason}", _install())
        if nvidia:
            yield Finding("gpu", "ok", f"{nvidia}; no backend to see it")
        return
    backend = facts["keras"]["backend"]
    yield _keras(facts["keras"])
    yield from _settings(facts["keras"])
    yield _gpu(facts.get("devices", {"error": ending}), nvidia, backend)
    yield _xla(facts.get("xla", {"error": ending}))
    if probe:
        yield _throughput(facts.get("throughput", {"error": ending}))


def _facts(probe: bool) -> tuple[dict[str, Any], str]:
    """What the child printed, and how it ended."""
    command = [sys.executable, "-m", child.__name__]
    command += [] if probe else ["--no-probe"]
    # So that the same seqzoo is found from whatever folder.
    top = str(Path(child.__file__).parents[2])
    path = os.pathsep.join([top, *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            timeout=SECONDS,
            stdin=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        output = done.stdout
        said = done.stderr.decode(errors="replace").strip().splitlines()
        ending = f"the process ended with status {done.returncode}"
        ending += f": {said[-1]}" if said else ""
    except subprocess.TimeoutExpired as error:
        output = error.stdout or b""
        ending = f"it did not end within {SECONDS:.0f} s"
    facts: dict[str, Any] = {}
    for line in output.decode(errors="replace").splitlines():
        if line.startswith(child.MARK):
            facts |= json.loads(line.removeprefix(child.MARK))
    return facts, ending


def _install() -> str:
    """What to install or set, given what is there."""
    wanted = os.environ.get("KERAS_BACKEND", "tensorflow")
    modules = ("tensorflow", "jax", "torch")
    there = [name for name in modules if find_spec(name) is not None]
    if find_spec("keras") is None:
        return "Keras itself is missing: pip install seqzoo. " + INSTALL
    if there and wanted not in there:
        return f"Set KERAS_BACKEND={there[0]}, which is installed. Or: {INSTALL}"
    return f"{INSTALL} If {wanted} is installed, install it again."


def _keras(facts: dict[str, Any]) -> Finding:
    version = facts["version"]
    what = f"{version} on {facts['backend']} {facts['backend_version']}"
    if not is_sound(version):
        advice = (
            f"Install {SOUND_KERAS} (pip install -U keras): others follow links in "
            "weight files and can run code from model files."
        )
        return Finding("keras", "problem", what, advice)
    return Finding("keras", "ok", what)


def is_sound(version: str) -> bool:
    """Whether seqzoo's own requirement allows this version of Keras."""
    numbers = tuple(int(n) for n in re.findall(r"\d+", version)[:3])
    return (3, 12, 4) <= numbers < (3, 13) or numbers >= (3, 15, 1)


def _settings(facts: dict[str, Any]) -> Iterator[Finding]:
    """What keras.json says against our networks."""
    wanted = {"image_data_format": DATA_FORMAT, "floatx": FLOATX}
    others = [n for n, value in wanted.items() if facts.get(n, value) != value]
    if others:
        yield Finding(
            "keras.json",
            "warning",
            ", ".join(f"{name} is {facts[name]}" for name in others),
            "seqzoo's networks have their channels last and are float32 regardless, "
            "but Keras layers, losses and metrics of your own follow the file: set "
            + " and ".join(f'"{name}": "{wanted[name]}"' for name in others)
            + " in keras.json (in ~/.keras, or in the folder KERAS_HOME).",
        )


def _nvidia() -> str | None:
    """What NVIDIA's driver says is there, without any backend."""
    try:
        done = subprocess.run(
            ["nvidia-smi", "-L"],
            capture_output=True,
            timeout=20,
            stdin=subprocess.DEVNULL,
        )
        said = done.stdout.decode(errors="replace")
        names = re.findall(r"^GPU \d+: (.+?)(?: \(UUID.*)?$", said, re.MULTILINE)
        return ", ".join(names) or None
    except (OSError, subprocess.TimeoutExpired):
        return None


def _gpu(facts: dict[str, Any], nvidia: str | None, backend: str) -> Finding:
    """Whether the GPU that is there is used."""
    if "error" in facts:
        what = f"{backend} cannot list its devices: {facts['error']}"
        return Finding("gpu", "problem", what, GPU_ADVICE.get(backend, INSTALL))
    if facts["gpus"]:
        return Finding("gpu", "ok", f"{backend} sees {', '.join(facts['gpus'])}")
    if nvidia is None:
        return Finding("gpu", "ok", f"none; {backend} computes on the processors")
    what = (
        f"there is {nvidia}, but {backend} sees no GPU and computes on the processors"
    )
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    if hidden is not None and hidden.strip() in ("", "-1"):
        advice = f"CUDA_VISIBLE_DEVICES={hidden!r} hides it: unset it to use the GPU."
        return Finding("gpu", "warning", what, advice)
    return Finding("gpu", "problem", what, GPU_ADVICE.get(backend, INSTALL))


def _xla(facts: dict[str, Any]) -> Finding:
    if facts.get("works"):
        return Finding("xla", "ok", "compiles")
    if "error" in facts:
        advice = "Predict and train with jit_compile=False, or install it again."
        what = f"does not compile: {facts['error']}"
        return Finding("xla", "warning", what, advice)
    return Finding("xla", "ok", f"not used: {facts['reason']}")


def _throughput(facts: dict[str, Any]) -> Finding:
    what = f"{child.MODEL} with random weights, {child.LENGTH} bp"
    if "error" in facts:
        advice = "A model cannot be built and run: repair what the message names."
        return Finding("throughput", "problem", f"{what}: {facts['error']}", advice)
    speed = facts["sequences_per_second"]
    what += f", batches of {child.BATCH}, one second: {speed:,.0f} sequences/s"
    return Finding("throughput", "ok", what)
