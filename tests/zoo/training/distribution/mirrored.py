"""One device and two logical CPUs, in a process of its own; prints JSON."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import zoo.losses
from tests.zoo.training.distribution import cases
from zoo.training import strategy
from zoo.training.distribution.global_batch import GlobalBatchLoss


def losses(distribution: Any) -> float:
    """The largest difference in value or gradient between one device and two."""
    random = np.random.default_rng(1)
    truth = random.poisson(2.0, (7, 5, 3)).astype(np.float32)
    truth[random.random(truth.shape) < 0.3] = np.nan
    logits = random.normal(size=truth.shape).astype(np.float32)
    weight = random.random(7).astype(np.float32)
    kinds = [
        (GlobalBatchLoss("mse"), np.nan_to_num(truth[:, 0])),
        (
            GlobalBatchLoss(keras.losses.Huber(reduction="sum")),
            np.nan_to_num(truth[:, 0]),
        ),
        (GlobalBatchLoss(zoo.losses.MultinomialNegativeLogLikelihood()), truth),
    ]
    worst = 0.0
    for loss, target in kinds:
        scores = logits if target.ndim == 3 else logits[:, 0]

        def step(y: Any, w: Any, scale: Any, loss: Any = loss) -> tuple[Any, Any]:
            target, z = y
            with tf.GradientTape() as tape:
                tape.watch(scale)
                value = loss(target, z * scale, w)
            return value, tape.gradient(value, scale)

        one = step((target, scores), weight, tf.constant(1.5))
        for cut in (0, 2):
            parts = [slice(0, cut), slice(cut, 7)]

            def per_replica(values: Any, parts: Any = parts) -> Any:
                return distribution.experimental_distribute_values_from_function(
                    lambda context: tf.constant(
                        values[parts[context.replica_id_in_sync_group]]
                    )
                )

            value, gradient = distribution.run(
                tf.function(step),
                (
                    (per_replica(target), per_replica(scores)),
                    per_replica(weight),
                    tf.constant(1.5),
                ),
            )
            shown = [
                2 * float(v) for v in distribution.experimental_local_results(value)
            ]
            total = float(distribution.reduce("SUM", gradient, axis=None))
            worst = max(
                worst,
                *(abs(v / float(one[0]) - 1) for v in shown),
                abs(total / float(one[1]) - 1),
            )
    return worst


def refusals(where: Any) -> dict[str, str]:
    """The errors of what cannot be distributed."""
    found = {}
    local = type(where)(**{**vars(where), "synchronized": False})
    few = tf.data.Dataset.from_tensor_slices(cases.arrays(13)).batch(12)
    attempts = {
        "rows": lambda: cases.trained(local, few),
        "accumulation": lambda: cases.trained(
            where, few, gradient_accumulation_steps=2
        ),
        "outside": lambda: cases.compiled(where),
    }
    for name, attempt in attempts.items():
        try:
            attempt()
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
    return found


def main() -> None:
    where = strategy("mirrored", devices=2)
    one = strategy("single")
    print(
        json.dumps(
            {
                "replicas": where.replicas,
                "mirrored": cases.results(where),
                "single": cases.results(one),
                "losses": losses(where.distribution),
                "refusals": refusals(where),
            }
        )
    )


if __name__ == "__main__":
    main()
