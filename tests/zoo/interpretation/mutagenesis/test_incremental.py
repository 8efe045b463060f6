"""Tests of windows of mutations, against each mutated sequence computed in full."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tests.zoo.architectures.contract import NAMES, case, make
from tests.zoo.architectures.float64 import randomise
from zoo.interpretation.mutagenesis.full import FullSubstitutions
from zoo.interpretation.mutagenesis.incremental import IncrementalSubstitutions
from zoo.interpretation.targets import Target, Targets
from zoo.models.interface import outputs_of, sequence_input

#: Architectures whose variants have other layers.
WITH_VARIANTS = ("bpnet", "hierarchical_dilated", "kmer", "multi_modal", "shallow_wide")
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
