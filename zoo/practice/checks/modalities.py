"""Chapter 11: several modalities."""

from __future__ import annotations

from math import prod

from zoo.practice.kinds import Chosen, Computed


def _weights(*kernels: tuple[int, ...]) -> int:
    return sum(map(prod, kernels))


FUSION_WEIGHTS = Computed(
    solution=lambda size, filters, tracks, units: [
        _weights((size, 4 + tracks, filters), (filters, units)),
        _weights((size, 4, filters), (size, tracks, filters), (2 * filters, units)),
    ],
    inputs=[(15, 64, 1, 32), (9, 32, 3, 16)],
    mistakes={
        "How many numbers does late fusion join behind the pooling?": (
            lambda size, filters, tracks, units: (
                [_weights((size, 4 + tracks, filters), (filters, units))] * 2
            )
        ),
        "With early fusion, a filter reads the tracks as well: 4 + tracks channels.": (
            lambda size, filters, tracks, units: [
                _weights((size, 4, filters), (filters, units)),
                _weights(
                    (size, 4, filters), (size, tracks, filters), (2 * filters, units)
                ),
            ]
        ),
        "All tracks go through one convolution, which reads them as its channels.": (
            lambda size, filters, tracks, units: [
                _weights((size, 4 + tracks, filters), (filters, units)),
                _weights(
                    (size, 4, filters),
                    (size, tracks, filters),
                    ((1 + tracks) * filters, units),
                ),
            ]
        ),
        "The dense layer has weights, too.": lambda size, filters, tracks, units: (
            [_weights((size, 4 + tracks, filters))] * 2
        ),
    },
)

MISSING_TRACK = Chosen(
    solution={"a": "never_missing", "b": "leak", "c": "scale"},
    words=("leak", "never_missing", "scale", "useless", "overfitting"),
    mistakes={
        ("a", "leak"): "0.95 is what a related experiment may well add. Why is it "
        "worse than DNA alone, once the track is gone?",
        ("a", ""): "It falls below a model that never had a track. What does a value "
        "of 0 say to a model that never met a gap?",
        ("b", "never_missing"): "True, perhaps, but there is something worse: how did "
        "the labels come about?",
        ("b", ""): "Nearly perfect with the track, and no better than chance without. "
        "How did the labels come about?",
        ("c", "useless"): "The same track helps model a. What is different here?",
        ("c", ""): "The track makes no difference, though it does for model a. Look at "
        "its values.",
    },
)
