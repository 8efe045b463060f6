"""Starts the stem of a model from known motifs. Imports Keras."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np

from zoo.errors import InputError, check_choice
from zoo.interpretation.motifs.background import Background
from zoo.interpretation.motifs.filters import fit_to_width
from zoo.interpretation.motifs.first_layer import FirstLayer, find_first_layer
from zoo.interpretation.motifs.motif import Matrix, Motif
from zoo.interpretation.motifs.scores import PSEUDOCOUNT, log_odds
from zoo.interpretation.motifs.thresholds import (
    exact_bias,
    gaussian_bias,
    score_moments,
)
from zoo.layers import RCBatchNormalization, pairings

_BIASES = {"exact": exact_bias, "gaussian": gaussian_bias}


@dataclass(frozen=True)
class MotifFilter:
    """One filter of a stem that was started from a motif.

    Attributes:
        motif: The motif.
        channel: The output channel of the convolution.
        partner: The channel that scores the other strand; None for a `Conv1D`.
        columns: The columns [start, stop) of the motif that the kernel holds.
        offset: The position in the kernel of the first of them.
        scale: Weights are log-odds in nats times this.
        threshold: The score in nats above which the filter fires; None if biases
            were left as they are.
    """

    motif: Motif
    channel: int
    partner: int | None
    columns: tuple[int, int]
    offset: int
    scale: float
    threshold: float | None


def initialize_stem(
    model: keras.Model,
    motifs: Sequence[Motif],
    *,
    layer: str | None = None,
    trainable: bool = True,
    false_positive_rate: float | None = 1e-3,
    threshold: Literal["exact", "gaussian"] = "exact",
    scale: Literal["unit_variance", "log_odds"] = "unit_variance",
    background: Background | None = None,
    pseudocount: float = PSEUDOCOUNT,
) -> list[MotifFilter]:
    """Overwrites the first filters of a model's stem with motifs, in place.

    Filter o becomes c_o W_o, W_o of `log_odds`; the filters behind the motifs keep
    their values. The output of the convolution is then c_o (score - t_o), positive
    where the score is above the threshold t_o of the false-positive rate:

    - a convolution with a bias gets -c_o t_o;
    - one with batch normalization behind it gets the bias 0, and the normalization
      the moments of the score on random bases as its moving moments, with the offset
      that puts its zero at t_o. On batches that are like the background, training
      begins with the same threshold.

    An `RCConv1D` scores both strands with one bias: t_o is the higher of the two
    thresholds, which differ only where the background is not its own complement.

    Args:
        model: Functional or sequential, with a `Conv1D` or `RCConv1D` on one-hot
            bases, of any width, padding and stride.
        motifs: At most as many as the stem has learned filters. Wider and narrower
            ones than the kernel: `fit_to_width`.
        layer: The name of the convolution; without it, the one that reads the bases.
        trainable: Whether the stem goes on learning. False freezes all of the
            convolution, random filters included, and not the normalization behind it.
            Compile the model afterwards.
        false_positive_rate: Per position, strand and filter; None leaves biases and
            normalization as they are.
        threshold: "exact" or "gaussian", see `exact_bias` and `gaussian_bias`.
        scale: "unit_variance" divides by the standard deviation of the score on
            random bases, so that the outputs of motifs are about as large as those of
            the random filters beside them, and learning rates suit both. "log_odds"
            keeps nats, c_o = 1: outputs reach 10 to 25 on sites, which the layers
            behind a stem are not made for.
        background: Frequencies of A, C, G, T; those of each motif by default.
        pseudocount: As in `log_odds`.

    Returns:
        One entry per motif, in their order.

    Raises:
        InputError: More motifs than filters; a stem that does not read one-hot bases
            (k-mers, embeddings), is dilated or has groups; no place for a threshold;
            or as `log_odds` and `exact_bias`.
        ValueError: Another threshold or scale.

    Source:
        Log-odds filters: Stormo 2000, doi:10.1093/bioinformatics/16.1.16. Kernels
        started from JASPAR: DanQ-JASPAR, Quang and Xie 2016, doi:10.1093/nar/gkw226.
        Deviations: log-odds instead of probabilities minus 1/4, a threshold instead
        of a random bias, centered instead of at random positions.
    """
    check_choice("threshold", threshold, _BIASES)
    check_choice("scale", scale, ("unit_variance", "log_odds"))
    first = find_first_layer(model, layer)
    _check(first, len(motifs), false_positive_rate)
    filters, kernels, moments = [], [], []
    for motif, channel in zip(motifs, first.learned, strict=False):
        q = motif.background if background is None else background
        log_ratios = log_odds(motif, background=q, pseudocount=pseudocount)
        weights, columns, offset = fit_to_width(
            log_ratios, first.kernel_size, background=q
        )
        strands = [weights]
        if first.partners is not None:
            strands.append(weights[::-1, ::-1])
        mu, sigma = _moments(motif, strands, q)
        found = None
        if false_positive_rate is not None:
            make = _BIASES[threshold]
            found = -min(make(w, false_positive_rate, background=q) for w in strands)
        filters.append(
            MotifFilter(
                motif=motif,
                channel=channel,
                partner=None if first.partners is None else first.partners[channel],
                columns=columns,
                offset=offset,
                scale=1 / sigma if scale == "unit_variance" else 1.0,
                threshold=found,
            )
        )
        kernels.append(weights)
        moments.append((mu, sigma))
    _write(first, filters, np.stack(kernels, axis=-1), np.array(moments))
    first.convolution.trainable = trainable
    return filters


def _moments(
    motif: Motif, strands: Sequence[Matrix], background: Background
) -> tuple[float, float]:
    """Mean and standard deviation of the score on random bases, in nats."""
    found = np.array([score_moments(w, background=background) for w in strands])
    # Both strands as one population, as RCBatchNormalization takes them.
    sigma = np.sqrt(np.square(found[:, 1]).mean() + found[:, 0].var())
    if sigma == 0:
        raise InputError(
            f"{motif}: expected a motif that differs from the background. Received: "
            "one whose weights are all 0. Leave it out."
        )
    return float(found[:, 0].mean()), float(sigma)


def _check(first: FirstLayer, count: int, false_positive_rate: float | None) -> None:
    name = first.convolution.name
    if not 1 <= count <= len(first.learned):
        raise InputError(
            f"Expected 1 to {len(first.learned)} motifs, one for each learned filter "
            f"of {name!r}. Received: {count}."
        )
    if first.dilation_rate != 1:
        raise InputError(
            f"Layer {name!r} has dilation_rate={first.dilation_rate}: its filters skip "
            "bases, so none of them can hold a motif of adjacent bases."
        )
    if getattr(first.convolution, "groups", 1) != 1:
        raise InputError(
            f"Layer {name!r} has groups={first.convolution.groups}: its filters read "
            "some of the bases only."
        )
    if false_positive_rate is None:
        return
    norm = first.normalization
    if norm is None and first.convolution.bias is None:
        raise InputError(
            f"Layer {name!r} has no bias and no batch normalization directly behind "
            "it, so there is no place for a threshold. Pass false_positive_rate=None."
        )
    if norm is not None and norm.beta is None:
        raise InputError(
            f"Layer {norm.name!r} behind {name!r} has no offset (its center is False), "
            "so there is no place for a threshold. Pass false_positive_rate=None."
        )
    if isinstance(norm, RCBatchNormalization) and (
        first.partners is None
        or first.partners
        != (norm.pairing or pairings.reversal(first.convolution.filters))
    ):
        raise InputError(
            f"Layer {norm.name!r} ties other channels than {name!r} in front of it. "
            "Give both the same pairing, or pass false_positive_rate=None."
        )


def _write(
    first: FirstLayer,
    filters: Sequence[MotifFilter],
    kernels: Matrix,
    moments: Matrix,
) -> None:
    """Weights (kernel_size, 4, filter) and moments (filter, 2), both in nats."""
    convolution, norm = first.convolution, first.normalization
    scales = np.array([each.scale for each in filters])
    count = len(filters)
    with _changed(convolution.kernel) as kernel:
        kernel[:, :, :count] = kernels * scales
    if filters[0].threshold is None:
        return
    thresholds = np.array([each.threshold for each in filters])
    if convolution.bias is not None:
        with _changed(convolution.bias) as bias:
            bias[:count] = 0.0 if norm else -scales * thresholds
    if norm is None:
        return
    mu, sigma = moments.T
    variances = np.square(scales * sigma)
    slopes = 1 / np.sqrt(variances + norm.epsilon)
    for at in _channels(norm, filters):
        gamma = 1.0 if norm.gamma is None else _value(norm.gamma)[at]
        for variable, values in (
            (norm.moving_mean, scales * mu),
            (norm.moving_variance, variances),
            (norm.beta, -gamma * scales * (thresholds - mu) * slopes),
        ):
            with _changed(variable) as changed:
                changed[at] = values


def _channels(norm: Any, filters: Sequence[MotifFilter]) -> Iterator[list[int]]:
    """Where a normalization has the values of the filters: once, or for each strand."""
    if isinstance(norm, RCBatchNormalization):
        yield list(range(len(filters)))  # one per pair, in the kernel's order
        return
    yield [each.channel for each in filters]
    partners = [each.partner for each in filters if each.partner is not None]
    if partners:
        yield partners


def _value(variable: Any) -> np.ndarray:
    return np.array(keras.ops.convert_to_numpy(variable), np.float64)


@contextlib.contextmanager
def _changed(variable: Any) -> Iterator[np.ndarray]:
    """The value of a variable, to write to; assigned at the end."""
    value = _value(variable)
    yield value
    variable.assign(value)
