from __future__ import annotations

import inspect
import json
import logging
import re
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

import registry
import zoo
from tests.conftest import SMALL, model_json
from zoo.cli import main
from zoo.errors import InputError, WeightsError
from zoo.models.interface import outputs_of
from zoo.models.loading import TransferReport
from zoo.models.weights import addresses

every_release = pytest.mark.parametrize("name", zoo.list_models())
old_ones_too = pytest.mark.filterwarnings("ignore:.* is superseded by:UserWarning")


def placed(release: registry.Release) -> bool:
    """Whether a member of it has weights for each place, and so no other length."""
    members = release.config.get("members", [[release.architecture]])
    builders = (registry.builder(architecture) for architecture, *_ in members)
    lengths = (
        inspect.signature(each).parameters["sequence_length"] for each in builders
    )
    return any(each.default is not None for each in lengths)


def x(length: int = 40) -> np.ndarray:
    codes = np.random.default_rng(0).integers(0, 4, (2, length))
    return np.eye(4, dtype="f4")[codes]


def test_a_release_folder_loads_with_its_weights(
    write_release: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_release()
    model, report = zoo.load_with_report(folder)
    assert report.new == ()
    assert set(report.transferred) == set(addresses(model))
    with np.load(folder / "golden.npz") as golden:
        np.testing.assert_allclose(
            zoo.predict(model, golden["codes"]), golden["predictions"], atol=1e-5
        )
    zoo.load(folder)
    assert caplog.records == []


def test_an_architecture_that_is_not_there(write_release: Callable[..., Path]) -> None:
    """As of a plugin that is not installed, or of a session that is over."""
    zoo.register("gone_net")(registry.builder("rc_dilated"))
    folder = write_release(architecture="gone_net")
    del registry.architectures._session["gone_net"]  # for good: other tests list all
    with pytest.raises(registry.UnknownNameError, match=r"small_v1 is made.*install"):
        zoo.load(folder)


def test_a_new_head_is_new_and_the_trunk_is_kept(
    write_release: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_release()
    old, new = addresses(zoo.load(folder)), addresses(zoo.load(folder, num_outputs=5))
    for address, variable in old.items():
        same = np.array_equal(variable.numpy(), new[address].numpy())
        biases = address.startswith("head_") and address.endswith("bias")
        assert same != address.startswith("head_") or biases
    assert new["head_logits/kernel"].shape == (4, 5)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    message = record.getMessage()
    kept = [address for address in new if not address.startswith("head_")]
    assert f"{len(kept)} tensors transferred, {len(new) - len(kept)} new" in message
    assert "head_logits/kernel" in message and "zoo.load_with_report" in message
    assert not any(address in message for address in kept)


def test_a_report_of_many_tensors_is_one_short_line() -> None:
    names = tuple(f"member_1/head_{n}/kernel" for n in range(200))
    report = TransferReport("many_v1", names, names)
    assert repr(report) == str(report)
    assert str(report).startswith("many_v1: 200 tensors transferred, 200 new: ")
    assert str(report).endswith("head_5/kernel and 194 more")


def test_the_same_number_of_outputs_is_a_new_head_too(
    write_release: Callable[..., Path],
) -> None:
    _, report = zoo.load_with_report(write_release(), num_outputs=SMALL["num_outputs"])
    assert "head_logits/kernel" in report.new


def test_another_length_keeps_all_weights(write_release: Callable[..., Path]) -> None:
    model, report = zoo.load_with_report(write_release(), sequence_length=33)
    assert model.input_shape == (None, 33, 4)
    assert report.new == ()


def test_a_head_that_depends_on_the_length_is_explained(
    write_release: Callable[..., Path],
) -> None:
    config = {"sequence_length": 40, "pooling": "flatten", "filters": 4}
    folder = write_release(architecture="shallow_wide", config=config)
    with pytest.raises(WeightsError, match=r"head_hidden/kernel.*Pass num_outputs"):
        zoo.load(folder, sequence_length=50)
    _, report = zoo.load_with_report(folder, sequence_length=50, num_outputs=3)
    assert all(address.startswith("head_") for address in report.new)


def test_freezing_the_trunk_trains_the_head_alone(
    write_release: Callable[..., Path],
) -> None:
    # Four hidden units may all be silent, and a silent one gets no gradient.
    keras.utils.set_random_seed(0)
    folder = write_release(config=SMALL | {"units": 32})
    model = zoo.load(folder, num_outputs=1, freeze="trunk")
    before = {a: v.numpy().copy() for a, v in addresses(model).items()}
    model.compile("adam", "mse", run_eagerly=True)  # two steps
    model.fit(x(), np.ones((2, 1)), epochs=2, verbose=0)
    for address, variable in addresses(model).items():
        moved = not np.array_equal(before[address], variable.numpy())
        assert moved == address.startswith("head_"), address


def test_freeze_refuses_what_it_cannot_do(write_release: Callable[..., Path]) -> None:
    with pytest.raises(ValueError, match="'head'"):
        zoo.load(write_release(), freeze="head")
    inputs = keras.layers.Input((1,))
    headless = keras.Model(inputs, keras.layers.Dense(1, name="only")(inputs))
    with pytest.raises(InputError, match="only"):
        zoo.freeze(headless)


def test_a_changed_file_is_not_loaded(write_release: Callable[..., Path]) -> None:
    folder = write_release()
    path = folder / "weights.h5"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(registry.IntegrityError, match="sha256"):
        zoo.load(folder)


def test_yanked_is_refused_and_superseded_warns(
    write_release: Callable[..., Path],
) -> None:
    folder = write_release()
    content = json.loads((folder / "model.json").read_text())
    for state in ("yanked", "superseded"):
        content["status"] = {
            "state": state,
            "superseded_by": "small_v2",
            "reason": "trained on test data",
        }
        (folder / "model.json").write_text(json.dumps(content))
        if state == "yanked":
            with pytest.raises(
                registry.ReleaseError, match=r"trained on test data.*Use small_v2"
            ):
                zoo.load(folder)
        else:
            with pytest.warns(UserWarning, match="superseded by small_v2"):
                zoo.load(folder)


@pytest.fixture
def place(write_release: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where small_v1 is installed, for a status.json beside it."""
    folder = write_release()
    monkeypatch.setattr("registry.sources.shipped_folder", lambda: folder.parent)
    return folder.parent


def write_status(place: Path, state: str) -> None:
    status = {"state": state, "superseded_by": "small_v2", "reason": "leaked labels"}
    (place / "status.json").write_text(json.dumps({"small_v1": status}))


def test_a_lock_gives_what_it_pins_and_nothing_else(
    place: Path, tmp_path: Path
) -> None:
    lock = tmp_path / "seqzoo.lock"
    registry.write_lock(["small"], lock)
    pinned = addresses(zoo.load("small", lock=lock))
    for address, variable in addresses(zoo.load("small_v1")).items():
        np.testing.assert_array_equal(variable.numpy(), pinned[address].numpy())
    with pytest.raises(registry.UnknownNameError, match="lock file: 'small_v1'"):
        zoo.load("small_v1", lock=lock)
    path = place / "small_v1" / "model.json"
    path.write_text(path.read_text().replace("A small", "Another small"))
    assert zoo.load("small_v1").count_params() > 0
    with pytest.raises(registry.IntegrityError, match="not the release that was"):
        zoo.load("small", lock=lock)
    with pytest.raises(registry.ReleaseError, match="Expected a lock file"):
        zoo.load("small", lock=tmp_path / "none.lock")


def test_a_lock_pins_other_weights_out(place: Path, tmp_path: Path) -> None:
    lock = tmp_path / "seqzoo.lock"
    registry.write_lock(["small_v1"], lock)
    path = place / "small_v1" / "weights.h5"
    path.write_bytes(path.read_bytes() + b"0")
    with pytest.raises(registry.IntegrityError, match="size in bytes"):
        zoo.load("small_v1", lock=lock)


@pytest.mark.parametrize("locked", [False, True])
def test_what_was_yanked_since_is_refused(
    place: Path, tmp_path: Path, locked: bool
) -> None:
    lock = tmp_path / "seqzoo.lock" if locked else None
    registry.write_lock(["small_v1"], tmp_path / "seqzoo.lock")
    write_status(place, "yanked")
    with pytest.raises(registry.ReleaseError, match=r"leaked labels\. Use small_v2"):
        zoo.load("small_v1", lock=lock)
    with pytest.raises(registry.UnknownNameError):
        zoo.load("small")


def test_what_was_superseded_since_warns_once(place: Path, tmp_path: Path) -> None:
    write_status(place, "superseded")
    with pytest.warns(UserWarning) as warned:
        zoo.load("small_v1")
    assert [str(w.message) for w in warned] == [
        "small_v1 is superseded by small_v2: leaked labels"
    ]
    fasta = tmp_path / "x.fa"
    fasta.write_text(f">x\n{'ACGT' * 10}\n")
    with pytest.warns(UserWarning) as warned:
        status = main(
            ["predict", "small_v1", "--fasta", str(fasta), "--out", str(tmp_path / "y")]
        )
    assert (status, len(warned)) == (0, 1)


def test_a_yanked_release_predicts_nothing(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    write_status(place, "yanked")
    out = tmp_path / "out.tsv"
    arguments = ["predict", "small_v1", "--fasta", "none.fa", "--out", str(out)]
    assert main(arguments) == 2
    assert "leaked labels" in capsys.readouterr().err
    assert not out.exists()


def test_a_builder_named_by_a_release_must_be_registered(
    write_release: Callable[..., Path],
) -> None:
    folder = write_release()
    content = json.loads((folder / "model.json").read_text())
    for name in ("os:system", "builtins:eval", "rc_dilatd"):
        content["architecture"] = name
        (folder / "model.json").write_text(json.dumps(content))
        with pytest.raises(registry.UnknownNameError):
            zoo.load(folder)


def test_a_name_without_a_version_says_which_it_loads(
    caplog: pytest.LogCaptureFixture,
) -> None:
    zoo.load("rc_dilated")
    (record,) = caplog.records
    assert record.getMessage().startswith("rc_dilated: loading rc_dilated_v")


def test_misspelt_releases_are_corrected() -> None:
    with pytest.raises(registry.UnknownNameError, match="Did you mean 'rc_dilated_v1'"):
        zoo.load("rc_dilatd_v1")


@every_release
@old_ones_too
def test_every_release_takes_a_new_head_at_another_length(name: str) -> None:
    release = registry.find(name)
    length = 60
    if release.task == "profile" or release.input.min_length > 101:  # of kilobases
        assert release.input.sequence_length is not None
        length = release.input.sequence_length + 160
    if placed(release):
        length = release.input.sequence_length or 0
        with pytest.raises(WeightsError, match="Leave sequence_length out"):
            zoo.load(name, num_outputs=3, sequence_length=length + 30)
    model, report = zoo.load_with_report(name, num_outputs=3, sequence_length=length)
    assert {tensor.shape[-1] for tensor in outputs_of(model).values()} == {3}
    # Of an ensemble each member has a head, "member_1/head_logits/kernel".
    transferred = [re.sub(r"^member_\d+/", "", each) for each in report.transferred]
    new = [re.sub(r"^member_\d+/", "", each) for each in report.new]
    assert all(address.startswith("head_") for address in new)
    assert any(not address.startswith("head_") for address in transferred)
    assert not any(address.startswith("head_") for address in transferred)


def test_info_finds_releases_and_architectures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert zoo.info("kmer").name in ("kmer", "kmer_v1")
    with pytest.raises(registry.UnknownNameError, match="Did you mean 'kmer"):
        zoo.info("kmr")
    (tmp_path / "model.json").write_text(json.dumps(model_json()))
    assert zoo.info(tmp_path).name == "small_v1"
