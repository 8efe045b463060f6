from __future__ import annotations

import numpy as np
import pytest

from tests.zoo.interpretation.simulation.test_simulator import AT_ONLY, FIRST, SECOND
from zoo.errors import InputError
from zoo.interpretation.simulation import two_motifs

TASK = {"num_sequences": 60, "sequence_length": 80, "background": AT_ONLY}


def distances_of(simulation, kind: str) -> list[int]:
    """bp between the two motifs of each sequence of a kind; -1 if not two."""
    found = []
    for sequence in np.flatnonzero(simulation.grammars == kind):
        rows = simulation.placements[simulation.placements["sequence"] == sequence]
        pair = len(rows) == 2
        found.append(int(rows["start"][1] - rows["end"][0]) if pair else -1)
    return found


def test_positives_have_the_distance_and_hard_negatives_another() -> None:
    simulation = two_motifs(FIRST, SECOND, 20, **TASK)
    kinds, counts = np.unique(simulation.grammars, return_counts=True)
    assert dict(zip(kinds.tolist(), counts.tolist(), strict=True)) == {
        "positive": 30,
        "distance": 15,
        "missing first": 7,
        "missing second": 8,
    }
    np.testing.assert_array_equal(
        simulation.labels == 1, simulation.grammars == "positive"
    )
    assert set(distances_of(simulation, "positive")) == {20}
    wrong = distances_of(simulation, "distance")
    assert 20 not in wrong and min(wrong) >= 0 and max(wrong) <= 50
    for kind, there in (("missing first", SECOND), ("missing second", FIRST)):
        sequences = np.flatnonzero(simulation.grammars == kind)
        rows = np.isin(simulation.placements["sequence"], sequences)
        assert set(simulation.placements[rows]["motif"]) == {there.name}
        assert rows.sum() == len(sequences)


def test_ranges_of_distances() -> None:
    simulation = two_motifs(
        FIRST,
        SECOND,
        range(10, 13),
        negatives=("distance", "background"),
        other_distances=[3, 30],
        **TASK,
    )
    assert set(distances_of(simulation, "positive")) == {10, 11, 12}
    assert set(distances_of(simulation, "distance")) == {3, 30}
    sequences = np.flatnonzero(simulation.grammars == "background")
    assert not np.isin(simulation.placements["sequence"], sequences).any()


def test_default_wrong_distances_are_cut_to_what_fits() -> None:
    simulation = two_motifs(FIRST, SECOND, 60, negatives=["distance"], **TASK)
    assert max(distances_of(simulation, "distance")) <= 80 - 11


@pytest.mark.parametrize(
    ("distance", "changes", "message"),
    [
        (70, {}, "needs up to 81 bp"),
        (20, {"other_distances": [20, 21]}, "none of the right ones"),
        (20, {"other_distances": []}, "at least one"),
        (20, {"negatives": ["near"]}, "kinds of negatives"),
        (20, {"negatives": []}, "kinds of negatives"),
        (20, {"num_sequences": 7}, "at least 8 sequences"),
    ],
)
def test_what_cannot_be_is_explained(
    distance: int, changes: dict, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        two_motifs(FIRST, SECOND, distance, **(TASK | changes))
