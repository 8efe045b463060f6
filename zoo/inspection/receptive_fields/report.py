"""What is said of the receptive fields of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from zoo.inspection.graph import Call, Shape, Tensor
from zoo.inspection.receptive_fields.field import Field, Integers


@dataclass(frozen=True)
class LayerField:
    """What the units of one layer's output see; a unit is one of its positions.

    Attributes:
        name: The layer's, after those of nested models around it: "outer/inner".
        layer: Its class.
        output_shape: (batch, ...) at the length of the analysis.
        span: bp from the first to the last base that one unit sees, if the sequence
            goes on beyond its ends: the receptive field. None where units see along
            the whole length; 0 where they do not depend on the input.
        local_span: The same without what reaches all units at once, such as the gate
            of squeeze-and-excite or the state of a recurrent layer. None for a single
            unit that sees the whole length, and where units do not lie evenly.
        stride: bp between neighboring units; a fraction where there are several
            per base, negative on the other strand; None where local_span is, and for
            a single unit.
        start: The first base of the local span of unit 0, negative in front of the
            sequence: that of unit i is start + i * stride; behind up-sampling, where
            neighboring units share a window, that of every such group. None where
            local_span is.
        interval: The bases that any unit sees, half-open and inside the sequence.
        intervals: int (units, 2): those that each unit sees. Exact, also at the
            ends, where units see padding in place of bases.
    """

    name: str
    layer: str
    output_shape: Shape
    span: int | None
    local_span: int | None
    stride: int | Fraction | None
    start: int | None
    interval: tuple[int, int]
    intervals: Integers = field(repr=False, compare=False)


@dataclass(frozen=True, repr=False)
class ReceptiveField:
    """What a model's layers and outputs see of one input.

    Attributes:
        input: The name of the input.
        sequence_length: Its length in bp in this analysis.
        layers: One entry for each call of a layer, in the order of the graph.
        outputs: The entries of the model's outputs.
    """

    input: str
    sequence_length: int
    layers: tuple[LayerField, ...]
    outputs: tuple[LayerField, ...]

    @property
    def span(self) -> int:
        """The widest window in bp of a unit that does not see the whole length."""
        return max((la.span for la in self.layers if la.span is not None), default=0)

    @property
    def local_span(self) -> int:
        """The widest window in bp by convolutions and pools alone.

        More than `span` where means over the whole length, as in squeeze and
        excitation, come in between.
        """
        return max((la.local_span or 0 for la in self.layers), default=0)

    @property
    def interval(self) -> tuple[int, int]:
        """The bases that any output sees, half-open."""
        starts, stops = zip(*(output.interval for output in self.outputs), strict=True)
        return min(starts), max(stops)

    def __repr__(self) -> str:
        """A table with one line per layer."""
        rows = [("layer", "span, bp", "stride", "unit 0 from")]
        for la in self.layers:
            span = "all" if la.span is None else str(la.span)
            stride = "" if la.stride is None else str(la.stride)
            start = "" if la.start is None else str(la.start)
            rows.append((la.name, span, stride, start))
        first, last = self.interval
        return (
            f"{text_table(rows)}\n"
            f"At {self.sequence_length} bp the output sees {first} to {last}."
        )


def text_table(rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Cells in columns two spaces apart, all but the `left` first on the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if number < left else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def describe(call: Call, output: Tensor, field: Field) -> LayerField:
    """What is reported of one tensor: the output of a call."""
    empty = field.starts >= field.stops
    intervals = np.stack([field.starts, field.stops], axis=1)
    intervals[empty] = 0
    seen = intervals[~empty]
    span: int | None
    stride: int | Fraction | None = None
    local = field.pattern.span if field.pattern is not None else None
    start = None
    if not len(seen):
        span = 0
    elif field.whole:
        span = None
    elif local is not None:
        span = local
    else:
        span = int((seen[:, 1] - seen[:, 0]).max())
    if field.pattern is not None:
        start = int(field.pattern.starts[0])
        if len(field) > 1:
            stride = field.pattern.stride
            stride = int(stride) if stride.denominator == 1 else stride
    return LayerField(
        call.name,
        type(call.operation).__name__,
        output.shape,
        span,
        local,
        stride,
        start,
        (int(seen[:, 0].min()), int(seen[:, 1].max())) if len(seen) else (0, 0),
        intervals,
    )
