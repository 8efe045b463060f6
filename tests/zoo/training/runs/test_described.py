"""What a release would say of its outputs is checked before the training."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.zoo.training.runs.small_run import BASE, RELEASE, SMALL, quiet, write
from tests.zoo.training.runs.test_checking import OUTPUT, refused
from zoo.training.configuration.config import ConfigError
from zoo.training.runs.running import plan


@pytest.mark.parametrize(
    ("outputs", "known"), [("", "bound"), (f"outputs = [{OUTPUT}]\n", "a")]
)
def test_descriptions_of_no_output(tmp_path: Path, outputs: str, known: str) -> None:
    """By the names of the release's outputs, which are the data's by default."""
    text = f"{BASE}{SMALL}{RELEASE}{outputs}descriptions = {{ %s = 'It binds.' }}\n"
    plan(write(tmp_path, text % known))
    for other in {"bound", "a", "bond"} - {known}:
        message = f"descriptions: expected .* outputs, '{known}'. Received: '{other}'"
        with pytest.raises(ConfigError, match=message):
            plan(write(tmp_path, text % other))


def test_a_model_that_is_not_equivariant_is_not_called_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = BASE + RELEASE.replace("augmented", "equivariant")
    text += SMALL.replace("units = 2", "units = 0")  # two might be dead by chance
    path = write(tmp_path, text)
    for dry in (["--dry-run"], []):
        error = refused(path, capsys, *dry)
        assert "release.symmetry: expected 'augmented' or 'none'" in error
        assert "differ between the strands, here by up to 0." in error


def test_an_equivariant_model_is_released_as_one(tmp_path: Path) -> None:
    text = BASE.replace("batch_size", 'precision = "mixed_bfloat16"\nbatch_size')
    text = text.replace("epochs = 2", "epochs = 1")
    text += RELEASE.replace("augmented", "equivariant")
    text += '[model]\narchitecture = "rc_dilated"\narguments = { filters = 4 }\n'
    run = quiet(write(tmp_path, text))
    assert run.release.symmetry.kind == "equivariant"
    assert run.release.symmetry.measured_max_difference < 1e-5
