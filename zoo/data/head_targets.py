"""What each output of a model learns, made of the one array of targets of examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from zoo.errors import InputError, check_choice

if TYPE_CHECKING:
    import numpy.typing as npt

    from zoo.data.rows import Table

OF_TARGETS = ("values", "total", "log_total")


@dataclass(frozen=True, kw_only=True)
class HeadTargets:
    """What one output of a model with several learns.

    Attributes:
        targets: "values", as the examples have them; of a profile also "total", the
            sum over its bins, or "log_total", ln(1 + total). A bin without a value
            makes both of them missing, too. Targets without bins are their own total.
        outputs: Which of the examples' outputs, by name and in this order; empty for
            all.
        joined_bins: Of "values", how many bins of the examples make one bin of this
            output, as their sum; a divisor of the number of bins.
        joined_outputs: How many outputs in a row make one of this output, as their
            sum: 2 for the reads of both strands together. A divisor of their number.
    """

    targets: Literal["values", "total", "log_total"] = "values"
    outputs: tuple[str, ...] = ()
    joined_bins: int = 1
    joined_outputs: int = 1

    def names(self, outputs: Sequence[str]) -> tuple[str, ...]:
        """Names of its channels, of joined outputs with "_" between them.

        Args:
            outputs: Of the examples.

        Raises:
            InputError: See `groups`.
        """
        return tuple(map("_".join, self.groups(outputs)))

    def groups(self, outputs: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """The outputs of the examples that each of its channels is made of.

        Args:
            outputs: Of the examples.

        Raises:
            InputError: One of its outputs is not among them, or they cannot be joined.
        """
        unknown = [name for name in self.outputs if name not in outputs]
        if unknown or len(set(self.outputs)) < len(self.outputs):
            raise InputError(
                f"outputs: expected some of {', '.join(outputs)}, each once. "
                f"Received: {', '.join(unknown or self.outputs)}"
            )
        taken, joined = self.outputs or tuple(outputs), self.joined_outputs
        if joined < 1 or len(taken) % joined:
            raise InputError(
                "joined_outputs: expected a divisor of the number of outputs, "
                f"{len(taken)}. Received: {joined}"
            )
        starts = range(0, len(taken), joined)
        return tuple(taken[start : start + joined] for start in starts)

    def of(self, targets: npt.NDArray[Any], outputs: Sequence[str]) -> npt.NDArray[Any]:
        """Its targets.

        Args:
            targets: `(n, num_outputs)` or `(n, bins, num_outputs)`.
            outputs: Names of the last axis.

        Returns:
            float32, of the same rows.

        Raises:
            InputError: What it takes is not in these targets.
        """
        import numpy as np

        groups, values = self.groups(outputs), targets
        if self.outputs:
            numbers = [list(outputs).index(name) for name in self.outputs]
            values = targets[..., numbers]
        if self.joined_outputs != 1:
            apart = (*values.shape[:-1], len(groups), self.joined_outputs)
            values = values.reshape(apart).sum(axis=-1, dtype=np.float64)
        if self.joined_bins != 1:
            size, wide = self.joined_bins, self._wide_bins(targets.shape)
            values = values.reshape(len(values), wide, size, len(groups))
            values = values.sum(axis=2, dtype=np.float64)
        elif values.ndim == 3 and self.targets != "values":
            values = values.sum(axis=1, dtype=np.float64)
        if self.targets == "log_total":
            values = np.log1p(values)
        return values.astype(np.float32, copy=False)

    def _wide_bins(self, shape: tuple[int, ...]) -> int:
        """How many bins there are once `joined_bins` of them are one."""
        joined = self.joined_bins
        if self.targets != "values":
            raise InputError(
                f"joined_bins: expected none for {self.targets!r}, which is one sum "
                f"over all bins. Received: {joined}"
            )
        if len(shape) != 3:
            raise InputError(
                f"joined_bins: expected targets with bins to join {joined} of them. "
                f"Received: targets {shape[1:]} per example, without bins"
            )
        if joined < 1 or shape[1] % joined:
            raise InputError(
                f"joined_bins: expected a divisor of the number of bins, {shape[1]}. "
                f"Received: {joined}"
            )
        return shape[1] // joined


class TargetsByHead:
    """The targets of all outputs of a model, by its name of each.

    Args:
        heads: By the name of the output: `HeadTargets`, or their `targets` alone.
        examples: Whose targets.

    Raises:
        InputError: None is named, what a head takes is not in the targets, or weights
            are not one per example.
    """

    def __init__(self, heads: Mapping[str, HeadTargets | str], examples: Table) -> None:
        targets, weights = examples.targets, examples.sample_weight
        if not heads or targets is None:
            raise InputError(
                "Expected heads={name: what it learns} for each output of the model, "
                f"and examples with targets. Received: heads {dict(heads)}, targets "
                f"{None if targets is None else targets.shape}"
            )
        if weights is not None and weights.ndim != 1:
            raise InputError(
                "Expected one weight per example for a model with several outputs. "
                f"Received: weights {weights.shape}"
            )
        self.outputs = tuple(examples.outputs)
        self.heads: dict[str, HeadTargets] = {}
        for name, head in heads.items():
            if not isinstance(head, HeadTargets):
                head = HeadTargets(targets=head)  # type: ignore[arg-type]
            check_choice(f"heads[{name!r}]", head.targets, OF_TARGETS)
            self.heads[name] = head
        none_of_them = self.of(targets[:0])
        #: Of the targets of each head, without the axis of the examples.
        self.shapes = {name: y.shape[1:] for name, y in none_of_them.items()}

    def of(self, targets: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        """By head, see `HeadTargets.of`.

        Raises:
            InputError: What a head takes is not in these targets.
        """
        found = {}
        for name, head in self.heads.items():
            try:
                found[name] = head.of(targets, self.outputs)
            except InputError as error:
                raise InputError(f"heads.{name}: {error}") from None
        return found
