"""Which workers there are, and which devices: from the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from zoo.errors import InputError
from zoo.training.distribution.rendezvous import meet

# Ports of a job on SLURM: from its number, so that two jobs can share a node.
_FIRST_PORT = 20_000
_PORTS = 10_000


def several_workers() -> bool:
    """Whether TF_CONFIG or SLURM says that this process is one of several workers."""
    if os.environ.get("TF_CONFIG"):
        return len(_addresses(_tf_config())) > 1
    return int(os.environ.get("SLURM_STEP_NUM_TASKS", "1")) > 1


def cluster() -> tuple[Any, int, int]:
    """The cluster that TF_CONFIG or SLURM describe.

    Returns:
        A resolver for `tf.distribute`, the number of this worker from 0, and how many
        there are.

    Raises:
        InputError: Neither describes one, or not as it should be.
    """
    import tensorflow as tf

    if os.environ.get("TF_CONFIG"):
        config = _tf_config()
        task = config["task"]
        index = int(task["index"])
        if task["type"] == "worker":
            index += len(config["cluster"].get("chief", []))
        resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
        return resolver, index, len(_addresses(config))
    if "SLURM_PROCID" not in os.environ or "SLURM_STEP_NODELIST" not in os.environ:
        raise InputError(
            "Expected TF_CONFIG, or the environment of a SLURM step (srun), to say "
            "which workers there are. Received: neither. On one machine take "
            "'mirrored', or 'auto'."
        )
    return _slurm()


def _tf_config() -> Mapping[str, Any]:
    text = os.environ["TF_CONFIG"]
    try:
        config = json.loads(text)
        cluster, task = config["cluster"], config["task"]
        named = cluster[task["type"]][int(task["index"])]
    except (ValueError, KeyError, TypeError, IndexError):
        named = None
    if not isinstance(named, str) or not set(cluster) <= {"chief", "worker"}:
        raise InputError(
            'Expected TF_CONFIG as {"cluster": {"worker": ["host:port", ...]}, '
            '"task": {"type": "worker", "index": 0}}, the index within the list. '
            f"Received: {text}"
        )
    return config


def _addresses(config: Mapping[str, Any]) -> list[str]:
    jobs = config["cluster"]
    return [*jobs.get("chief", []), *jobs.get("worker", [])]


def _slurm() -> tuple[Any, int, int]:
    import tensorflow as tf

    port = _FIRST_PORT + int(os.environ.get("SLURM_JOB_ID", "0")) % _PORTS
    tasks = int(os.environ["SLURM_STEP_NUM_TASKS"])
    rank = int(os.environ["SLURM_PROCID"])
    resolvers = tf.distribute.cluster_resolver
    # It wants to divide GPUs among tasks, and fails on nodes without any. Only its
    # list of hosts is used; which GPUs a task sees is SLURM's affair.
    hosts = resolvers.SlurmClusterResolver(
        port_base=port, gpus_per_node=tasks, gpus_per_task=1, auto_set_gpu=False
    ).cluster_spec()
    resolver = resolvers.SimpleClusterResolver(
        hosts,
        task_type="worker",
        task_id=rank,
        num_accelerators={"GPU": len(tf.config.list_physical_devices("GPU"))},
        rpc_layer="grpc",
    )
    return resolver, rank, tasks


def connect(resolver: Any, worker: int, timeout: float) -> Any:
    """The strategy of several workers, once all have come.

    Args:
        resolver: From `cluster`.
        worker: Number of this one.
        timeout: Seconds to wait for them, and for any of them in each step.

    Raises:
        InputError: One did not come.
    """
    import tensorflow as tf

    jobs = resolver.cluster_spec().as_dict()
    # TensorFlow itself waits for ever, and not even SIGTERM ends it then.
    meet([*jobs.get("chief", []), *jobs.get("worker", [])], worker, timeout)
    return tf.distribute.MultiWorkerMirroredStrategy(
        cluster_resolver=resolver,
        communication_options=tf.distribute.experimental.CommunicationOptions(
            timeout_seconds=timeout
        ),
    )


def local_devices(devices: int | list[str] | tuple[str, ...] | None) -> list[str]:
    """The devices of this process to train on, as TensorFlow names them.

    Args:
        devices: Names, e.g. "GPU:0"; or how many: GPUs if there are any, otherwise
            the CPU is divided; None for all GPUs, or the one CPU.

    Raises:
        InputError: There are not so many, or TensorFlow is running already, so that
            the CPU cannot be divided any more.
    """
    import tensorflow as tf

    if devices is not None and not isinstance(devices, int):
        return list(devices)
    gpus = len(tf.config.list_physical_devices("GPU"))
    count = (gpus or 1) if devices is None else devices
    if count < 1 or (gpus and count > gpus):
        raise InputError(f"Expected 1 to {gpus or 2} devices. Received: {devices}")
    if gpus:
        return [f"GPU:{index}" for index in range(count)]
    _divide_cpu(count)
    return [f"CPU:{index}" for index in range(count)]


def _divide_cpu(count: int) -> None:
    """Makes so many logical devices of the one CPU."""
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    present = tf.config.get_logical_device_configuration(cpu)
    if count == 1 or (present is not None and len(present) >= count):
        return
    try:
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * count
        )
    except RuntimeError as error:
        raise InputError(
            f"Expected to divide the CPU into {count} devices before TensorFlow has "
            "started. It is running already: call zoo.training.strategy before any "
            "model or tensor is made, in a new process."
        ) from error
