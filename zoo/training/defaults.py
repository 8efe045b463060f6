"""Schedule, optimizer and precision as they are when nobody says otherwise."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import keras

from zoo.errors import InputError, check_choice

Precision = Literal["float32", "mixed_bfloat16", "mixed_float16", "auto"]
_PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16", "auto")


def cosine_with_warmup(
    learning_rate: float,
    *,
    steps: int,
    warmup_steps: int | None = None,
    final: float = 0.0,
) -> keras.optimizers.schedules.CosineDecay:
    """A learning rate that rises in a line and falls along a cosine.

    At step t of `steps`, with w warm-up steps and n = steps - w:

        t < w:   learning_rate (1 + t (w - 1) / w) / w, from learning_rate / w
        t >= w:  final + (learning_rate - final) (1 + cos(pi (t - w) / n)) / 2

    It follows from the optimizer's own count of steps, so that a run which goes on
    from a checkpoint is where it was.

    Args:
        learning_rate: Its highest value.
        steps: All steps of the training: epochs times batches per epoch.
        warmup_steps: None for a twentieth of `steps`; 0 for none.
        final: Learning rate at the end.

    Raises:
        InputError: The numbers do not fit each other.

    Source:
        Loshchilov and Hutter 2017, arXiv:1608.03983, equation 5, one cycle; the
        warm-up of Goyal et al. 2017, arXiv:1706.02677. The first step is
        learning_rate / w and not 0, which would be a step for nothing.
    """
    if warmup_steps is None:
        warmup_steps = steps // 20
    if not 0 <= warmup_steps < steps:
        raise InputError(
            "Expected steps of at least 1 and fewer warmup_steps. Received: "
            f"steps={steps}, warmup_steps={warmup_steps}"
        )
    if not 0 <= final <= learning_rate or not learning_rate:
        raise InputError(
            "Expected a learning_rate above 0, and final from 0 to it. Received: "
            f"learning_rate={learning_rate}, final={final}"
        )
    arguments = {"decay_steps": steps - warmup_steps, "alpha": final / learning_rate}
    if not warmup_steps:
        return keras.optimizers.schedules.CosineDecay(learning_rate, **arguments)
    return keras.optimizers.schedules.CosineDecay(
        learning_rate / warmup_steps,
        warmup_target=learning_rate,
        warmup_steps=warmup_steps,
        **arguments,
    )


def default_optimizer(
    learning_rate: float | keras.optimizers.schedules.LearningRateSchedule = 1e-3,
    *,
    weight_decay: float = 1e-4,
    clip: float | None = 1.0,
    ema: float | None = None,
    name: str = "adamw",
    **arguments: Any,
) -> keras.optimizers.Optimizer:
    """AdamW, or another optimizer, with gradients clipped by their global norm.

    Biases and what normalizes (names `bias`, `gamma`, `beta`) are not decayed.

    Args:
        learning_rate: A number or a schedule, such as `cosine_with_warmup`.
        weight_decay: Times the learning rate, of the weights each step (decoupled).
        clip: Global norm that gradients are scaled down to; None for no clipping.
        ema: Momentum of an exponential moving average of the weights, such as 0.999,
            which takes their place when `fit` ends. Add `ema_callback()` to validate
            with it. None for no average.
        name: Another optimizer of Keras, by its name.
        **arguments: That optimizer's own, such as momentum.

    Source:
        Loshchilov and Hutter 2019, arXiv:1711.05101; clipping of Pascanu et al. 2013,
        arXiv:1211.5063, algorithm 1; averages of Polyak and Juditsky 1992,
        doi:10.1137/0330046, in the form that Keras gives them (use_ema).
    """
    kind: Any = type(keras.optimizers.get(name))
    optimizer: keras.optimizers.Optimizer = kind(
        learning_rate,
        weight_decay=weight_decay,
        global_clipnorm=clip,
        use_ema=ema is not None,
        ema_momentum=0.99 if ema is None else ema,
        **arguments,
    )
    # On TensorFlow the names that it sees are such as "conv/bias:0".
    optimizer.exclude_from_weight_decay(var_names=[r"(^|/)(bias|gamma|beta)(:\d+)?$"])
    return optimizer


def ema_callback() -> keras.callbacks.SwapEMAWeights:
    """Validation with the averages of the weights, and what is kept are they.

    Put it first: EarlyStopping and ModelCheckpoint behind it then see the weights that
    the validation saw. With Keras's default (`swap_on_epoch=False`) they would keep
    the raw ones.
    """
    return keras.callbacks.SwapEMAWeights(swap_on_epoch=True)


def default_precision(precision: Precision = "auto") -> str:
    """The dtype policy of a name, for `keras.config.set_dtype_policy`.

    Args:
        precision: "float32", "mixed_bfloat16" or "mixed_float16"; "auto" is
            "mixed_bfloat16" on a GPU of JAX or PyTorch and of TensorFlow, and
            "float32" elsewhere: CPUs gain little, and TensorFlow's can be wrong (see
            `check_precision`).

    Raises:
        InputError: Another name.
    """
    check_choice("precision", precision, _PRECISIONS)
    if precision != "auto":
        return precision
    return "mixed_bfloat16" if _on_gpu() else "float32"


def check_precision(model: keras.Model) -> list[str]:
    """Warns of layers that TensorFlow computes wrongly in bfloat16 on some CPUs.

    A one-dimensional convolution with a kernel of a multiple of 8 bp, in bfloat16 on a
    CPU, gives wrong results with TensorFlow 2.21 and oneDNN on some processors; other
    widths and float32 are right, and so are GPUs and other backends.

    Args:
        model: To be trained or used.

    Returns:
        The names of those layers; empty where all is well.
    """
    if keras.backend.backend() != "tensorflow" or _on_gpu():
        return []
    found = [
        layer.name
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.Conv1D)
        and layer.compute_dtype == "bfloat16"
        and layer.kernel_size[0] % 8 == 0
    ]
    if found:
        warnings.warn(
            "TensorFlow on some CPUs computes convolutions of a multiple of 8 bp "
            f"wrongly in bfloat16: {', '.join(found)}. Use float32, or another "
            "kernel_size, such as an odd one.",
            stacklevel=2,
        )
    return found


def _on_gpu() -> bool:
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return bool(tf.config.list_physical_devices("GPU"))
    if backend == "jax":
        import jax

        return bool(jax.default_backend() == "gpu")
    import torch

    return torch.cuda.is_available()
