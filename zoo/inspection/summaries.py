"""What a model sees and costs, layer by layer, before any training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from pathlib import Path
from typing import Any

import keras

import registry
from zoo.errors import InputError, said
from zoo.inspection.graph import Call, Shape, trace
from zoo.inspection.multiply_adds import multiply_adds
from zoo.inspection.receptive_fields import Window, receptive_field
from zoo.inspection.receptive_fields.report import text_table
from zoo.models.creation import called, create
from zoo.models.listing import info
from zoo.models.loading import usable


@dataclass(frozen=True)
class LayerSummary:
    """One call of a layer.

    Attributes:
        name: The layer's, after those of nested models around it: "outer/inner".
        layer: Its class.
        output_shape: (batch, ...); batch is None.
        span: bp that one unit sees, None for the whole length; see
            `zoo.inspection.receptive_fields.LayerField`.
        stride: bp between neighboring units; None for a single one.
        parameters: Numbers in its weights, those not trained too; 0 where a shared
            layer is called again.
        multiply_adds: For one example; None where it is not known, see
            `zoo.inspection.multiply_adds`.
    """

    name: str
    layer: str
    output_shape: Shape
    span: int | None
    stride: int | Fraction | None
    parameters: int
    multiply_adds: int | None


@dataclass(frozen=True, repr=False)
class Summary:
    """A model layer by layer.

    Attributes:
        name: Of the model, the release or the architecture.
        sequence_length: Input length in bp that shapes and multiply-adds are for.
        layers: In the order of the graph.
        span: The widest window in bp of a unit that does not see the whole length.
        local_span: The widest window in bp by convolutions and pools alone; see
            `zoo.inspection.receptive_fields.ReceptiveField.local_span`.
        interval: The bases that the outputs see, half-open.
        parameters: Of the whole model.
        trainable_parameters: Those that training changes.
    """

    name: str
    sequence_length: int
    layers: tuple[LayerSummary, ...]
    span: int
    local_span: int
    interval: tuple[int, int]
    parameters: int
    trainable_parameters: int

    @property
    def multiply_adds(self) -> int:
        """For one example, over all layers where it is known."""
        return sum(layer.multiply_adds or 0 for layer in self.layers)

    @property
    def uncounted(self) -> tuple[str, ...]:
        """Names of the layers whose multiply-adds are not known."""
        return tuple(la.name for la in self.layers if la.multiply_adds is None)

    def __repr__(self) -> str:
        """A table with one line per layer, and the totals."""
        rows = [
            ("layer", "output", "span, bp", "stride, bp", "parameters", "multiply-adds")
        ]
        for la in self.layers:
            rows.append(
                (
                    la.name,
                    " x ".join(str(n) for n in la.output_shape[1:]) or "1",
                    "all" if la.span is None else f"{la.span:,}",
                    "" if la.stride is None else str(la.stride),
                    _count(la.parameters),
                    "?" if la.multiply_adds is None else _count(la.multiply_adds),
                )
            )
        start, stop = self.interval
        fixed = self.parameters - self.trainable_parameters
        text = (
            f"{text_table(rows, left=2)}\n\n"
            f"{self.name} at {self.sequence_length:,} bp: "
            f"{self.parameters:,} parameters ({fixed:,} not trained), "
            f"{self.multiply_adds:,} multiply-adds per sequence.\nA unit sees up to "
            f"{self.span:,} bp before the whole length is pooled"
            + (
                f" for the first time, {self.local_span:,} bp by convolutions alone"
                if self.local_span > self.span
                else ""
            )
            + f"; the outputs see {start:,} to {stop:,}."
        )
        if self.uncounted:
            names = ", ".join(self.uncounted)
            text += f"\nMultiply-adds not known, and left out: {names}."
        return text

    def as_json(self) -> dict[str, Any]:
        """All of it in types that JSON can write; a fraction becomes a float."""
        layers = [
            vars(layer)
            | {
                "output_shape": list(layer.output_shape),
                "stride": None if layer.stride is None else _number(layer.stride),
            }
            for layer in self.layers
        ]
        return vars(self) | {
            "layers": layers,
            "interval": list(self.interval),
            "multiply_adds": self.multiply_adds,
            "uncounted": list(self.uncounted),
        }


def summary(
    model: keras.Model | str | Path,
    sequence_length: int | None = None,
    *,
    config: Mapping[str, Any] | None = None,
    input: str | None = None,
    windows: Mapping[str, Window | Mapping[str, Any]] | None = None,
) -> Summary:
    """Lists output shape, receptive field, parameters and cost of each layer.

    Args:
        model: A functional or sequential model; or a name, which is built without
            reading weights: of an architecture, with its defaults, or of a release,
            as `zoo.load` takes it.
        sequence_length: Input length in bp, at which a model given by name is built.
            None for that of the model; where it takes any length, that at which a
            release was trained, else 1,000, or the shortest that it can read if that
            is longer.
        config: Arguments of the architecture, for a name; they go over a release's.
        input: The input to follow, as in `zoo.receptive_field`.
        windows: What unknown layers read, as in `zoo.receptive_field`.

    Raises:
        UnknownNameError: There is no such release or architecture.
        InputError: As `zoo.receptive_field`; or a config for a model that is built,
            or one that the architecture refuses.
    """
    if isinstance(model, keras.Model):
        if config is not None:
            raise InputError(
                "A config is for a name, whose model is yet to be built. Received: "
                f"config={dict(config)!r} and the model {called(model)}."
            )
        name = model.name
    else:
        name, model, trained = _build(model, sequence_length, dict(config or {}))
        if sequence_length is None:
            sequence_length = trained
    field = receptive_field(model, sequence_length, input=input, windows=windows)
    calls = trace(model, sequence_length).calls
    counted: set[int] = set()
    layers = tuple(
        LayerSummary(
            call.name,
            seen.layer,
            seen.output_shape,
            seen.span,
            seen.stride,
            _parameters(call, counted),
            multiply_adds(call),
        )
        for call, seen in zip(calls, field.layers, strict=True)
    )
    return Summary(
        name,
        field.sequence_length,
        layers,
        field.span,
        field.local_span,
        field.interval,
        model.count_params(),
        _size(model.trainable_weights),
    )


def _build(
    name: str | Path, sequence_length: int | None, config: dict[str, Any]
) -> tuple[str, keras.Model, int | None]:
    """Full name, a new model, and the length that it was trained at if it takes any."""
    trained = None
    if sequence_length is not None:
        config = {"sequence_length": sequence_length} | config
    architecture = full_name = str(name)
    known = registry.list_architectures()
    names = {n for a in known for n in (a.name, f"{a.provider}:{a.name}")}
    # Of what is neither, it suggests names of both kinds.
    found = None if architecture in names else info(name)
    if isinstance(found, registry.Release):
        release = usable(found)
        architecture, full_name = release.architecture, release.name
        config = release.config | config
        if config.get("sequence_length") is None:
            trained = release.input.training_length
    try:
        return full_name, create(architecture, **config), trained
    except registry.SeqzooError:
        raise
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{architecture} cannot be built: {said(error)} (seqzoo info "
            f"{architecture} explains its arguments)"
        ) from error


def _parameters(call: Call, counted: set[int]) -> int:
    """Of a layer's weights that were not counted before."""
    weights = getattr(call.operation, "weights", [])
    fresh = [weight for weight in weights if id(weight) not in counted]
    counted.update(id(weight) for weight in fresh)
    return _size(fresh)


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _size(weights: list[Any]) -> int:
    return sum(prod(weight.shape) for weight in weights)


def _number(value: int | Fraction) -> int | float:
    return value if isinstance(value, int) else float(value)
