"""Tests of goals, against closed forms."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import zoo
from zoo.errors import InputError
from zoo.interpretation import Reach
from zoo.interpretation.sequence_design.goals import Goal


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return zoo.create("shallow_wide", num_outputs=3, filters=2, kernel_size=5)


@pytest.fixture(scope="module")
def two_heads() -> keras.Model:
    x = keras.Input((8, 4))
    profile = keras.layers.Conv1D(2, 1, name="profile")(x)
    counts = keras.layers.Dense(2, name="counts")(keras.layers.Flatten()(x))
    return keras.Model(x, {"profile": profile, "counts": counts})


VALUES = np.array([[1.0, -2.0], [0.5, 3.0]])


@pytest.mark.parametrize(
    ("goal", "expected"),
    [
        ("output_1", VALUES[:, 0]),
        ({"output_1": 1, "output_0": -0.5}, VALUES @ [1, -0.5]),
        ({"output_1": Reach(2), "output_0": 1}, [-1 - 2, -1.5 + 3]),
        ({"output_1": Reach(0.5, weight=4)}, [-2, 0]),
    ],
)
def test_scores(model: keras.Model, goal: object, expected: object) -> None:
    found = Goal(model, goal)  # type: ignore[arg-type]
    number = len(found.targets)
    np.testing.assert_allclose(found(VALUES[:, :number]), expected)
    output = np.zeros((2, 3), "float32")
    output[:, 1], output[:, 0] = VALUES.T
    (name,) = found.targets.heads
    as_targets = found.as_targets()({name: keras.ops.convert_to_tensor(output)})
    scores = keras.ops.convert_to_numpy(as_targets)
    np.testing.assert_allclose(scores[:, 0], expected, rtol=1e-6)


def test_heads_of_both_kinds_in_one_goal(two_heads: keras.Model) -> None:
    goal = Goal(two_heads, {"profile_0": 1, "counts": -1}, reduction="max")
    assert goal.targets.names == ("profile_0", "counts_0", "counts_1")
    assert [target.reduction for target in goal.targets.all] == ["max", None, None]
    np.testing.assert_allclose(goal(np.array([5.0, 1.0, 2.0])), 2)


def test_one_softmax_of_all_outputs_of_a_profile(two_heads: keras.Model) -> None:
    goal = Goal(two_heads, "profile", reduction="profile")
    assert goal.targets.names == ("profile_0+profile_1",)
    goal = Goal(two_heads, {"profile_0": 1, "profile_1": -1}, reduction="profile")
    assert goal.targets.names == ("profile_0", "profile_1")


@pytest.mark.parametrize(
    ("goal", "message"),
    [
        ({}, "Expected goal to be the name"),
        (["output_0"], "Expected goal to be the name"),
        ("output_7", "among 'output_0', 'output_1', 'output_2'"),
        ({"output_0": "up"}, "goal 'output_0': expected a weight, such as 1"),
        ({"output_0": float("nan")}, "goal 'output_0': expected a weight, such as 1"),
        ({"output_0": Reach(float("inf"))}, "expected a weight, such as 1"),
        ({"output_0": 0}, "goal 'output_0': expected a weight other than 0"),
        ({"output_0": Reach(1, weight=-1)}, "expected a weight above 0"),
    ],
)
def test_other_goals_are_refused(
    model: keras.Model, goal: object, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Goal(model, goal)  # type: ignore[arg-type]


def test_a_profile_needs_a_reduction(two_heads: keras.Model) -> None:
    with pytest.raises(InputError, match="Expected reduction="):
        Goal(two_heads, {"profile_0": 1, "counts_0": 1})
