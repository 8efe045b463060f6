"""Chapter 8: both strands."""

from __future__ import annotations

import itertools

import numpy as np

from zoo.practice.kinds import Chosen, Computed

TIED_KERNEL = Computed(
    solution=lambda kernel: np.rot90(kernel, 2).tolist(),
    inputs=[
        ([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]],),
        ([[0.5, -1, 0, 2]],),
    ],
    mistakes={
        "The bases are to be complemented, too: which channel is the partner of A, and "
        "which one of C?": lambda kernel: np.flip(kernel, 0).tolist(),
        "The other strand runs in the other direction: the order of the rows.": (
            lambda kernel: np.flip(kernel, 1).tolist()
        ),
        "The complement of A is T, and that of C is G: with channels A C G T, which "
        "numbers change places?": lambda kernel: np.flip(kernel, 0)[
            :, [1, 0, 3, 2]
        ].tolist(),
    },
)


def _words(k: int) -> list[tuple[str, str]]:
    """Each word of k bases, and its reverse complement."""
    partner = str.maketrans("ACGT", "TGCA")
    words = map("".join, itertools.product("ACGT", repeat=k))
    return [(word, word[::-1].translate(partner)) for word in words]


CANONICAL_KMERS = Computed(
    solution=lambda k: len({min(pair) for pair in _words(k)}),
    inputs=[(1,), (2,), (3,), (4,), (6,)],
    mistakes={
        "Palindromes are their own partner: in half of all words, how much of each of "
        "them is counted?": lambda k: 4**k // 2,
        "Palindromes are words, too, and stay.": lambda k: len(
            {min(pair) for pair in _words(k) if pair[0] != pair[1]}
        ),
        "Can a word with an odd number of bases be its own reverse complement? Look at "
        "the base in the middle.": lambda k: (4**k + 4 ** (k // 2)) // 2,
        "That is with the reverse, without the complement.": lambda k: len(
            {min(word, word[::-1]) for word, _ in _words(k)}
        ),
    },
)

BROKEN_SYMMETRY = Chosen(
    solution={
        "a": "normalization",
        "b": "pooling",
        "c": "head",
        "d": "rounding",
    },
    words=("pooling", "normalization", "head", "rounding", "augmentation"),
    mistakes={
        ("a", "augmentation"): "Networks that are symmetric by construction stay so, "
        "whatever they are trained on. What do partners learn apart?",
        ("a", ""): "It is symmetric at first, and training breaks it: which layer "
        "treats all channels alike until it has learned?",
        ("b", ""): "It holds at some lengths only. What do 96 and 100 have in common "
        "that 98 has not?",
        ("c", "normalization"): "Fresh batch normalization treats all channels alike, "
        "and this network is not symmetric before training, either.",
        ("c", ""): "It is broken before training, at each length: where do its random "
        "weights tell one end of the sequence from the other?",
        ("d", ""): "How large is the error of a sum of hundreds of numbers of float32, "
        "with seven digits each?",
    },
)
