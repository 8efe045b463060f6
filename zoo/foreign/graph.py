"""The description of a network that Keras keeps as JSON -> its layers and their order.

Keras 1 and 2 write it into an attribute of a legacy `.h5`, or beside one of weights
alone; Keras 3 into `config.json` of a `.keras` archive.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from zoo.errors import WeightsError
from zoo.foreign.arrays import MAXIMUM_DESCRIPTION_BYTES

MAXIMUM_LAYERS = 5_000
MAXIMUM_DEPTH = 4  # of networks inside networks

#: Which output of which call of a layer: its name, the call, the output.
Tensor = tuple[str, int, int]


@dataclass(frozen=True)
class ForeignLayer:
    """A layer as its file describes it.

    Attributes:
        name: Its name in the file.
        class_name: Keras's name of its class.
        config: Its arguments.
        calls: For each call the tensors that it takes.
        inner: The network that it is, for a network inside a network.
    """

    name: str
    class_name: str
    config: dict[str, Any]
    calls: tuple[tuple[Tensor, ...], ...]
    inner: ForeignGraph | None = None

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Of an input layer, without the batch."""
        found = self.config.get("batch_shape") or self.config["batch_input_shape"]
        return tuple(found[1:])

    @property
    def activation(self) -> str:
        """Keras's name of its activation, "linear" where it has none."""
        found = self.config.get("activation")
        return found if isinstance(found, str) else "linear" if found is None else "?"


@dataclass(frozen=True)
class ForeignGraph:
    """The layers of a network in the file's order, by name, and its ends."""

    layers: dict[str, ForeignLayer]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


def parse(text: str, label: str) -> ForeignGraph:
    """Reads the JSON of a functional model.

    Args:
        text: Of the file.
        label: What errors call the file.

    Raises:
        WeightsError: It is damaged, no functional model, or larger than any is.
    """
    if len(text) > MAXIMUM_DESCRIPTION_BYTES:
        raise WeightsError(
            f"{label}: expected a model description of at most "
            f"{MAXIMUM_DESCRIPTION_BYTES:,} characters. Received: {len(text):,}."
        )
    try:
        content = json.loads(text)
        graph = _graph(content, label, 0)
    except WeightsError:
        raise
    # Of a stranger's JSON anything may be missing, or nest too deep.
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as e:
        raise WeightsError(
            f"{label}: its model description is damaged or of another program: "
            f"{type(e).__name__}: {str(e)[:100]}"
        ) from None
    return graph


def _graph(content: dict[str, Any], label: str, depth: int) -> ForeignGraph:
    if "input_layers" not in content["config"]:
        raise WeightsError(
            f"{label}: expected a functional model of Keras, whose layers are listed "
            f"with what they take. Received: {content['class_name']!r:.80}"
        )
    if depth == MAXIMUM_DEPTH:
        raise WeightsError(f"{label}: networks nest deeper than {MAXIMUM_DEPTH}.")
    config = content["config"]
    if len(config["layers"]) > MAXIMUM_LAYERS:
        raise WeightsError(
            f"{label}: expected at most {MAXIMUM_LAYERS:,} layers. Received: "
            f"{len(config['layers']):,}"
        )
    layers: dict[str, ForeignLayer] = {}
    for each in config["layers"]:
        name, class_name = str(each["name"]), str(each["class_name"])
        inner = None
        if "input_layers" in each["config"]:
            inner = _graph(each, label, depth + 1)
        calls = tuple(tuple(_taken(call)) for call in each["inbound_nodes"])
        if name in layers:
            raise WeightsError(f"{label}: two layers are named {name!r:.80}.")
        layers[name] = ForeignLayer(
            name, class_name, dict(each["config"]), calls, inner
        )
    ends = (_tensors(config[f"{end}_layers"]) for end in ("input", "output"))
    # Keras 2 counts how a network inside was made as its first call.
    made = {
        each["name"]
        for each in config["layers"]
        if layers[each["name"]].inner is not None
        and isinstance(each["inbound_nodes"][0], list)
    }

    def counted(tensors: Iterable[Tensor]) -> tuple[Tensor, ...]:
        return tuple((n, call - (n in made), output) for n, call, output in tensors)

    layers = {
        name: dataclasses.replace(layer, calls=tuple(map(counted, layer.calls)))
        for name, layer in layers.items()
    }
    return ForeignGraph(layers, *map(counted, ends))


def _tensors(ends: Any) -> Iterator[Tensor]:
    """["name", 0, 0], or a list of such, or a dictionary of them."""
    if isinstance(ends, dict):
        ends = list(ends.values())
    for name, call, output in [ends] if isinstance(ends[0], str) else ends:
        yield str(name), int(call), int(output)


def _taken(call: Any) -> Iterator[Tensor]:
    """The tensors of one call, as Keras 2 or Keras 3 lists them."""
    if isinstance(call, dict):
        yield from _histories(call["args"])
        return
    for name, number, output, *more in call:
        if more and more[0] and set(more[0]) - {"mask", "training"}:
            raise WeightsError(
                f"A layer takes {sorted(more[0])} of {name!r:.80} beside its input, "
                "which is not read."
            )
        yield str(name), int(number), int(output)


def _histories(arguments: Any) -> Iterator[Tensor]:
    if isinstance(arguments, list):
        for each in arguments:
            yield from _histories(each)
    elif isinstance(arguments, dict) and arguments.get("class_name") == (
        "__keras_tensor__"
    ):
        name, call, output = arguments["config"]["keras_history"]
        yield str(name), int(call), int(output)
    else:
        raise WeightsError(f"A layer takes {arguments!r:.80}, which is no tensor.")
