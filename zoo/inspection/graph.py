"""A functional model as a flat list of calls, with the shapes at one input length."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras

from zoo.errors import InputError, check_at_least, said
from zoo.models.creation import check_model

#: bp at which a model of any length is traced, unless another length is asked for.
DEFAULT_SEQUENCE_LENGTH = 1000
_LONGEST = 1 << 22  # bp; no model is known to need more

Shape = tuple[int | None, ...]

# The shortest length in bp that a model was found to take, and whether all shorter ones
# are known to be too short.
_taken: weakref.WeakKeyDictionary[keras.Model, tuple[int, bool]] = (
    weakref.WeakKeyDictionary()
)


@dataclass(frozen=True, eq=False)
class Tensor:
    """One tensor between two calls.

    Attributes:
        spec: Its shape (batch, ...) and type, as a `keras.KerasTensor`.
    """

    spec: keras.KerasTensor

    @property
    def shape(self) -> Shape:
        """(batch, ...); batch is None."""
        return tuple(self.spec.shape)


@dataclass(frozen=True)
class Call:
    """One call of a layer, or of a function of `keras.ops`.

    Attributes:
        name: The operation's, after those of the models around it: "outer/inner".
        operation: The layer, or the operation behind a function of `keras.ops`.
        arguments: (args, kwargs) of the call, with a `Tensor` for each tensor.
        inputs: The tensors among them.
        outputs: The tensors it returns.
    """

    name: str
    operation: Any
    arguments: tuple[Any, Any]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


@dataclass(frozen=True)
class Graph:
    """All calls of a model, each behind those that it reads from.

    Attributes:
        inputs: By name, in the model's order.
        calls: With nested models resolved; a shared layer has one for each use.
        outputs: In the model's order.
    """

    inputs: Mapping[str, Tensor]
    calls: tuple[Call, ...]
    outputs: tuple[Tensor, ...]


def trace(model: keras.Model, sequence_length: int | None = None) -> Graph:
    """Follows a model's calls, without computing anything.

    Args:
        model: A functional or sequential model.
        sequence_length: Input length in bp. None takes that of the model, or
            `DEFAULT_SEQUENCE_LENGTH` where the model takes any length, or the shortest
            that it can read if that is longer.

    Raises:
        InputError: The model has no graph (a subclass of `keras.Model` with its
            own `call`), has another fixed length, or the length is too short.
    """
    check_model(model)
    check_at_least(1, sequence_length=sequence_length)
    if isinstance(model, keras.Sequential) and not model.built:
        raise InputError(
            f"{model.name!r} has no input shape yet. Begin it with "
            "keras.layers.Input((sequence_length, 4)), or call its build method."
        )
    if not has_graph(model):
        raise InputError(
            "Expected a functional or sequential Keras model, whose graph can be "
            f"followed. Received: {type(model).__name__}, which computes in a method "
            "of its own. Build it from keras.layers.Input and keras.Model(inputs, "
            "outputs)."
        )
    try:
        return _trace(model, sequence_length)
    except _TooShort as error:
        tried = sequence_length or DEFAULT_SEQUENCE_LENGTH
        least = shortest(model, tried) if _any_length(model) else None
        if least is None:
            raise
        if sequence_length is None:
            return _trace(model, least)
        raise InputError(f"{error} It reads {least:,} bp or more.") from error


class _TooShort(InputError):
    """A layer gets fewer positions than it reads."""


def _trace(model: keras.Model, sequence_length: int | None) -> Graph:
    inputs = {
        spec.name: Tensor(_at_length(spec, sequence_length)) for spec in model.inputs
    }
    _check_length(inputs, sequence_length)
    calls: list[Call] = []
    outputs = _follow(model, list(inputs.values()), "", calls.append)
    return Graph(inputs, tuple(calls), tuple(keras.tree.flatten(outputs)))


def _any_length(model: keras.Model) -> bool:
    return any(len(spec.shape) > 1 and spec.shape[1] is None for spec in model.inputs)


def takes(model: keras.Model, sequence_length: int) -> bool:
    """Whether sequences of so many bp leave every layer at least one position.

    Backends do not say so: the mean of no position is NaN, and a profile of no bin is
    empty. Of a model without a graph it is not known, and taken for granted.
    """
    if not has_graph(model):
        return True
    try:
        calls = _trace(model, sequence_length).calls
    except InputError:
        return False
    return all(0 not in tensor.shape for call in calls for tensor in call.outputs)


def shortest(model: keras.Model, above: int) -> int | None:
    """The shortest length in bp that a model takes, longer than one it does not.

    None if there is none, so that its graph does not tell.
    """
    low, high = above, max(2 * above, 1)
    while not takes(model, high):
        if high > _LONGEST:
            return None
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if takes(model, middle) else (middle, high)
    return high


def has_graph(model: Any) -> bool:
    """Whether its calls can be followed: functional or sequential, as Keras calls it.

    A subclass may be built of a graph and compute something else in its own `call`.
    """
    if not isinstance(model, keras.Model):
        return False
    owner = next(kind for kind in type(model).__mro__ if "call" in vars(kind))
    return owner.__module__.partition(".")[0] == "keras" and (
        isinstance(model, keras.Sequential) or hasattr(model, "_run_through_graph")
    )


def _at_length(spec: Any, sequence_length: int | None) -> keras.KerasTensor:
    """The input's shape, with the length in place of an open one."""
    batch, *rest = spec.shape
    if rest and rest[0] is None:
        rest[0] = sequence_length or DEFAULT_SEQUENCE_LENGTH
    return keras.KerasTensor((batch, *rest), dtype=spec.dtype, name=spec.name)


