"""What a release's outputs are called, and how both strands give one answer."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import registry
from registry.release import Output
from zoo.errors import InputError
from zoo.models import creation, interface
from zoo.models.activations import PROBABILITIES, SOFTMAX_OVER_BINS
from zoo.prediction.expected_reads import UNITS, expected_reads

if TYPE_CHECKING:
    import keras

STRANDS = ("+", "-", "both")
EXPECTED_READS = "expected_reads"


def activation(release: registry.Release) -> str:
    """The activation that turns logits into units.

    Raises:
        InputError: The outputs have different ones.
    """
    names = {output.activation for output in release.outputs}
    if len(names) > 1:
        raise InputError(
            f"The outputs of {release.name} have different activations "
            f"({', '.join(sorted(names))}), of which none fits all. Take "
            "--logits (in Python logits=True) and apply them yourself."
        )
    return names.pop()


def column(output: Output, logits: bool) -> str:
    """The column of an output in a table: its name and units, without white space."""
    return re.sub(r"\s+", "_", f"{output.name}_{units(output, logits)}".strip())


def units(output: Output, logits: bool) -> str:
    """The units of what is written, with or without the activation."""
    if logits and output.activation in PROBABILITIES:
        return "logit"
    if logits and output.activation != "linear":
        return f"before {output.activation}"
    return output.units


def check_count(release: registry.Release, count: int) -> None:
    """Refuses a model with another number of outputs than its release declares.

    Raises:
        InputError: The numbers differ.
    """
    if count != len(release.outputs):
        raise InputError(
            f"{release.name} declares {len(release.outputs)} outputs, but its model "
            f"has {count}. Install or download the release again."
        )


def check_strand(release: registry.Release, strand: str) -> None:
    """Refuses "both" for an output that says something of one strand only.

    Raises:
        InputError: An output has no partner on the other strand.
    """
    for output in release.outputs:
        if strand == "both" and output.reverse_complement_partner is None:
            raise InputError(
                f"Output {output.name!r} of {release.name} has no partner on the other "
                "strand: the two have no mean. Predict strand + and strand - one by "
                "one."
            )


def stranded(model: keras.Model, release: registry.Release, strand: str) -> keras.Model:
    """A model that reads the given strand and answers in the frame of the + strand.

    Args:
        model: What `zoo.load` gives for the release.
        release: Says which outputs are partners on the two strands; one without a
            partner stays in its place.
        strand: "+" for the model itself; "-" for the model on the reverse complement,
            its bins reversed and its partners swapped; "both" for the mean of the two,
            taken of the logits (`zoo.conjoined`).
    """
    if strand == "+":
        return model
    pairing = _pairing(release.outputs)
    if len(release.heads or ()) > 1:
        rest = iter(release.outputs)
        pairing = {
            head.name: _pairing([*itertools.islice(rest, head.num_outputs)])
            for head in release.heads or ()
        }
    from zoo.inspection.symmetry.wrappers import conjoined, other_strand

    if strand == "both":
        return conjoined(model, from_logits=True, pairing=pairing)
    return other_strand(model, pairing=pairing)


def _pairing(outputs: Sequence[Output]) -> Any:
    """Of each output of a head the place of its partner."""
    names = [output.name for output in outputs]
    return [
        names.index(output.reverse_complement_partner or output.name)
        for output in outputs
    ]


def with_head(release: registry.Release, head: str | None) -> registry.Release:
    """The release as of a model of one output of the Keras model.

    Args:
        release: With any number of them.
        head: Which, by its name; None for the only one; "expected_reads" for what
            `zoo.prediction.expected_reads` makes of two.

    Raises:
        InputError: There are several and none is named, or none of the name.
    """
    known = {each.name: each for each in release.heads or ()}
    if head is None and len(known) < 2:
        return release
    profile = _profile_of_reads(release) if head == EXPECTED_READS else None
    if profile is not None and head not in known:
        found = with_head(release, profile)
        reads = [
            dataclasses.replace(output, units=UNITS, activation="linear")
            for output in found.outputs
        ]
        return dataclasses.replace(found, outputs=tuple(reads))
    if head not in known:
        column = any(head == output.name for output in release.outputs)
        only = "it has only one: leave that out"
        further = () if _profile_of_reads(release) is None else (EXPECTED_READS,)
        raise InputError(
            f"Expected one of the outputs of {release.name} (--head, in Python head=): "
            f"{', '.join(map(repr, [*known, *further])) or only}. "
            f"Received: {head!r}"
            + column
            * ", a column: all columns of an output are written together."
        )
    names = [*known]
    first = sum(known[name].num_outputs for name in names[: names.index(head)])
    stop = first + known[head].num_outputs
    return dataclasses.replace(
        release, outputs=release.outputs[first:stop], heads=(known[head],)
    )


def _profile_of_reads(release: registry.Release) -> str | None:
    """The name of the profile, if the outputs are where reads lie and how many."""
    outputs, said = iter(release.outputs), {}
    for head in release.heads or ():
        mine = itertools.islice(outputs, head.num_outputs)
        said[head.name] = {(o.activation, o.units.startswith("ln(1 +")) for o in mine}
    kinds = {frozenset(kind): name for name, kind in said.items()}
    profile = kinds.get(frozenset({(SOFTMAX_OVER_BINS, False)}))
    both = len(said) == 2 and frozenset({("linear", True)}) in kinds
    return profile if both else None


def of_head(model: keras.Model, head: str | None) -> keras.Model:
    """The model with one of its outputs alone, see `with_head`."""
    found = interface.outputs_of(model)
    if head is None or len(found) == 1:
        return model
    if head == EXPECTED_READS and head not in found:
        return expected_reads(model)
    import keras

    part = keras.Model(model.input, found[head], name=model.name)
    return creation.made_alike(part, model)
