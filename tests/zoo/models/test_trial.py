from __future__ import annotations

import dataclasses
import sys
import threading
import time
from pathlib import Path
from typing import Any

import keras
import pytest

import registry
import zoo
from tests.conftest import SMALL
from zoo.models import trial


@pytest.fixture
def release(write_release: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("SEQZOO_CACHE", str(tmp_path / "cache"))
    return registry.read_release(write_release())


def check(release: registry.Release, **config: Any) -> None:
    changed = dataclasses.replace(release, config=SMALL | config)
    trial.check_buildable(changed, registry.builder(release.architecture))


def test_what_fits_its_weights_passes_and_is_remembered(
    release: registry.Release, tmp_path: Path
) -> None:
    check(release)
    assert (tmp_path / "cache" / "built" / release.sha256).exists()

    def build(**_: Any) -> keras.Model:
        raise AssertionError("tried again")

    trial.check_buildable(release, build)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"units": 10**9}, "bytes of weights"),
        ({"units": 10**30}, "bytes of weights"),
        ({"filters": -8}, "cannot be built: ValueError"),
        ({"filters": "8"}, "cannot be built: TypeError"),
        ({"filters": None}, "cannot be built: TypeError"),
        ({"filters": [8]}, "cannot be built: TypeError"),
        ({"activation": "os:system"}, "cannot be built"),
        ({"unheard_of": 1}, "cannot be built: TypeError"),
    ],
)
def test_nonsense_is_refused_and_costs_nothing(
    release: registry.Release, tmp_path: Path, config: dict, message: str
) -> None:
    with pytest.raises(registry.ReleaseError, match=message):
        check(release, **config)
    assert not (tmp_path / "cache" / "built").exists()


def test_a_trial_leaves_nothing_behind(release: registry.Release) -> None:
    """Keras would give variables that wait their values later: terabytes of them."""
    with pytest.raises(registry.ReleaseError, match="bytes of weights"):
        check(release, units=10**12)
    with keras.StatelessScope():
        keras.layers.Dense(2).build((None, 3))
    layer = keras.layers.Dense(2, name="conv1d")
    assert layer(keras.layers.Input((3,))).shape == (None, 2)
    assert layer.kernel.shape == (3, 2)


def test_what_takes_too_long_is_stopped(
    release: registry.Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "SECONDS", 0.5)
    began = time.monotonic()
    with pytest.raises(registry.ReleaseError, match="not built within"):
        check(release, dilation_rates=[1] * 100_000)
    assert time.monotonic() - began < 30


def test_what_ends_a_trial_is_not_lost_in_a_finalizer(
    release: registry.Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python prints what a finalizer raises, and goes on: layers are full of them."""
    monkeypatch.setattr(trial, "SECONDS", 0.2)
    hooks = sys.unraisablehook, threading.excepthook

    def wait(seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            pass

    class Slow:
        def __del__(self) -> None:
            wait(0.5)

    def build(**_: Any) -> keras.Model:
        Slow()
        wait(20)  # or a fault would hang the suite
        raise AssertionError("not stopped")

    with pytest.raises(registry.ReleaseError, match="not built within"):
        trial.check_buildable(release, build)
    assert hooks == (sys.unraisablehook, threading.excepthook)


def test_load_tries_what_a_stranger_brings(write_release: Any) -> None:
    folder = write_release(config=SMALL)
    assert zoo.load(folder).count_params() > 0
    model_json = folder / "model.json"
    model_json.write_text(model_json.read_text().replace('"units": 4', '"units": 9e9'))
    with pytest.raises(registry.ReleaseError, match="cannot be built"):
        zoo.load(folder)
