"""Chapter 1: one-hot, embeddings and k-mers."""

from __future__ import annotations

import itertools

from zoo.practice.kinds import Computed

KMER_BYTES = Computed(
    # Counted, number by number.
    solution=lambda sequences, length, k: (
        sequences * sum(4 * 4**k for start in range(length) if start + k <= length)
    ),
    inputs=[(1000, 200, 1), (1000, 200, 6), (10, 1000, 3)],
    mistakes={
        "The last bases start no k-mer: how many places are there where k bases are "
        "left?": lambda sequences, length, k: sequences * length * 4**k * 4,
        "Posts and fences: where are the first and the last place at which k bases are "
        "left?": lambda sequences, length, k: sequences * (length - k) * 4**k * 4,
        "K-mers overlap: each base starts one, as long as k bases are left.": (
            lambda sequences, length, k: sequences * (length // k) * 4**k * 4
        ),
        "That is how many numbers there are. How many bytes has a number of "
        "float32?": lambda sequences, length, k: sequences * (length - k + 1) * 4**k,
        "How many words of k bases are there? Each base more can be one of four, "
        "whatever stands before it.": lambda sequences, length, k: (
            sequences * (length - k + 1) * 4 * k * 4
        ),
    },
)


def _place(word: str, alphabet: str = "ACGT") -> int:
    words = list(itertools.product(alphabet, repeat=len(word)))
    return words.index(tuple(word)) if set(word) <= set(alphabet) else -1


def _found(word: str) -> int:
    """By `find`, which says -1 of what is no base."""
    place = 0
    for base in word:
        place = 4 * place + "ACGT".find(base)
    return place


KMER_INDEX = Computed(
    solution=_place,
    inputs=[("ACGT",), ("TTA",), ("G",), ("GATTACA",), ("ANT",), ("CNA",)],
    mistakes={
        "The bases weigh in the opposite order: AC comes right after AA, so the last "
        "base weighs least.": lambda word: _place(word[::-1]),
        "Channels are counted from 0.": lambda word: _place(word) + 1,
        "The order of the bases is A C G T.": lambda word: _place(
            word.translate(str.maketrans("ACGT", "ACTG"))
        ),
        "A word with an N has no channel. Here the N counts as -1, which is what "
        "`find` says of it.": _found,
        "A word with an N has no channel.": lambda word: _place(word.replace("N", "A")),
    },
)

EMBEDDING_WEIGHTS = Computed(
    solution=lambda k, output_dim, filters, kernel_size: [
        sum(output_dim for _ in range(4**k)) + kernel_size * output_dim * filters,
        len({row + base for row in range(kernel_size) for base in range(k)}),
    ],
    inputs=[(6, 16, 64, 10), (3, 8, 32, 12)],
    mistakes={
        "A k-mer is more than one base: how far does the last one below the filter "
        "reach?": lambda k, dim, filters, size: [
            4**k * dim + size * dim * filters,
            size,
        ],
        "Neighboring k-mers overlap: each starts one base after the one before "
        "it.": lambda k, dim, filters, size: [
            4**k * dim + size * dim * filters,
            size * k,
        ],
        "The table of vectors is learned, too: what is its size?": (
            lambda k, dim, filters, size: [size * dim * filters, size + k - 1]
        ),
        "The filters read vectors of output_dim numbers, not one-hot bases.": (
            lambda k, dim, filters, size: [
                4**k * dim + size * 4 * filters,
                size + k - 1,
            ]
        ),
    },
)
