"""Whether a model, its loss and examples go together, by their shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras

from zoo.errors import InputError

if TYPE_CHECKING:
    from zoo.data.batches import SequenceDataset

# Losses whose targets are numbers of classes, or have another length.
_OF_NUMBERS = ("Sparse", "CTC", "MaskedCategorical")


def shape_text(shape: Sequence[int | None]) -> str:
    """A shape without that of the batch, as it is written."""
    return f"({', '.join(['batch', *map(str, shape)])})"


def outputs_text(found: Any) -> str:
    """What `compute_output_shape` gave, of one output or of several."""
    if isinstance(found, tuple):
        return shape_text(found[1:])
    named = found.items() if isinstance(found, dict) else enumerate(found, start=1)
    return " and ".join(f"{name} {shape_text(shape[1:])}" for name, shape in named)


def check_shapes(model: keras.Model, data: SequenceDataset) -> None:
    """Refuses examples that `model.fit` would stumble over, or broadcast in silence.

    Keras's losses compare targets (batch, 1) with outputs (batch, 8) without a word.
    Looked at are models of Keras's own training step and losses of Keras and of
    `zoo.losses`; what others make of their targets is their own affair.

    Args:
        model: Built and compiled.
        data: What it is trained with.

    Raises:
        InputError: There are no targets, or the shapes of sequences or targets are not
            those of the model.
    """
    own_step = type(model).train_step is not keras.Model.train_step
    if own_step or type(model).compute_loss is not keras.Model.compute_loss:
        return
    examples, inputs = data.examples, getattr(model, "inputs", None) or []
    sequence: tuple[int, ...] = (examples.sequence_length, 4)
    if data.encoding == "codes":
        sequence = sequence[:1]
    if examples.targets is None:
        raise InputError(f"{examples.source}: expected examples with targets to fit.")
    if len(inputs) != 1:
        return
    wanted = tuple(inputs[0].shape[1:])
    if len(wanted) != len(sequence) or any(
        size not in (None, given) for size, given in zip(wanted, sequence, strict=True)
    ):
        hint = ""
        if len(wanted) != len(sequence):
            hint = ": examples.batches(encoding='codes') is for zoo.takes_codes(model)"
        raise InputError(
            f"Expected sequences {shape_text(wanted)}, as {model.name!r} takes them. "
            f"Received batches of {shape_text(sequence)}{hint}."
        )
    found = model.compute_output_shape((1, *sequence))
    targets = examples.targets.shape[1:]
    if _goes_with(model.loss, found, targets):
        return
    raise InputError(
        f"Expected targets of the shape of the output, {outputs_text(found)} of "
        f"{model.name!r}. Received {shape_text(targets)} of {examples.source}."
    )


def _goes_with(loss: Any, found: Any, targets: tuple[int, ...]) -> bool:
    """Whether a loss takes these targets for this output, as far as is known."""
    if not isinstance(found, tuple):
        return False
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    kind = type(loss) if isinstance(loss, keras.losses.Loss) else loss
    name, module = getattr(kind, "__name__", ""), getattr(kind, "__module__", "")
    if not module.startswith(("keras.", "zoo.losses")):
        return True
    if name.lower().startswith(tuple(n.lower() for n in _OF_NUMBERS)):
        return True
    output = tuple(found[1:])
    return targets in (output, (*output, 1)) or (*targets, 1) == output
