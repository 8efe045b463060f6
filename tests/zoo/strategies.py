"""What several property-based tests draw."""

from __future__ import annotations

from hypothesis import strategies as st


@st.composite
def any_pairing(draw: st.DrawFn, most: int = 8) -> tuple[int, ...]:
    """An involution on 1 to `most` channels, with or without fixed points."""
    channels = draw(st.permutations(range(draw(st.integers(1, most)))))
    pairs = draw(st.integers(0, len(channels) // 2))
    partners = list(range(len(channels)))
    for one, other in zip(channels[:pairs], channels[pairs : 2 * pairs], strict=True):
        partners[one], partners[other] = other, one
    return tuple(partners)
