"""What a release would say of its outputs is checked before the training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import registry
import zoo
from tests.zoo.training.runs.small_run import BASE, RELEASE, SMALL, quiet, write
from tests.zoo.training.runs.test_checking import OUTPUT, refused
from zoo.training.configuration.config import ConfigError
from zoo.training.runs.running import plan

SAID = 'symmetry = "augmented"'
TIED = """
[model]
architecture = "rc_dilated"
arguments = { filters = 4 }
"""


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
    text += RELEASE.replace(SAID, "") + TIED
    run = quiet(write(tmp_path, text))
    assert run.release.symmetry.kind == "equivariant"
    assert run.release.symmetry.measured_max_difference < 1e-5
    assert "the same prediction by construction" in run.release.card()
    plan(tmp_path / "config.toml")  # which is still that run


def member(architecture: str, arguments: str) -> str:
    model = f"{{ architecture = '{architecture}', arguments = {{ {arguments} }} }}"
    return f"[[ensemble.members]]\nmodel = {model}\n"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (TIED, "equivariant"),
        (SMALL, "none"),
        ('[model]\nrelease = "rc_dilated_v1"\n', "equivariant"),
        ('[model]\nrelease = "kmer_v1"\n', "none"),
        (TIED + member("gapped_kmer", "patterns = ['11011']"), "equivariant"),
        (TIED + member("shallow_wide", "filters = 4"), "none"),
        (TIED + "[ensemble]\nseeds = [1, 2]\n", "equivariant"),
        ('[model]\narchitecture = "liar"\n', "none"),
    ],
)
def test_symmetry_is_what_the_architecture_promises_and_keeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, kind: str
) -> None:
    def liar(*, sequence_length: int | None = None, num_outputs: int = 1) -> Any:
        shape = {"sequence_length": sequence_length, "num_outputs": num_outputs}
        return zoo.create("shallow_wide", filters=4, units=0, **shape)

    monkeypatch.setattr("registry.architectures._session", {})
    zoo.register()(registry.declare(reverse_complement="invariant")(liar))
    path = write(tmp_path, BASE + RELEASE.replace(SAID, "") + text)
    release = plan(path).config.release
    assert release is not None and release.symmetry == kind


def test_what_is_said_of_the_symmetry_stays(tmp_path: Path) -> None:
    for kind in ("none", "augmented", "equivariant"):
        text = BASE + RELEASE.replace("augmented", kind) + TIED
        release = plan(write(tmp_path, text)).config.release
        assert release is not None and release.symmetry == kind
