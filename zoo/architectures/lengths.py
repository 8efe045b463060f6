"""The lengths that architectures can take, and that of their profiles."""

from __future__ import annotations

from collections.abc import Sequence


def check_fixed_length(
    architecture: str,
    sequence_length: int | None,
    kernel_size: Sequence[int],
    pool_size: Sequence[int],
) -> None:
    """Refuses a length that leaves no position to flatten.

    Args:
        architecture: What the error calls the architecture.
        sequence_length: Input length in bp.
        kernel_size: Of each "valid" convolution; 1 for "same" padding.
        pool_size: Width and stride of the pooling behind each; 1 for none.

    Raises:
        ValueError: sequence_length is None, or too short.
    """
    minimum = 1
    for kernel, pool in zip(reversed(kernel_size), reversed(pool_size), strict=True):
        minimum = minimum * pool + kernel - 1
    if sequence_length is None or sequence_length < minimum:
        raise ValueError(
            f"{architecture} flattens positions, so it needs a fixed sequence_length, "
            f"of {minimum} bp or more with these kernels and pools. "
            f"Received: sequence_length={sequence_length}"
        )


def lost_ends(
    stem_kernel_size: int,
    kernel_size: int,
    dilation_rates: Sequence[int],
    profile_kernel_size: int,
) -> int:
    """How much shorter "valid" convolutions make a sequence, in bp at each end.

    Args:
        stem_kernel_size: Of the first convolution.
        kernel_size: Of those of the tower.
        dilation_rates: Of the stem, 1, and of the tower.
        profile_kernel_size: Of the last convolution.

    Raises:
        ValueError: A kernel size is even.
    """
    kernels = (stem_kernel_size, kernel_size, profile_kernel_size)
    if not all(kernel % 2 for kernel in kernels):
        raise ValueError(
            '"valid" padding needs odd kernel sizes, so that as much is lost at both '
            "ends. Received: stem_kernel_size, kernel_size, profile_kernel_size = "
            f"{', '.join(map(str, kernels))}"
        )
    tower = (kernel_size - 1) * sum(dilation_rates[1:])
    return (stem_kernel_size - 1 + tower + profile_kernel_size - 1) // 2


def beyond_profile(
    sequence_length: int | None, profile_length: int | None, lost: int
) -> int:
    """How much shorter a profile is than its sequence, in bp at each end.

    Args:
        sequence_length: Input length in bp, or None for any.
        profile_length: That of the profile; None for all that the convolutions leave.
        lost: What they do not leave, in bp at each end.

    Raises:
        ValueError: No such profile is centered on such a sequence.
    """
    if sequence_length is None and profile_length is not None:
        raise ValueError(
            "A profile_length needs a sequence_length, too. Received: "
            f"profile_length={profile_length}, sequence_length=None"
        )
    if sequence_length is None or (
        profile_length is None and sequence_length > 2 * lost
    ):
        return lost
    left = max(0, sequence_length - 2 * lost)
    beyond, rest = divmod(sequence_length - (profile_length or left), 2)
    if not 0 < (profile_length or left) <= left or rest:
        raise ValueError(
            f"Of {sequence_length:,} bp, these convolutions leave a profile of "
            f"{left:,} bp, which can be cut by an even number. Received: "
            f"profile_length={profile_length}, sequence_length={sequence_length}. "
            f"Expected a sequence_length of profile_length + {2 * lost:,} bp or more"
        )
    return beyond


def check_cut(architecture: str, sequence_length: int | None, reach: list[int]) -> None:
    """Refuses a length of which "valid" layers or a cropping would leave nothing.

    Args:
        architecture: What the error calls the architecture.
        sequence_length: Input length in bp; None for one that is not known yet.
        reach: bp that each layer cuts off, both sides together.

    Raises:
        ValueError: sequence_length is too short, or a layer would cut off more on one
            side than on the other.
    """
    if any(each % 2 for each in reach):
        raise ValueError(
            f"{architecture} cuts off as much on both sides, so (kernel_size - 1) * "
            "dilation_rate must be even for each of its layers; take an odd "
            f"kernel_size. Received: layers that cut off {reach} bp"
        )
    if sequence_length is not None and sequence_length <= sum(reach):
        raise ValueError(
            f"{architecture} cuts {sum(reach)} bp off the sequence with these kernels "
            f"and dilation rates, so it needs a sequence_length of {sum(reach) + 1} bp "
            f"or more. Received: sequence_length={sequence_length}"
        )
