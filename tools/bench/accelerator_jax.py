"""What `tools.bench.accelerator` measures with JAX; each in its own process."""

from __future__ import annotations

import itertools
import time
from typing import Any

from tools.bench.accelerator import (
    EPSILON,
    LEARNING_RATE,
    RESIDENT,
    WARM_ROUNDS,
    Sizes,
    data,
    matrix_rate,
    released_config,
    seconds_per_round,
    step_flop,
)

CHECKED = 8  # sequences


def device() -> dict[str, Any]:
    """What JAX computes on, and the versions."""
    import jax
    import keras

    found = jax.devices()[0]
    versions = {"keras": keras, "jax": jax}
    return {
        "accelerator": found.platform == "gpu",
        "device": found.device_kind,
        "versions": {name: module.__version__ for name, module in versions.items()},
    }


def network(sizes: Sizes) -> dict[str, Any]:
    """Writes initial weights, and what the network makes of a few sequences.

    In float32. Biases, scales and statistics are moved from 0 and 1, so that a network
    that mixes them up is found out.
    """
    import keras
    import numpy as np

    from zoo.architectures.rc_dilated import rc_dilated
    from zoo.models.codes_input import takes_codes

    keras.utils.set_random_seed(0)
    model = rc_dilated(**released_config())
    generator = np.random.default_rng(1)
    weights = {variable.path: variable for variable in model.weights}
    for variable in weights.values():
        if len(variable.shape) == 1:
            moved = generator.normal(0, 0.1, variable.shape)
            variable.assign(keras.ops.convert_to_numpy(variable) + moved)
    codes = data(sizes, 1)[0][:CHECKED]
    logits = keras.ops.convert_to_numpy(takes_codes(model)(codes, training=False))
    arrays = {path: keras.ops.convert_to_numpy(v) for path, v in weights.items()}
    np.savez(sizes.network, codes=codes, logits=logits, **arrays)

    counted = multiply_adds_by_layer(model, sizes.sequence_length)
    return {"step_flop": step_flop(counted), "multiply_adds": sum(counted.values())}


def multiply_adds_by_layer(model: Any, sequence_length: int) -> dict[str, int]:
    """Of a forward pass of one sequence."""
    from zoo.inspection.graph import trace
    from zoo.inspection.multiply_adds import multiply_adds

    counted = {}
    for call in trace(model, sequence_length).calls:
        number = multiply_adds(call)
        assert number is not None, f"multiply-adds of {call.name} are not known"
        counted[call.name] = number
    return counted


def matrix(sizes: Sizes) -> dict[str, Any]:
    """FLOP/s of a bfloat16 matrix product."""
    import jax

    shape = (sizes.matrix_size, sizes.matrix_size)
    a, b = (
        jax.random.normal(jax.random.key(seed), shape, jax.numpy.bfloat16)
        for seed in (0, 1)
    )
    product = jax.jit(jax.numpy.matmul)
    rate = matrix_rate(lambda: product(a, b), jax.block_until_ready, sizes)
    return {"flop_per_second": rate}


def fit(sizes: Sizes) -> dict[str, Any]:
    """`zoo.training.fit`, fed from the host: epochs of so many steps."""
    import keras

    from zoo.data import from_arrays
    from zoo.training import fit as zoo_fit

    class Clock(keras.callbacks.Callback):
        """Has no method for a step: one would make Keras wait for each loss."""

        def __init__(self) -> None:
            super().__init__()
            self.ends: list[float] = []

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.ends.append(time.perf_counter())

    model = _compiled(sizes)
    codes, labels = data(sizes, sizes.steps)
    names = tuple(f"label_{number}" for number in range(labels.shape[1]))
    examples = from_arrays(codes, labels, outputs=names)
    batches = examples.batches(sizes.batch_size, shuffle=True, encoding="codes")
    clock = Clock()
    epochs = WARM_ROUNDS + sizes.rounds
    history = zoo_fit(model, batches, epochs=epochs, callbacks=[clock], verbose=0)
    ends = clock.ends[WARM_ROUNDS - 1 :]  # the first is a start
    seconds = [after - before for before, after in itertools.pairwise(ends)]
    return {"seconds": seconds, "loss": history.history["loss"][-1]}


def loop(sizes: Sizes) -> dict[str, Any]:
    """Keras's own `train_step`, compiled, on batches that lie on the device."""
    import jax

    model = _compiled(sizes)
    model.optimizer.build(model.trainable_variables)
    codes, labels = data(sizes, RESIDENT)
    shape = (RESIDENT, sizes.batch_size)
    batches = jax.device_put(
        [
            (x, y)
            for x, y in zip(
                codes.reshape(*shape, -1), labels.reshape(*shape, -1), strict=True
            )
        ]
    )
    step = jax.jit(model.train_step, donate_argnums=0)
    state: Any = tuple(
        [variable.value for variable in variables]
        for variables in (
            model.trainable_variables,
            model.non_trainable_variables,
            model.optimizer.variables,
            model.metrics_variables,
        )
    )
    logs: dict[str, Any] = {}

    def one_round() -> None:
        nonlocal state, logs
        metrics = [jax.numpy.zeros_like(value) for value in state[3]]
        state = (*state[:3], metrics)  # the loss is the mean of the round
        for number in range(sizes.steps):
            logs, state = step(state, batches[number % RESIDENT])
        jax.block_until_ready(state)

    seconds = seconds_per_round(one_round, sizes.rounds)
    return {"seconds": seconds, "loss": float(logs["loss"])}


def _compiled(sizes: Sizes) -> Any:
    """The network behind codes, in mixed bfloat16, with the weights of `network`."""
    import keras
    import numpy as np

    from zoo.architectures.rc_dilated import rc_dilated
    from zoo.models.codes_input import takes_codes

    keras.config.set_dtype_policy("mixed_bfloat16")
    model = rc_dilated(**released_config())
    with np.load(sizes.network) as weights:
        for variable in model.weights:
            variable.assign(weights[variable.path])
    trained = takes_codes(model)
    trained.compile(
        keras.optimizers.Adam(LEARNING_RATE, epsilon=EPSILON),
        keras.losses.BinaryCrossentropy(from_logits=True),
        jit_compile="auto",
    )
    return trained
