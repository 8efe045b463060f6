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
from zoo.layers import GappedKmerEmbedding
from zoo.layers.bases import known_bases
from zoo.layers.kmers import ReadsWords, kmer_index

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
    return _of_words(call, of, soft_words)


def hard(call: Call, of: Callable[[Tensor], Any]) -> Any:
    """As `soft`, for sequences that are one-hot: for a few substitutions only."""
    return _of_words(call, of, hard_words)


def _of_words(call: Call, of: Callable[[Tensor], Any], compute: Any) -> Any:
    if isinstance(call.operation, ReadsWords) and len(call.inputs[0].shape) == 3:
        return compute(call.operation, of(call.inputs[0]))
    return run(call, of)


def soft_words(layer: Any, bases: Any) -> Any:
    """The vectors of k-mers of mixed bases.

        y[b, i, :] = sum over k-mers w of prod_j bases[b, i + j, w_j] * vector(w)

    Args:
        layer: Of k-mers.
        bases: (batch, length, 4).

    Returns:
        (batch, length - k + 1, output_dim), or of gapped words their sum.

    Raises:
        InputError: The k-mers have too many bases for that.
    """
    if isinstance(layer, GappedKmerEmbedding):
        return layer.mixed(bases)
    k, table = layer.k, _table(layer)
    places = bases.shape[1] - k + 1
    joint = bases[:, :places]
    for offset in range(1, k):
        base = bases[:, offset : offset + places]
        joint = ops.reshape(
            joint[..., None] * base[..., None, :], (-1, places, 4 ** (offset + 1))
        )
    return ops.matmul(joint, table)


def hard_words(layer: Any, bases: Any) -> Any:
    """As `soft_words`, value and gradient, where each position is one base or none."""
    if isinstance(layer, GappedKmerEmbedding):
        return layer.mixed(bases)
    k, table = layer.k, _table(layer)
    places = bases.shape[1] - k + 1

    @ops.custom_gradient
    def forward(bases: Any) -> Any:
        base, known = known_bases(bases)
        index, whole = kmer_index(bases, k)
        unknown = ops.cast(ops.logical_not(known), "int32")
        count = sum(unknown[:, offset : offset + places] for offset in range(k))
        vectors = ops.take(table, index, axis=0)

        def backward(*arguments: Any, upstream: Any = None) -> Any:
            """The product of what comes with the vectors of each substitution."""
            coming = arguments[0] if upstream is None else upstream
            # Of the bases in their order behind the one that is there, whose k-mer is
            # the same at each offset.
            own = ops.sum(vectors * coming, axis=-1)[..., None]
            behind: Any = 0.0
            for offset in range(k):
                at = slice(offset, offset + places)
                worth = 4 ** (k - 1 - offset)
                there = base[:, at][..., None]
                others = ops.bitwise_and(there + ops.arange(1, 4, dtype="int32"), 3)
                numbers = index[..., None] + worth * (others - there)
                changed = ops.take(table, numbers, axis=0)
                products = ops.sum(changed * coming[:, :, None], axis=-1)
                products = ops.concatenate([own, products], axis=-1)
                # Of a k-mer with another unknown base nothing is known.
                valid = ops.cast(ops.equal(count, unknown[:, at]), products.dtype)
                beyond = [[0, 0], [offset, k - 1 - offset], [0, 0]]
                behind = behind + ops.pad(products * valid[..., None], beyond)
            gradient: Any = 0.0
            for step in range(4):
                letter = ops.one_hot(ops.bitwise_and(base + step, 3), 4)
                gradient = gradient + behind[..., step : step + 1] * letter
            return gradient

        return vectors * ops.cast(whole, vectors.dtype)[..., None], backward

    return forward(bases)


def _table(layer: Any) -> Any:
    """The vectors of all k-mers, (4^k, output_dim)."""
    k = layer.k
    if k > _LONGEST:
        raise InputError(
            f"Expected k-mers of at most {_LONGEST} bases, through which a gradient is "
            f"computed. Received: {layer.name!r} of k={k}. Use method='mutagenesis'."
        )
    letters = np.arange(4**k)[:, None] // 4 ** np.arange(k)[::-1] % 4
    vectors = layer(ops.convert_to_tensor(letters.astype("int32")))
    return ops.cast(ops.reshape(vectors, (4**k, layer.output_dim)), "float32")
