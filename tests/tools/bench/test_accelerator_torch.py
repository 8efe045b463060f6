from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tools.bench import accelerator_jax
from tools.bench.accelerator import LAYOUTS, Sizes, data, released_config
from zoo.architectures.rc_dilated import rc_dilated
from zoo.dna import one_hot

torch = pytest.importorskip("torch")

# They import torch.
from tools.bench import accelerator_torch  # noqa: E402
from tools.bench.accelerator_torch import RCDilated  # noqa: E402

LENGTH = 50


@pytest.fixture(scope="module")
def sizes(tmp_path_factory: pytest.TempPathFactory) -> Sizes:
    """Those of a network that is written to its file."""
    path = tmp_path_factory.mktemp("network") / "network.npz"
    found = Sizes(16, LENGTH, 1, 1, 1, cpu=True, network=str(path))
    accelerator_jax.network(found)
    return found


def test_logits_are_those_of_keras(sizes: Sizes) -> None:
    assert accelerator_torch.same(sizes)["max_difference"] <= 1e-5


def test_another_network_is_refused(sizes: Sizes, tmp_path: Path) -> None:
    with np.load(sizes.network) as file:
        arrays = dict(file)
    # The same values in another place: one filter of the tower the other way round.
    kernel = arrays["tower_2_conv/kernel"]
    kernel[:, :, 0] = kernel[::-1, :, 0]
    other = Sizes(**vars(sizes) | {"network": str(tmp_path / "other.npz")})
    np.savez(other.network, **arrays)
    with pytest.raises(SystemExit, match="another"):
        accelerator_torch.same(other)


@pytest.mark.skipif(
    keras.backend.backend() != "torch", reason="reads gradients of Keras's variables"
)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_gradients_and_statistics_are_those_of_keras(sizes: Sizes, layout: str) -> None:
    config = released_config() | {"dropout": 0.0}
    model, network = rc_dilated(**config), RCDilated(config, layout).train()
    with np.load(sizes.network) as file:
        arrays = {variable.path: file[variable.path] for variable in model.weights}
    for variable in model.weights:
        variable.assign(arrays[variable.path])
    network.take(arrays)
    codes, labels = data(sizes, 1)

    def backward(logits: Any) -> None:
        target = torch.from_numpy(labels).to(logits.device)
        criterion = torch.nn.functional.binary_cross_entropy_with_logits
        criterion(logits, target).backward()

    backward(model(one_hot(codes), training=True))
    backward(network(torch.from_numpy(codes)))

    ours = RCDilated(config, layout)
    gradients = {v.path: _numpy(v.value.grad) for v in model.trainable_variables}
    statistics = {
        v.path: _numpy(v.value)
        for v in model.non_trainable_variables
        if v.path.startswith("neck_norm")
    }
    ours.take(arrays | gradients | statistics)
    wanted = dict(ours.named_parameters())
    assert set(wanted) == {name for name, _ in network.named_parameters()}
    for name, parameter in network.named_parameters():
        expected = _numpy(wanted[name])
        scale = float(np.abs(expected).max())
        assert scale > 0
        np.testing.assert_allclose(
            _numpy(parameter.grad), expected, atol=1e-4 * scale, err_msg=name
        )
    for name in ("running_mean", "running_var"):
        moved = _numpy(getattr(network.neck_norm, name))
        np.testing.assert_allclose(
            moved, _numpy(getattr(ours.neck_norm, name)), rtol=1e-5, atol=1e-6
        )
        before = "moving_mean" if name == "running_mean" else "moving_variance"
        assert np.abs(moved - arrays[f"neck_norm/{before}"]).max() > 1e-3


def _numpy(tensor: Any) -> np.ndarray:
    found: np.ndarray = tensor.detach().cpu().numpy()
    return found
