"""From a configuration to a release, in one process; broken off and gone on with."""

from __future__ import annotations

import dataclasses
import json
import sys
import types
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import zoo
from registry.release import Output
from tests.zoo.training.runs.small_run import (
    BASE,
    LENGTH,
    RELEASE,
    SMALL,
    quiet,
    write,
)
from zoo.cli import main
from zoo.publishing.verification import verify
from zoo.training.configuration.config import ConfigError, Logging
from zoo.training.configuration.config_file import parse_config, read_config
from zoo.training.runs.run_data import read_splits
from zoo.training.runs.running import plan, train
from zoo.training.runs.search import tune


@pytest.mark.parametrize("quick", [()], ids=["compiled"], indirect=True)
def test_a_configuration_becomes_a_release(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, BASE + SMALL + RELEASE)
    assert main(["train", str(path), "--quiet"]) == 0
    printed = capsys.readouterr().out
    folder = tmp_path / "runs" / "motif_v1"
    assert f"release     {folder}/release/motif_v1" in printed
    release = zoo.info(folder / "release" / "motif_v1")
    assert [output.name for output in release.outputs] == ["bound"]
    written = json.loads((folder / "metrics.json").read_text())
    assert {(m["name"], m["split"]) for m in written} >= {
        ("auroc_bound", "validation"),
        ("auroc_bound", "test"),
    }
    assert [m.value for m in release.metrics] == [m["value"] for m in written]
    assert release.training_data[0].split == "column, training part"
    assert release.input.training_length == LENGTH
    # Ready to use, and the same again when a finished run is started again.
    model = zoo.load(folder / "release" / "motif_v1")
    again = quiet(path)
    codes = np.zeros((2, LENGTH), np.uint8)
    np.testing.assert_array_equal(
        zoo.predict(model, codes), zoo.predict(again.model, codes)
    )
    assert len(again.members[0].history["loss"]) == 2
    assert (folder / "history.csv").read_text().count("\n") == 3
    assert again.members[0].seconds > 0


class Break(keras.callbacks.Callback):
    """Ends a run as a crash would, but for the process."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.left = step

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.left -= 1
        if not self.left:
            raise ConnectionError("gone")


class Steps(keras.callbacks.Callback):
    """Which precision each step computed in."""

    def __init__(self) -> None:
        super().__init__()
        self.dtypes: list[set[str]] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        layers = self.model._flatten_layers()
        self.dtypes.append({layer.compute_dtype for layer in layers})


@pytest.mark.parametrize("quick", [("steps",)], ids=["report"], indirect=True)
@pytest.mark.parametrize("precision", ["auto", "mixed_float16"])
def test_half_precision_is_released_as_float32_and_no_failure_loses_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    precision: str,
) -> None:
    monkeypatch.setattr("zoo.training.defaults._on_gpu", lambda: True)  # of "auto"
    batch = f'batch_size = 32\nprecision = "{precision}"'
    path = write(tmp_path, (BASE + SMALL + RELEASE).replace("batch_size = 32", batch))
    folder, steps = tmp_path / "runs" / "motif_v1", Steps()

    def full(*_: Any, **__: Any) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr("zoo.training.runs.publishing.save", full)
        with pytest.raises(OSError, match="no space left"):
            quiet(path, callbacks=[steps])
        half = "float16" if precision == "mixed_float16" else "bfloat16"
        assert len(steps.dtypes) == 6
        assert half in steps.dtypes[0]
        # On the command line: what there is, and how to go on.
        assert main(["train", str(path), "--quiet"]) == 2
    error = capsys.readouterr().err
    assert "seqzoo: error: no space left\nThe training is complete" in error
    assert "Start the same command again" in error
    assert "auroc_bound" in (folder / "report.html").read_text()
    assert "Model card" not in (folder / "report.html").read_text()

    run = quiet(path, callbacks=[steps])
    assert len(steps.dtypes) == 6  # nothing was trained anew
    assert verify(folder / "release" / "motif_v1").max_difference == 0
    assert "Model card" in (folder / "report.html").read_text()
    loaded = zoo.load(folder / "release" / "motif_v1")
    codes = read_splits(run.config).test.codes()
    np.testing.assert_array_equal(
        zoo.predict(loaded, codes, activation="sigmoid"),
        run.measured.parts["test"][""].predictions,
    )


TUNING = """
[model]
release = "../start_v1"
[fine_tuning]
head_epochs = 1
layer_decay = 0.5
towards_start = 0.01
[optimizer]
average_weights = 0.9
"""


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release to start from."""
    top = tmp_path_factory.mktemp("start")
    model = zoo.create("shallow_wide", filters=4, kernel_size=7, units=2)
    output = Output("bound", "probability", "sigmoid", None)
    about: dict[str, Any] = {"description": "x", "task": "binary", "licence": "x"}
    zoo.save(model, top / "start_v1", outputs=[output], min_length=7, **about)
    return top


