"""A network in a file: its layers, its arrays, and what it predicts."""

from __future__ import annotations

import collections
import graphlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from registry.files import user_path
from zoo.errors import WeightsError
from zoo.foreign.arrays import Array, description, read, shapes
from zoo.foreign.graph import ForeignGraph, ForeignLayer, parse
from zoo.foreign.keras_layers import OPERATIONS, VARIABLES, compute
from zoo.foreign.operations import Values

_MAXIMUM_PRODUCTS = 10**12  # multiply-adds of one sequence, a few minutes
_LISTED = 12
#: What a recipe says that layers do, by their names: (*inputs) -> output.
Functions = Mapping[str, Callable[..., Values]]
#: A call of a layer.
_Call = tuple[str, int]


@dataclass(frozen=True, eq=False)
class Network:
    """A network as its file describes it. Made by `open_network`.

    Attributes:
        label: What errors call it.
        graph: Its layers; without any for a file of arrays only.
        arrays: All its arrays, by their names in the file.
        variables: Layer -> variable ("kernel") -> the array's name in the file.
        inner: The networks among its layers.
    """

    label: str
    graph: ForeignGraph
    arrays: Mapping[str, Array]
    variables: Mapping[str, Mapping[str, str]]
    inner: Mapping[str, Network]

    def array(self, name: str) -> Array:
        """An array by its name in the file.

        Raises:
            WeightsError: There is none.
        """
        if name not in self.arrays:
            raise WeightsError(
                f"{self.label} has no array {name!r}. It has {_some(self.arrays)}."
            )
        return self.arrays[name]

    def layer(self, name: str) -> ForeignLayer:
        """A layer by its name.

        Raises:
            WeightsError: There is none.
        """
        self._check_described()
        if name not in self.graph.layers:
            raise WeightsError(
                f"{self.label} has no layer {name!r}. It has "
                f"{_some(self.graph.layers)}."
            )
        return self.graph.layers[name]

    def layers(self, class_name: str) -> list[ForeignLayer]:
        """The layers of a class, in the file's order.

        Raises:
            WeightsError: The file does not describe its layers.
        """
        self._check_described()
        found = self.graph.layers.values()
        return [layer for layer in found if layer.class_name == class_name]

    def summary(self) -> str:
        """Its layers by their classes, "3 Conv1D, 1 Dense"; or the names of arrays."""
        classes = [layer.class_name for layer in self.graph.layers.values()]
        counted = collections.Counter(f"{name:.80}" for name in classes)
        named = {f"{number} {name}": name for name, number in counted.items()}
        return _some(named or self.arrays)

    def _check_described(self) -> None:
        if not self.graph.layers:
            raise WeightsError(
                f"{self.label} has arrays alone and no layers. Put the model's .json "
                "beside it, under the same name."
            )

    def weights(self, layer: ForeignLayer | str) -> dict[str, Array]:
        """The arrays of a layer: {"kernel": ..., "bias": ...}.

        A batch normalization without scale or center has ones or zeros in their place.

        Raises:
            WeightsError: There is no such layer, or no array of it.
        """
        found = self.layer(layer) if isinstance(layer, str) else layer
        names = self.variables.get(found.name, {})
        if not names:
            raise WeightsError(
                f"{self.label} has no weights of layer {found.name!r} "
                f"({found.class_name})."
            )
        arrays = {variable: self.array(name) for variable, name in names.items()}
        if found.class_name == "BatchNormalization":
            ones = np.ones_like(arrays["moving_mean"])
            arrays = {"gamma": ones, "beta": 0 * ones, **arrays}
        return arrays

    def renamed(self, layer: ForeignLayer | str, name: str) -> dict[str, Array]:
        """The arrays of a layer by their addresses in ours: "stem_conv/bias".

        Args:
            layer: Of the file.
            name: Of our layer.

        Raises:
            WeightsError: As `weights`.
        """
        return {f"{name}/{variable}": a for variable, a in self.weights(layer).items()}

    def predict(
        self, inputs: Mapping[str, Values], functions: Functions | None = None
    ) -> dict[str, Values]:
        """What the network predicts, in float64, without the activations of its ends.

        Args:
            inputs: Of each input layer, (batch, ...).
            functions: What the layers do whose code is not read, `Lambda` say.

        Returns:
            By the name of the layer that gives it; of the second output of a layer
            with several, "layer:1".

        Raises:
            WeightsError: A layer is not known, or asks for the impossible.
        """
        rows = [
            self._ends(
                {name: value[[row]] for name, value in inputs.items()}, functions
            )
            for row in range(len(next(iter(inputs.values()))))
        ]
        names = [
            f"{n}:{output}" if output else n for n, _, output in self.graph.outputs
        ]
        joined = (np.concatenate(found) for found in zip(*rows, strict=True))
        return dict(zip(names, joined, strict=True))

    def _ends(
        self,
        inputs: Mapping[str, Values],
        functions: Functions | None,
        *,
        logits: bool = True,
    ) -> list[Values]:
        """The outputs in order, each array let go after its last use."""
        functions = functions or {}
        taken = self._taken()
        uses = collections.Counter(call for calls in taken.values() for call in calls)
        ends = {(name, call) for name, call, _ in self.graph.outputs}
        values: dict[_Call, list[Values]] = {}
        products = 0
        for call in self._in_order(taken):
            layer = self.graph.layers[call[0]]
            arguments = [
                self._output(values, tensor)
                for tensor in (layer.calls[call[1]] if layer.calls else ())
            ]
            products += self._products(layer, arguments)
            if products > _MAXIMUM_PRODUCTS:
                raise WeightsError(f"{self.label} computes too much for any network.")
            bare = logits and call in ends and not uses[call]
            values[call] = self._compute(layer, arguments, inputs, functions, bare)
            for before in taken[call]:
                uses[before] -= 1
                if not uses[before] and before not in ends:
                    values.pop(before, None)
        return [self._output(values, tensor) for tensor in self.graph.outputs]

    def _taken(self) -> dict[_Call, list[_Call]]:
        """What each call takes, of those that lead to an output."""
        taken: dict[_Call, list[_Call]] = {}
        left = [(name, call) for name, call, _ in self.graph.outputs]
        while left:
            name, number = left.pop()
            if (name, number) in taken:
                continue
            layer = self.layer(name)
            if number >= max(len(layer.calls), 1) or number < 0:
                raise WeightsError(f"{self.label}: {name!r} has no call {number}.")
            tensors = layer.calls[number] if layer.calls else ()
            taken[name, number] = sorted({(n, call) for n, call, _ in tensors})
            left += taken[name, number]
        return taken

    def _in_order(self, taken: Mapping[_Call, Sequence[_Call]]) -> list[_Call]:
        try:
            return list(graphlib.TopologicalSorter(taken).static_order())
        except graphlib.CycleError:
            raise WeightsError(f"{self.label}: its layers form a circle.") from None

    def _output(
        self, values: Mapping[_Call, list[Values]], tensor: tuple[str, int, int]
    ) -> Values:
        name, call, output = tensor
        found = values[name, call]
        if not 0 <= output < len(found):
            raise WeightsError(f"{self.label}: {name!r} has no output {output}.")
        return found[output]

    def _products(self, layer: ForeignLayer, arguments: Sequence[Values]) -> int:
        names = self.variables.get(layer.name, {})
        if "kernel" not in names or not arguments:
            return 0
        positions = arguments[0].shape[1] if arguments[0].ndim == 3 else 1
        return positions * self.arrays[names["kernel"]].size

    def _compute(
        self,
        layer: ForeignLayer,
        arguments: Sequence[Values],
        inputs: Mapping[str, Values],
        functions: Functions,
        logits: bool,
    ) -> list[Values]:
        try:
            if layer.class_name == "InputLayer":
                return [inputs[layer.name]]
            if layer.name in self.inner:
                inside = self.inner[layer.name]
                names = [name for name, _, _ in inside.graph.inputs]
                given = dict(zip(names, arguments, strict=True))
                return inside._ends(given, functions, logits=logits)
            if layer.class_name not in OPERATIONS and layer.name in functions:
                return [functions[layer.name](*arguments)]
            arrays = self.weights(layer) if layer.class_name in VARIABLES else {}
            return [compute(layer, arrays, arguments, logits=logits)]
        except RecursionError:
            raise
        # Whatever NumPy makes of a stranger's arguments.
        except Exception as error:
            raise WeightsError(
                f"{self.label}: layer {layer.name!r:.80} ({layer.class_name:.80}) "
                f"cannot be computed: {error}"
            ) from None


