"""How much each base contributes to what a model predicts."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from zoo.dna import UNKNOWN, Codes, reverse_complement_codes
from zoo.errors import InputError, check_at_least, check_choice
from zoo.interpretation.contributions.deeplift import DeepLiftStep
from zoo.interpretation.contributions.methods import (
    METHODS,
    TAKE_REFERENCES,
    WITH_REFERENCES,
    Found,
    Inputs,
    Method,
    computed,
    step_of,
)
from zoo.interpretation.contributions.references import references_of
from zoo.interpretation.contributions.results import Contributions
from zoo.interpretation.explained import Explained, explained
from zoo.interpretation.mutagenesis.engine import substitutions, users_level
from zoo.interpretation.mutagenesis.full import TargetValues
from zoo.interpretation.mutagenesis.results import Mutagenesis
from zoo.interpretation.targets import Targets, on_the_other_strand, targets_of
from zoo.models.creation import called

STRANDS = ("+", "-", "both")


def contributions(
    model: keras.Model,
    sequences: Any,
    *,
    outputs: str | Sequence[str] | None = None,
    reduction: str | None = None,
    method: str = "deeplift",
    num_references: int = 20,
    references: Any = None,
    num_steps: int = 20,
    seed: int = 0,
    strand: str = "+",
    window: int | str | None = None,
    batch_size: int = 256,
) -> Contributions:
    """How much each base contributes to what a model predicts, by one of six methods.

    With g the gradient of a target t, x the one-hot sequence and r a reference, the
    hypothetical contribution of base b at position i is

        h[i, b] = m[i, b] - sum over c of m[i, c] r[i, c]

    averaged over the references, and the contribution of a position that of the base
    which is there (of N, that of no base). The multipliers m are, by method:

    | method                 | m                               | r                   |
    |------------------------|---------------------------------|---------------------|
    | "deeplift"             | difference of outputs by that   | dinucleotide        |
    |                        | of inputs, layer by layer       | shuffles            |
    | "integrated_gradients" | mean g from r to x              | 1/4 of each base    |
    | "expected_gradients"   | g at a random place between     | shuffles            |
    | "gradient_x_input"     | g at x                          | 1/4 of each base    |
    | "smooth_gradients"     | mean g at x with noise          | 1/4 of each base    |
    | "mutagenesis"          | t with b at i                   | 1/3 of each other   |

    Subtracting the mean over a quarter of each base is the correction of gradients for
    the part that points off the simplex. DeepLIFT follows a model's layers: elementwise
    functions are rescaled, maxima divided between the largest of both sequences,
    products of two tensors, k-mers and softmaxes take the mean gradient on the straight
    line between both. Between sequences that are one-hot, a layer of k-mers is what is
    linear in each of their bases.

    Args:
        model: Functional, for DeepLIFT and for k-mers; else any that `zoo.predict`
            takes.
        sequences: As `zoo.predict` takes them, of one length.
        outputs: Names of what is explained, see
            `zoo.interpretation.targets.targets_of`.
        reduction: Of the bins of a profile, see there.
        method: See above.
        num_references: Shuffles of each sequence. They depend on the sequence and the
            seed alone, and those of its reverse complement are their reverse
            complements, so that equivariant models give mirrored contributions.
        references: Sequences in place of shuffles, or of the quarter of each base of
            integrated gradients: as `zoo.predict` takes them, the same for all, or
            codes (sequence, reference, position) or one-hot (sequence, reference,
            position, 4) of each sequence.
        num_steps: Points between reference and sequence of integrated gradients, by
            the quadrature of Gauss and Legendre; draws of noise of smooth gradients,
            of standard deviation 0.15.
        seed: Of shuffles and whatever else is drawn.
        strand: "+" for the sequences as they are; "-" for their reverse complements,
            turned back, outputs having their partners on the other strand; "both" for
            the mean of the two. Of an equivariant model all are the same.
        window: bp that longer sequences are cut to, in their middle, see
            `zoo.predict`.
        batch_size: Pairs of a sequence and a reference, or a point on the way, per
            batch; fewer of sequences of more than 2 kb.

    Raises:
        InputError: No such method, output or reduction, or sequences or references that
            do not fit; a model without a graph for DeepLIFT.

    Warns:
        UserWarning: DeepLIFT has no rule for a layer, whose gradient it then takes; or
            as `zoo.predict`.

    Source:
        DeepLIFT: Shrikumar, Greenside and Kundaje 2017, arXiv:1704.02685, equations 1
        to 3 and 6, the rescale rule, over several references as in DeepSHAP (Lundberg
        and Lee 2017, arXiv:1705.07874); maxima as in Captum and tangermeme. Integrated
        gradients: Sundararajan, Taly and Yan 2017, arXiv:1703.01365, equation 1.
        Expected gradients: Erion et al. 2021, doi:10.1038/s42256-021-00343-w,
        deviation: the places are one in each of as many equal parts of the way.
        SmoothGrad: Smilkov et al. 2017, arXiv:1706.03825, times the input. The
        correction: Majdandzic et al. 2023, doi:10.1186/s13059-023-02956-3.
    """
    contributing = Contributing(
        model,
        outputs,
        reduction=reduction,
        method=method,
        num_references=num_references,
        references=references,
        num_steps=num_steps,
        seed=seed,
        strand=strand,
        batch_size=batch_size,
    )
    return contributing(explained(model, sequences, window))


class Contributing:
    """Computes contributions of sequences, some at a time.

    Args:
        model: As in `contributions`; so are all others.

    Attributes:
        names: Of the targets.

    Raises:
        InputError: As there.
    """

    def __init__(
        self,
        model: keras.Model,
        outputs: str | Sequence[str] | None = None,
        *,
        reduction: str | None = None,
        method: str = "deeplift",
        num_references: int = 20,
        references: Any = None,
        num_steps: int = 20,
        seed: int = 0,
        strand: str = "+",
        batch_size: int = 256,
    ) -> None:
        check_choice("method", method, METHODS)
        check_choice("strand", strand, STRANDS)
        check_at_least(1, num_references=num_references, num_steps=num_steps)
        check_at_least(1, batch_size=batch_size)
        if references is not None and method not in TAKE_REFERENCES:
            raise InputError(
                f"Expected references=None, as method={method!r} has none. Received "
                "some. Methods with references: "
                f"{', '.join(map(repr, TAKE_REFERENCES))}."
            )
        self._model, self._batch_size = model, batch_size
        self._targets = targets_of(model, outputs, reduction=reduction)
        self.names = self._targets.names
        self._strand = strand
        self._others = (
            None if strand == "+" else on_the_other_strand(model, self._targets)
        )
        self._method = Method(method, num_steps, seed)
        self._references, self._num_references = references, num_references
        self._told = False

    def __call__(self, given: Explained) -> Contributions:
        """Of sequences of one length."""
        if given.inputs and self._others is not None:
            raise InputError(
                "Expected strand='+', as it is not known what "
                f"{', '.join(map(repr, given.inputs))} of {called(self._model)} is on "
                f"the other strand. Received: strand={self._strand!r}. "
                "zoo.conjoined(model) knows both."
            )
        method, codes = self._method, given.codes
        compared: Codes | None = None
        if method.name in WITH_REFERENCES or self._references is not None:
            compared = references_of(
                codes, self._references, self._num_references, method.seed
            )
        self._tell(codes.shape[1])
        read: list[Found] = []
        if self._strand != "-":
            read.append(self._of(self._targets, codes, compared, given.inputs))
        if self._others is not None:
            other = reverse_complement_codes(codes)
            back = None if compared is None else reverse_complement_codes(compared)
            read.append(_turned(self._of(self._others, other, back, given.inputs)))
        found = read[0] if len(read) == 1 else _mean(*read)
        whole = found.contributions.sum(axis=1, dtype=np.float64)
        return Contributions(
            codes,
            self.names,
            found.hypothetical,
            found.contributions,
            found.values,
            (whole - (found.values - found.reference_values)).astype(np.float32),
            given.start,
            method.name,
        )

    def _of(
        self, targets: Targets, codes: Codes, references: Codes | None, inputs: Inputs
    ) -> Found:
        model, size = self._model, self._batch_size
        if self._method.name == "mutagenesis":
            return _by_mutagenesis(model, targets, codes, inputs, size)
        return computed(model, targets, self._method, codes, references, inputs, size)

    def _tell(self, length: int) -> None:
        """Warns once of layers that DeepLIFT has no rule for."""
        if self._told or self._method.name != "deeplift":
            return
        self._told = True
        step, _ = step_of(self._model, self._targets, length, "deeplift")
        assert isinstance(step, DeepLiftStep)
        if unknown := step.unknown():
            warnings.warn(
                "DeepLIFT has no rule for what follows, so its gradient at the "
                "sequence is used, and the gap grows: " + ", ".join(unknown) + ". "
                "method='integrated_gradients' needs no rules.",
                stacklevel=users_level(),
            )


def _turned(found: Found) -> Found:
    """Of reverse complements, in the places of the sequences."""
    return Found(
        found.hypothetical[:, ::-1, ::-1],
        found.contributions[:, ::-1],
        found.values,
        found.reference_values,
    )


def _mean(one: Found, other: Found) -> Found:
    return Found(*((vars(one)[name] + vars(other)[name]) / 2 for name in vars(one)))


def _by_mutagenesis(
    model: keras.Model, targets: Targets, codes: Codes, inputs: Inputs, batch_size: int
) -> Found:
    """Each base against the mean of the three others."""
    compute = substitutions(model, targets, batch_size=batch_size)
    values = compute(codes, inputs=inputs)
    reference = TargetValues(model, targets, batch_size)(codes, inputs)
    found = Mutagenesis(codes, 0, reference, targets.names, values)
    no_base = reference[:, None] - values.mean(axis=2)
    own = np.where((codes == UNKNOWN)[..., None], no_base, found.contributions)
    return Found(found.hypothetical, own, reference, np.full_like(reference, np.nan))