@pytest.mark.parametrize(
    "quick",
    [("steps", "report"), pytest.param(("report",), marks=pytest.mark.slow)],
    ids=["eager", "compiled"],
    indirect=True,
)
def test_a_run_that_was_broken_off_ends_as_one_that_was_not(
    start: Path, request: pytest.FixtureRequest
) -> None:
    case = request.node.callspec.id
    text = BASE.replace("batch_size = 32", "batch_size = 32\ncheckpoint_steps = 1")
    whole = quiet(write(start / f"whole_{case}", text + TUNING))
    path = write(start / f"broken_{case}", text + TUNING)
    # In the first epoch, of the head alone, and in the second, of all layers.
    for step in (2, 3):
        with pytest.raises(ConnectionError):
            quiet(path, callbacks=[Break(step)])
    rest = quiet(path)
    for one, other in zip(whole.model.weights, rest.model.weights, strict=True):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other)
        )
    assert whole.members[0].history == rest.members[0].history


def test_adapters_are_merged_and_their_release_is_an_ordinary_one(start: Path) -> None:
    text = BASE + RELEASE + "[model]\n" + 'release = "../start_v1"\n'
    text += "[fine_tuning]\nadapters = 2\n"
    run = quiet(write(start / "adapted", text))
    found = run.release
    assert found.derived_from.name == "start_v1"
    assert found.architecture == "shallow_wide"


def test_several_seeds_are_one_model(tmp_path: Path) -> None:
    text = BASE + SMALL + RELEASE + "[ensemble]\nseeds = [1, 2]\n"
    run = quiet(write(tmp_path, text))
    assert [member.seed for member in run.members] == [1, 2]
    codes = np.random.default_rng(1).integers(0, 4, (5, LENGTH), dtype=np.uint8)
    each = [zoo.predict(member.model, codes) for member in run.members]
    assert np.abs(each[0] - each[1]).max() > 1e-6
    loaded = zoo.load(run.folder / "release" / "motif_v1")
    np.testing.assert_allclose(
        zoo.predict(loaded, codes), np.mean(each, axis=0), atol=1e-5
    )


def test_folds_are_measured_on_what_each_member_has_not_seen(tmp_path: Path) -> None:
    run = quiet(write(tmp_path, BASE + SMALL + "[ensemble]\nfolds = 2\n"))
    assert len(run.members) == 2
    part = run.measured.parts["validation"][""]
    assert len(part.targets) == 100  # of training and validation, each once
    both = zoo.models.ensembles.members(run.model)
    assert len(both) == 2
    assert len(run.measured.parts["test"][""].targets) == 20
    one = run.members[0].model
    # The first half was held out from the first member, and predicted by it.
    from zoo.data.concatenation import concatenate
    from zoo.splits.folds import cross_validation

    splits = read_splits(run.config)
    pooled = concatenate(splits.train, splits.valid)
    first = cross_validation(pooled, 2, seed=run.config.seed)[0].valid
    np.testing.assert_allclose(
        part.predictions[: len(first)],
        zoo.predict(one, first.codes(), activation="sigmoid"),
        atol=1e-6,
    )


