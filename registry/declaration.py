"""What a builder promises, for the conformance kit to check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

KINDS = ("invariant", "equivariant")
_ATTRIBUTE = "__seqzoo_declaration__"

Builder = TypeVar("Builder", bound=Callable[..., Any])


@dataclass(frozen=True)
class Declaration:
    """Promises of one builder.

    Attributes:
        reverse_complement: "invariant" if the model's outputs are the same for both
            strands, "equivariant" if positions, or channels as
            `pairing` says, are reversed; None promises nothing.
        pairing: For "equivariant": the partner of each output channel on the other
            strand; None if each is its own.
    """

    reverse_complement: str | None = None
    pairing: tuple[int, ...] | None = None


def declare(
    *, reverse_complement: str, pairing: tuple[int, ...] | None = None
) -> Callable[[Builder], Builder]:
    """Marks a builder with what it promises.

    Example:
        >>> @registry.declare(reverse_complement="invariant")
        ... def my_net(*, sequence_length=None, num_outputs=1): ...

    Raises:
        ValueError: Another kind.
    """
    if reverse_complement not in KINDS:
        raise ValueError(
            f"reverse_complement must be one of {KINDS}. "
            f"Received: reverse_complement={reverse_complement!r}"
        )

    def mark(builder: Builder) -> Builder:
        setattr(builder, _ATTRIBUTE, Declaration(reverse_complement, pairing))
        return builder

    return mark


def declaration(builder: Callable[..., Any]) -> Declaration:
    """What a builder promises; nothing unless it was declared."""
    found = getattr(builder, _ATTRIBUTE, None)
    return found if isinstance(found, Declaration) else Declaration()
