"""The lengths that architectures can take, and that of their profiles."""

from __future__ import annotations

from collections.abc import Sequence

from zoo.errors import check_choice


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


def profile_cropping(
    sequence_length: int | None,
    profile_length: int | None,
    *,
    padding: str,
    stem_kernel_size: int,
    kernel_size: int,
    dilation_rates: Sequence[int],
    profile_kernel_size: int,
) -> tuple[int, int]:
    """How much shorter a profile is than its sequence, in bp at each end.

    Args:
        sequence_length: Input length in bp, or None for any.
        profile_length: That of the profile; None for all that the convolutions leave.
        padding: Of the convolutions, "same" or "valid".
        stem_kernel_size: Of the first convolution.
        kernel_size: Of those of the tower.
        dilation_rates: Of the stem, 1, and of the tower.
        profile_kernel_size: Of the last convolution.

    Returns:
        What lies beyond the profile, and what of it is to be cut off behind the last
        convolution.

    Raises:
        ValueError: No such profile is centered on such a sequence.
    """
    check_choice("padding", padding, ("same", "valid"))
    lost, kernels = 0, [stem_kernel_size, kernel_size, profile_kernel_size]
    if padding == "valid":
        if not all(kernel % 2 for kernel in kernels):
            raise ValueError(
                'padding="valid" needs odd kernel sizes, so that as much is lost at '
                "both ends. Received: stem_kernel_size, kernel_size, "
                f"profile_kernel_size = {', '.join(map(str, kernels))}"
            )
        tower = (kernel_size - 1) * sum(dilation_rates[1:])
        lost = (stem_kernel_size - 1 + tower + profile_kernel_size - 1) // 2
    if sequence_length is None:
        if profile_length is not None:
            raise ValueError(
                "A profile_length needs a sequence_length, too. Received: "
                f"profile_length={profile_length}, sequence_length=None"
            )
        return lost, 0
    if profile_length is None:
        profile_length = sequence_length - 2 * lost
    beyond, rest = divmod(sequence_length - profile_length, 2)
    if profile_length < 1 or rest or beyond < lost:
        raise ValueError(
            f"Of {sequence_length:,} bp, these convolutions leave a profile of "
            f"{max(0, sequence_length - 2 * lost):,} bp, which can be cut by an even "
            f"number. Received: profile_length={profile_length}, sequence_length="
            f"{sequence_length}. Expected profile_length + {2 * lost:,} bp or more"
        )
    return beyond, beyond - lost


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
