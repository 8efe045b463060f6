"""Compares what backends computed: python -m tests.backends.compare A.npz B.npz ...

The exit status is 1 if any array of a later file is not that of the first, to 1e-4
of the largest value of the array (at least of 1).
"""

from __future__ import annotations

import sys

import numpy as np

TOLERANCE = 1e-4


def difference(first: np.ndarray, other: np.ndarray) -> float:
    """The largest difference, relative to the largest value; NaN matches NaN."""
    if first.shape != other.shape or not np.array_equal(
        np.isnan(first), np.isnan(other)
    ):
        return float("inf")
    scale = max(1.0, float(np.nanmax(np.abs(first), initial=0.0)))
    return float(np.nanmax(np.abs(first - other), initial=0.0)) / scale


def compare(first: str, other: str) -> bool:
    """Prints the largest difference and every array beyond the tolerance."""
    with np.load(first) as a, np.load(other) as b:
        missing = sorted(set(a.files) ^ set(b.files))
        differences = {key: difference(a[key], b[key]) for key in a.files if key in b}
    largest = max(differences, key=lambda key: differences[key])
    print(
        f"{first} and {other}: {len(differences)} arrays, largest difference "
        f"{differences[largest]:.1e} ({largest})"
    )
    wrong = {k: v for k, v in differences.items() if not v <= TOLERANCE}
    for key, value in sorted(wrong.items()):
        print(f"  {key}: {value:.1e}, above {TOLERANCE:.0e}")
    for key in missing:
        print(f"  {key}: in one file only")
    return not wrong and not missing


def main(first: str, *others: str) -> int:
    agree = [compare(first, other) for other in others]
    return 0 if all(agree) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
