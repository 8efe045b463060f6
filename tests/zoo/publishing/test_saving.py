from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import registry
import zoo
from registry.release import Output
from tests.conftest import SMALL
from zoo.errors import InputError
from zoo.models.creation import origin
from zoo.models.precision import dtype_policy
from zoo.publishing.verification import verify

OUTPUT = Output("bound", "probability", "sigmoid", "bound")
FACTS: dict[str, Any] = {
    "description": "A test",
    "task": "binary",
    "licence": "Apache-2.0",
    "min_length": 15,
}


def small(**config: Any) -> keras.Model:
    return zoo.create("rc_dilated", **SMALL | {"num_outputs": 1} | config)


def predictions(model: keras.Model) -> np.ndarray:
    codes = np.random.default_rng(3).integers(0, 5, (4, 50), dtype="uint8")
    return zoo.predict(model, codes)


def test_a_saved_model_is_loaded_again(tmp_path: Path) -> None:
    model = small()
    release = zoo.save(model, tmp_path / "mine_v3", outputs=[OUTPUT], **FACTS)
    assert (release.name, release.version) == ("mine_v3", 3)
    assert release.derived_from is None
    assert release.outputs == (OUTPUT,)
    assert verify(tmp_path / "mine_v3").passed
    again = zoo.load(tmp_path / "mine_v3")
    np.testing.assert_array_equal(predictions(again), predictions(model))
    # Every argument is recorded, as a default may change.
    assert release.config["stem_kernel_size"] == 15
    assert release.symmetry.measured_max_difference < 1e-5
    assert "bound" in release.card()


def test_a_fine_tuned_release_knows_its_parent(tmp_path: Path) -> None:
    parent = zoo.save(small(), tmp_path / "parent_v1", outputs=[OUTPUT], **FACTS)
    model = zoo.load(tmp_path / "parent_v1")
    facts = {k: v for k, v in FACTS.items() if k != "min_length"}
    child = zoo.save(model, tmp_path / "child_v1", **facts)
    assert child.derived_from is not None
    assert child.derived_from.sha256 == parent.sha256
    assert (child.outputs, child.input) == (parent.outputs, parent.input)
    other = zoo.load(tmp_path / "parent_v1", num_outputs=2)
    with pytest.raises(InputError, match="outputs="):
        zoo.save(other, tmp_path / "other_v1", **facts)
    assert not (tmp_path / "other_v1").exists()


def test_a_release_is_never_overwritten(tmp_path: Path) -> None:
    zoo.save(small(), tmp_path / "mine_v1", outputs=[OUTPUT], **FACTS)
    before = (tmp_path / "mine_v1" / "model.json").read_bytes()
    with pytest.raises(registry.ReleaseError, match="next version"):
        zoo.save(small(), tmp_path / "mine_v1", outputs=[OUTPUT], **FACTS)
    assert (tmp_path / "mine_v1" / "model.json").read_bytes() == before


@pytest.mark.parametrize("name", ["mine", "Mine_v1", "mine_v0", "mine_v", "mine_v1.0"])
def test_a_folder_is_named_like_a_release(tmp_path: Path, name: str) -> None:
    message = f"^Expected .*rc_dilated_v1. Received: {name!r}$"  # no temporary folder
    with pytest.raises(registry.ReleaseError, match=message):
        zoo.save(small(), tmp_path / name, outputs=[OUTPUT], **FACTS)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_architecture_is_noticed_before_anything_is_kept(
    tmp_path: Path,
) -> None:
    def other(*, sequence_length: int | None = None) -> keras.Model:
        inputs = keras.layers.Input((sequence_length, 4), name="sequence")
        x = keras.layers.Conv1D(1, 3, name="head_conv")(inputs)
        x = keras.layers.GlobalMaxPooling1D(name="head_pool")(x)
        return keras.Model(inputs, x)

    model = other()
    with pytest.raises(InputError, match=r"zoo\.register"):
        zoo.save(model, tmp_path / "mine_v1", outputs=[OUTPUT], **FACTS)
    with pytest.raises(registry.SeqzooError, match="bytes of weights"):
        zoo.save(
            model,
            tmp_path / "mine_v1",
            outputs=[OUTPUT],
            architecture="rc_dilated",
            config=SMALL,
            derived_from="none",
            **FACTS,
        )
    assert list(tmp_path.iterdir()) == []


