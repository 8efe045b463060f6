"""The lengths that an architecture with flattened positions can take."""

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
