from __future__ import annotations

from pathlib import Path

import keras
import pytest

from tools.datasets import Dataset
from tools.study import reverse_complement as study
from zoo.inspection import symmetry


def test_sizes_are_as_the_names_say() -> None:
    models = {arm: study.arm_models(arm, 5, 0)[0] for arm in study.ARMS}
    sizes = {arm: study.trainable(model) for arm, model in models.items()}
    assert sizes["plain"] == sizes["augmented"] == sizes["conjoined"]
    assert sizes["equivariant_wide"] == pytest.approx(sizes["plain"], rel=0.01)
    for name in ("stem_conv", "neck_conv", "tower_2_conv", "tower_4_conv"):
        plain = models["plain"].get_layer(name)
        tied = models["equivariant"].get_layer(name)
        assert plain.output.shape == tied.output.shape


@pytest.mark.parametrize("arm", study.ARMS)
def test_who_is_symmetric(arm: str) -> None:
    keras.utils.set_random_seed(0)
    model, trained = study.arm_models(arm, 2, 0)
    keywords = {"lengths": [40], "num_sequences": 8}
    tied = arm.startswith("equivariant")
    assert symmetry.check(model, **keywords).passed == tied
    assert symmetry.check(trained, **keywords).passed == (tied or arm == "conjoined")


def test_a_run_leaves_the_best_epoch_of_the_network_itself(
    dataset: Dataset, tmp_path: Path
) -> None:
    study.train("conjoined", dataset, tmp_path, epochs=2, seed=0)
    rows = [
        study.measure("c", "conjoined", conjoined, dataset, tmp_path, seed=0)
        for conjoined in (False, True)
    ]
    assert rows[0]["max_strand_difference"] > 1e-3 > rows[1]["max_strand_difference"]
    assert all(0 <= row["test_auroc"] <= 1 for row in rows)


def test_a_sample_keeps_rows_whole(dataset: Dataset) -> None:
    train = study.sampled(dataset, 100).train
    assert len(train) == 100
    known = {
        codes.tobytes(): targets.tobytes()
        for codes, targets in zip(
            dataset.train.codes, dataset.train.targets, strict=True
        )
    }
    for codes, targets in zip(train.codes, train.targets, strict=True):
        assert known[codes.tobytes()] == targets.tobytes()