def test_a_model_out_of_a_file_keeps_its_lineage(tmp_path: Path) -> None:
    """As `ModelCheckpoint` writes it: Keras knows nothing of where it comes from."""
    model = zoo.load("rc_dilated_v1", num_outputs=1, sequence_length=60)
    model.save(tmp_path / "best.keras")
    model = keras.saving.load_model(tmp_path / "best.keras")
    facts = FACTS | {"outputs": [OUTPUT]}
    with pytest.raises(InputError, match="derived_from="):
        zoo.save(model, tmp_path / "tuned_v1", **facts)
    start = registry.find("rc_dilated_v1")
    config = start.config | {"num_outputs": 1, "sequence_length": 60}
    own = {"architecture": "rc_dilated", "config": config}
    with pytest.raises(InputError, match="'rc_dilated_v1', for example, or 'none'"):
        zoo.save(model, tmp_path / "tuned_v1", **own, **facts)
    assert not (tmp_path / "tuned_v1").exists()
    release = zoo.save(
        model, tmp_path / "tuned_v1", derived_from="rc_dilated_v1", **facts
    )
    assert release.config == config
    assert (release.derived_from.name, release.derived_from.sha256) == (
        "rc_dilated_v1",
        start.sha256,
    )
    release = zoo.save(
        model, tmp_path / "tuned_v2", derived_from="none", **own, **facts
    )
    assert release.derived_from is None


def assert_config_is_kept(model: keras.Model, folder: Path, **facts: Any) -> None:
    """By a release that is derived from one, of what Keras read from a file."""
    facts = FACTS | facts
    parent = zoo.save(model, folder / "parent_v1", **facts)
    model.save(folder / "best.keras")
    model = keras.saving.load_model(folder / "best.keras")
    release = zoo.save(model, folder / "tuned_v1", derived_from=parent.folder, **facts)
    assert release.config == parent.config


def test_a_model_of_several_inputs_out_of_a_file(tmp_path: Path) -> None:
    """Its first input, by name, is a cell type, which has no length."""
    config = {"sequence_length": 60, "num_cell_types": 2, "filters": 4}
    model = zoo.create("multi_modal", **config)
    assert_config_is_kept(model, tmp_path, outputs=[OUTPUT])


def test_a_model_of_several_outputs_out_of_a_file(
    own_architectures: None, tmp_path: Path
) -> None:
    """Its first output, by name, is not the one whose number an argument says."""

    @zoo.register("aided")
    def build(*, sequence_length: int = 30, num_outputs: int = 2) -> keras.Model:
        sequence = keras.layers.Input((sequence_length, 4), name="sequence")
        x = keras.layers.GlobalMaxPooling1D(name="pool")(sequence)
        aid = keras.layers.Dense(1, name="aid")(x)
        main = keras.layers.Dense(num_outputs, name="main")(x)
        return keras.Model(sequence, {"aid": aid, "main": main})

    outputs = {"aid": [OUTPUT], "main": ["a", "b"]}
    model = zoo.create("aided")
    assert_config_is_kept(model, tmp_path, outputs=outputs, activation="sigmoid")


class Subclass(keras.Model):
    def call(self, x):
        return x


