from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import registry
import zoo
from registry.release import Output
from tests.conftest import model_json
from tests.made import sigmoid, softmax
from zoo.errors import InputError
from zoo.models import trial
from zoo.models.ensembles import members
from zoo.models.weights import addresses
from zoo.prediction.members import predict_members
from zoo.publishing.verification import verify

SMALL = {"filters": 6, "num_outputs": 2}
SHORT = SMALL | {"dilation_rates": [1, 2]}
CODES = np.random.default_rng(0).integers(0, 5, (6, 40), dtype=np.uint8)
OUTPUTS = [Output(name, "probability", "sigmoid", name) for name in ("one", "two")]


def three() -> list[keras.Model]:
    return [
        zoo.create("rc_dilated", stem_filters=8, units=4, **SHORT),
        zoo.create("rc_dilated", stem_filters=4, units=0, **SHORT),
        zoo.create("shallow_wide", **SMALL),
    ]


def test_the_mean_of_logits_or_of_probabilities() -> None:
    models = three()
    z = np.stack([zoo.predict(model, CODES) for model in models])
    mean = zoo.predict(zoo.ensemble(models), CODES)
    np.testing.assert_allclose(mean, z.mean(0), atol=1e-6)
    for activation, apply in (("sigmoid", sigmoid), ("softmax", softmax)):
        model = zoo.ensemble(models, average="probabilities", activation=activation)
        received = zoo.predict(model, CODES, activation=activation)
        np.testing.assert_allclose(received, apply(z).mean(0), atol=1e-6)


def a_list(x: Any, pooled: Any) -> Any:
    return [layers.Dense(2, name="sums")(pooled), layers.Dense(3, name="bins")(x)]


def a_dict(x: Any, pooled: Any) -> Any:
    one, other = layers.Dense(2, name="one"), layers.Dense(3, name="other")
    return {"all/sums": one(pooled), "bins": other(x)}


def one_layer_twice(x: Any, pooled: Any) -> Any:
    head = layers.Dense(2, name="head")
    return [head(pooled), head(layers.GlobalMaxPooling1D()(x))]


@pytest.mark.parametrize("heads", [a_list, a_dict, one_layer_twice])
def test_outputs_of_every_structure(
    heads: Any, own_architectures: None, tmp_path: Path
) -> None:
    @zoo.register("two_heads")
    def build(
        *, sequence_length: int | None = None, num_outputs: int = 1
    ) -> keras.Model:
        sequence = layers.Input((sequence_length, 4), name="sequence")
        x = layers.Conv1D(4, 3, padding="same", name="stem")(sequence)
        pooled = layers.GlobalAveragePooling1D(name="pool")(x)
        return keras.Model(sequence, heads(x, pooled))

    models = [zoo.create("two_heads") for _ in range(2)]
    model = zoo.ensemble(models)
    one, other = (zoo.predict(each, CODES) for each in models)
    found = zoo.predict(model, CODES)
    assert list(found) == list(one)
    for name in found:
        mean = (one[name] + other[name]) / 2
        np.testing.assert_allclose(found[name], mean, rtol=1e-4, atol=1e-6)
    each = predict_members(model, CODES)
    assert list(each) == list(one)
    for name in each:
        np.testing.assert_array_equal(each[name], [one[name], other[name]])
    outputs = [f"output {number}" for number in range(sum(map(_width, one.values())))]
    folder = tmp_path / "two_v1"
    zoo.save(
        model,
        folder,
        outputs=outputs,
        activation="linear",
        units="1",
        description="Two",
        task="test",
        licence="CC0-1.0",
        min_length=21,
    )
    assert verify(folder).passed
    both = zoo.conjoined(zoo.load(folder))
    assert zoo.symmetry.check(both, lengths=[40]).passed
    assert list(zoo.predict(both, CODES)) == list(one)


def _width(array: np.ndarray) -> int:
    return array.shape[-1]


