"""Low-rank adapters: few weights that change a released model's kernels."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from zoo.errors import InputError
from zoo.layers import RCConv1D, RCDense
from zoo.models.creation import called
from zoo.models.loading import is_fixed, is_head
from zoo.models.weights import addresses, layers, load_weights, save_weights
from zoo.training.fine_tuning.groups import (
    HEAD,
    is_batch_normalization,
    layer_groups,
    make_trainable,
    select,
)

ADAPTERS = "lora_"  # what the names of their weights begin with, as Keras has it
_ADAPTABLE = (keras.layers.Dense, keras.layers.Conv1D, RCConv1D, RCDense)


def add_adapters(
    model: keras.Model,
    rank: int = 4,
    *,
    layers: str | Iterable[str] = "all",
    batch_statistics: str = "frozen",
) -> list[str]:
    """Freezes the trunk and gives its kernels low-rank adapters, in place.

    A kernel W becomes W + A B. A has `rank` columns and B as many rows; of a
    convolution, A is (kernel_size, channels, rank) and B (rank, filters). B begins at
    0, so the model's function is the same as before. Tied kernels of `RCConv1D` and
    `RCDense` are adapted where they are learned, so what is equivariant stays so.
    Compile the model after this. Saved as `.keras` it is as if merged; from `.h5` Keras
    reads no adapters back, not even those of its own layers: merge them first.

    Args:
        model: A model of any architecture.
        rank: Of A B; where a kernel has less, that.
        layers: Groups of layers, as in `Unfreeze`, whose Dense, Conv1D, RCConv1D and
            RCDense layers get adapters. The head is trained as a whole.
        batch_statistics: As in `Unfreeze`. "adapting": the trunk's batch normalization
            is trained as a whole.

    Returns:
        The names of the layers that have adapters now. What is trainable and what is
        frozen, `model.summary()` counts.

    Raises:
        InputError: There is nothing to adapt, adapters are there already, or rank is
            less than 1.

    Source:
        Hu et al. 2022, arXiv:2106.09685; `keras.layers.Dense.enable_lora`. Deviation:
        their factor alpha / rank is 1.
    """
    chosen = select(model, layers)
    groups = layer_groups(model).items()
    trunk = [(g, layer) for g, members in groups if g != HEAD for layer in members]
    wanted = [la for g, la in trunk if g in chosen and isinstance(la, _ADAPTABLE)]
    if rank < 1 or not wanted or any(la.lora_enabled for la in wanted):
        raise InputError(
            "Expected a rank of 1 or more, and a trunk without adapters with layers "
            f"Dense, Conv1D, RCConv1D or RCDense among {layers!r}. Received: "
            f"rank={rank} and {', '.join(la.name for _, la in trunk) or 'no trunk'}"
        )
    for _, layer in trunk:
        adapting = batch_statistics == "adapting" and is_batch_normalization(layer)
        make_trainable(layer, adapting)
    for layer in wanted:
        make_trainable(layer, True)
        layer.enable_lora(min(rank, _full_rank(layer)))
        only_adapters(layer)
    return [layer.name for layer in wanted]


def only_adapters(layer: Any) -> None:
    """Freezes all of a layer with adapters but these."""
    for variable in layer.weights:
        variable.trainable = variable.name.startswith(ADAPTERS)


def merge_adapters(model: keras.Model) -> keras.Model:
    """Adds the adapters to the kernels and removes them, in place.

    The function is the same. The weights have the addresses that they had before there
    were adapters, so `zoo.save` makes an ordinary release of the model. All layers are
    trainable again; compile the model before further training.

    Args:
        model: With adapters.

    Returns:
        The same model.

    Raises:
        InputError: It has none.
    """
    found = adapted_layers(model)
    if not found:
        raise InputError(
            f"Expected a model with adapters, see zoo.training.add_adapters. Received: "
            f"{called(model)}, which has none"
        )
    with _set_aside():
        for layer in found:
            _merge(layer)
    for _, layer in layers(model):
        make_trainable(layer, not is_fixed(layer))
    return model


@contextlib.contextmanager
def _set_aside() -> Iterator[None]:
    """Hides from the garbage collector what there is.

    Keras looks for garbage whenever a variable is deleted: through all objects of
    TensorFlow, a third of a second each time.
    """
    if gc.get_freeze_count():  # by somebody who wants it to stay so
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _merge(layer: Any) -> None:
    if hasattr(layer, "merge_lora"):
        layer.merge_lora()
        return
    for kernel, a, b in factors(layer):
        kernel.assign(ops.add(kernel.value, _product(layer, a, b)))
    # Keras has no merge of its own but in a saved file.
    del layer.lora_kernel_a, layer.lora_kernel_b
    layer.lora_enabled = False
    layer.lora_rank = layer.lora_alpha = None


def adapted_layers(model: keras.Model) -> list[Any]:
    """The layers that have adapters."""
    return [la for _, la in layers(model) if getattr(la, "lora_enabled", False)]


def factors(layer: Any) -> list[tuple[Any, Any, Any]]:
    """Each adapted variable of a layer, with its factors A and B."""
    if hasattr(layer, "adapters"):
        return list(layer.adapters())
    return [(layer._kernel, layer.lora_kernel_a, layer.lora_kernel_b)]


def save_adapters(model: keras.Model, path: str | Path) -> None:
    """Writes the adapters and the head: what tells the model from its release.

    Args:
        model: After `add_adapters`.
        path: The HDF5 file to write; must not exist.

    Raises:
        FileExistsError: The file exists.
    """
    own = _own_addresses(model)
    save_weights(model, path, only=own.__contains__)


def load_adapters(model: keras.Model, path: str | Path) -> None:
    """Reads what `save_adapters` wrote.

    Args:
        model: The same release, after the same `zoo.load` and `add_adapters`.
        path: The file.

    Raises:
        WeightsError: The file does not fit; the model is then unchanged.
    """
    own = _own_addresses(model)
    load_weights(model, path, only=own.__contains__)


def _own_addresses(model: keras.Model) -> set[str]:
    """Of adapters, of the head, and of batch normalization that is trained."""
    own = set()
    for _, layer in layers(model):
        if getattr(layer, "lora_enabled", False):
            own |= {id(v) for v in layer.weights if v.name.startswith(ADAPTERS)}
        elif is_head(layer) or layer.trainable:
            own |= {id(v) for v in layer.weights}
    return {a for a, variable in addresses(model).items() if id(variable) in own}


def _product(layer: Any, a: Any, b: Any) -> Any:
    scale = layer.lora_alpha / layer.lora_rank
    return ops.multiply(scale, ops.matmul(a.value, b.value))


def _full_rank(layer: Any) -> int:
    kernel = next(v for v in layer.weights if v.name.endswith("kernel"))
    return min(int(np.prod(kernel.shape[:-1])), kernel.shape[-1])