def open_network(path: str | Path) -> Network:
    """Reads a file that another program wrote; nothing in it is run.

    Args:
        path: `.h5` of Keras 1 or 2 (or 3), with the description of the model in it or
            in a `.json` of the same name beside it; `.keras` of Keras 3; or
            `.safetensors`, which has arrays only.

    Raises:
        WeightsError: It is damaged, or of another format.
    """
    path = user_path(path)
    there, text = shapes(path), description(path)
    graph = parse(text, str(path)) if text else ForeignGraph({}, (), ())
    if path.suffix == ".keras":
        names = dict(_archived(graph))
    else:
        names = dict(_legacy(graph, there))
    wanted = {a for addresses in names.values() for a in addresses.values()}
    if not graph.layers:
        wanted = {name for name in there if not name.startswith("optimizer_weights/")}
    arrays = read(path, {name: there[name] for name in sorted(wanted) if name in there})
    return _network(str(path), graph, arrays, names, ())


#: Of a layer: the names of the networks around it, and its own.
_Place = tuple[str, ...]


def _network(
    label: str,
    graph: ForeignGraph,
    arrays: Mapping[str, Array],
    names: Mapping[_Place, Mapping[str, str]],
    place: _Place,
) -> Network:
    variables = {
        name: {v: a for v, a in names.get((*place, name), {}).items() if a in arrays}
        for name in graph.layers
    }
    inner = {
        name: _network(f"{label}: {name}", layer.inner, arrays, names, (*place, name))
        for name, layer in graph.layers.items()
        if layer.inner is not None
    }
    return Network(label, graph, arrays, variables, inner)


