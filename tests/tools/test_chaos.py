"""A few kills; `python -m tools.chaos --kills 20` is the whole of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

TOP = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="the other backends are stopped within one process, in test_checkpoints",
)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_killed_trainings_end_as_one_that_was_not() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.chaos", "--kills", "3"],
        cwd=TOP,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("the uninterrupted training: 0\n")
