"""One small network for each way to deal with the two strands, as architectures.

With about as many parameters each, as in `tools.study.reverse_complement`; whether
training sequences are turned is a part of what they are, on every data set.
"""

from __future__ import annotations

import keras

import registry
from tools.study.reverse_complement import WIDE, network
from zoo.inspection import symmetry

AUGMENTED = "strands_augmented"


def plain(*, sequence_length: int | None = None, num_outputs: int = 1) -> keras.Model:
    """Ordinary convolutions; sequences as they are."""
    del sequence_length
    return network(False, num_outputs)


def augmented(
    *, sequence_length: int | None = None, num_outputs: int = 1
) -> keras.Model:
    """The same, trained on sequences that are turned with probability 0.5."""
    return plain(sequence_length=sequence_length, num_outputs=num_outputs)


def conjoined(
    *, sequence_length: int | None = None, num_outputs: int = 1
) -> keras.Model:
    """The same, its logits averaged over both strands, in training, too."""
    return symmetry.conjoined(
        plain(sequence_length=sequence_length, num_outputs=num_outputs)
    )


def equivariant(
    *, sequence_length: int | None = None, num_outputs: int = 1
) -> keras.Model:
    """Tied convolutions."""
    del sequence_length
    return network(True, num_outputs, **WIDE)


NETWORKS = {
    "strands_plain": plain,
    AUGMENTED: augmented,
    "strands_conjoined": conjoined,
    "strands_equivariant": equivariant,
}


def register() -> None:
    """Makes them architectures of this session."""
    for name, builder in NETWORKS.items():
        registry.register(name)(builder)
