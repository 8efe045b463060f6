"""Dinucleotide-preserving shuffles of DNA, exact and for many sequences at once.

The method is that of Altschul and Erickson (Mol Biol Evol 2, 526-538, 1985). A
sequence is a walk over the graph whose vertices are bases and whose edges are its
neighboring pairs; every walk over all edges has the same dinucleotides. A walk is
fixed by the order in which each base's outgoing edges are used, and any order will
do as long as the last edges, taken together, lead from every base to the final one.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from zoo.data.examples import CodesInMemory, Examples
from zoo.errors import InputError, check_at_least, check_choice

KINDS = ("dinucleotide", "mononucleotide")
SYMBOLS = 5  # A C G T N: N is shuffled like a base.
CHUNK = 16_384


def shuffled(
    examples: Examples, *, kind: str = "dinucleotide", copies: int = 1, seed: int = 0
) -> Examples:
    """Shuffles of the sequences as negative examples.

    What tells them from the examples is more than composition: the order of bases,
    motifs among it. Also less than a genome has: a model trained against shuffles
    alone may take any real sequence for a positive.

    Args:
        examples: Each gives `copies` shuffles.
        kind: "dinucleotide" keeps the count of each neighboring pair, and the first
            and last base; "mononucleotide" keeps the count of each base.
        copies: Shuffles of each example, each by its own draw.
        seed: Equal seeds give equal shuffles of equal examples.

    Returns:
        `copies` times as many examples, the shuffles of all rows, then again. Their
        target is 0 where the example's is known and NaN where it is missing; without
        targets there is one output, "label". Names end in "_shuffled" (with the number
        of the copy, if there are several). Weights and columns are those of the
        example, so that a column of splits keeps a shuffle with its original; they
        lie at no interval.

    Raises:
        InputError: Another kind, or no copy.

    Source:
        Altschul and Erickson, "Significance of nucleotide sequence alignments: a
        method for random sequence permutation that preserves dinucleotide and codon
        usage", 1985, doi:10.1093/oxfordjournals.molbev.a040370.
    """
    check_choice("kind", kind, KINDS)
    check_at_least(1, copies=copies)
    several = examples.subset(np.tile(np.arange(len(examples)), copies))
    codes = several.codes()
    if kind == "dinucleotide":
        codes = dinucleotide_shuffle(codes, seed)
    else:
        codes = np.random.default_rng(seed).permuted(codes, axis=1)
    targets = several.targets
    names = several.names
    if names is not None:
        copy = np.arange(len(several)) // len(examples) + 1
        ends = [f"_{number}" if copies > 1 else "" for number in copy]
        names = np.array(
            [f"{n}_shuffled{end}" for n, end in zip(names, ends, strict=True)], str
        )
    return dataclasses.replace(
        several,
        sequences=CodesInMemory(codes),
        wide=None,
        targets=(
            np.zeros((len(several), 1), np.float32)
            if targets is None
            else np.where(np.isnan(targets), targets, np.float32(0))
        ),
        outputs=several.outputs if targets is not None else ("label",),
        names=names,
        intervals=None,
        dropped={},
        source=f"{examples.source}, shuffled",
    )


def dinucleotide_shuffle(codes: np.ndarray, seed: int) -> np.ndarray:
    """Shuffles each sequence, drawing uniformly from all with its dinucleotides.

    Args:
        codes: uint8 `(n, length)`, N = 4; `length` is at least 1.
        seed: Equal seeds give equal shuffles of equal input.

    Returns:
        uint8 `(n, length)`; row `i` has the dinucleotide counts, the first and the
        last base of `codes[i]`.

    Raises:
        InputError: `codes` has another type or shape.
    """
    if codes.ndim != 2 or codes.dtype != np.uint8 or codes.shape[1] < 1:
        raise InputError(
            "Expected uint8 codes (n, length) with length at least 1. Received: "
            f"{codes.dtype} {codes.shape}"
        )
    if codes.shape[1] < 3:  # Both ends are kept, and there is nothing between.
        return codes.copy()
    random = np.random.default_rng(seed)
    shuffled = np.empty_like(codes)
    for start in range(0, len(codes), CHUNK):
        rows = slice(start, start + CHUNK)
        shuffled[rows] = _shuffle(codes[rows], random)
    return shuffled


def _shuffle(codes: np.ndarray, random: np.random.Generator) -> np.ndarray:
    n, length = codes.shape
    source, target = codes[:, :-1], codes[:, 1:]
    row = np.arange(n)
    pairs = (row[:, None] * SYMBOLS + source) * SYMBOLS + target
    counts = np.bincount(pairs.ravel(), minlength=n * SYMBOLS**2)
    counts = counts.reshape(n, SYMBOLS, SYMBOLS)
    last = _last_edges(counts, codes[:, -1], random)

    # Sorted by (source, key), the edges of each base are in random order; key 1 is
    # above all random ones and puts the chosen last edge last. Which of several
    # equal edges is taken does not matter: they are the same pair of bases.
    key = random.random(source.shape)
    for base in range(SYMBOLS):
        chosen = (source == base) & (target == last[:, base, None])
        rows = np.flatnonzero(chosen.any(axis=1))
        key[rows, chosen[rows].argmax(axis=1)] = 1.0
    order = np.argsort(source + 0.5 * key, axis=1)
    target = np.take_along_axis(target, order, axis=1)
    following = np.cumsum(counts.sum(axis=2), axis=1)
    pointer = np.concatenate([np.zeros((n, 1), int), following[:, :-1]], axis=1)

    walk = np.empty_like(codes)
    walk[:, 0] = base_now = codes[:, 0]
    for step in range(1, length):
        edge = pointer[row, base_now]
        pointer[row, base_now] += 1
        walk[:, step] = base_now = target[row, edge]
    return walk


def _last_edges(
    counts: np.ndarray, final: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Draws the last edge of each base until all of them lead to the final base.

    Args:
        counts: `(n, 5, 5)`, how often each base is followed by each.
        final: `(n,)`, the last base of each sequence.
        random: The source of the draws.

    Returns:
        `(n, 5)`: the base that each base's last edge leads to; 5 where the choice is
        free (the final base) or there is none (a base that does not occur).
    """
    # A loop can never be the last edge. Leaving loops out of the draw changes no
    # probability given success, and keeps poly-A from failing a hundred times.
    weights = counts * ~np.eye(SYMBOLS, dtype=bool)
    weights[np.arange(len(final)), final] = 0
    cumulative = weights.cumsum(axis=2)
    last = np.full((len(final), SYMBOLS), SYMBOLS)
    open_rows = np.arange(len(final))
    while len(open_rows):
        totals = cumulative[open_rows]
        draw = random.random(totals.shape[:2]) * totals[:, :, -1]
        drawn = (draw[:, :, None] >= totals).sum(axis=2)
        last[open_rows] = drawn
        # Column 5 stands for bases without a draw; they reach nothing and need not.
        reached = np.zeros((len(open_rows), SYMBOLS + 1), bool)
        reached[np.arange(len(open_rows)), final[open_rows]] = True
        for _ in range(SYMBOLS - 1):
            reached[:, :SYMBOLS] |= np.take_along_axis(reached, drawn, axis=1)
        done = (reached[:, :SYMBOLS] | (drawn == SYMBOLS)).all(axis=1)
        open_rows = open_rows[~done]
    return last
