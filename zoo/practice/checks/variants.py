"""Chapter 10: variants and personal genomes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from zoo.practice.kinds import Computed

Pair = list[float]


def _log_odds(probabilities: Pair) -> np.ndarray:
    """As the difference of two logarithms, where the solution has one of a ratio."""
    p = np.array(probabilities)
    return np.log(p) - np.log1p(-p)


def _effect(reference: Pair, alternate: Pair) -> float:
    return float(np.mean(_log_odds(alternate)) - np.mean(_log_odds(reference)))


VARIANT_EFFECT = Computed(
    solution=_effect,
    inputs=[([0.9, 0.6], [0.5, 0.3]), ([0.01, 0.02], [0.2, 0.1])],
    mistakes={
        "That is a difference of probabilities. In strong elements they hardly change: "
        "compare log-odds.": lambda reference, alternate: float(
            np.mean(alternate) - np.mean(reference)
        ),
        "The sign: positive where the alternate allele is bound more.": (
            lambda reference, alternate: _effect(alternate, reference)
        ),
        "Both strands count: their mean.": lambda reference, alternate: _effect(
            reference[:1], alternate[:1]
        ),
        "That is the sum over the strands. Their mean is asked for.": (
            lambda reference, alternate: 2 * _effect(reference, alternate)
        ),
        "Average log-odds over the strands, not probabilities: what is compared is "
        "what is averaged.": lambda reference, alternate: _effect(
            [float(np.mean(reference))], [float(np.mean(alternate))]
        ),
        "That is in bits: nats are natural logarithms.": (
            lambda reference, alternate: float(
                _effect(reference, alternate) / np.log(2)
            )
        ),
        "These are logarithms of probabilities. Odds are p / (1 - p).": (
            lambda reference, alternate: float(
                np.mean(np.log(alternate)) - np.mean(np.log(reference))
            )
        ),
    },
)


def _alternate(
    window: str, start: int, position: int, ref: str, alt: str, check: bool = True
) -> str:
    """Base by base: each knows its position."""
    bases = {start + 1 + place: base for place, base in enumerate(window)}
    for offset, base in enumerate(ref):
        if check and bases.get(position + offset) != base:
            return "mismatch"
        bases[position + offset] = alt if offset == 0 else ""
    return "".join(bases[position] for position in sorted(bases))


_RECORDS = [
    ("ACGTACGT", 100, 103, "G", "T"),
    ("ACGTACGT", 100, 102, "CGT", "C"),
    ("ACGTACGT", 0, 8, "T", "TAA"),
    ("ACGTACGT", 100, 104, "G", "A"),
]
ALTERNATE_ALLELE = Computed(
    solution=_alternate,
    inputs=_RECORDS,
    mistakes={
        "Positions of a VCF are counted from 1, and `start` from 0.": (
            lambda window, start, position, ref, alt: _alternate(
                window, start, position + 1, ref, alt
            )
        ),
        "All of `ref` is replaced, however many bases it has.": (
            lambda window, start, position, ref, alt: (
                "mismatch"
                if _alternate(window, start, position, ref, alt) == "mismatch"
                else _alternate(window, start, position, ref[:1], alt)
            )
        ),
        "Is `ref` what the window holds there? If not, the record is of another "
        "sequence.": lambda window, start, position, ref, alt: _alternate(
            window, start, position, ref, alt, check=False
        ),
        "`alt` takes the place of `ref`: here it stands beside it.": (
            lambda window, start, position, ref, alt: _alternate(
                window, start, position, ref, alt + ref
            )
        ),
    },
)

Variants = list[list]


def _pieces(sequence: str, variants: Variants, which: int) -> Iterator[str]:
    """What lies between variants, and an allele of each, from left to right."""
    end = 0
    for place, ref, alt, genotype in variants:
        yield sequence[end:place]
        yield alt if genotype[2 * which] == "1" else ref
        end = place + len(ref)
    yield sequence[end:]


def _pair(sequence: str, variants: Variants) -> list[str]:
    return ["".join(_pieces(sequence, variants, which)) for which in range(2)]


def _not_shifted(sequence: str, variants: Variants) -> list[str]:
    pair = []
    for which in range(2):
        found = sequence
        for place, ref, alt, genotype in variants:
            if genotype[2 * which] == "1":
                found = found[:place] + alt + found[place + len(ref) :]
        pair.append(found)
    return pair


PERSONAL_GENOME = Computed(
    solution=_pair,
    inputs=[
        ("ACGTACGTACGT", [[2, "G", "GTT", "1|0"], [5, "C", "A", "1|1"]]),
        (
            "AACCGGTT",
            [[1, "ACC", "A", "0|1"], [6, "T", "G", "0|1"], [7, "T", "C", "1|0"]],
        ),
    ],
    mistakes={
        "An insertion or a deletion moves what comes after it, and places are those of "
        "the reference.": _not_shifted,
        'Phase counts: "1|0" is an allele of the first haplotype alone.': (
            lambda sequence, variants: _pair(
                sequence, [[*rest, "1|1"] for *rest, _ in variants]
            )
        ),
        "The first number of a genotype is that of the first haplotype.": (
            lambda sequence, variants: _pair(sequence, variants)[::-1]
        ),
        "What is heterozygous counts, too: in one of the two haplotypes.": (
            lambda sequence, variants: _pair(
                sequence, [each for each in variants if each[3] == "1|1"]
            )
        ),
    },
)
