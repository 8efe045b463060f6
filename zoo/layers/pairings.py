"""Which channel is the reverse-complement partner of which: data, no tensors.

A pairing is a tuple of ints, one per channel: `pairing[c]` is the channel that says on
the other strand what channel c says on this one. Taking the partner twice leads back,
so a pairing is an involution; a channel that is its own partner is a fixed point. The
reverse complement of a map x (length, channels) is then

    RC(x)[i, c] = x[length - 1 - i, pairing[c]]

One-hot ACGT has the pairing (3, 2, 1, 0), the reversal of its channels. Layers take
None for the reversal, whatever the number of channels.

Source:
    Mallet and Vert, "Reverse-complement equivariant networks for DNA sequences",
    NeurIPS 2021: two partners are one regular representation of the two-element
    group, a fixed point is the irreducible one of type +1. Its type -1 (a channel that
    changes sign) is not a permutation and is left out: it allows odd activations only.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence

_MAX_K = 10

Pairing = tuple[int, ...]


def reversal(channels: int) -> Pairing:
    """Channel c with channel channels - 1 - c; the middle of an odd number is fixed."""
    return tuple(range(channels - 1, -1, -1))


def palindromic(channels: int, fixed: int) -> Pairing:
    """The reversal, but for `fixed` channels in the middle that are their own partners.

    Args:
        channels: Number of channels.
        fixed: How many of them are fixed points; what is left is even.

    Returns:
        E.g. (5, 4, 2, 3, 1, 0) for 6 channels, 2 of them fixed.

    Raises:
        ValueError: More fixed points than channels, or an odd number left to pair.
    """
    if not 0 <= fixed <= channels or (channels - fixed) % 2:
        raise ValueError(
            "The channels that are not their own partners come in pairs: expected "
            "0 <= fixed <= channels with an even difference. "
            f"Received: channels={channels}, fixed={fixed}"
        )
    pairs = (channels - fixed) // 2
    middle = range(pairs, pairs + fixed)
    return (
        *range(channels - 1, channels - 1 - pairs, -1),
        *middle,
        *range(pairs - 1, -1, -1),
    )


def strand_outputs(stranded: int, unstranded: int = 0) -> Pairing:
    """Outputs in the order plus_1, minus_1, plus_2, minus_2, ..., then unstranded ones.

    Args:
        stranded: Number of (plus, minus) pairs, which swap.
        unstranded: Number of outputs that are the same on both strands.

    Returns:
        E.g. (1, 0, 3, 2, 4) for two stranded outputs and an unstranded one.

    Raises:
        ValueError: A negative number, or no output at all.
    """
    if stranded < 0 or unstranded < 0 or stranded + unstranded == 0:
        raise ValueError(
            "Expected at least one output, stranded or not. "
            f"Received: stranded={stranded}, unstranded={unstranded}"
        )
    swapped = [c ^ 1 for c in range(2 * stranded)]
    return (*swapped, *range(2 * stranded, 2 * stranded + unstranded))


def kmers(k: int) -> Pairing:
    """Each k-mer with its reverse complement, numbered as `KmerOneHot` does.

    Args:
        k: Bases in a k-mer, 1 to 10.

    Returns:
        4^k numbers in base 4, first base most significant. Even k have 4^(k / 2)
        fixed points, the palindromic k-mers such as ACGT; odd k have none.

    Raises:
        ValueError: k is out of range.
    """
    if not 1 <= k <= _MAX_K:
        raise ValueError(f"k must be 1 to {_MAX_K}. Received: k={k}")
    partners = [0]
    for _ in range(k):
        # The partner of base + word is the partner of word + the base's complement.
        partners = [4 * word + 3 - base for base in range(4) for word in partners]
    return tuple(partners)


def concatenated(*pairings: Sequence[int]) -> Pairing:
    """Of maps joined by `keras.layers.Concatenate`, each with a pairing of its own.

    Two maps in the reversal order are not so when joined: concatenated(reversal(2),
    reversal(2)) is (1, 0, 3, 2).

    Raises:
        ValueError: One of them is not a pairing, or there is none.
    """
    if not pairings:
        raise ValueError("Expected at least one pairing to concatenate. Received: none")
    joined: list[int] = []
    for pairing in pairings:
        offset = len(joined)
        joined += [offset + partner for partner in check(pairing)]
    return tuple(joined)


def flattened(pairing: Sequence[int], length: int) -> Pairing:
    """Of a map (length, channels) after `keras.layers.Flatten`.

    Position i, channel c becomes channel i * channels + c; its partner is the partner
    of c at the mirrored position. A reversal stays a reversal.

    Raises:
        ValueError: Not a pairing.
    """
    partners = check(pairing)
    return tuple(
        position * len(partners) + partner
        for position in range(length - 1, -1, -1)
        for partner in partners
    )


def check(
    pairing: Sequence[int], channels: int | None = None, *, argument: str = "pairing"
) -> Pairing:
    """Returns the pairing as a tuple of ints, after checking that it is one.

    Args:
        pairing: Partner of each channel; a list from JSON will do.
        channels: How many channels it should have, if that is known.
        argument: What the error calls it.

    Raises:
        ValueError: No integers, another number of channels, a partner that is not a
            channel, or a channel that is not its partner's partner.
    """
    hint = (
        f"{argument} holds the partner of each channel, so that taking the partner "
        "twice leads back, e.g. (3, 2, 1, 0) for one-hot ACGT; see "
        "zoo.layers.pairings. "
    )
    try:
        partners = tuple(operator.index(partner) for partner in pairing)
    except TypeError:
        raise ValueError(
            f"{hint}Expected a sequence of ints. Received: {argument}={pairing!r}"
        ) from None
    if channels is not None and len(partners) != channels:
        raise ValueError(
            f"{hint}Expected {channels} channels. Received: {len(partners)} channels, "
            f"{argument}={_short(partners)}"
        )
    for channel, partner in enumerate(partners):
        if not 0 <= partner < len(partners):
            wrong = f"there is no channel {partner}"
        elif partners[partner] != channel:
            wrong = f"the partner of {partner} is {partners[partner]}"
        else:
            continue
        raise ValueError(
            f"{hint}The partner of channel {channel} is {partner}, but {wrong}. "
            f"Received: {argument}={_short(partners)}"
        )
    return partners


def _short(partners: Pairing) -> str:
    if len(partners) <= 16:
        return str(partners)
    return f"({', '.join(map(str, partners[:16]))}, ...)"
