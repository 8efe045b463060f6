"""Networks that others have written, and what they are trained with."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

import zoo
from tests.zoo.training.runs.small_run import BASE, RELEASE, SMALL, quiet, write
from zoo.training.configuration.config import ConfigError
from zoo.training.configuration.config_file import read_config
from zoo.training.runs.building import build, optimizer
from zoo.training.runs.run_data import read_splits
from zoo.training.runs.running import plan, strategy_of, train

OWN = BASE.replace("epochs = 2", "epochs = 1") + RELEASE
OWN += '[model]\narchitecture = "own_net"\n'


pytestmark = pytest.mark.usefixtures("own_architectures")


def register(head: str | None) -> None:
    """A network without a name, and without an argument for the length."""

    @zoo.register("own_net")
    def own_net(*, num_outputs: int = 1) -> keras.Model:
        inputs = keras.Input((None, 4))
        x = keras.layers.GlobalMaxPooling1D()(inputs)
        return keras.Model(inputs, keras.layers.Dense(num_outputs, name=head)(x))


def test_a_network_needs_no_name(tmp_path: Path) -> None:
    register("head_logits")
    path = write(tmp_path, OWN)
    run = quiet(path)
    loaded = zoo.load(tmp_path / "runs" / "motif_v1" / "release" / "motif_v1")
    codes = np.random.default_rng(0).integers(0, 4, (3, 24), dtype=np.uint8)
    expected = zoo.predict(run.model, codes)
    np.testing.assert_array_equal(zoo.predict(loaded, codes), expected)
    # Another start builds it again, and reads the checkpoints.
    np.testing.assert_array_equal(zoo.predict(quiet(path).model, codes), expected)


@pytest.mark.parametrize("start", [plan, train])
def test_names_that_change_are_refused_before_training(tmp_path: Path, start) -> None:
    register(None)
    path = write(tmp_path, OWN)
    with pytest.raises(ConfigError, match=r"explicit name .*'own_net': dense.*/kernel"):
        start(path)
    assert not list(tmp_path.glob("runs/*/best"))


@pytest.mark.parametrize("start", [plan, train])
def test_what_cannot_be_averaged_is_refused_before_training(
    tmp_path: Path, start
) -> None:
    register("head_logits")
    path = write(tmp_path, OWN + "[ensemble]\nseeds = [1, 2]\n")
    with pytest.raises(ConfigError, match="arguments sequence_length and num_outputs"):
        start(path)
    assert not list(tmp_path.glob("runs/*/member_1/best"))


def test_sequences_shorter_than_a_release_takes(tmp_path: Path) -> None:
    """`zoo.predict` would refuse them when the trained model is measured."""
    start = OWN.partition("[model]")[0] + '[model]\nrelease = "shallow_wide_v1"\n'
    path = write(tmp_path, start)
    for begin in (plan, train):
        with pytest.raises(ConfigError, match=r"at least 25 bp.* Received .* 24 bp"):
            begin(path)
    assert not list(tmp_path.glob("runs/*/best"))
    path.write_text(start + "arguments = { sequence_length = 24 }\n")
    assert quiet(path).release.input.sequence_length == 24


def test_a_constant_rate_has_its_warm_up(tmp_path: Path) -> None:
    text = BASE + SMALL + '[optimizer]\nschedule = "constant"\nwarmup_epochs = 1.0\n'
    config = read_config(write(tmp_path, text + "learning_rate = 0.5\n"))
    splits = read_splits(config)
    with strategy_of(config).scope():
        model, _ = build(config, splits.train)
    rate = optimizer(config, model, 4)._learning_rate
    steps = [float(rate(step)) for step in range(8)]
    np.testing.assert_allclose(steps[0], 0.125, rtol=1e-6)
    assert steps[:4] == sorted(set(steps[:4]))
    np.testing.assert_allclose(steps[4:], 0.5, rtol=1e-6)
