"""The two networks of a `chrombpnet`, each by itself."""

from __future__ import annotations

import numpy as np
import pytest

import zoo
from tests.zoo.architectures import float64 as ref
from tests.zoo.architectures.contract import make
from zoo.errors import InputError
from zoo.models import only_bias, without_bias


@pytest.mark.parametrize(
    "lengths",
    [
        {"sequence_length": 40},
        {"sequence_length": 60, "profile_length": 10},
        {"sequence_length": None},
    ],
)
def test_the_model_is_the_sum_of_both(lengths: dict[str, int | None]) -> None:
    model, x = make("chrombpnet", **lengths), ref.one_hot(3, 60)
    x = x[:, : lengths["sequence_length"] or 60]
    ref.randomise(model)
    whole, rest, bias = (
        ref.call(one, x) for one in (model, without_bias(model), only_bias(model))
    )
    np.testing.assert_allclose(
        whole["counts"], np.logaddexp(rest["counts"], bias["counts"]), atol=1e-5
    )
    profile = bias["profile"]
    if lengths["sequence_length"] is None:  # the bias leaves more of any length
        cut = (profile.shape[1] - whole["profile"].shape[1]) // 2
        profile = profile[:, cut:-cut]
    np.testing.assert_allclose(whole["profile"], rest["profile"] + profile, atol=1e-5)


def test_of_an_ensemble_it_is_the_mean() -> None:
    models, x = [make("chrombpnet") for _ in range(2)], ref.one_hot(3, 40)
    for seed, model in enumerate(models):
        ref.randomise(model, seed)
    found = ref.call(without_bias(zoo.ensemble(models)), x)
    members = [ref.call(without_bias(model), x) for model in models]
    for name, values in found.items():
        expected = (members[0][name] + members[1][name]) / 2
        np.testing.assert_allclose(values, expected, atol=1e-5)


def test_other_models_are_refused() -> None:
    with pytest.raises(InputError, match=r"Expected a chrombpnet.*bpnet"):
        without_bias(zoo.create("bpnet", filters=2))
