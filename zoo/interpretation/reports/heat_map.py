"""Heat maps as images of one pixel per value, which the browser enlarges."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
import numpy.typing as npt

# Apart for the color-blind, too (Okabe and Ito), and seen on white and on black.
_ABOVE, _BELOW, _OWN = (213, 94, 0), (0, 114, 178), (128, 128, 128)
_OWN_OPACITY = 70


def heat_map(
    values: npt.NDArray[np.floating],
    largest: float,
    own: npt.NDArray[np.bool_] | None = None,
) -> str:
    """The address of a PNG: orange above 0, blue below, the more opaque the farther.

    Args:
        values: `(row, column)`, a pixel each.
        largest: The magnitude that is opaque.
        own: Pixels that are gray instead, such as those of a base's own.

    Returns:
        A `data:` URL.
    """
    shown = np.nan_to_num(values)
    pixels = np.empty((*shown.shape, 4), np.uint8)
    pixels[..., :3] = np.where((shown > 0)[..., None], _ABOVE, _BELOW)
    part = np.clip(np.abs(shown) / (largest or 1.0), 0, 1)
    pixels[..., 3] = np.round(255 * part)
    if own is not None:
        pixels[own] = (*_OWN, _OWN_OPACITY)
    return "data:image/png;base64," + base64.b64encode(_png(pixels)).decode()


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """RGBA `(row, column, 4)` as PNG (ISO/IEC 15948), each row without a filter."""
    rows, columns, _ = pixels.shape
    lines = np.zeros((rows, 1 + 4 * columns), np.uint8)
    lines[:, 1:] = pixels.reshape(rows, -1)
    header = struct.pack(">IIBBBBB", columns, rows, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", _crc(kind, data))
        for kind, data in (*chunks, (b"IEND", b""))
    )


def _crc(kind: bytes, data: bytes) -> int:
    return zlib.crc32(kind + data)
