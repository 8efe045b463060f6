import json

import numpy as np
import pytest

from tools.datasets import leaks
from tools.datasets.dataset import Dataset, Split

N = 40


@pytest.fixture
def dataset():
    """Ten of forty test rows of "a" are near training rows, one of another label."""
    random = np.random.default_rng(0)
    train, test = random.integers(0, 4, (2, N, 60), dtype=np.uint8)
    labels = np.tile([0.0, 1.0], N // 2)
    targets = np.stack([labels, labels], axis=1).astype(np.float32)
    test[:10, 10:] = train[:10, :50]
    of_train = targets.copy()
    of_train[0, 0] = 1 - of_train[0, 0]
    of_train[:10, 1] = np.nan  # rows that "b" has no label of do not leak into it
    rows = Split(train, of_train), Split(test, targets)
    return Dataset(
        "d", ("a", "b"), "probability", True, rows[0], rows[1], rows[1], (), {}
    )


def test_near_duplicates_are_counted_output_by_output(dataset):
    found = leaks.measured(dataset, None, seed=0)
    counts = {"test_rows": N, "near_duplicates": 10, "fraction": 0.25}
    assert found["a"] == {**counts, "same_label": 0.9}
    assert found["b"]["near_duplicates"] == 0 and found["b"]["same_label"] is None


def test_a_release_is_measured_with_and_without_them(
    dataset, monkeypatch, tmp_path, capsys
):
    # Right about what leaks, and no better than chance about the rest.
    said = np.full((N, 2), 0.5)
    said[:10] = dataset.test.targets[:10]
    monkeypatch.setattr(leaks.datasets, "load", lambda *_: dataset)
    monkeypatch.setattr(leaks.zoo, "load", lambda name: name)
    monkeypatch.setattr(leaks.zoo, "predict", lambda *_, activation: said)
    out = tmp_path / "new" / "leaks.json"
    arguments = ["gue_tf", "--data", "x", "--release", "r_v1", "--out", str(out)]
    leaks.main(arguments)
    found = json.loads(out.read_text())["outputs"]
    # Of pairs of a positive and a negative, those of two leaked or one count as right.
    right = 1 - (15 / 20) ** 2
    assert found["a"]["all"]["auroc_a"][0] == pytest.approx(
        right + (1 - right) / 2, abs=1e-4
    )
    assert found["a"]["without"]["auroc_a"][0] == 0.5
    assert found["b"]["all"] == found["b"]["without"]
    assert '"release": "r_v1"' in capsys.readouterr().out
