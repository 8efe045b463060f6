"""A model's calls followed one by one, each computed as its layer or another way."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from zoo.errors import InputError
from zoo.inspection.graph import Call, Graph, Tensor
from zoo.layers.kmers import ReadsKmers

#: Computes a call of what stands for its tensors: the results in the order of the
#: call's outputs.
Compute = Callable[[Call, Callable[[Tensor], Any]], Any]

_LONGEST = 6  # bases of a k-mer whose 4^k products are computed for each position


def follow(
    graph: Graph, names: list[str], inputs: Mapping[str, Any], compute: Compute
) -> dict[str, Any]:
    """The outputs of a model.

    Args:
        graph: Of the model, at the length of the sequences.
        names: Of its outputs, in the order of the graph.
        inputs: What stands for the inputs, by name.
        compute: Called for each call.
    """
    values = {tensor: inputs[name] for name, tensor in graph.inputs.items()}
    for call in graph.calls:
        results = compute(call, values.__getitem__)
        found = list(results) if isinstance(results, (list, tuple)) else [results]
        values.update(zip(call.outputs, found, strict=True))
    return {n: values[t] for n, t in zip(names, graph.outputs, strict=True)}


def run(call: Call, of: Callable[[Tensor], Any], operation: Any = None) -> Any:
    """A call in inference mode.

    Args:
        call: Of the model.
        of: The tensors that its own stand for.
        operation: In place of the call's.
    """
    operation = call.operation if operation is None else operation

    def value(leaf: Any) -> Any:
        return of(leaf) if isinstance(leaf, Tensor) else leaf

    args, kwargs = keras.tree.map_structure(value, call.arguments)
    if isinstance(operation, keras.Layer) and _has_training(operation):
        kwargs = {**kwargs, "training": False}
    return operation(*args, **kwargs)


def _has_training(layer: keras.Layer) -> bool:
    return "training" in inspect.signature(layer.call).parameters


def soft(call: Call, of: Callable[[Tensor], Any]) -> Any:
    """A call through which a gradient reaches one-hot sequences, also where k-mers are.

    Layers of k-mers read hard one-hot; between them their value is what is linear in
    each base of a k-mer, the mean over k-mers drawn from the bases of each position.
    """
    if isinstance(call.operation, ReadsKmers) and len(call.inputs[0].shape) == 3:
        return soft_kmers(call.operation, of(call.inputs[0]))
    return run(call, of)


def soft_kmers(layer: Any, bases: Any) -> Any:
    """The vectors of k-mers of mixed bases.

        y[b, i, :] = sum over k-mers w of prod_j bases[b, i + j, w_j] * vector(w)

    Args:
        layer: Of k-mers.
        bases: (batch, length, 4).

    Returns:
        (batch, length - k + 1, output_dim).

    Raises:
        InputError: The k-mers have too many bases for that.
    """
    k = layer.k
    if k > _LONGEST:
        raise InputError(
            f"Expected k-mers of at most {_LONGEST} bases, through which a gradient is "
            f"computed. Received: {layer.name!r} of k={k}. Use method='mutagenesis'."
        )
    places = bases.shape[1] - k + 1
    joint = bases[:, :places]
    for offset in range(1, k):
        base = bases[:, offset : offset + places]
        joint = ops.reshape(
            joint[..., None] * base[..., None, :], (-1, places, 4 ** (offset + 1))
        )
    letters = np.arange(4**k)[:, None] // 4 ** np.arange(k)[::-1] % 4
    table = layer(ops.convert_to_tensor(letters.astype("int32")))
    table = ops.reshape(table, (4**k, layer.output_dim))
    return ops.matmul(joint, ops.cast(table, joint.dtype))
