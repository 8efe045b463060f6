"""What a model predicts around a motif, averaged over the sequences around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from zoo.data.sequences import codes_of_one_length
from zoo.dna import Codes, reverse_complement_codes
from zoo.errors import InputError, check_at_least
from zoo.inspection.heads import heads_of
from zoo.interpretation.marginalization.insertion import inserted, letters_of
from zoo.interpretation.motifs import Motif
from zoo.layers import pairings
from zoo.models.creation import called
from zoo.models.inputs import Constants
from zoo.models.interface import all_named, outputs_of, sequence_input
from zoo.models.outputs import declared_of
from zoo.prediction.sequences import predict

Values = npt.NDArray[np.float64]

#: By the assay, what its enzyme prefers to cut, as ChromBPNet inserts it: consensus
#: sequences of the motifs that bias models of Tn5 and of DNase I have learned.
ENZYME_MOTIFS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "atac": MappingProxyType(
            {
                "tn5_1": "GCACAGTACAGAGCTG",
                "tn5_2": "GTGCACAGTTCTAGAGTGTGCAG",
                "tn5_3": "CCTCTACACTGTGCAGAA",
                "tn5_4": "GCACAGTTCTAGACTGTGCAG",
                "tn5_5": "CTGCACAGTGTAGAGTTGTGC",
            }
        ),
        "dnase": MappingProxyType(
            {"dnase_1": "TTTACAAGTCCA", "dnase_2": "TGTACTTACGAA"}
        ),
    }
)
#: ChromBPNet takes a model as corrected if the largest share of reads that it puts on
#: one base around a motif of the enzyme is below this.
MAX_ENZYME_RESPONSE = 0.003

_SEQUENCES_AT_ONCE = 1024
_LOG_RATES = "exponential"
_SHARES = (None, _LOG_RATES, "softmax_over_bins")


@dataclass(frozen=True, eq=False, repr=False)
class Footprint:
    """The mean predicted profile around a motif, and that without it.

    Attributes:
        motif: What was inserted, in letters.
        positions: int64 (bin,): the first base of each bin, in bp from the middle of
            the sequence, where the motif lies from -(width // 2) to
            width - width // 2.
        profile: float64 (bin, output): mean share of an output's reads in each bin.
            The shares of all bins are 1.
        control: The same of the sequences as they are.
        counts: float64 (output,), or (1,) where the outputs have one: mean expected
            reads, of one strand of the sequences; None of a model that predicts none.
        control_counts: The same of the sequences as they are.
    """

    motif: str
    positions: npt.NDArray[np.int64]
    profile: Values
    control: Values
    counts: Values | None
    control_counts: Values | None

    @property
    def max_response(self) -> float:
        """The largest share of any bin; see `MAX_ENZYME_RESPONSE`."""
        return float(self.profile.max())

    def __repr__(self) -> str:
        return (
            f"Footprint({self.motif!r}, {len(self.positions):,} bins, "
            f"max_response={self.max_response:.4f})"
        )


def footprints(
    model: keras.Model,
    motifs: Mapping[str, str | Motif],
    sequences: Any,
    *,
    head: str | None = None,
    pairing: Sequence[int] | None = None,
    inputs: Mapping[str, Any] = MappingProxyType({}),
    batch_size: int = 64,
) -> dict[str, Footprint]:
    """Marginal footprints: the profile that a motif alone makes a model predict.

    Each motif is put into the middle of every sequence, and the predicted profile
    averaged over them, so that what the sequences hold beside it averages out. With
    p_s the share of reads at each base, the softmax of the profile logits over the
    bins, and n_s the expected reads on strand s of a sequence,

        profile = mean over sequences of (p_+ n_+ + p_- n_-) / (n_+ + n_-)

    where "-" is the prediction for the reverse complement, turned back. For a
    bias-corrected model of ATAC-seq or DNase-seq, the motifs of the enzyme,
    `ENZYME_MOTIFS`, leave none: `max_response` is below `MAX_ENZYME_RESPONSE`.

    Args:
        model: Has an output (batch, bins, outputs) of profile logits, or of log rates
            (activation "exponential" in its release). n_s are those of its output
            (batch, outputs) or (batch, 1) of ln(1 + reads), where it has one.
        motifs: By name: letters, inserted as they are, or motifs, whose consensus is.
            "" inserts nothing.
        sequences: As `zoo.predict` takes them, of one length: of regions of the
            genome that no peak overlaps, or shuffled ones.
        head: The name of the output with the profile, where there are several.
        pairing: Of each profile output, its partner on the other strand, such as
            (1, 0) for plus and minus; that of the release by default.
        inputs: What the model reads beside the sequences, by name: one number, such
            as a control of 0, or an array without the axis of the sequences, the same
            on both strands.
        batch_size: Sequences per batch.

    Returns:
        By the names of the motifs, in their order.

    Raises:
        InputError: No profile, no motif or one longer than the sequences, or partners
            that are not known.

    Source:
        ChromBPNet (Pampari et al. 2025, doi:10.1101/2024.12.25.630221) and its code,
        marginal_footprinting.py, motifs and threshold among it. Deviations: n_s is at
        least 1e-6, and counts are the mean of the two strands, not their sum.
    """
    check_at_least(1, batch_size=batch_size)
    codes = codes_of_one_length(sequences)
    texts = letters_of(motifs, codes.shape[1])
    reader = _Profiles(model, head, pairing, inputs, batch_size)
    control, control_counts = reader.mean(codes, "")
    positions = reader.positions(codes.shape[1], len(control))
    found = {}
    for name, text in texts.items():
        profile, counts = reader.mean(codes, text)
        found[name] = Footprint(
            text, positions, profile, control, counts, control_counts
        )
    return found


class _Profiles:
    """Shares and expected reads of a model's predictions, on both strands."""

    def __init__(
        self,
        model: keras.Model,
        head: str | None,
        pairing: Sequence[int] | None,
        inputs: Mapping[str, Any],
        batch_size: int,
    ) -> None:
        self.model, self.batch_size = model, batch_size
        self.sequence = sequence_input(model)
        self.inputs = Constants(model, inputs)
        outputs = outputs_of(model)
        self.head = _only(
            model, "profile, (batch, bins, outputs)", _ranked(outputs, 3), head
        )
        tensor = outputs[self.head]
        known = declared_of(tensor)
        activation = known[0].activation if known else None
        if activation not in _SHARES:
            raise InputError(
                f"output {self.head!r}: expected profile logits or log rates. "
                f"Received: values whose activation is {activation!r}."
            )
        self.log_rates = activation == _LOG_RATES
        scalars = _ranked(outputs, 2)
        scalars = [n for n in scalars if outputs[n].shape[-1] in (1, tensor.shape[-1])]
        self.counts = scalars[0] if len(scalars) == 1 else None
        if pairing is None and known is not None:
            names = [output.name for output in known]
            partners = [o.reverse_complement_partner or o.name for o in known]
            pairing = [names.index(partner) for partner in partners]
        if pairing is None and tensor.shape[-1] > 1:
            raise InputError(
                f"Expected pairing=, the partner on the other strand of each of the "
                f"{tensor.shape[-1]} outputs of {self.head!r}, which no release says: "
                "(1, 0) for plus and minus. Received: none."
            )
        self.partners = list(pairings.check(pairing or (0,), tensor.shape[-1]))

    def positions(self, length: int, bins: int) -> npt.NDArray[np.int64]:
        """See `Footprint`."""
        sizes = {h.name: h.bin_size for h in heads_of(self.model, length)}
        size = sizes[self.head] or 1
        return (length - bins * size) // 2 - length // 2 + size * np.arange(bins)

    def mean(self, codes: Codes, text: str) -> tuple[Values, Values | None]:
        """The profile (bin, output) and the reads (output,) with a motif inside."""
        profile: Any = 0.0
        reads: Any = 0.0
        for first in range(0, len(codes), _SEQUENCES_AT_ONCE):
            some = inserted(codes[first : first + _SEQUENCES_AT_ONCE], text)
            shares, counts = self._predicted(some)
            others, other_counts = self._predicted(reverse_complement_codes(some))
            others = others[:, ::-1, self.partners]
            if other_counts.shape[-1] > 1:
                other_counts = other_counts[:, self.partners]
            total = counts + other_counts
            shares *= (counts / total)[:, None]
            shares += others * (other_counts / total)[:, None]
            profile += shares.sum(axis=0)
            reads += total.sum(axis=0) / 2
        known = self.counts is not None or self.log_rates
        return profile / len(codes), reads / len(codes) if known else None

    def _predicted(self, codes: Codes) -> tuple[Values, Values]:
        """Shares (sequence, bin, output) and expected reads (sequence, output)."""
        rows, length = np.arange(len(codes)), codes.shape[1]
        given = {
            self.sequence: codes,
            **self.inputs.of(rows, length, 0, length),
        }
        predicted = predict(
            self.model, given, batch_size=self.batch_size, window="full"
        )
        named = all_named(predicted)
        logits = named[self.head] if len(named) > 1 else next(iter(named.values()))
        logits = logits.astype(np.float64)
        largest = logits.max(axis=1, keepdims=True)
        shares = np.exp(logits - largest)
        sums = shares.sum(axis=1, keepdims=True)
        if self.counts is not None:
            reads = np.expm1(named[self.counts].astype(np.float64))
        elif self.log_rates:
            reads = (sums * np.exp(largest))[:, 0]
        else:
            reads = np.ones((len(codes), 1))
        return shares / sums, np.maximum(reads, 1e-6)


def _ranked(outputs: Mapping[str, Any], rank: int) -> list[str]:
    return [name for name, tensor in outputs.items() if len(tensor.shape) == rank]


def _only(model: keras.Model, what: str, names: list[str], head: str | None) -> str:
    """The output that is meant."""
    if head is None and len(names) == 1:
        return names[0]
    if head in names:
        return head
    has = ", ".join(map(repr, names)) or "none"
    raise InputError(
        f"Expected {'head=, the name of ' * bool(names)}an output of {called(model)} "
        f"that is a {what}: it has {has}. Received: {head!r}."
    )