@pytest.mark.parametrize(
    ("model", "facts", "message"),
    [
        (small(), {"min_length": 0}, "min_length of at least 1 bp"),
        (small(), {"min_length": "15"}, "min_length in bp, an integer. Received: '15'"),
        (small(), {"training_length": 0}, "training_length of at least 1 bp"),
        (small(), {"outputs": [3]}, "names or zoo.Output. Received: 3"),
        (small(), {"outputs": [{"name": "x"}]}, "names or zoo.Output"),
        (Subclass(), {"derived_from": "kmer_v1"}, "whose input is known"),
        (keras.Sequential(), {"derived_from": "kmer_v1"}, "whose input is known"),
    ],
)
def test_what_no_release_can_say_is_refused(
    tmp_path: Path, model: keras.Model, facts: dict[str, Any], message: str
) -> None:
    with pytest.raises(registry.SeqzooError, match=message):
        zoo.save(model, tmp_path / "a_v1", **FACTS | {"outputs": [OUTPUT]} | facts)
    assert list(tmp_path.iterdir()) == []


def test_every_argument_is_recorded_of_a_model_from_elsewhere(tmp_path: Path) -> None:
    made = small(sequence_length=60)
    around = keras.Model(made.input, made.output)  # of which nothing is known
    own = {"architecture": "rc_dilated", "derived_from": "none", "outputs": [OUTPUT]}
    config = SMALL | {"num_outputs": 1, "sequence_length": 60}
    release = zoo.save(around, tmp_path / "a_v1", config=config, **own, **FACTS)
    assert release.config == origin(made).config
    release = zoo.save(made, tmp_path / "a_v2", **own, **FACTS)
    assert release.config == origin(made).config
    with pytest.raises(InputError, match=r"config: rc_dilated .* argument 'filterz'"):
        zoo.save(around, tmp_path / "a_v3", config={"filterz": 2}, **own, **FACTS)


@pytest.mark.parametrize("said", ["none", "rc_dilated_v1"])
def test_a_lineage_that_is_known_stays(tmp_path: Path, said: str) -> None:
    model = zoo.load("kmer_v1")
    with pytest.raises(InputError, match=rf"derived_from='kmer_v1'.* '{said}'"):
        zoo.save(model, tmp_path / "a_v1", derived_from=said, **FACTS)
    release = zoo.save(model, tmp_path / "a_v1", derived_from="kmer_v1", **FACTS)
    assert release.derived_from is not None
    assert release.derived_from.name == "kmer_v1"


def test_any_length_needs_a_shortest_one(tmp_path: Path) -> None:
    facts = {k: v for k, v in FACTS.items() if k != "min_length"}
    with pytest.raises(InputError, match="min_length"):
        zoo.save(small(), tmp_path / "mine_v1", outputs=[OUTPUT], **facts)
    release = zoo.save(
        small(sequence_length=60), tmp_path / "mine_v1", outputs=[OUTPUT], **facts
    )
    assert (release.input.sequence_length, release.input.min_length) == (60, 60)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16"])
def test_a_release_is_float32_whatever_the_policy(tmp_path: Path, policy: str) -> None:
    def made() -> keras.Model:
        keras.utils.set_random_seed(0)
        return zoo.create("shallow_wide", filters=4, kernel_size=7, units=16)

    whole = made()
    with dtype_policy(policy):
        half = made()
        # While the policy is on, of a model of either kind.
        zoo.save(half, tmp_path / "half_v1", outputs=[OUTPUT], **FACTS)
        zoo.save(whole, tmp_path / "whole_v1", outputs=[OUTPUT], **FACTS)
        assert verify(tmp_path / "half_v1").max_difference == 0
    zoo.save(half, tmp_path / "half_v2", outputs=[OUTPUT], **FACTS)
    names = ("half_v1", "half_v2", "whole_v1")
    assert [verify(tmp_path / name).max_difference for name in names] == [0, 0, 0]
    golden = {n: np.load(tmp_path / n / "golden.npz")["predictions"] for n in names}
    np.testing.assert_array_equal(golden["half_v1"], golden["half_v2"])
    again = zoo.load(tmp_path / "half_v1")
    expected = predictions(again)
    assert 0 < np.abs(predictions(half) - expected).max() < 0.1
    assert {v.dtype for v in again.weights} == {"float32"}