def _archived(
    graph: ForeignGraph, prefix: str = "", place: _Place = ()
) -> Iterator[tuple[_Place, dict[str, str]]]:
    """Where a `.keras` archive has variables: it counts layers by their classes."""
    seen: collections.Counter[str] = collections.Counter()
    for name, layer in graph.layers.items():
        words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", layer.class_name)
        words = re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()
        number, seen[words] = seen[words], seen[words] + 1
        address = (
            f"{prefix}layers/{words}_{number}" if number else f"{prefix}layers/{words}"
        )
        if layer.inner is not None:
            yield from _archived(layer.inner, f"{address}/", (*place, name))
        variables = list(VARIABLES.get(layer.class_name, ()))
        for variable, argument in _SWITCHES.items():
            if variable in variables and layer.config.get(argument) is False:
                variables.remove(variable)
        yield (
            (*place, name),
            {v: f"{address}/vars/{n}" for n, v in enumerate(variables)},
        )


_SWITCHES = {"bias": "use_bias", "gamma": "scale", "beta": "center"}


def _legacy(
    graph: ForeignGraph, there: Mapping[str, object]
) -> Iterator[tuple[_Place, dict[str, str]]]:
    """Where a legacy `.h5` has variables: by the names of layers."""
    root = "model_weights/"
    if not any(address.startswith(root) for address in there):
        root = ""
    found: dict[_Place, dict[str, str]] = collections.defaultdict(dict)
    for address in there:
        parts = address.removeprefix(root).split("/")
        if (
            not address.startswith(root)
            or parts[0] not in graph.layers
            or len(parts) < 2
        ):
            continue
        place: _Place = (parts[0],)
        inner = graph.layers[parts[0]].inner
        if inner is not None:  # one group of all its variables, whatever is inside
            place += _holder(inner, parts[-2])
        found[place][parts[-1].partition(":")[0]] = address
    yield from found.items()


def _holder(graph: ForeignGraph, layer: str) -> _Place:
    """Where a layer is within a network, at any depth."""
    for name, each in graph.layers.items():
        if name == layer:
            return (name,)
        if each.inner is not None and (found := _holder(each.inner, layer)):
            return (name, *found)
    return ()


def _some(names: Mapping[str, object]) -> str:
    listed = ", ".join(list(names)[:_LISTED]) or "none"
    return f"{listed} ..." if len(names) > _LISTED else listed
