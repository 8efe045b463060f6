"""At which lengths the windows of a strided layer are the same on both strands."""

from __future__ import annotations

from itertools import count, islice


def output_length(length: int, span: int, strides: int, padding: str) -> int:
    """Number of windows of `span` positions, `strides` apart, in `length`."""
    if padding == "same":
        return -(-length // strides)
    return (length - span) // strides + 1


def is_symmetric(length: int, span: int, strides: int, padding: str) -> bool:
    """Whether the mirror image of each window is a window.

    Windows start at the left. With "valid" padding, length - span must be a multiple
    of strides, or positions are left over on the right. With "same", the padding must
    have two equal sides and reach the end.

    Args:
        length: Of the input.
        span: Of a window with its dilation: dilation_rate * (kernel_size - 1) + 1.
        strides: Distance of neighboring windows.
        padding: "valid" or "same".
    """
    if padding == "valid":
        return length >= span and (length - span) % strides == 0
    last_start = (output_length(length, span, strides, padding) - 1) * strides
    padded = last_start + span - length
    return padded >= 0 and padded % 2 == 0


def symmetric_length(
    length: int | None, span: int, strides: int, padding: str, *, layer: str
) -> int | None:
    """The output length.

    Raises:
        ValueError: The input is shorter than a window, or the windows are not
            symmetric; the error says at which lengths they are.
    """
    if strides == 1:
        if length is None:
            return None
        if padding == "valid" and length < span:
            raise ValueError(
                f"{layer}: a window spans {span} positions, so the input needs at "
                f"least as many. Received: length={length}"
            )
        return output_length(length, span, strides, padding)
    if length is not None and is_symmetric(length, span, strides, padding):
        return output_length(length, span, strides, padding)
    start = span if length is None else max(1, length - strides)
    fitting = (n for n in count(start) if is_symmetric(n, span, strides, padding))
    lengths = ", ".join(map(str, islice(fitting, 3)))
    if length is None:
        reason = "Whether they do depends on the length, which is unknown"
        advice = "Give the input a length, such as"
    else:
        reason = f"At this length they do not, with padding={padding!r}"
        advice = "Lengths at which they do:"
    raise ValueError(
        f"{layer} with strides={strides} starts a window every {strides} positions, "
        "counted from the left; on the other strand they are counted from the right, "
        f"and both must meet the same positions. {reason}. {advice} {lengths}, or "
        f"multiples of {strides} more. Received: length={length}"
    )
