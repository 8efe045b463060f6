"""Every architecture of the zoo, with whatever inputs and outputs, as a release."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import registry
import zoo
from tests.made import sigmoid
from tests.zoo.architectures.contract import NAMES, case, small_model
from zoo.data.examples import CodesInMemory, Examples
from zoo.inspection.heads import heads_of
from zoo.models.inputs import random_inputs
from zoo.models.interface import as_inputs, by_name, inputs_of, sequence_input
from zoo.publishing import conformance
from zoo.publishing.claims import constants_for
from zoo.publishing.verification import verify

every_architecture = pytest.mark.parametrize("name", NAMES)


def named(model: keras.Model) -> dict[str, list[str]]:
    return {
        head.name: [f"{head.name}_{i}" for i in range(head.num_outputs)]
        for head in heads_of(model)
    }


def released(model: keras.Model, folder: Path, **more: Any) -> registry.Release:
    given = {
        "description": "A test",
        "task": "test",
        "licence": "CC0-1.0",
        "outputs": named(model),
        "activation": "linear",
        "units": "logits",
        "min_length": 21,
    }
    return zoo.save(model, folder, **given | more)


def inputs_for(model: keras.Model, codes: np.ndarray) -> dict[str, Any]:
    return {sequence_input(model): codes, **random_inputs(model, *codes.shape)}


def called(model: keras.Model, given: dict[str, Any]) -> dict[str, np.ndarray]:
    """What Keras itself computes."""
    one_hot = np.eye(5, dtype="f4")[given[sequence_input(model)]][..., :4]
    x = as_inputs(model, given | {sequence_input(model): one_hot})
    outputs = by_name(model, model(x, training=False))
    return {n: keras.ops.convert_to_numpy(y) for n, y in outputs.items()}


def assert_predicts(model: keras.Model, given: dict[str, Any]) -> None:
    found = zoo.predict(model, given if len(given) > 1 else next(iter(given.values())))
    expected = called(model, given)
    assert isinstance(found, dict) == (len(expected) > 1)
    found = found if isinstance(found, dict) else {next(iter(expected)): found}
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-4, atol=1e-5)


@every_architecture
def test_saved_verified_loaded_and_predicted(name: str, tmp_path: Path) -> None:
    model = small_model(name)
    release = released(model, tmp_path / "mine_v1", symmetry="none")
    assert verify(release.folder).passed
    assert release.heads == heads_of(model)
    assert [i.name for i in release.inputs or ()] == list(inputs_of(model))
    again = zoo.load(release.folder)
    assert zoo.output_names(again) == [
        name for names in named(model).values() for name in names
    ]
    length = case(name).sequence_length
    codes = np.random.default_rng(1).integers(0, 5, (3, length), dtype=np.uint8)
    assert_predicts(again, inputs_for(model, codes))


def test_the_card_says_what_it_reads_and_which_head_an_output_is_of(
    plugin: keras.Model, tmp_path: Path
) -> None:
    lines = released(plugin, tmp_path / "mine_v1").card().splitlines()
    start = lines.index("| input | kind | shape of one (None: any length) |")
    assert lines[-3].startswith("The two strands give predictions of their own: ")
    assert lines[start:-3] == [
        "| input | kind | shape of one (None: any length) |",
        "|---|---|---|",
        "| dna | sequence | (None, 4) |",
        "| dose | numbers | () |",
        "",
        "| head | output | units | from logits by |",
        "|---|---|---|---|",
        "| head_profile | head_profile_0 | logits | linear |",
        "| head_profile | head_profile_1 | logits | linear |",
        "| head_total | head_total_0 | logits | linear |",
        "",
    ]
    one = released(small_model("kmer"), tmp_path / "one_v1", symmetry="none").card()
    assert "| output | units | from logits by |\n|---|---|---|\n| " in one
    assert "| input |" not in one


@pytest.mark.parametrize("name", ["bpnet", "multi_modal"])
def test_they_keep_to_what_is_built_on(name: str) -> None:
    found = conformance.check(name, case(name).small)
    assert [f for f in found if f.problem] == []


def two_outputs(
    *, sequence_length: int | None = None, num_outputs: int = 2, bin_size: int = 8
) -> keras.Model:
    """What an outside plugin may bring: a list of outputs, a second input."""
    sequence = layers.Input((sequence_length, 4), name="dna")
    dose = layers.Input((), name="dose")
    x = layers.Conv1D(6, 5, padding="same", activation="relu", name="stem")(sequence)
    x = layers.AveragePooling1D(bin_size, name="bins")(x)
    profile = layers.Dense(num_outputs, dtype="float32", name="head_profile")(x)
    total = layers.GlobalAveragePooling1D(name="head_mean")(x)
    total = layers.Concatenate(name="head_dose")([total, dose[:, None]])
    total = layers.Dense(1, dtype="float32", name="head_total")(total)
    return keras.Model([sequence, dose], [profile, total], name="two_outputs")


@pytest.fixture
def plugin(own_architectures: None) -> keras.Model:
    zoo.register()(two_outputs)
    return zoo.create("two_outputs")


def test_a_plugin_with_two_outputs(plugin: keras.Model, tmp_path: Path) -> None:
    partners = [
        zoo.Output("plus", "reads", "softplus", "minus"),
        zoo.Output("minus", "reads", "softplus", "plus"),
    ]
    release = released(
        plugin,
        tmp_path / "mine_v1",
        outputs={"head_profile": partners, "head_total": ["total"]},
    )
    profile, total = release.heads or ()
    assert (profile.kind, profile.bins, profile.bin_size) == ("profile", None, 8)
    assert (total.kind, total.bins, total.bin_size) == ("scalar", None, None)
    assert [i.kind for i in release.inputs or ()] == ["sequence", "numbers"]
    assert verify(release.folder).passed
    assert [o.activation for o in release.outputs] == ["softplus", "softplus", "linear"]
    codes = np.random.default_rng(1).integers(0, 5, (3, 64), dtype=np.uint8)
    given = {"dna": codes, "dose": np.array([0.0, 1.0, 2.0])}
    assert_predicts(zoo.load(release.folder), given)
    assert not [f for f in conformance.check("two_outputs") if f.problem]


def test_both_strands_of_several_inputs_and_outputs(plugin: keras.Model) -> None:
    both = zoo.conjoined(plugin, pairing={"head_profile": (1, 0)})
    report = zoo.symmetry.check(
        both, pairing={"head_profile": (1, 0)}, lengths=[64], inputs={"dose": 0.5}
    )
    assert report.passed, report
    assert constants_for(both).keys() == {"dose"}


def test_values_per_base_turn_with_the_sequence() -> None:
    both = zoo.conjoined(small_model("multi_modal"))
    generator = np.random.default_rng(2)
    codes = generator.integers(0, 4, (4, 40), dtype=np.uint8)
    given = inputs_for(both, codes)
    turned = given | {
        "sequence": zoo.dna.reverse_complement_codes(codes),
        "signals": given["signals"][:, ::-1],
    }
    np.testing.assert_allclose(
        zoo.predict(both, given), zoo.predict(both, turned), rtol=1e-4, atol=1e-5
    )


def test_examples_hold_the_other_inputs(plugin: keras.Model) -> None:
    codes = np.random.default_rng(1).integers(0, 5, (300, 32), dtype=np.uint8)
    dose = np.linspace(0, 1, 300)
    examples = Examples(CodesInMemory(codes), inputs={"dose": dose})
    chosen = examples.subset([7, 3, 200])
    found = zoo.predict(plugin, chosen)
    expected = called(plugin, {"dna": codes[[7, 3, 200]], "dose": dose[[7, 3, 200]]})
    np.testing.assert_allclose(found["head_total"], expected["head_total"], rtol=1e-4)
    # By batches, and in the order in which they came.
    mixed = zoo.predict(plugin, {"dna": codes, "dose": dose}, batch_size=7)
    np.testing.assert_allclose(
        mixed["head_total"], zoo.predict(plugin, examples)["head_total"], rtol=1e-4
    )


def test_an_activation_by_output(plugin: keras.Model) -> None:
    given = {"dna": ["ACGT" * 8], "dose": [1.0]}
    plain = zoo.predict(plugin, given)
    found = zoo.predict(plugin, given, activation={"head_total": "sigmoid"})
    np.testing.assert_allclose(
        found["head_total"], sigmoid(plain["head_total"]), rtol=1e-5
    )
    np.testing.assert_array_equal(found["head_profile"], plain["head_profile"])
    with pytest.raises(registry.SeqzooError, match="'head_profile', 'head_total'"):
        zoo.predict(plugin, given, activation={"total": "sigmoid"})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["ACGT" * 8], r"all inputs .*'dna' .*'dose' \(None,\).*no other"),
        ({"dna": ["ACGT" * 8], "dose": [[1.0]]}, r"'dose': expected \(None,\)"),
        ({"dna": ["ACGT" * 8], "dose": [1.0, 2.0]}, r"'dose': expected 1 rows"),
        ({"dna": ["ACGT" * 8] * 2, "dose": [1.0]}, r"'dose': expected 2 rows"),
        ({"dna": ["ACGT" * 8], "dose": ["high"]}, r"'dose': expected numbers"),
        (
            {"dna": ["ACGT" * 8], "dose": "chip.bw"},
            r"'dose': expected numbers\. Received: 'chip\.bw'\. Files .*--genome",
        ),
        ({"dna": ["ACGT" * 8], "cell": [1.0]}, r"Received beside .*'cell'"),
        (
            {"sequence": ["ACGT" * 8], "dose": [1.0]},
            r"'two_outputs' by.*'dna', the sequences\. Received: 'sequence', 'dose'",
        ),
        ({}, r"'dna', the sequences\. Received: an empty one"),
    ],
)
def test_inputs_that_do_not_fit(plugin: keras.Model, given: Any, message: str) -> None:
    with pytest.raises(registry.SeqzooError, match=message):
        zoo.predict(plugin, given)


def test_names_are_one_for_each_channel(plugin: keras.Model, tmp_path: Path) -> None:
    for outputs, message in (
        (["a", "b"], r"'head_profile': 2, 'head_total': 1\)\. Received 2"),
        ({"head_profile": ["a", "b"]}, "one entry for each output"),
        ({"head_profile": ["a", "a"], "head_total": ["a"]}, "different names"),
        (None, "2 of 'head_profile' and 1 of 'head_total'"),
    ):
        with pytest.raises(registry.SeqzooError, match=message):
            released(plugin, tmp_path / "mine_v1", outputs=outputs)
    assert not list(tmp_path.iterdir())


def change(folder: Path, key: str, number: int, **values: Any) -> None:
    path = folder / "model.json"
    content = json.loads(path.read_text())
    content[key][number] |= values
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("key", "number", "values", "message"),
    [
        ("heads", 0, {"name": ""}, "heads of different names"),
        ("heads", 0, {"bin_size": None}, "bin_size of the profile head"),
        ("heads", 0, {"bins": 0}, "sizes of head 'head_profile' of at least 1"),
        ("inputs", 0, {"shape": [-1, 4]}, "sizes of input 'dna' of at least 1"),
        ("inputs", 0, {"shape": [64, 4]}, r"shape \(None, 4\) of input 'dna'"),
        ("inputs", 0, {"shape": [4]}, r"shape \(None, 4\) of input 'dna'"),
        ("outputs", 0, {"name": "head_profile_1"}, "outputs of different names"),
        ("outputs", 0, {"reverse_complement_partner": "x"}, "partners among head_prof"),
        (
            "outputs",
            0,
            {"reverse_complement_partner": "head_total_0"},
            "partners among head_profile_0, head_profile_1, received.*head_total_0",
        ),
    ],
)
def test_what_no_model_has_is_not_read(
    key: str,
    number: int,
    values: dict[str, Any],
    message: str,
    plugin: keras.Model,
    tmp_path: Path,
) -> None:
    folder = released(plugin, tmp_path / "mine_v1").folder
    change(folder, key, number, **values)
    with pytest.raises(registry.ReleaseError, match=message):
        registry.read_release(folder)


@pytest.mark.parametrize(
    ("key", "values", "message"),
    [
        ("heads", {"name": "other"}, r"outputs \[\('other', 'profile', 2\)"),
        (
            "heads",
            {"kind": "scalar", "bin_size": None},
            r"outputs \[\('head_profile', 'scalar', 2\)",
        ),
        ("inputs", {"name": "other"}, r"inputs \['other', 'dose'\]"),
    ],
)
def test_a_model_has_what_its_release_says(
    key: str,
    values: dict[str, Any],
    message: str,
    plugin: keras.Model,
    tmp_path: Path,
) -> None:
    folder = released(plugin, tmp_path / "mine_v1").folder
    change(folder, key, 0, **values)
    with pytest.raises(
        registry.ReleaseError, match=f"expected a model with the {message}"
    ):
        zoo.load(folder)


def test_outputs_do_not_get_the_names_of_one_another(
    plugin: keras.Model, tmp_path: Path
) -> None:
    folder = released(plugin, tmp_path / "mine_v1").folder
    path = folder / "model.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"heads": content["heads"][::-1]}))
    with pytest.raises(
        registry.ReleaseError,
        match=r"outputs \[\('head_total', 'scalar', 1\), \('head_profile', ",
    ):
        zoo.load(folder)


@pytest.mark.parametrize(
    ("key", "number", "values"),
    [
        ("heads", 0, {"bin_size": 4}),
        ("heads", 0, {"bins": 7}),
        ("inputs", 1, {"shape": [3]}),
    ],
)
def test_sizes_that_a_release_says_are_verified(
    key: str,
    number: int,
    values: dict[str, Any],
    plugin: keras.Model,
    tmp_path: Path,
) -> None:
    folder = released(plugin, tmp_path / "mine_v1").folder
    change(folder, key, number, **values)
    with pytest.raises(registry.ReleaseError, match=f"its {key} are not as"):
        verify(folder)


def test_names_that_change_with_every_build(
    own_architectures: None, tmp_path: Path
) -> None:
    @zoo.register()
    def nameless(
        *, sequence_length: int | None = None, num_outputs: int = 1
    ) -> keras.Model:
        sequence = layers.Input((sequence_length, 4))
        x = layers.Conv1D(4, 3, name="stem")(sequence)
        x = layers.GlobalMaxPooling1D(name="pool")(x)
        x = layers.Dense(num_outputs, dtype="float32", name="head_logits")(x)
        return keras.Model(sequence, [x + 1, x * 2])

    with pytest.raises(registry.ReleaseError, match="same names in every build"):
        released(zoo.create("nameless"), tmp_path / "mine_v1")
    (problem,) = [f.problem for f in conformance.check("nameless") if f.problem]
    assert "names of the inputs and outputs differ between two builds" in problem


@pytest.mark.parametrize("sequence_length", [None, 64])
def test_outputs_without_channels_are_no_release(
    sequence_length: int | None, own_architectures: None, tmp_path: Path
) -> None:
    @zoo.register()
    def flat(
        *, sequence_length: int | None = None, num_outputs: int = 1
    ) -> keras.Model:
        sequence = layers.Input((sequence_length, 4), name="sequence")
        x = layers.Conv1D(1, 3, name="stem")(sequence)
        if sequence_length is not None:
            x = layers.GlobalMaxPooling1D()(x)
        return keras.Model(sequence, keras.ops.squeeze(x, -1))

    model = zoo.create("flat", sequence_length=sequence_length)
    with pytest.raises(registry.SeqzooError, match=r"Expected outputs \(batch, num_"):
        released(model, tmp_path / "mine_v1", outputs=["one"])


def test_a_sequential_architecture(own_architectures: None, tmp_path: Path) -> None:
    @zoo.register()
    def row(*, sequence_length: int | None = None, num_outputs: int = 1) -> keras.Model:
        return keras.Sequential(
            [
                layers.Input((sequence_length, 4)),
                layers.Conv1D(4, 3, name="stem"),
                layers.GlobalMaxPooling1D(),
                layers.Dense(num_outputs, dtype="float32", name="head_logits"),
            ]
        )

    assert not [f for f in conformance.check("row") if f.problem]
    assert verify(released(zoo.create("row"), tmp_path / "mine_v1").folder).passed
