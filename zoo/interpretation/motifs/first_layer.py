"""Finds the convolution of a model that reads one-hot bases. Imports Keras."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from zoo.errors import InputError
from zoo.inspection.graph import Call, Graph, trace
from zoo.layers import RCBatchNormalization, RCConv1D, pairings
from zoo.models.creation import called
from zoo.models.loading import is_fixed

_ACTIVATIONS = (
    keras.layers.Activation,
    keras.layers.ELU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ReLU,
)


@dataclass(frozen=True)
class FirstLayer:
    """A convolution on one-hot bases, and what stands directly around it.

    Attributes:
        convolution: A `Conv1D` or `RCConv1D`.
        before: Layers without weights between the model's input and it.
        normalization: The batch normalization behind it, or None.
        activation: The activation layer behind those, or None.
        reads_codes: Whether the model's input is uint8 codes (batch, length) and not
            one-hot (batch, length, 4).
    """

    convolution: Any
    before: tuple[Any, ...]
    normalization: Any | None
    activation: Any | None
    reads_codes: bool

    @property
    def kernel_size(self) -> int:
        """Width of the kernel, in bases that it reads."""
        return _one(self.convolution.kernel_size)

    @property
    def strides(self) -> int:
        """Distance of neighboring windows, in bp."""
        return _one(self.convolution.strides)

    @property
    def dilation_rate(self) -> int:
        """Distance of the bases that neighboring kernel positions read, in bp."""
        return _one(self.convolution.dilation_rate)

    @property
    def partners(self) -> pairings.Pairing | None:
        """The partner of each output channel; None for a plain `Conv1D`."""
        if not isinstance(self.convolution, RCConv1D):
            return None
        return self.convolution.pairing or pairings.reversal(self.convolution.filters)

    @property
    def learned(self) -> tuple[int, ...]:
        """The channels whose whole kernels are learned, in their order in `kernel`."""
        if self.partners is None:
            return tuple(range(self.convolution.filters))
        return tuple(c for c, partner in enumerate(self.partners) if c < partner)


def _one(value: Any) -> int:
    """Keras keeps the sizes of a Conv1D as tuples of one."""
    return int(value[0]) if isinstance(value, (tuple, list)) else int(value)


def find_first_layer(model: keras.Model, layer: str | None = None) -> FirstLayer:
    """Finds the convolution that reads one-hot bases.

    Args:
        model: Functional or sequential.
        layer: Its name. Without it, the one convolution of that kind is taken that
            training changes.

    Raises:
        InputError: There is none or more than one, the named layer is another kind
            of layer, or it reads something other than one-hot bases.
    """
    graph = trace(model)
    convolutions = {
        call.name: call
        for call in graph.calls
        if isinstance(call.operation, (keras.layers.Conv1D, RCConv1D))
    }
    if layer is not None:
        if layer not in convolutions:
            raise InputError(
                f"Expected the name of a Conv1D or RCConv1D of {called(model)}. "
                f"Received: {layer!r}. It has: {', '.join(convolutions) or 'none'}."
            )
        return _first_layer(graph, convolutions[layer])
    found, reasons = {}, []
    for name, call in convolutions.items():
        if is_fixed(call.operation):
            continue
        try:
            found[name] = _first_layer(graph, call)
        except InputError as error:
            reasons.append(str(error))
    if len(found) == 1:
        return found.popitem()[1]
    if found:
        names = ", ".join(found)
        raise InputError(
            f"{called(model)} has {len(found)} convolutions on one-hot bases: {names}. "
            "Name one of them with layer=."
        )
    raise InputError(
        f"{called(model)} has no convolution on one-hot bases, which a motif's filter "
        f"needs. {reasons[0] if reasons else 'It has no Conv1D or RCConv1D.'}"
    )


def _first_layer(graph: Graph, call: Call) -> FirstLayer:
    before = _before(graph, call)
    convolution = call.operation
    if convolution.kernel_size == (1,):
        raise InputError(
            f"Layer {call.name!r} does not read one-hot bases together but one at a "
            "time (kernel_size=1): no motif is in it."
        )
    pairing = getattr(convolution, "input_pairing", None)
    if pairing is not None and tuple(pairing) != pairings.reversal(4):
        raise InputError(
            f"Layer {call.name!r} has the input_pairing {pairing}, so its input is not "
            "one-hot in the order A C G T, whose pairing is (3, 2, 1, 0)."
        )
    if getattr(convolution, "data_format", "channels_last") != "channels_last":
        raise InputError(
            f"Layer {call.name!r} reads channels first. Filters of motifs need "
            "channels last, (batch, length, 4)."
        )
    normalization = activation = None
    behind = _only_reader(graph, call)
    if behind and isinstance(
        behind.operation, (keras.layers.BatchNormalization, RCBatchNormalization)
    ):
        normalization = behind.operation
        behind = _only_reader(graph, behind)
    if behind and isinstance(behind.operation, _ACTIVATIONS):
        activation = behind.operation
    first = before[0].inputs[0] if before else call.inputs[0]
    return FirstLayer(
        convolution,
        tuple(each.operation for each in before),
        normalization,
        activation,
        reads_codes=len(first.shape) == 2,
    )


def _before(graph: Graph, call: Call) -> tuple[Call, ...]:
    """The calls between the input and a convolution, if its input is one-hot."""
    producers = {id(t): each for each in graph.calls for t in each.outputs}
    before: list[Call] = []
    tensor = call.inputs[0]
    while tensor.shape[-1] == 4 and id(tensor) in producers:
        producer = producers[id(tensor)]
        operation = producer.operation
        if (
            not isinstance(operation, keras.layers.Layer)
            or operation.weights
            or len(producer.inputs) != 1
        ):
            break
        before.insert(0, producer)
        tensor = producer.inputs[0]
    source = producers.get(id(tensor))
    is_bases = tensor.shape[-1] == 4 and len(tensor.shape) == 3
    is_codes = len(tensor.shape) == 2 and bool(before)
    if source is None and (is_bases or is_codes):
        return tuple(before)
    what = (
        f"the input of shape {tensor.shape}"
        if source is None
        else f"layer {source.name!r} ({type(source.operation).__name__}), of shape "
        f"{tensor.shape}"
    )
    raise InputError(
        f"Layer {call.name!r} does not read one-hot bases (batch, length, 4) but "
        f"{what}: its weights are not weights of bases."
    )


def _only_reader(graph: Graph, call: Call) -> Call | None:
    """The call that reads the output, if it is the only one and reads nothing else."""
    (output,) = call.outputs
    readers = [each for each in graph.calls if output in each.inputs]
    if len(readers) != 1 or output in graph.outputs:
        return None
    return readers[0] if readers[0].inputs == (output,) else None
