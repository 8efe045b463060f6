"""What training on several devices is made of, each by itself."""

from __future__ import annotations

import json
import threading

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import zoo.losses
from tests.zoo.training.distribution.test_strategy import free_ports
from zoo.errors import InputError
from zoo.training.distribution.global_batch import GlobalBatchLoss, global_losses
from zoo.training.distribution.rendezvous import meet

TENSORFLOW = keras.backend.backend() == "tensorflow"
on_tensorflow = pytest.mark.skipif(not TENSORFLOW, reason="tf.distribute")


@on_tensorflow
@settings(max_examples=15)
@given(rows=st.integers(1, 23), batch=st.integers(1, 9), parts=st.integers(1, 4))
def test_parts_are_those_of_array_split(rows: int, batch: int, parts: int) -> None:
    import tensorflow as tf

    from zoo.training.distribution.feeding import split

    values = np.arange(rows)
    data = tf.data.Dataset.from_tensor_slices((values, values * 2.0)).batch(batch)
    expected = [
        part.tolist()
        for first in range(0, rows, batch)
        for part in np.array_split(values[first : first + batch], parts)
    ]
    together = list(split(data, parts, range(parts)))
    assert [x.numpy().tolist() for x, _ in together] == expected
    assert all((y.numpy() == 2 * x.numpy()).all() for x, y in together)
    one = [x.numpy().tolist() for x, _ in split(data, parts, range(parts - 1, parts))]
    assert one == expected[parts - 1 :: parts]


def test_a_global_loss_is_the_loss_on_one_device() -> None:
    random = np.random.default_rng(0)
    y = random.integers(0, 2, (6, 3)).astype("float32")
    z = random.normal(size=(6, 3)).astype("float32")
    for loss in ("mse", zoo.losses.MaskedBinaryCrossentropy(), keras.losses.huber):
        both = GlobalBatchLoss(loss)
        config = keras.losses.serialize(both)
        again = keras.losses.deserialize(config)
        plain = keras.losses.get(loss)
        expected = np.mean(keras.ops.convert_to_numpy(plain(y, z)))
        for one in (both, again):
            found = keras.ops.convert_to_numpy(one(y, z))
            np.testing.assert_allclose(found, expected, rtol=1e-6)
    nested = global_losses({"a": ["mse", None], "b": both})
    assert isinstance(nested["a"][0], GlobalBatchLoss) and nested["a"][1] is None
    assert nested["b"] is both


@pytest.mark.parametrize("reduction", [None, "mean_with_sample_weight"])
def test_a_loss_that_cannot_be_divided_is_refused(reduction: str | None) -> None:
    loss = keras.losses.MeanSquaredError(reduction=reduction)
    with pytest.raises(InputError, match="reduction"):
        GlobalBatchLoss(loss)


def test_workers_meet_or_say_who_is_missing() -> None:
    addresses = [f"127.0.0.1:{port}" for port in free_ports(3)]
    errors: list[InputError] = []

    def come(number: int, timeout: float) -> None:
        try:
            meet(addresses, number, timeout)
        except InputError as error:
            errors.append(error)

    def together(numbers: list[int], timeout: float) -> list[str]:
        errors.clear()
        threads = [threading.Thread(target=come, args=(n, timeout)) for n in numbers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()
        return [str(error) for error in errors]

    assert together([2, 0, 1], 20.0) == []
    assert any("nothing from worker 2" in said for said in together([0, 1], 0.5))
    (said,) = together([1], 0.3)
    assert "nothing from worker 0" in said
    assert any("the number 1" in said for said in together([0, 1, 1], 1.0))


@on_tensorflow
def test_the_cluster_is_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from zoo.training.distribution.cluster import cluster, several_workers

    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert not several_workers()
    slurm = {
        "SLURM_PROCID": "2",
        "SLURM_JOB_ID": "7",
        "SLURM_STEP_NUM_TASKS": "3",
        "SLURM_STEP_NODELIST": "node[08-09]",
        "SLURM_STEP_TASKS_PER_NODE": "2,1",
    }
    for name, value in slurm.items():
        monkeypatch.setenv(name, value)
    assert several_workers()
    resolver, worker, workers = cluster()
    assert (worker, workers) == (2, 3)
    hosts = resolver.cluster_spec().as_dict()["worker"]
    assert hosts == ["node08:20007", "node08:20008", "node09:20007"]
    jobs = {"chief": ["a:1"], "worker": ["b:1", "c:1"]}
    config = {"cluster": jobs, "task": {"type": "worker", "index": 1}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    assert several_workers() and cluster()[1:] == (2, 3)
    for wrong in ("{", "[]", json.dumps(config | {"task": {"type": "ps", "index": 0}})):
        monkeypatch.setenv("TF_CONFIG", wrong)
        with pytest.raises(InputError, match="Expected TF_CONFIG as"):
            cluster()


@on_tensorflow
def test_a_running_cpu_cannot_be_divided() -> None:
    import tensorflow as tf

    from zoo.training.distribution.cluster import local_devices

    tf.constant(1.0)
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("GPUs are not divided")
    with pytest.raises(InputError, match="before TensorFlow has"):
        local_devices(3)
    with pytest.raises(InputError, match="1 to 2 devices"):
        local_devices(0)
    assert local_devices(["CPU:0"]) == ["CPU:0"]
