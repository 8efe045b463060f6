"""From the change of a layer's input to that of its output: what all rules share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo.inspection.graph import Tensor
from zoo.interpretation.mutagenesis.changes import Change, Floats

#: A change along the sequence; (mutated position, base, channel) of what is pooled;
#: None where nothing changes.
Changed = Change | Floats | None


class ChangeStep:
    """How the change of one tensor follows from those of others.

    Args:
        sources: The tensors.
        result: The tensor. Its first axis behind the batch is the length, unless it is
            pooled.
    """

    #: How many positions beyond a window it looks at.
    reach = 0
    #: Positions of a source for one of the result.
    strides = 1
    pools = False

    def __init__(self, sources: Sequence[Tensor], result: Tensor) -> None:
        self.sources = tuple(sources)
        self.result = result

    @property
    def length(self) -> int:
        """Positions of the result."""
        length = self.result.shape[1]
        assert length is not None
        return length

    def references(self, inputs: Sequence[Any], output: Any) -> Sequence[Any]:
        """The tensors of reference sequences that it needs, (batch, length, channels).

        Args:
            inputs: Of the layer, as backend tensors.
            output: Likewise.
        """
        return ()

    def prepare(self, references: Sequence[Floats], margin: int) -> Any:
        """What `apply` gets, made once of the references of a sequence.

        Args:
            references: (length, channels) each.
            margin: Of `Padded`.
        """
        return None

    def apply(self, changes: Sequence[Any], state: Any) -> Changed:
        """The change of the result.

        Args:
            changes: Those of the sources, one at least not None; not to be written to.
            state: From `prepare`.
        """
        raise NotImplementedError(type(self).__name__)

    def width(self, width: int) -> int:
        """Of its windows, by that of the widest source; for the size of parts."""
        return width


def union(changes: Sequence[Change]) -> tuple[int, int]:
    """Start and width of the windows that hold all windows."""
    start = min(change.start for change in changes)
    return start, max(change.start + change.width for change in changes) - start


def spread(change: Change, start: int, width: int) -> Floats:
    """A copy of the delta in a wider window, with zeros around it."""
    rows, bases, _, channels = change.delta.shape
    found = np.zeros((rows, bases, width, channels), np.float32)
    first = change.start - start
    found[:, :, first : first + change.width] = change.delta
    return found