def _check_length(inputs: Mapping[str, Tensor], sequence_length: int | None) -> None:
    """The length that was asked for is that of at least one input."""
    if sequence_length is None:
        return
    shapes = {name: tensor.shape[1:] for name, tensor in inputs.items()}
    if not any(shape and shape[0] == sequence_length for shape in shapes.values()):
        raise InputError(
            "The model has a fixed input length: build it at another one, or leave "
            f"sequence_length out. Received: sequence_length={sequence_length}, inputs "
            f"{shapes}."
        )


def _follow(
    model: Any, inputs: Any, prefix: str, record: Callable[[Call], None]
) -> Any:
    """Calls each operation of a model on shapes alone; returns the outputs."""

    def call(operation: Any, *args: Any, **kwargs: Any) -> Any:
        name = prefix + operation.name
        if has_graph(operation):
            # A nested model takes its tensors as the first argument.
            nested = args[0] if args else kwargs["inputs"]
            return _follow(operation, nested, f"{name}/", record)
        specs, options = keras.tree.map_structure(_spec, (args, kwargs))
        try:
            results = operation.compute_output_spec(*specs, **options)
        except ValueError as error:
            raise _TooShort(
                f"Layer {name!r} cannot read its input at this length: {said(error)} "
                "Pass a longer sequence_length."
            ) from error
        outputs = keras.tree.map_structure(Tensor, results)
        record(
            Call(
                name,
                operation,
                (args, kwargs),
                _tensors((args, kwargs)),
                _tensors(outputs),
            )
        )
        return outputs

    if isinstance(model, keras.Sequential):
        for layer in model.layers:
            inputs = call(layer, *keras.tree.flatten(inputs))
        return inputs
    # The one place that needs Keras's own order of calls, which it does not export.
    # Keras 3.12 has no default for what it makes of an operation.
    return model._run_through_graph(inputs, lambda operation: operation, call)


def _spec(value: Any) -> Any:
    return value.spec if isinstance(value, Tensor) else value


def _tensors(structure: Any) -> tuple[Tensor, ...]:
    leaves = keras.tree.flatten(structure)
    return tuple(leaf for leaf in leaves if isinstance(leaf, Tensor))


def shortest_above(model: keras.Model, length: int) -> int | None:
    """The shortest length in bp that the model takes, if `length` is shorter.

    Shorter sequences leave a layer without any position; see
    `takes`.
    """
    taken, least = _taken.get(model, (length + 1, False))
    if length < taken and not least:
        if takes(model, length):
            taken, least = length, False
        else:
            # Without any length that it takes, its graph does not tell.
            taken, least = shortest(model, length) or 1, True
        _taken[model] = taken, least
    return taken if length < taken else None