def test_sequential_members(own_architectures: None) -> None:
    @zoo.register("sequential")
    def build(
        *, sequence_length: int | None = None, num_outputs: int = 1
    ) -> keras.Model:
        return keras.Sequential(
            [
                layers.Input((sequence_length, 4)),
                layers.Conv1D(4, 3, name="stem"),
                layers.GlobalMaxPooling1D(),
                layers.Dense(num_outputs, name="head_logits"),
            ]
        )

    models = [zoo.create("sequential") for _ in range(2)]
    for average in ("logits", "probabilities"):
        zoo.ensemble(models, average=average)
    mean = sum(zoo.predict(each, CODES) for each in models) / 2
    found = zoo.predict(zoo.ensemble(models), CODES)
    np.testing.assert_allclose(found, mean, rtol=1e-5, atol=1e-6)


def test_probabilities_of_sure_members_stay_finite() -> None:
    models = [zoo.create("shallow_wide", **SMALL) for _ in range(2)]
    for model, sign in zip(models, (1, -1), strict=True):
        head = model.get_layer("head_logits")
        head.bias.assign(sign * np.array([1e3, 200.0]))
    for activation in ("sigmoid", "softmax"):
        model = zoo.ensemble(models, average="probabilities", activation=activation)
        assert np.isfinite(zoo.predict(model, CODES)).all()


def test_members_share_weights_and_have_their_own_addresses() -> None:
    models = three()
    model = zoo.ensemble(models)
    found = members(model)
    for number, (one, other) in enumerate(zip(models, found, strict=True), start=1):
        inside = addresses(one)
        assert addresses(other) == inside
        whole = addresses(model)
        for address, variable in inside.items():
            assert whole[f"member_{number}/{address}"] is variable
    assert len(addresses(model)) == len(model.weights)
    models[0].get_layer("head_logits").bias.assign([10.0, 20.0])
    each = predict_members(model, CODES)
    assert each.shape == (3, 6, 2)
    np.testing.assert_array_equal(each[0], zoo.predict(models[0], CODES))
    np.testing.assert_allclose(each.mean(0), zoo.predict(model, CODES), atol=1e-5)
    read_once = {"sequence": (zoo.dna.decode(row) for row in CODES)}
    np.testing.assert_array_equal(predict_members(model, read_once), each)


def test_one_release_of_several_models(tmp_path: Path) -> None:
    model = zoo.ensemble(three(), average="probabilities")
    facts: dict[str, Any] = {"task": "binary", "licence": "MIT", "min_length": 15}
    zoo.save(model, tmp_path / "all_v1", outputs=OUTPUTS, description="All", **facts)
    assert verify(tmp_path / "all_v1").passed
    again = zoo.load(tmp_path / "all_v1")
    expected = zoo.predict(model, CODES)
    np.testing.assert_array_equal(zoo.predict(again, CODES), expected)
    third = members(again)[2]
    zoo.save(third, tmp_path / "one_v1", outputs=OUTPUTS, description="One", **facts)
    alone = zoo.predict(zoo.load(tmp_path / "one_v1"), CODES)
    np.testing.assert_array_equal(alone, predict_members(model, CODES)[2])


def test_a_new_task_has_new_heads_in_all_members(tmp_path: Path) -> None:
    model = zoo.ensemble(three())
    zoo.save(
        model,
        tmp_path / "all_v1",
        outputs=OUTPUTS,
        description="All",
        task="binary",
        licence="MIT",
        min_length=15,
    )
    again, report = zoo.load_with_report(
        tmp_path / "all_v1", num_outputs=5, freeze="trunk"
    )
    assert again.output_shape == (None, 5)
    assert {"member_2/head_logits/kernel", "member_3/head_logits/kernel"} <= (
        set(report.new)
    )
    assert all("/head_" in address for address in report.new)
    assert not any("/head_" in address for address in report.transferred)
    trainable = {id(v) for v in again.trainable_variables}
    found = addresses(again)
    assert {a for a, v in found.items() if id(v) in trainable} == set(report.new)


