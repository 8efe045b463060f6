"""Members of other designs, trained one after the other and released as one model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import zoo
from registry.errors import SeqzooError
from tests.zoo.training.runs.small_run import (
    BASE,
    LENGTH,
    RELEASE,
    SMALL,
    quiet,
    write,
)
from zoo.models.creation import origin
from zoo.training.configuration.config_file import member_configs, read_config
from zoo.training.runs.running import plan

DESIGNS = """
[[ensemble.members]]
model = { arguments = { filters = 6, kernel_size = 5, units = 0 } }

[[ensemble.members]]
seed = 3
model = { architecture = "gapped_kmer", arguments = { patterns = ["11011"] } }
optimizer = { learning_rate = 0.1 }
training = { epochs = 1 }
"""


def test_a_member_keeps_what_it_does_not_change(tmp_path: Path) -> None:
    members = "[[ensemble.members]]\n[[ensemble.members]]\nmodel.arguments.units = 7\n"
    config = read_config(write(tmp_path, BASE + SMALL + members))
    same, other = (each.model.arguments for each in member_configs(config))
    assert same == config.model.arguments and len(same) > 1
    assert other == same | {"units": 7}


def test_members_of_other_designs_are_one_model(tmp_path: Path) -> None:
    path = write(tmp_path, BASE + SMALL + RELEASE + DESIGNS)
    run = quiet(path)
    assert [member.seed for member in run.members] == [run.config.seed, 3]
    first, second = (member.model for member in run.members)
    assert origin(first).config["kernel_size"] == 5
    assert origin(second).architecture == "gapped_kmer"
    assert len(run.members[1].history["loss"]) == 1
    codes = np.random.default_rng(1).integers(0, 4, (5, LENGTH), dtype=np.uint8)
    loaded = zoo.load(run.folder / "release" / "motif_v1")
    np.testing.assert_allclose(
        zoo.predict(loaded, codes),
        np.mean([zoo.predict(model, codes) for model in (first, second)], axis=0),
        atol=1e-5,
    )
    quiet(path)  # goes on from there


@pytest.mark.parametrize(
    ("member", "said"),
    [
        ("{ data = { path = 'x' } }", "Received: data"),
        ("{ training = 3 }", "Received: training = 3"),
        ("{ training = { epoch = 3 } }", "did you mean epochs"),
        ("{ training = { epochs = 0 } }", "at least 1"),
        ("{ model = { architecture = 'shallow_wide', release = 'a_v1' } }", "either"),
        ("{ model = { architecture = 'shallow_widest' } }", "shallow_wide"),
    ],
)
def test_members_that_cannot_be_are_refused_before_any_training(
    tmp_path: Path, member: str, said: str
) -> None:
    text = BASE + SMALL + f"[ensemble]\nmembers = [{{}}, {member}]\n"
    with pytest.raises(SeqzooError, match=said):
        plan(write(tmp_path, text))
