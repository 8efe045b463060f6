"""A model, asked what it says of sequences of one length, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from zoo.dna import Codes
from zoo.errors import check_choice
from zoo.inspection.heads import heads_of
from zoo.interpretation.contributions.calling import contributions
from zoo.interpretation.contributions.methods import METHODS
from zoo.interpretation.motifs.motif import Motif
from zoo.interpretation.mutagenesis.calling import saturation_mutagenesis
from zoo.interpretation.mutagenesis.full import TargetValues
from zoo.interpretation.mutagenesis.results import Mutagenesis
from zoo.interpretation.reports.explanation import Explanation, Profile
from zoo.interpretation.reports.known_motifs import KnownMotifs
from zoo.interpretation.reports.tracks import Values
from zoo.interpretation.targets import Target, targets_of
from zoo.models.activations import SOFTMAX_OVER_BINS
from zoo.models.creation import origin
from zoo.models.interface import outputs_of
from zoo.models.outputs import declared_of
from zoo.prediction.sequences import predict

#: How contributions are computed, if nothing is said.
METHOD = "deeplift"
_Outputs = dict[str, npt.NDArray[np.float32]]


class Explainer:
    """Asks a model about sequences.

    Args:
        model: Reads DNA, and nothing else.
        outputs: As in `zoo.interpretation.targets.targets_of`.
        reduction: Likewise.
        method: Of `zoo.contributions`.
        database: Motifs to name others by; without any, they have no names.
        seed: Of references, and of random orders.
        batch_size: Sequences per batch.
        both: The mean of the model on both strands, where that is explained.

    Attributes:
        targets: What is explained.
        names: Theirs.
    """

    def __init__(
        self,
        model: keras.Model,
        outputs: Any,
        reduction: str | None,
        method: str,
        database: Sequence[Motif],
        seed: int,
        batch_size: int,
        both: keras.Model | None = None,
    ) -> None:
        check_choice("method", method, METHODS)
        self.model, self.method = model, method
        self.targets = targets_of(model, outputs, reduction=reduction)
        self.names = self.targets.names
        self._predicting = both or model
        self._strand = "both" if both else "+"
        self._values = TargetValues(self._predicting, self.targets, batch_size)
        self._more: dict[str, Any] = {
            "outputs": outputs,
            "reduction": reduction,
            "batch_size": batch_size,
        }
        self._seed, self._known = seed, KnownMotifs(database, seed)
        self._activations = {h: _activation(model, h) for h in self.targets.heads}

    @property
    def title(self) -> str:
        """The release, or the model's own name."""
        made = origin(self.model)
        release = made.release if made is not None else None
        return self.model.name if release is None else release.name

    @property
    def columns(self) -> list[str]:
        """What predictions of each target are, with their units."""
        return [self._column(target) for target in self.targets.all]

    def __call__(
        self, codes: Codes, *, mutagenesis: bool = False, learns: bool = False
    ) -> Explanation:
        """What is shown of sequences.

        Args:
            codes: uint8 `(sequence, position)`.
            mutagenesis: Whether what substitutions do is, too.
            learns: Whether motifs are learned from the contributions; else those of the
                database alone are looked for.
        """
        outputs = self._outputs(codes)
        changes = self.mutagenesis(codes) if mutagenesis else None
        contributed = self.contributions(codes, changes)
        known, names = self._known, self.names
        learned = known.learned(codes, contributed, names) if learns else []
        spans = known.spans(codes, contributed, names, learned)
        return Explanation(
            names=names,
            columns=self.columns,
            method=self.method,
            codes=codes,
            predicted=self._predicted(codes, outputs),
            contributed=contributed,
            effects=None if changes is None else changes.effects,
            profiles=self._profiles(codes.shape[1], outputs),
            learned=learned,
            spans=spans if learns or known.database else None,
        )

    def _predicted(self, codes: Codes, outputs: _Outputs) -> Values:
        """What is shown `(sequence, target)`: a probability, where it is one."""
        values = self._values(codes)
        for place, target in enumerate(self.targets.all):
            if target.reduction is None:
                values[:, place] = outputs[target.head][:, target.columns[0]]
        return values

    def contributions(self, codes: Codes, changes: Mutagenesis | None = None) -> Values:
        """What each base contributes to each target `(sequence, position, target)`.

        Args:
            codes: uint8 `(sequence, position)`.
            changes: Of them, if they have been computed already.
        """
        if self.method == "mutagenesis" and self._strand == "+":
            return (changes or self.mutagenesis(codes)).contributions
        found = contributions(
            self.model,
            codes,
            method=self.method,
            seed=self._seed,
            strand=self._strand,
            window=codes.shape[1],
            **self._more,
        )
        return found.contributions

    def mutagenesis(self, codes: Codes) -> Mutagenesis:
        """What substitutions of these sequences do."""
        return saturation_mutagenesis(
            self.model, codes, window=codes.shape[1], **self._more
        )

    def _profiles(self, length: int, outputs: _Outputs) -> dict[int, Profile]:
        """By the place of the target."""
        if not any(target.reduction for target in self.targets.all):
            return {}
        sizes = {head.name: head.bin_size for head in heads_of(self.model, length)}
        found = {}
        for place, target in enumerate(self.targets.all):
            if target.reduction is None:
                continue
            values = outputs[target.head][:, :, list(target.columns)].sum(axis=2)
            size = sizes.get(target.head) or 1
            offset = max(length - values.shape[1] * size, 0) // 2
            share = self._activations[target.head] == SOFTMAX_OVER_BINS
            title = "profile: share of each bin" if share else "profile"
            found[place] = Profile(title, values, offset, size)
        return found

    def _outputs(self, codes: Codes) -> _Outputs:
        """By head, behind its activation."""
        found = predict(
            self._predicting,
            codes,
            activation=self._activations,
            window=codes.shape[1],
            batch_size=self._more["batch_size"],
        )
        if isinstance(found, dict):
            return found
        return dict.fromkeys(outputs_of(self.model), found)

    def _column(self, target: Target) -> str:
        if target.reduction is not None:
            return f"{target.name} ({target.reduction})"
        known = declared_of(outputs_of(self.model)[target.head])
        units = known[target.columns[0]].units if known else ""
        if known and self._activations[target.head] is None:
            units = "logit" if known[0].activation != "linear" else units
        return f"{target.name} ({units})" if units else target.name


def _activation(model: keras.Model, head: str) -> str | None:
    """The one behind which all outputs of a head have their units, if it is known."""
    known = declared_of(outputs_of(model)[head]) or ()
    names = {output.activation for output in known}
    return names.pop() if len(names) == 1 else None
