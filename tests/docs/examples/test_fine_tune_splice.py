import runpy
from pathlib import Path
from types import SimpleNamespace

import keras
import pytest

import registry
import zoo

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "fine_tune_splice.py"


def position_weights(num_outputs, sequence_length):
    """A model that sees where the junction is: it must get far beyond chance."""
    return keras.Sequential(
        [
            keras.Input((sequence_length, 4)),
            keras.layers.Flatten(),
            keras.layers.Dense(num_outputs),
        ]
    )


@pytest.fixture
def main():
    return runpy.run_path(str(EXAMPLE))["main"]


def accuracy(output):
    *folds, summary = output.splitlines()
    mean = float(summary.partition("accuracy ")[2].split()[0])
    values = [float(line.rpartition(" ")[2]) for line in folds]
    assert mean == pytest.approx(sum(values) / len(values), abs=1e-3)
    return len(folds), mean


def test_fine_tunes_the_release_asked_for(main, monkeypatch, capsys):
    asked = []

    def load(name, **changes):
        asked.append((name, changes))
        return position_weights(**changes)

    # Not setattr, which would first import what it replaces.
    monkeypatch.setitem(vars(zoo), "load", load)
    command = "--release other_v1 --folds 2 --epochs 3 --learning-rate 0.01"
    main(command.split())
    folds, mean = accuracy(capsys.readouterr().out)
    assert folds == 2
    assert mean > 0.75  # The largest class is 0.52 of the sequences.
    assert asked == [("other_v1", {"num_outputs": 3, "sequence_length": 60})] * 2


def test_from_scratch_builds_the_same_architecture(main, monkeypatch, capsys):
    built = []

    def create(architecture, **config):
        built.append((architecture, config))
        return position_weights(config["num_outputs"], config["sequence_length"])

    release = SimpleNamespace(
        architecture="net", config={"filters": 7, "num_outputs": 1}
    )
    monkeypatch.setattr(registry, "find", lambda name: release)
    monkeypatch.setitem(vars(zoo), "create", create)
    main(["--from-scratch", "--folds=2", "--epochs=1", "--fraction=0.1"])
    assert accuracy(capsys.readouterr().out)[0] == 2
    expected = {"filters": 7, "num_outputs": 3, "sequence_length": 60}
    assert built == [("net", expected)] * 2


@pytest.mark.parametrize("command", ["--folds 1", "--fraction 0", "--fraction 1.5"])
def test_refuses_options_out_of_range(main, command, capsys):
    with pytest.raises(SystemExit):
        main(command.split())
    assert "expected --" in capsys.readouterr().err


@pytest.mark.slow
def test_the_small_form_fine_tunes_the_default_release(main, capsys):
    main(["--fraction", "0.5", "--epochs", "10", "--folds", "2"])
    folds, mean = accuracy(capsys.readouterr().out)
    assert folds == 2
    assert mean > 0.8  # The largest class is 0.52 of the sequences.
