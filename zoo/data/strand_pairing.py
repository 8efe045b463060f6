"""Which track is the other strand of which, by their names."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.data.rows import TARGETS
from zoo.errors import InputError

# What names end in, one strand and the other.
STRANDS = (
    ("plus", "minus"),
    ("pos", "neg"),
    ("fwd", "rev"),
    ("forward", "reverse"),
    ("+", "-"),
)
_OTHER = {a: b for pair in STRANDS for a, b in (pair, pair[::-1])}
_ENDING = re.compile(
    r"(?:|.*[^a-z0-9])(plus|minus|pos|neg|fwd|rev|forward|reverse)|.*([+-])"
)


def strand_pairing(names: Sequence[str]) -> tuple[int, ...]:
    """The partner on the other strand of each name, for `batches(pairing=)`.

    Names that end in plus and minus, pos and neg, fwd and rev, forward and reverse or
    + and - are partners if they begin alike: "sox2_plus" and "sox2_minus", in lower or
    upper case. A name that ends in none of them, as of a track of both strands, is its
    own partner.

    Args:
        names: Of tracks, such as `examples.outputs`.

    Returns:
        Place of each one's partner.

    Raises:
        InputError: The partner of one is not among them, or none has a strand.
    """
    places = {name.lower(): place for place, name in enumerate(names)}
    found = []
    for place, name in enumerate(names):
        partner = other_strand(name)
        if partner is not None and partner not in places:
            raise InputError(
                f"Expected the other strand of {name!r}, {partner!r}, too. Received: "
                f"{', '.join(names)}"
            )
        found.append(place if partner is None else places[partner])
    if found == list(range(len(names))):
        raise InputError(
            "Expected names that say their strand, such as sox2_plus and sox2_minus. "
            f"Received: {', '.join(names)}"
        )
    return tuple(found)


def other_strand(name: str) -> str | None:
    """The name of the other strand in lower case; None for one without a strand."""
    match = _ENDING.fullmatch(name.lower())
    if match is None:
        return None
    ending = match[1] or match[2]
    return name.lower().removesuffix(ending) + _OTHER[ending]


def swap_strands(
    values: Mapping[str, npt.NDArray[Any]],
    names: Mapping[str, Sequence[str]],
    minus: npt.NDArray[np.bool_],
    pairing: Sequence[int] | Mapping[str, Sequence[int]] | None,
    source: str,
) -> None:
    """Gives windows on "-" the tracks of their own strands, in place.

    Args:
        values: "targets" and inputs, `(n, ..., tracks)`.
        names: Of the tracks of each.
        minus: Which windows lie on "-", `(n,)`.
        pairing: As in `from_intervals`.
        source: Named in messages.

    Raises:
        InputError: A pairing that is none of the tracks.

    Warns:
        UserWarning: Tracks are called as those of two strands, and not paired.
    """
    known = pairing if isinstance(pairing, Mapping) else {TARGETS: pairing}
    for name, array in values.items() if minus.any() else ():
        partners = known.get(name)
        if partners is not None:
            if sorted(partners) != list(range(array.shape[-1])):
                raise InputError(
                    f"pairing of {name!r}: expected the number of the partner of each "
                    f"of {', '.join(names[name])}. Received: {list(partners)}"
                )
            array[minus] = array[minus][..., list(partners)]
            continue
        present = {each.lower() for each in names[name]}
        if any(other_strand(each) in present for each in present):
            warnings.warn(
                f"{source}: {int(minus.sum()):,} of {len(minus):,} windows lie on '-', "
                f"where each of {', '.join(names[name])} has the reads of the window's "
                "other strand. pairing= (training.pairing of a configuration) swaps "
                "them; stranded=False (data.stranded = false) reads windows as '+'.",
                stacklevel=3,
            )
