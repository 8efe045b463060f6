"""Quick runs, where neither compiled steps nor the report are what is tested."""

from __future__ import annotations

import functools

import keras
import pytest

from zoo.training.runs import running


@pytest.fixture(autouse=True)
def quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps are not compiled and no report is drawn: most of the time of a small run.

    A test that needs either chooses by `pytest.mark.parametrize("quick", ...,
    indirect=True)` what is quick.
    """
    chosen = getattr(request, "param", ("steps", "report"))
    if "steps" in chosen:
        slow = keras.Model.compile
        eager = functools.partialmethod(slow, run_eagerly=True)
        monkeypatch.setattr(keras.Model, "compile", eager)
    if "report" in chosen:
        monkeypatch.setattr(running, "write_report", lambda *_: None)
