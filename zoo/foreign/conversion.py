"""What a recipe makes of a network in a file: one of our architectures, and a proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registry.release import Output
from zoo.foreign.arrays import Array
from zoo.foreign.network import Network
from zoo.foreign.operations import Values


@dataclass(frozen=True, eq=False)
class Conversion:
    """How the network of a file becomes a model of ours.

    Attributes:
        architecture: A registered name.
        config: The arguments of its builder.
        weights: Address in our model ("stem_conv/kernel", see
            `zoo.models.weights.addresses`) -> its value, in Keras's layout; all
            addresses are needed.
        predict: What the source predicts: from inputs by the names that ours have,
            float64 and one-hot (batch, length, 4), to logits by the names of our
            outputs, or the only one by itself; in NumPy, from what the file says
            (`Network.predict`) or, for a file of arrays, by what the program that wrote
            it is known to compute (`zoo.foreign.operations`).
        outputs: Of the release; by head, where the model has several.
        description: Of the release, one line.
        task: Likewise.
        citation: Likewise.
        length: bp of the sequences of the proof; by default the model's, or 1000.
        min_length: bp of the shortest sequence that it is meant for, where it takes
            any length.
        epsilon: That of the source's batch normalization, if it is not ours.
    """

    architecture: str
    config: Mapping[str, Any]
    weights: Mapping[str, Array]
    predict: Callable[[Mapping[str, Values]], Mapping[str, Values] | Values]
    outputs: Sequence[Output] | Mapping[str, Sequence[Output]]
    description: str
    task: str
    citation: str
    length: int | None = None
    min_length: int | None = None
    epsilon: float | None = None


#: A recipe reads a network of the program that it is named after.
Recipe = Callable[[Network], Conversion]