def test_an_ensemble_learns_in_fit() -> None:
    model = zoo.ensemble(three())
    before = [weight.copy() for weight in model.get_weights()]
    # Two steps: to trace them takes longer.
    model.compile(keras.optimizers.Adam(1e-2), "mean_squared_error", run_eagerly=True)
    x = np.eye(5, dtype="f4")[CODES][..., :4]
    model.fit(x, np.ones((6, 2)), epochs=2, verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        assert not np.array_equal(old, new)


def test_what_cannot_be_averaged_is_refused(own_architectures: None) -> None:
    models = three()
    with pytest.raises(ValueError, match="2 to 100 members"):
        zoo.ensemble(models[:1])
    with pytest.raises(InputError, match="no ensembles"):
        zoo.ensemble([zoo.ensemble(models), models[0]])
    inputs = keras.Input((None, 4))
    with pytest.raises(InputError, match=r"zoo.create or zoo.load"):
        zoo.ensemble([models[0], keras.Model(inputs, inputs)])
    registry.register("no_length")(lambda *, num_outputs=1: keras.Model(inputs, inputs))
    with pytest.raises(InputError, match="sequence_length and num_outputs"):
        zoo.ensemble([zoo.create("no_length"), models[0]])
    with pytest.raises(InputError, match="one sequence_length and num_outputs"):
        zoo.ensemble([models[0], zoo.create("shallow_wide", num_outputs=3)])
    with pytest.raises(InputError, match="Expected an ensemble"):
        members(models[0])


MEMBER = ["shallow_wide", ["filters", 4]]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ([MEMBER] * 10**6, "2 to 100 members"),
        (
            [["ensemble", ["members", [MEMBER, MEMBER]]], MEMBER],
            "cannot be an ensemble",
        ),
        ([["no_such_thing"], MEMBER], "no_such_thing"),
        ([["shallow_wide", ["filters", 10**9]], MEMBER], "bytes of weights"),
        ([["shallow_wide", ["unheard_of", 1]], MEMBER], "unheard_of"),
        ([[MEMBER], MEMBER], "A member is an architecture"),
        (7, "cannot be built: TypeError"),
        ([["os:system"], MEMBER], "os:system"),
    ],
)
def test_a_strangers_ensemble_is_refused_and_costs_nothing(
    wanted: Any, message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SEQZOO_CACHE", str(tmp_path / "cache"))
    # Its weights are not read: what it describes is refused before.
    (tmp_path / "model.json").write_text(json.dumps(model_json()))
    changed = dataclasses.replace(
        registry.read_release(tmp_path),
        architecture="ensemble",
        config={"num_outputs": 2, "members": wanted},
    )
    with pytest.raises(registry.ReleaseError, match=message):
        trial.check_buildable(changed, registry.builder("ensemble"))


def test_one_start_of_all_members_is_the_start_of_the_ensemble(tmp_path: Path) -> None:
    facts = {"description": "A", "task": "binary", "licence": "MIT"}
    tuned = {"outputs": OUTPUTS, "min_length": 20}
    start = registry.find("kmer_v1")
    made = zoo.ensemble([zoo.load("kmer_v1", num_outputs=2) for _ in range(2)])
    release = zoo.save(made, tmp_path / "both_v1", **tuned, **facts)
    assert release.derived_from is not None
    assert release.derived_from.sha256 == start.sha256
    one = zoo.save(members(made)[1], tmp_path / "one_v1", **tuned, **facts)
    assert one.derived_from == release.derived_from
    (again, _) = members(zoo.load(tmp_path / "both_v1"))
    one = zoo.save(again, tmp_path / "one_v2", **facts)
    assert one.derived_from is not None
    assert one.derived_from.sha256 == release.sha256
    names = ("kmer_v1", "rc_dilated_v1")
    mixed = zoo.ensemble([zoo.load(name, num_outputs=2) for name in names])
    release = zoo.save(mixed, tmp_path / "mixed_v1", **tuned, **facts)
    assert release.derived_from is None
