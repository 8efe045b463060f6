"""Which swap of outputs would fit, where the declared one does not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

_MAX_CHANNELS = 256

Array = npt.NDArray[np.float64]


def suggest(
    name: str,
    forward: Mapping[str, Array],
    reverse: Mapping[str, Array],
    allowed: float,
) -> str | None:
    """The arguments with which an output is symmetric on some sequences.

    Tries the output itself and then those of its shape, with and without reversal of
    positions, with channels as they are and paired with the nearest one.

    Args:
        name: The output, whose declared rule does not hold.
        forward: All outputs for the sequences.
        reverse: All outputs for their reverse complements.
        allowed: The largest difference that counts as equal.

    Returns:
        E.g. "pairing=(1, 0)", or None where nothing fits.
    """
    own = forward[name]
    if own.ndim < 2 or not np.ptp(own) > allowed:
        return None  # anything fits an output that does not vary
    like = [other for other in reverse if reverse[other].shape == own.shape]
    for source in sorted(like, key=lambda other: other != name):
        for reversed_positions in (True, False) if own.ndim > 2 else (False,):
            other = reverse[source]
            other = other[:, ::-1] if reversed_positions else other
            pairing = _pairing(own, other, allowed)
            if pairing is not None:
                swap = None if source == name else tuple(sorted((name, source)))
                return _spelled(swap, pairing, own.ndim, reversed_positions)
    return None


def _equal(one: Array, other: Array, allowed: float) -> bool:
    return bool(np.abs(one - other).max() <= allowed)


def _pairing(own: Array, other: Array, allowed: float) -> tuple[int, ...] | None:
    """The partner of each channel, the identity if it fits; None if there is none."""
    channels = own.shape[-1]
    identity = tuple(range(channels))
    if _equal(own, other, allowed):
        return identity
    if _equal(own, other[..., ::-1], allowed):
        return identity[::-1]
    if channels > _MAX_CHANNELS:
        return None
    own, other = own.reshape(-1, channels), other.reshape(-1, channels)
    distance = np.stack([np.abs(own[:, [c]] - other).max(axis=0) for c in identity])
    nearest = distance.argmin(axis=1)
    fits = (distance.min(axis=1) <= allowed).all()
    leads_back = np.array_equal(nearest[nearest], identity)
    return tuple(map(int, nearest)) if fits and leads_back else None


def _spelled(
    swap: tuple[str, ...] | None,
    pairing: tuple[int, ...],
    ndim: int,
    reversed_positions: bool,
) -> str:
    """The rule as arguments of `check`."""
    identity = tuple(range(len(pairing)))
    parts = []
    if swap is not None:
        parts.append(f"output_pairs=[{swap}]")
    if ndim == 2 and len(pairing) > 2 and pairing == identity[::-1]:
        # The last axis may hold positions as well: channels by the hundred are rare.
        parts.append("reverse_positions=True")
    elif pairing != identity:
        parts.append(f"pairing={pairing}")
    if ndim > 2 and not reversed_positions:
        parts.append("reverse_positions=False")
    return ", ".join(parts) or "neither a pairing nor reverse_positions"