def test_what_was_mended_since_is_not_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither of the data, which want another training, nor of the release."""
    path = write(tmp_path, BASE + SMALL + RELEASE)
    quiet(path)
    path.write_text(path.read_text().replace("GATTACA", "CTCF") + 'tags = ["x"]\n')
    for dry in ([], ["--dry-run"]):
        assert main(["train", str(path), *dry]) == 2
        error = capsys.readouterr().err
        assert "description: 'Sequences with GATTACA' is now 'Sequences wit" in error
        assert "tags: [] is now ['x']. Change it back, or delete that folder" in error
    path.write_text(BASE + SMALL + RELEASE)
    table = tmp_path / "rows.tsv"
    before = table.read_text()
    report = (tmp_path / "runs" / "motif_v1" / "metrics.json").read_text()
    quiet(path)  # the same data are measured anew
    last = before.replace("\t1\ttest", "\t0\ttest", 1)  # one label
    base = before.replace("\nA", "\nC", 1)
    for changed, part in ((last, "test"), (base, "train")):
        table.write_text(changed)
        for dry in ([], ["--dry-run"]):
            assert main(["train", str(path), *dry]) == 2
            assert f"others for {part} of rows.tsv" in capsys.readouterr().err
    table.write_text(before)
    assert main(["train", str(path), "--dry-run"]) == 0
    metrics_now = (tmp_path / "runs" / "motif_v1" / "metrics.json").read_text()
    assert metrics_now == report


def test_a_plan_builds_all_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, BASE + SMALL)
    before = sorted(tmp_path.iterdir())
    found = plan(path)
    assert found.estimate.steps_per_epoch == 3
    assert found.estimate.parameters == found.model.count_params()
    # Weights and gradients, and AdamW's two moments, 4 bytes each.
    trained = found.estimate.trainable_parameters
    assert found.estimate.state_bytes == 4 * (
        found.estimate.parameters + trained + 2 * trained
    )
    assert main(["train", str(path), "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert "train 80, valid 20, test 20" in printed
    assert "2 epochs of 3 steps, batch 32" in printed
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ("[model]\narchitecture = 'rc_dilatd'", "Did you mean 'rc_dilated'"),
        (
            "[model]\narchitecture = 'rc_dilated'\narguments = { filter = 3 }",
            "refuses them.*filter",
        ),
        (SMALL + "[optimizer]\nlearning_rat = 1.0", "did you mean learning_rate"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changed: str,
    message: str,
) -> None:
    path = write(tmp_path, BASE + changed)
    assert main(["train", str(path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(error)


@pytest.mark.parametrize("start", [train, plan, tune])
def test_all_that_is_not_installed_is_told_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Any
) -> None:
    logging = '[logging]\ntensorboard = true\ntrackers = ["wandb"]\n'
    search = '[search.space]\n"optimizer.learning_rate" = { choices = [0.1] }\n'
    path = write(tmp_path, BASE + SMALL + logging + search)
    lacking = {
        "sklearn": "scikit-learn, for measuring a model (pip install 'seqzoo[train]')",
        "tensorboard": "TensorBoard, for logging.tensorboard "
        "(pip install 'seqzoo[tensorboard]')",
        "wandb": "wandb, for logging.trackers (pip install wandb)",
        "optuna": "Optuna, for a search (pip install 'seqzoo[tune]')",
    }
    for module in lacking:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigError) as found:
        start(path)
    told = [text in str(found.value) for text in lacking.values()]
    assert told == [True, True, True, start is tune]
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("key", ["loss", "metrics"])
def test_unknown_losses_and_metrics_list_the_known(tmp_path: Path, key: str) -> None:
    content: dict[str, Any] = {"loss": "MSE"} if key == "loss" else {"metrics": ["F"]}
    config = read_config(write(tmp_path, BASE + SMALL))
    training = dataclasses.replace(config.training, **content)
    with pytest.raises(ConfigError, match=r"expected auto or (one|some) of"):
        quiet(dataclasses.replace(config, training=training))


@pytest.mark.parametrize("service", ["wandb", "mlflow"])
def test_a_tracker_hears_each_epoch_if_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    config = dataclasses.replace(
        read_config(write(tmp_path, BASE + SMALL)),
        logging=Logging(trackers=(service,)),  # type: ignore[arg-type]
    )
    heard: list[tuple[str, Any]] = []

    def listen(name: str) -> Any:
        return lambda *values, **named: heard.append((name, values or named))

    names = ("init", "log", "finish", "start_run", "log_params", "log_metrics")
    module = types.SimpleNamespace(
        **{name: listen(name) for name in (*names, "end_run")}
    )
    monkeypatch.setitem(sys.modules, service, module)
    quiet(config)
    called = [name for name, _ in heard]
    middle = ["log"] * 2 if service == "wandb" else ["log_params", *["log_metrics"] * 2]
    first, last = ("init", "finish") if service == "wandb" else ("start_run", "end_run")
    assert called == [first, *middle, last]
    logs = next(values[0] for name, values in heard if name in ("log", "log_metrics"))
    assert {"loss", "val_loss", "val_auroc"} <= logs.keys()


def test_a_config_in_python_is_the_same(tmp_path: Path) -> None:
    path = write(tmp_path, BASE + SMALL)
    import tomllib

    content = tomllib.loads(path.read_text())
    assert parse_config(content, base=tmp_path) == read_config(path)
