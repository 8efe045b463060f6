"""Tests of windows of mutations, against each mutated sequence computed in full."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import keras
import numpy as np
import pytest

from tests.zoo.architectures.contract import NAMES, case, make
from tests.zoo.architectures.float64 import randomise
from zoo.interpretation.mutagenesis import incremental
from zoo.interpretation.mutagenesis.full import FullSubstitutions
from zoo.interpretation.mutagenesis.incremental import IncrementalSubstitutions
from zoo.interpretation.targets import Target, Targets, targets_of
from zoo.models.interface import outputs_of, sequence_input

#: Architectures whose variants have other layers.
WITH_VARIANTS = (
    *("bpnet", "hierarchical_dilated", "kmer", "multi_modal", "shallow_wide"),
    "wide_and_deep",
)
VARIANTS = [
    pytest.param(name, config, id=f"{name}-{number}")
    for name in NAMES
    for number, config in enumerate(({}, *case(name).variants))
    if not number or name in WITH_VARIANTS
]


def every_target(model: keras.Model) -> Targets:
    """The first column of each head; of a profile the sum and the softmax of bins."""
    found = []
    for head, tensor in outputs_of(model).items():
        reductions = ("sum", "profile") if len(tensor.shape) == 3 else (None,)
        found += [Target(f"{head}_{each}", head, (0,), each) for each in reductions]
    return Targets(found)


def given(model: keras.Model, inputs: Any) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Codes with an N here and there, and the other inputs."""
    others = dict(inputs) if isinstance(inputs, dict) else {}
    sequence = sequence_input(model)
    one_hot = others.pop(sequence) if others else inputs
    codes = np.where(one_hot.any(-1), one_hot.argmax(-1), 4).astype("uint8")
    return codes, others


def compare(model: keras.Model, targets: Targets, *arguments: Any) -> None:
    expected = FullSubstitutions(model, targets)(*arguments)
    found = IncrementalSubstitutions(model, targets)(*arguments)
    assert found.dtype == np.float32
    scale = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * scale)


@pytest.mark.parametrize(("name", "config"), VARIANTS)
def test_each_architecture(name: str, config: dict[str, Any]) -> None:
    model = make(name, **config)
    randomise(model)
    length = config.get("sequence_length") or case(name).sequence_length
    codes, others = given(model, case(name).batch(2, length))
    compare(model, every_target(model), codes, 0, None, others)


CODES = np.random.default_rng(0).integers(0, 4, (2, 60)).astype("uint8")


def test_plans_are_made_once_and_see_new_weights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[int | None] = []
    trace = incremental.trace

    def counting(model: keras.Model, length: int | None) -> Any:
        made.append(length)
        return trace(model, length)

    monkeypatch.setattr(incremental, "trace", counting)
    model = make("shallow_wide", sequence_length=60)
    targets, held = (
        targets_of(model),
        IncrementalSubstitutions(model, targets_of(model)),
    )
    for _ in range(2):
        held(CODES)
        compare(model, targets, CODES)
    assert made == [60]
    before = held(CODES)
    for weight in model.trainable_weights:
        weight.assign(1.5 * weight.numpy())
    compare(model, targets, CODES)
    np.testing.assert_array_equal(held(CODES), made_new(model, targets)(CODES))
    assert np.abs(held(CODES) - before).max() > 1e-3
    assert made == [60, 60, 60]


def made_new(model: keras.Model, targets: Targets) -> IncrementalSubstitutions:
    """With plans of its own."""
    incremental._known.clear()
    return IncrementalSubstitutions(model, targets)


def test_a_model_that_learns_is_seen() -> None:
    model = make("shallow_wide", sequence_length=60)
    compare(model, targets_of(model), CODES)
    model.compile("sgd", "mse", run_eagerly=True)
    x = np.eye(5, 4, dtype="float32")[CODES]
    model.fit(x, np.full((2, model.output_shape[-1]), 9.0), verbose=0)
    compare(model, targets_of(model), CODES)


def test_plans_keep_no_model_and_are_few() -> None:
    model = make("shallow_wide", sequence_length=None)
    substitutions = IncrementalSubstitutions(model, targets_of(model))
    for length in range(60, 60 + 2 * incremental._PLANS):
        substitutions.plan(length)
    assert len(incremental._plans(model)) == incremental._PLANS
    alive = weakref.ref(model)
    del model, substitutions
    gc.collect()
    assert alive() is None


def test_threads_do_not_disturb_each_other() -> None:
    model = make("shallow_wide", sequence_length=60)
    targets = targets_of(model)
    codes = np.concatenate([CODES, CODES[:, ::-1]])
    expected = IncrementalSubstitutions(model, targets)(codes)
    found = np.zeros_like(expected)

    def compute(row: int) -> None:
        some = slice(row, row + 1)
        found[some] = IncrementalSubstitutions(model, targets)(codes[some])

    threads = [threading.Thread(target=compute, args=(row,)) for row in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
