from pathlib import Path

import keras
import pytest

from tools.benchmarks import running, strands
from tools.benchmarks.running import Budget
from tools.datasets import Dataset
from zoo.inspection import symmetry

BUDGET = Budget(rows=96, sequences=192, batch_size=16, minutes=60)


def test_a_run_is_measured_and_leaves_nothing(dataset: Dataset, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    arguments = {"filters": 4, "kernel_size": 5}
    found = running.run(dataset, "shallow_wide", arguments, BUDGET, 0, folder)
    assert set(found) == {"metrics", "seconds", "parameters"}
    splits = ("validation", "test")
    metrics = ("auroc", "auprc", "mcc", "accuracy")
    speeds = {"train_per_second", "predict_per_second"}
    assert {f"{s}_{m}" for s in splits for m in metrics} | speeds == set(
        found["metrics"]
    )
    assert not folder.exists()


def test_all_train_on_as_many_sequences(dataset: Dataset) -> None:
    for rows in (96, 48):
        some = running.sampled(dataset, rows, seed=0)
        config = running.config_of(some, "shallow_wide", {}, BUDGET, 0)
        assert config.training.epochs * len(some.train) == 192


def test_samples_follow_from_the_seed(dataset: Dataset) -> None:
    one, again, other = (running.sampled(dataset, 30, seed) for seed in (0, 0, 1))
    assert (one.train.codes == again.train.codes).all()
    assert (one.train.codes != other.train.codes).any()
    assert one.test is dataset.test


def test_a_slow_training_stops(dataset: Dataset, tmp_path: Path) -> None:
    budget = Budget(rows=120, sequences=120, batch_size=8, minutes=1e-9)
    with pytest.raises(running.TooSlowError, match="minutes of one core"):
        running.run(dataset, "shallow_wide", {"filters": 4}, budget, 0, tmp_path)


@pytest.mark.usefixtures("own_architectures")
def test_sequences_are_turned_where_that_is_true(dataset: Dataset) -> None:
    strands.register()

    def turned(architecture: str) -> bool:
        config = running.config_of(dataset, architecture, {}, BUDGET, 0)
        return config.training.reverse_complement

    assert turned("shallow_wide")
    assert not turned("rc_dilated")  # it is the same for both strands
    assert turned("strands_augmented")
    assert not turned("strands_plain")


@pytest.mark.parametrize(
    ("architecture", "symmetric"),
    [(strands.plain, False), (strands.conjoined, True), (strands.equivariant, True)],
)
def test_who_is_symmetric(architecture, symmetric: bool) -> None:
    keras.utils.set_random_seed(0)
    report = symmetry.check(architecture(num_outputs=2), lengths=[40], num_sequences=4)
    assert report.passed == symmetric


def test_a_regression_on_words_finds_a_word(dataset: Dataset) -> None:
    for part in (dataset.train, dataset.validation, dataset.test):
        part.codes[part.targets[:, 0] == 1, 10:16] = [2, 0, 3, 3, 0, 1]
    found = running.run_kmers(dataset, BUDGET, 0)
    assert set(found["metrics"]) == {f"test_{m}" for m in ("auroc", "auprc")} | {
        "test_mcc",
        "test_accuracy",
    }
    assert found["metrics"]["test_auroc"] > 0.6
