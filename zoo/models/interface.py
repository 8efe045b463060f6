"""The inputs and outputs of a model by name, and which input is the sequence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from registry import Release, ReleaseError
from registry.release import ModelInput
from zoo.errors import InputError
from zoo.models.creation import called, check_model

if TYPE_CHECKING:
    import keras

SEQUENCE = "sequence"  # the name of the input that is DNA, where several could be
T = TypeVar("T")


def inputs_of(model: keras.Model) -> dict[str, Any]:
    """The input tensors of a model by name, in its order.

    Raises:
        InputError: The model has no known inputs, or two of one name.
    """
    check_model(model)
    tensors = getattr(model, "inputs", None)
    if not tensors:
        raise InputError(
            "Expected a model whose input is known: functional, or Sequential with "
            f"an Input. Received: {called(model)}, a {type(model).__name__}."
        )
    found = {tensor.name: tensor for tensor in tensors}
    if len(found) < len(tensors):
        raise InputError(
            "Expected inputs of different names (keras.Input(..., name=)). Received: "
            f"{called(model)} with {', '.join(tensor.name for tensor in tensors)}."
        )
    return found


def sequence_input(model: keras.Model) -> str:
    """The name of the input that reads DNA, one-hot (batch, length, 4).

    It is the only one of that shape, or the one named "sequence".

    Raises:
        InputError: There is none, or it cannot be told which.
    """
    from zoo.dna import ALPHABET

    found = inputs_of(model)
    shapes = {name: tuple(tensor.shape) for name, tensor in found.items()}
    like = [
        name
        for name, shape in shapes.items()
        if len(shape) == 3 and shape[2] == len(ALPHABET)
    ]
    if SEQUENCE in like:
        return SEQUENCE
    if len(like) == 1:
        return like[0]
    raise InputError(
        "Expected a model with one input (batch, length, 4), or one of that shape "
        f"named {SEQUENCE!r}. Received: {called(model)} with input"
        f"{'s' * (len(shapes) != 1)} {', '.join(map(str, shapes.values()))}."
    )


def input_length(model: keras.Model) -> int | None:
    """The one length in bp that the model takes, or None if it takes any.

    Raises:
        InputError: As `sequence_input`.
    """
    length: int | None = inputs_of(model)[sequence_input(model)].shape[1]
    return length


def is_per_base(tensor: Any, length: int | None) -> bool:
    """Whether an input has values per base of the sequence: (batch, length, channels).

    Args:
        tensor: Of the input.
        length: That of the sequences which the model takes, in bp; None for any.
    """
    return len(tensor.shape) == 3 and tensor.shape[1] == length


def described_inputs(model: keras.Model) -> tuple[ModelInput, ...]:
    """What a release says of the inputs of its model, in their order.

    Raises:
        InputError: As `sequence_input`.
    """
    import keras

    sequence, length = sequence_input(model), input_length(model)
    found = []
    for name, tensor in inputs_of(model).items():
        shape = tuple(tensor.shape)[1:]
        dtype = keras.backend.standardize_dtype(tensor.dtype)
        if name == sequence:
            kind = "sequence"
        elif is_per_base(tensor, length):
            kind = "signal"
        elif "int" in dtype:
            kind = "category"
        else:
            kind = "numbers"
        found.append(ModelInput(name, kind, shape, dtype))
    return tuple(found)


def as_inputs(model: keras.Model, named: Mapping[str, T]) -> Any:
    """Values by name in the structure that the model is called with."""
    import keras

    tensors = inputs_of(model)
    if len(tensors) == 1 and (
        isinstance(model, keras.Sequential) or hasattr(model.input, "shape")
    ):
        return named[next(iter(tensors))]
    return keras.tree.map_structure(lambda tensor: named[tensor.name], model.input)


def outputs_of(model: keras.Model) -> dict[str, Any]:
    """The output tensors of a model by name, see `by_name`.

    In the order of `model.outputs`, which of a dictionary is that of its keys.

    Raises:
        InputError: The model has no known outputs, or nests them.
    """
    inputs_of(model)
    import keras

    sequential = isinstance(model, keras.Sequential)
    named = by_name(model, model.outputs[0] if sequential else model.output)
    order = {id(tensor): place for place, tensor in enumerate(model.outputs)}
    return dict(sorted(named.items(), key=lambda item: order[id(item[1])]))


def by_name(model: keras.Model, outputs: Any) -> dict[str, Any]:
    """The outputs of a call, in order: a tensor, a list or a dict of them.

    Names are the keys of a dict, else `model.output_names`, else "output_1", ...

    Raises:
        InputError: Outputs nested deeper.
    """
    if isinstance(outputs, Mapping):
        found = dict(outputs)
    else:
        values = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        names = getattr(model, "output_names", None) or ()
        if len(names) != len(values) or len(set(names)) != len(values):
            names = [f"output_{number}" for number in range(1, len(values) + 1)]
        found = dict(zip(names, values, strict=True))
    for name, value in found.items():
        if not hasattr(value, "shape"):
            raise InputError(
                "Expected a model whose output is a tensor, or a list or dict of "
                f"tensors. Received: output {name!r} is a {type(value).__name__}. Make "
                "a keras.Model of its input and of the tensors."
            )
    return {str(name): value for name, value in found.items()}


def check_described(
    model: keras.Model, release: Release, *, new_head: bool = False
) -> None:
    """Refuses a model whose inputs and outputs are not those of its release.

    Args:
        model: Built from the configuration of the release.
        release: Before schema 5 it says neither.
        new_head: Whether its outputs are not the released ones.

    Raises:
        ReleaseError: Others, or in another order, which would give outputs the names
            of one another.
    """
    if release.inputs is None or release.heads is None:
        return
    inputs, outputs = list(inputs_of(model)), list(_shapes(outputs_of(model)))
    said = [(head.name, head.kind, head.num_outputs) for head in release.heads]
    names = [each.name for each in release.inputs]
    if len(inputs) == len(names) == 1:  # nobody asks for it by its name
        names = inputs
    if len(outputs) == len(said) == 1:
        said = [(outputs[0][0], *said[0][1:])]
    for what, expected, received, same in (
        ("inputs", names, inputs, set(names) == set(inputs)),
        ("outputs", said, outputs, new_head or said == outputs),
    ):
        if not same:
            raise ReleaseError(
                f"{release.name}: expected a model with the {what} {expected!r:.200}. "
                f"Received: what {release.architecture} builds has {received!r:.200}. "
                "Install or download the release again; of a builder of your own, give "
                "the same names in every build: keras.Input(name=), and outputs in a "
                "dict, or of layers with names."
            )


def _shapes(outputs: Mapping[str, Any]) -> Iterator[tuple[str, str, int | None]]:
    """The name, kind and channels of outputs, as in a `Head`."""
    for name, tensor in outputs.items():
        kind = "scalar" if len(tensor.shape) == 2 else "profile"
        yield name, kind, tensor.shape[-1]


def only(named: Mapping[str, T]) -> T | dict[str, T]:
    """The value of a single name; of several, all of them by name."""
    return next(iter(named.values())) if len(named) == 1 else dict(named)


def all_named(values: Any) -> Mapping[str, Any]:
    """What `only` gave, by name again; "" is that of a single value."""
    return values if isinstance(values, Mapping) else {"": values}
