"""What one unit of a layer's output reads of the layer's input."""

from __future__ import annotations

from dataclasses import dataclass

from zoo.inspection.receptive_fields.field import Field, Taps, read, spread

PADDINGS = ("valid", "same", "causal")


@dataclass(frozen=True)
class Window:
    """What one unit of a layer's output reads of the layer's input.

    Unit j reads the units j * strides - left + t * dilation_rate of the input, for t
    from 0 to kernel_size - 1. Its defaults describe a layer that works on each
    position by itself.

    Args:
        kernel_size: Number of positions read.
        strides: Positions from one window to the next.
        dilation_rate: Distance of neighboring positions read.
        padding: "valid" (left = 0), "same" or "causal", as in
            `keras.layers.Conv1D`.
        whole: Whether each unit reads all positions instead.

    Raises:
        ValueError: A number below 1, or another padding.
    """

    kernel_size: int = 1
    strides: int = 1
    dilation_rate: int = 1
    padding: str = "valid"
    whole: bool = False

    def __post_init__(self) -> None:
        if min(self.kernel_size, self.strides, self.dilation_rate) < 1:
            raise ValueError(f"Expected numbers of at least 1. Received: {self}")
        if self.padding not in PADDINGS:
            raise ValueError(f"padding must be one of {PADDINGS}. Received: {self}")

    def units(self, length: int) -> int:
        """How many units of the output there are for `length` of the input."""
        if self.padding == "valid":
            length -= (self.kernel_size - 1) * self.dilation_rate
        return max(0, -(-length // self.strides))

    def field(self, field: Field, units: int) -> Field:
        """The field of `units` new units that read those of `field`."""
        if self.whole:
            return spread(field, units)
        left = self._left(len(field))
        offsets = [(0, t * self.dilation_rate - left) for t in range(self.kernel_size)]
        return read(field, units, Taps(self.strides, 1, offsets))

    def _left(self, length: int) -> int:
        """Positions of padding in front of `length` positions."""
        reach = (self.kernel_size - 1) * self.dilation_rate
        if self.padding == "valid":
            return 0
        if self.padding == "causal":
            return reach
        # As few as fill the last window; the odd one is put behind.
        windows = -(-length // self.strides)
        return max((windows - 1) * self.strides + reach + 1 - length, 0) // 2
