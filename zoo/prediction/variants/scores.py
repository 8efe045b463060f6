"""What two predictions say of a variant: a few numbers for each output."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

import registry
from registry.release import Output
from zoo.errors import InputError
from zoo.models.activations import SOFTMAX_OVER_BINS, in_units

Values = npt.NDArray[np.float64]
_POSITIVE = ("exponential", "softplus")

#: What each number is, alternate against reference.
KINDS = {
    "difference": "alternate - reference, in {units}",
    "log_odds_difference": "alternate - reference, in the log-odds of {units}",
    "log_fold_change": "log2 of alternate / reference, of {units}",
    "jensen_shannon_distance": "Jensen-Shannon distance of the profiles of {units}",
    "largest_difference": "alternate - reference, in {units}, at the bin where it is "
    "furthest from 0",
}


@dataclass(frozen=True)
class Score:
    """One number for each variant.

    Attributes:
        label: The output's name, behind that of its head where two have one.
        kind: One of `KINDS`.
        head: The output of the Keras model.
        channel: The output among those of the head.
        output: What the release says of it.
        profile: Whether it has bins.
    """

    label: str
    kind: str
    head: str
    channel: int
    output: Output
    profile: bool

    @property
    def name(self) -> str:
        """That of the output, and of the kind: "ctcf_log_odds_difference"."""
        return f"{self.label}_{self.kind}"

    @property
    def description(self) -> str:
        """One line on what it is."""
        units = self.output.units
        if self.profile and self.kind == "difference":
            units += ", mean over the bins"
        if self.profile and self.kind == "log_fold_change":
            units += ", sum over the bins"
        if self.output.units.startswith("ln(1 +"):
            units = units.removeprefix("ln(").removesuffix(")")
        return KINDS[self.kind].format(units=units)


def scores_of(
    release: registry.Release,
    outputs: str | Sequence[str] | None = None,
    *,
    profile: bool = False,
) -> tuple[Score, ...]:
    """The scores of a release's outputs.

    Outputs behind a sigmoid or a softmax: difference of probabilities and difference
    of log-odds. Logarithms of counts, "ln(1 + ...)": log2 fold change of 1 + counts.
    Profiles of shares (softmax over the bins): Jensen-Shannon distance. Outputs behind
    an exponential or softplus: difference and log2 fold change (of profiles the mean
    and the sum over the bins), and for profiles the Jensen-Shannon distance of their
    shares. Others: difference, and for profiles the one furthest from 0, too.

    Args:
        release: Whose outputs they are.
        outputs: Names of those to score; all by default. Where two heads have outputs
            of one name, "HEAD_NAME" is one of them.
        profile: Whether the output has bins, for releases that do not say.

    Raises:
        InputError: No such output.
    """
    heads = release.heads
    places: list[tuple[str, int, Output, bool]] = []
    if heads is None:
        places = [("", i, o, profile) for i, o in enumerate(release.outputs)]
    else:
        rest = iter(release.outputs)
        places = [
            (head.name, channel, next(rest), head.kind == "profile")
            for head in heads
            for channel in range(head.num_outputs)
        ]
    names = [output.name for output in release.outputs]
    labels = [
        output.name if names.count(output.name) == 1 else f"{head}_{output.name}"
        for head, _, output, _ in places
    ]
    wanted = {outputs} if isinstance(outputs, str) else set(outputs or labels)
    if unknown := sorted(wanted - {*labels, *names}):
        raise InputError(
            f"outputs: expected names of outputs of {release.name}: "
            f"{', '.join(map(repr, labels))}. Received: "
            f"{', '.join(map(repr, unknown))}."
        )
    return tuple(
        Score(label, kind, head, channel, output, bins)
        for label, (head, channel, output, bins) in zip(labels, places, strict=True)
        if {label, output.name} & wanted
        for kind in _kinds(output, bins)
    )


def _kinds(output: Output, profile: bool) -> tuple[str, ...]:
    if output.activation == SOFTMAX_OVER_BINS:
        return ("jensen_shannon_distance",)
    if output.activation in _POSITIVE:
        found = ("difference", "log_fold_change")
        return (*found, "jensen_shannon_distance") if profile else found
    if profile:
        return "difference", "largest_difference"
    if output.activation in ("sigmoid", "softmax"):
        return "difference", "log_odds_difference"
    logarithm = output.activation == "linear" and output.units.startswith("ln(1 +")
    return ("log_fold_change",) if logarithm else ("difference",)


class VariantScoring:
    """Computes scores of pairs of predictions.

    Args:
        scores: Which.
    """

    def __init__(self, scores: Sequence[Score]) -> None:
        self.scores = tuple(scores)

    def __call__(
        self, reference: Mapping[str, Any], alternate: Mapping[str, Any]
    ) -> npt.NDArray[np.float32]:
        """The scores of each pair.

        Args:
            reference: By head what the model itself gives, logits: (n, output) or
                (n, bin, output).
            alternate: The same of the alternate alleles.

        Returns:
            float32 (n, score).
        """
        known: dict[Any, tuple[Values, Values]] = {}
        found = []
        for score in self.scores:
            pair = reference[score.head], alternate[score.head]
            channel, activation = score.channel, score.output.activation
            # All outputs of a softmax have one calibration, those of a sigmoid their
            # own.
            key = score.head, activation, score.output.calibration
            if key not in known:
                apply = in_units(
                    activation, score.head, [score.output], profile=score.profile
                )
                known[key] = (_applied(apply, pair[0]), _applied(apply, pair[1]))
            before, after = (x[..., channel] for x in known[key])
            if score.kind == "log_odds_difference":
                logits = [_log_odds(x, channel, activation) for x in pair]
                value = logits[1] - logits[0]
            elif score.kind == "log_fold_change":
                value = _log_fold_change(before, after, score)
            elif score.kind == "jensen_shannon_distance":
                value = jensen_shannon_distance(before, after)
            else:
                value = after - before
                if score.kind == "largest_difference":
                    place = np.abs(value).argmax(axis=1)[:, None]
                    value = np.take_along_axis(value, place, axis=1)[:, 0]
                elif score.profile:
                    value = value.mean(axis=1)
            found.append(value)
        return np.stack(found, axis=1).astype(np.float32)


def _applied(apply: Callable[[Any], Any], logits: Any) -> Values:
    from keras import ops

    tensor = ops.convert_to_tensor(logits, "float32")
    return np.asarray(ops.convert_to_numpy(apply(tensor)), np.float64)


def _log_odds(logits: Any, channel: int, activation: str) -> Values:
    x = np.asarray(logits, np.float64)
    if activation == "sigmoid":
        return x[:, channel]
    others = np.delete(x, channel, axis=1)
    most = others.max(axis=1)
    rest = np.log(np.exp(others - most[:, None]).sum(axis=1)) + most
    found: Values = x[:, channel] - rest
    return found


def _log_fold_change(before: Values, after: Values, score: Score) -> Values:
    if score.output.units.startswith("ln(1 +"):
        return (after - before) / np.log(2)
    if score.profile:
        before, after = before.sum(axis=1), after.sum(axis=1)
    tiny = np.finfo(np.float32).tiny
    return np.log2(np.maximum(after, tiny)) - np.log2(np.maximum(before, tiny))


def jensen_shannon_distance(one: npt.ArrayLike, other: npt.ArrayLike) -> Values:
    """The square root of the Jensen-Shannon divergence, in nats, of each row.

    Args:
        one: (n, bin), at least 0; each row is divided by its sum.
        other: The same.

    Returns:
        float64 (n,), 0 to sqrt(ln 2).

    Source:
        Lin 1991, doi:10.1109/18.61115; the square root is a metric (Endres and
        Schindelin 2003), and what chrombpnet's scorer of variants takes.
    """
    p, q = (np.asarray(x, np.float64) for x in (one, other))
    tiny = np.finfo(np.float64).tiny
    p, q = (x / np.maximum(x.sum(axis=1, keepdims=True), tiny) for x in (p, q))
    mean = np.maximum((p + q) / 2, tiny)
    terms = (x * np.log(np.maximum(x, tiny) / mean) for x in (p, q))
    divergence = sum(term.sum(axis=1) for term in terms) / 2
    return np.sqrt(np.maximum(divergence, 0))
