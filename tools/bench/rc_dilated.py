"""What equivariance costs: rc_dilated against a plain network of its shape.

Both have the same channels, kernels and layers; the plain one has ordinary
convolutions and batch normalisations, hence twice the trainable parameters in
its convolutions. Steps of the two are interleaved; ratios are of medians.

    python -m tools.bench.rc_dilated
"""

from __future__ import annotations

import argparse
import inspect
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers

import zoo
from zoo.architectures import blocks
from zoo.architectures.rc_dilated import rc_dilated
from zoo.prediction.sequences import predict


def plain_dilated() -> keras.Model:
    """The peer: rc_dilated's layers and channels by default, without the tie."""
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(rc_dilated).parameters.items()
    }
    conv = partial(layers.Conv1D, padding="same")
    inputs = blocks.sequence_input(None)
    stem = conv(
        defaults["stem_filters"], defaults["stem_kernel_size"], name="stem_conv"
    )(inputs)
    stem = layers.Activation("relu")(stem)
    filters = defaults["filters"]
    x = conv(filters, 1, use_bias=False, name="neck_conv")(stem)
    x = layers.BatchNormalization(momentum=0.9)(x)
    for rate in defaults["dilation_rates"][1:]:
        shortcut = x
        x = conv(
            filters,
            defaults["kernel_size"],
            dilation_rate=rate,
            name=f"tower_{rate}_conv",
        )(x)
        x = layers.Add()([shortcut, layers.Activation("relu")(x)])
    pooled = [
        blocks.pool(maps, "max_average", name=name)
        for name, maps in (("stem", stem), ("tower", x))
    ]
    x = blocks.pool_norm(layers.Concatenate()(pooled))
    x = blocks.head(x, 1, units=defaults["units"], dropout=defaults["dropout"])
    return keras.Model(inputs, x)


def interleaved(
    functions: dict[str, Callable[[], Any]], rounds: int
) -> dict[str, float]:
    """Median seconds a call, the functions called in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for call in functions.values():
        call()
        call()
    for _ in range(rounds):
        for name, call in functions.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def convolution_parameters(model: keras.Model) -> int:
    """Trainable values in all convolution kernels."""
    return sum(
        int(np.prod(v.shape))
        for layer in model.layers
        if layer.name.endswith("_conv")
        for v in layer.trainable_variables
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--sequence-length", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=60)
    arguments = parser.parse_args()

    models = {"rc_dilated": zoo.create("rc_dilated"), "plain": plain_dilated()}
    generator = np.random.default_rng(0)
    size = (arguments.batch_size, arguments.sequence_length)
    x = np.eye(4, dtype="float32")[generator.integers(0, 4, size)]
    y = generator.integers(0, 2, (arguments.batch_size, 1)).astype("float32")
    for model in models.values():
        model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))

    train = interleaved(
        {n: partial(m.train_on_batch, x, y) for n, m in models.items()},
        arguments.rounds,
    )
    many = np.concatenate([x] * 8)
    forward = interleaved(
        {
            n: partial(predict, m, many, batch_size=arguments.batch_size)
            for n, m in models.items()
        },
        arguments.rounds // 4,
    )
    kernels = {n: convolution_parameters(m) for n, m in models.items()}
    for what, values in (("training step", train), ("prediction", forward)):
        ratio = values["rc_dilated"] / values["plain"]
        print(f"{what:15s} rc_dilated / plain = {ratio:.3f}", values)
    print("convolution parameters", kernels, kernels["rc_dilated"] / kernels["plain"])


if __name__ == "__main__":
    main()
