"""Tests of how the way to compute substitutions is chosen."""

from __future__ import annotations

import warnings
from typing import Any

import keras
import pytest
from keras import layers

import zoo
from tests.zoo.architectures.contract import make
from zoo.errors import InputError
from zoo.interpretation.mutagenesis import engine
from zoo.interpretation.mutagenesis.engine import substitutions
from zoo.interpretation.mutagenesis.full import FullSubstitutions
from zoo.interpretation.mutagenesis.incremental import IncrementalSubstitutions
from zoo.interpretation.targets import targets_of


def chosen(model: keras.Model, **options: Any) -> type:
    return type(substitutions(model, targets_of(model), **options))


def test_windows_where_there_are_rules() -> None:
    model = make("rc_dilated")
    assert chosen(model) is IncrementalSubstitutions
    assert chosen(model, method="full") is FullSubstitutions
    with pytest.raises(InputError, match="method"):
        chosen(model, method="fast")


def test_a_gpu_computes_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "devices", lambda: {"gpus": ["one"]})
    assert chosen(make("shallow_wide")) is FullSubstitutions


def test_what_has_no_rule_is_said_once() -> None:
    """And all is in full where little is left."""
    inputs = keras.Input((40, 4), name="sequence")
    x = layers.Conv1D(2, 3, name="stem")(inputs)
    x = layers.LSTM(16, name="memory")(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    with pytest.warns(UserWarning, match="no rule for memory") as told:
        warnings.simplefilter("ignore", DeprecationWarning)  # of Keras
        assert chosen(model) is FullSubstitutions
    assert [warning.filename for warning in told] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        assert chosen(model) is FullSubstitutions


def test_a_model_without_known_inputs_is_refused() -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.head = layers.Dense(1)

        def call(self, x: Any) -> Any:
            return self.head(x[:, 0])

    targets = targets_of(make("shallow_wide"))
    with pytest.raises(InputError, match="whose input is known"):
        substitutions(Own(), targets)


def test_half_precision_is_in_full() -> None:
    inputs = keras.Input((40, 4), name="sequence")
    x = layers.Conv1D(4, 3, dtype="mixed_bfloat16", name="stem")(inputs)
    model = keras.Model(inputs, layers.Dense(1)(layers.GlobalMaxPooling1D()(x)))
    with pytest.warns(UserWarning, match="no rule for stem"):
        assert chosen(model) is FullSubstitutions


def test_what_is_said_is_said_of_the_users_line() -> None:
    inputs = keras.Input((40, 4), name="sequence")
    x = layers.Bidirectional(layers.GRU(4), name="memory")(inputs)
    model = keras.Model(inputs, layers.Dense(1)(x))
    with pytest.warns(UserWarning, match="no rule for memory") as told:
        warnings.simplefilter("ignore", DeprecationWarning)  # of Keras
        zoo.saturation_mutagenesis(model, ["ACGT" * 10], end=1)
    assert [warning.filename for warning in told] == [__file__]


def test_what_only_trains_has_rules() -> None:
    # Warnings are errors here: of each kind of dropout nothing is computed in full.
    model = zoo.create(
        "wide_and_deep", patterns=["111"], stem_filters=8, filters=4, units=0
    )
    assert chosen(model) is IncrementalSubstitutions
