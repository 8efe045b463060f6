"""The same run on a Ray cluster of two workers, started here."""

from __future__ import annotations

import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.zoo.training.runs.small_run import BASE, SMALL, quiet, write
from zoo.cli import main
from zoo.training.configuration.config import ConfigError
from zoo.training.runs.ray_launcher import train_with_ray

SGD = '[optimizer]\nname = "sgd"\nlearning_rate = 0.1\n'


def best_weights(folder: Path) -> dict[str, np.ndarray]:
    (path,) = folder.glob("best/*.weights.h5")
    found: dict[str, np.ndarray] = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: (
                found.update({name: item[()]})
                if isinstance(item, h5py.Dataset)
                else None
            )
        )
    return found


@pytest.mark.slow
@pytest.mark.parametrize("quick", [()], ids=["compiled"], indirect=True)
def test_two_workers_find_the_weights_of_one_device(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("ray")
    text = (BASE + SMALL + SGD).replace("units = 2 }", "units = 2, dropout = 0.0 }")
    text = text.replace("epochs = 2", "epochs = 1")
    alone = best_weights(quiet(write(tmp_path / "alone", text)).folder)
    path = write(tmp_path / "together", text)
    assert main(["train", str(path), "--ray", "local", "--workers", "2"]) == 0
    folder = path.parent / "runs" / "motif_v1"
    assert f"report      {folder}/report.html" in capsys.readouterr().out
    together = best_weights(folder)
    assert len(alone) > 4
    for address, values in alone.items():
        np.testing.assert_allclose(values, together[address], atol=1e-5)


def test_what_ray_cannot_do_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, BASE + SMALL)
    with pytest.raises(ConfigError, match="at least 1 worker"):
        train_with_ray(path, workers=0)
    single = write(tmp_path, BASE + SMALL + '[strategy]\nkind = "mirrored"\n')
    with pytest.raises(ConfigError, match='expected "auto" for Ray'):
        train_with_ray(single, workers=2)
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match=r"seqzoo\[ray\]"):
        train_with_ray(write(tmp_path, BASE + SMALL), workers=2)
