"""The same run on a Ray cluster: one process per worker, restarted if lost."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from zoo.training.configuration.config import Config, ConfigError
from zoo.training.configuration.config_file import read_config
from zoo.training.runs.checking import require_packages


def train_with_ray(
    config: Config | str | Path,
    *,
    workers: int,
    use_gpu: bool = False,
    address: str | None = None,
    max_failures: int = 3,
) -> Path:
    """Trains a configuration with Ray Train, for those who already run Ray.

    Ray starts one process per worker and tells each its place (TF_CONFIG); each then
    does what `zoo.training.train` does under the strategy "multi_worker". Where a
    worker is lost, Ray starts all of them again, and they go on from the newest
    checkpoint. Data and the run's folder have to be at the same paths on every machine.
    One worker is a run on one device of the cluster.

    Args:
        config: A `Config`, or the path of its TOML file.
        workers: Processes, with one device each.
        use_gpu: Whether each has a GPU.
        address: A running cluster's ("auto" for this machine's); None starts
            one here, unless Ray is connected already.
        max_failures: How often lost workers are started again.

    Returns:
        The run's folder.

    Raises:
        ConfigError: Ray, or a package that the run needs, is missing, or the
            configuration has another strategy.
        RuntimeError: The workers failed for good; with their error.
    """
    config = read_config(config)
    if workers < 1:
        raise ConfigError(f"Expected at least 1 worker. Received: {workers}")
    if config.strategy.kind != "auto":
        raise ConfigError(
            'strategy.kind: expected "auto" for Ray, which says where the workers '
            f"are. Received: {config.strategy.kind!r}"
        )
    require_packages(config, "ray")
    import ray
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.tensorflow import TensorflowTrainer

    # As Ray's workers start in another folder.
    config = dataclasses.replace(config, base=config.base.absolute())
    started = not ray.is_initialized()
    if started:
        ray.init(address=address, log_to_driver=False, include_dashboard=False)
    try:
        trainer = TensorflowTrainer(
            _work,
            train_loop_config={"config": config},
            scaling_config=ScalingConfig(num_workers=workers, use_gpu=use_gpu),
            run_config=RunConfig(
                name=config.name,
                storage_path=str(config.run_folder.absolute() / "ray"),
                failure_config=FailureConfig(max_failures=max_failures),
            ),
        )
        trainer.fit()
    finally:
        if started:
            ray.shutdown()
    return config.run_folder


def _work(arguments: dict[str, Any]) -> None:
    """What each worker does."""
    from zoo.training.runs.running import train

    train(arguments["config"], verbose=0)
