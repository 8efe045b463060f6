"""How fast leaks and groups of similar sequences are found.

    python -m tools.bench.leakage [--sequences 100000] [--sequence-length 200]

A tenth of the test set is exact, a tenth reverse complements, a tenth mutated copies
(10%). Peers: a Python set of strings, which finds exact copies and reverse complements
only; a Python dictionary of canonical 21-mers that names the training sequences which
share half of a test sequence's words, the plain way to near duplicates (on a part, as
it is slow). One run each, ratios of the same run.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from zoo.dna import Codes, decode, reverse_complement, reverse_complement_codes
from zoo.splits.homology import clusters
from zoo.splits.leaks import leakage
from zoo.splits.sketches import Lookup, sketch

T = TypeVar("T")
K = 21
PART = 20  # the dictionary of words is measured on one part in so many


def timed(what: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    found = what()
    return found, time.perf_counter() - start


def data(count: int, length: int) -> tuple[Codes, Codes]:
    random = np.random.default_rng(0)
    train = random.integers(0, 4, (count, length), dtype=np.uint8)
    test = random.integers(0, 4, (count // 10, length), dtype=np.uint8)
    tenth = len(test) // 10
    test[:tenth] = train[:tenth]
    copies = train[tenth : 3 * tenth].copy()
    copies[:tenth] = reverse_complement_codes(copies[:tenth])
    change = random.random((tenth, length)) < 0.1
    other = (copies[tenth:] + random.integers(1, 4, (tenth, length), np.uint8)) % 4
    copies[tenth:] = np.where(change, other, copies[tenth:])
    test[tenth : 3 * tenth] = copies
    return train, test


def set_of_strings(train: Codes, test: Codes) -> int:
    known = {decode(codes) for codes in train}
    texts = [decode(codes) for codes in test]
    return sum(text in known or reverse_complement(text) in known for text in texts)


def dictionary_of_words(train: Codes, test: Codes) -> int:
    def words(codes: Codes) -> set[str]:
        text = decode(codes)
        other = reverse_complement(text)
        end = len(text)
        return {
            min(text[i : i + K], other[end - i - K : end - i])
            for i in range(end - K + 1)
        }

    places: dict[str, list[int]] = {}
    for row, codes in enumerate(train):
        for word in words(codes):
            places.setdefault(word, []).append(row)
    found = 0
    for codes in test:
        mine = words(codes)
        counts = Counter(row for word in mine for row in places.get(word, ()))
        found += any(2 * count >= len(mine) for count in counts.values())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sequences", type=int, default=100_000)
    parser.add_argument("--sequence-length", type=int, default=200)
    arguments = parser.parse_args()
    train, test = data(arguments.sequences, arguments.sequence_length)
    print(f"{len(train):,} and {len(test):,} sequences of {train.shape[1]} bp")
    report, ours = timed(lambda: leakage(train, test))
    print(f"leakage: {ours:.1f} s\n{report}")
    equal, seconds = timed(lambda: set_of_strings(train, test))
    print(
        f"set of strings, equal ones only: {seconds:.1f} s, {seconds / ours:.2f} x "
        f"leakage's time, {equal:,} found"
    )
    part = train[: len(train) // PART], test[: len(test) // PART]
    share, ours_part = timed(lambda: leakage(*part))
    words, seconds = timed(lambda: dictionary_of_words(*part))
    print(
        f"a {PART}th: leakage {ours_part:.2f} s; dictionary of {K}-mers "
        f"{seconds:.1f} s, {seconds / ours_part:.1f} x, {words:,} found "
        f"against {len(share.leaks):,}"
    )
    groups, seconds = timed(lambda: clusters(train))
    print(f"clusters: {seconds:.1f} s, {len(np.unique(groups)):,} groups")
    known, making = timed(lambda: sketch(train))
    lookup = Lookup(known)
    _, asking = timed(lambda: lookup.add(test))
    print(f"sketch: {making:.1f} s, asked in {asking:.2f} s: {lookup.overlap()}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak memory {peak:.2f} GB, the dictionary of words included")


if __name__ == "__main__":
    main()
