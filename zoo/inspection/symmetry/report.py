"""What was measured of a model's symmetry."""

from __future__ import annotations

from dataclasses import dataclass

_SHOWN_BASES = 60


@dataclass(frozen=True)
class OutputSymmetry:
    """One output of a model.

    Differences are between what is said of a sequence and what is said of its reverse
    complement, after the declared swap, in the output's own units.

    Attributes:
        name: The output.
        expected: "invariant" (the same on both strands) or "equivariant" (positions
            reversed, channels or outputs swapped), as declared.
        kind: `expected` if it holds, else "none".
        max_difference: The largest difference.
        mean_difference: The mean absolute difference.
        relative_difference: `max_difference` / `spread`.
        spread: Standard deviation of the output over sequences, positions and channels;
            0 says that nothing could be learned from these sequences.
        allowed: What `max_difference` may be.
        worst_sequence: The sequence of the largest difference.
        suggestion: Arguments with which the output is symmetric, where the declared
            ones fail and others fit; else None.
    """

    name: str
    expected: str
    kind: str
    max_difference: float
    mean_difference: float
    relative_difference: float
    spread: float
    allowed: float
    worst_sequence: str
    suggestion: str | None


@dataclass(frozen=True, repr=False)
class SymmetryReport:
    """The reverse-complement contract of a model, as measured.

    Attributes:
        model: Its name.
        kind: "invariant" if all outputs are, "equivariant" if all keep what was
            declared and some of it is a swap, "none" otherwise.
        outputs: One entry per output.
        deterministic: Whether the model gives one answer to one sequence, with
            training=False.
        repeat_difference: The largest difference between two calls with the same
            sequences.
        tolerance: Allowed share of the largest absolute output.
        num_sequences: How many sequences were tried.
        lengths: Their lengths in bp.
    """

    model: str
    kind: str
    outputs: tuple[OutputSymmetry, ...]
    deterministic: bool
    repeat_difference: float
    tolerance: float
    num_sequences: int
    lengths: tuple[int, ...]

    @property
    def passed(self) -> bool:
        """Whether every output keeps what was declared."""
        return self.kind != "none"

    @property
    def max_difference(self) -> float:
        """The largest difference of all outputs."""
        return max(output.max_difference for output in self.outputs)

    def __repr__(self) -> str:
        """A table with one line per output, and what to do."""
        lengths = ", ".join(map(str, self.lengths))
        lines = [
            f"{self.model}: {self.kind}",
            f"{self.num_sequences} sequences of {lengths} bp, tolerance "
            f"{self.tolerance:g} of the largest output",
            "",
        ]
        width = max(6, *(len(output.name) for output in self.outputs))
        lines.append(
            f"{'output':{width}}  {'declared':11}  {'holds':5}  {'max diff':>8}  "
            f"{'mean diff':>9}  {'max / spread':>12}"
        )
        for output in self.outputs:
            holds = "no" if output.kind == "none" else "yes"
            lines.append(
                f"{output.name:{width}}  {output.expected:11}  {holds:5}  "
                f"{output.max_difference:8.1e}  {output.mean_difference:9.1e}  "
                f"{output.relative_difference:12.1e}"
            )
        return "\n".join([*lines, *self._notes()])

    def _notes(self) -> list[str]:
        notes = []
        if not self.deterministic:
            notes.append(
                "Two calls with the same sequences differ by "
                f"{self.repeat_difference:.1e}: something in the model is random with "
                "training=False."
            )
        for output in self.outputs:
            if output.spread == 0:
                notes.append(
                    f"{output.name} is the same for all sequences: nothing is shown. "
                    "Pass sequences it responds to."
                )
            if output.kind == "none" and self.deterministic:
                worst = output.worst_sequence
                if len(worst) > _SHOWN_BASES:
                    worst = f"{worst[:_SHOWN_BASES]}... ({len(worst)} bp)"
                notes.append(f"{output.name}: worst for {worst}")
            if output.suggestion is not None:
                notes.append(f"{output.name}: symmetric with {output.suggestion}")
        return ["", *notes] if notes else []
