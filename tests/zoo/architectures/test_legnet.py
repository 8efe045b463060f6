"""LegNet against the layers that its authors published."""

from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest

import zoo
from tests.zoo.architectures import float64 as ref

FILTERS = (256, 128, 128, 64, 64, 64, 64)
SMALL = {"filters": [8, 12, 4], "num_outputs": 5}


def closed_form(input_channels: int) -> int:
    """Trainable parameters, from the table of the published configuration."""
    total = 7 * input_channels * FILTERS[0] + 2 * FILTERS[0]
    for c, following in itertools.pairwise(FILTERS):
        inner, squeezed = 4 * c, c // 4
        total += c * inner + 2 * inner  # expansion and its normalisation
        total += 7 * inner + 2 * inner  # depthwise
        total += (inner + 1) * squeezed + (squeezed + 1) * inner
        total += inner * c + 2 * c  # projection
        total += 7 * 2 * c * following + 2 * following  # after concatenation
    return total + (FILTERS[-1] + 1) * 18


def test_the_published_size() -> None:
    published = zoo.create("legnet", sequence_length=150, num_covariates=2)
    # Four bases and the two flags of the DREAM challenge.
    assert ref.trainable_parameters(published) == closed_form(6) == 2_129_602
    assert closed_form(4) == 2_126_018  # by default, without the flags


def test_a_unit_sees_79_bp() -> None:
    """The receptive field that the authors give, but for the squeeze."""
    model = zoo.create("legnet", filters=[4] * 7, num_outputs=1)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dense):  # the same gate for all inputs
            layer.set_weights([np.zeros_like(v) for v in layer.get_weights()])
        elif "conv" in layer.name:
            layer.set_weights([np.full_like(v, 0.3) for v in layer.get_weights()])
    body = keras.Model(model.input, model.get_layer("tower_6_activation").output)
    x = np.zeros((1, 151, 4), "f4")
    x[0, 75, 1] = 1.0
    seen = np.flatnonzero(ref.call(body, x)[0, :, 0])
    np.testing.assert_array_equal(seen, np.arange(75 - 39, 75 + 39 + 1))


def block(x: np.ndarray, w: ref.Weights, name: str) -> np.ndarray:
    """Convolution with "same" padding, normalisation, SiLU."""
    y = ref.conv(x, w, f"{name}_conv", padding="same")
    return ref.silu(ref.norm(y, w, f"{name}_norm", 1e-5))


@pytest.mark.parametrize("covariates", [0, 2])
def test_it_is_the_network_of_the_paper(covariates: int) -> None:
    model = zoo.create("legnet", sequence_length=40, num_covariates=covariates, **SMALL)
    w, sequence = ref.randomise(model), ref.one_hot(3, 40)
    values = np.arange(3 * covariates, dtype="f4").reshape(3, covariates)
    x = {"sequence": sequence, "covariates": values} if covariates else sequence
    flags = np.repeat(values[:, None], 40, axis=1)
    y = block(np.concatenate([sequence, flags], axis=-1), w, "stem")
    for name in ("tower_1", "tower_2"):
        z = block(y, w, f"{name}_expand")
        z = ref.depthwise_conv(z, w, f"{name}_depthwise_conv")
        z = ref.silu(ref.norm(z, w, f"{name}_depthwise_norm", 1e-5))
        gate = ref.silu(ref.dense(z.mean(axis=1), w, f"{name}_squeeze_reduce"))
        gate = ref.sigmoid(ref.dense(gate, w, f"{name}_squeeze_excite"))
        z = block(z * gate[:, None], w, f"{name}_project")
        y = block(np.concatenate([z, y], axis=-1), w, name)
    # The published head is a 1 x 1 convolution, averaged over the length.
    y = ref.dense(y, w, "head_logits").mean(axis=1)
    np.testing.assert_allclose(ref.call(model, x), y, rtol=1e-4, atol=1e-5)


def test_pytorch_gives_the_same() -> None:
    """The same network of PyTorch's own layers, with their default constants."""
    torch = pytest.importorskip("torch", reason="needs PyTorch beside the backend")
    model = zoo.create("legnet", **SMALL)
    w, x = ref.randomise(model), ref.one_hot(3, 40)

    def load(module, address):
        names = {"kernel": "weight", "gamma": "weight", "beta": "bias"}
        names |= {"moving_mean": "running_mean", "moving_variance": "running_var"}
        state = {
            names.get(n, n): torch.tensor(v.T)
            for n in ("kernel", "bias", *names)
            if (v := w.get(f"{address}/{n}")) is not None
        }
        missing, extra = module.double().load_state_dict(state, strict=False)
        assert (set(missing) <= {"num_batches_tracked"}, extra) == (True, [])
        return module.eval()

    def conv(y, name, **options):
        shape = w[f"{name}_conv/kernel"].shape
        kernel = torch.nn.Conv1d(
            y.shape[1], shape[-1], shape[0], padding="same", bias=False, **options
        )
        y = load(kernel, f"{name}_conv")(y)
        norm = load(torch.nn.BatchNorm1d(y.shape[1]), f"{name}_norm")
        return torch.nn.functional.silu(norm(y))

    def dense(y, name):
        shape = w[f"{name}/kernel"].shape
        return load(torch.nn.Linear(*shape), name)(y)

    # A depthwise kernel has its channels where PyTorch has the outputs.
    for layer in (1, 2):
        address = f"tower_{layer}_depthwise_conv/kernel"
        w[address] = w[address].transpose(0, 2, 1)
    with torch.no_grad():
        y = conv(torch.tensor(x.transpose(0, 2, 1).astype("f8")), "stem")
        for name in ("tower_1", "tower_2"):
            z = conv(y, f"{name}_expand")
            z = conv(z, f"{name}_depthwise", groups=z.shape[1])
            gate = torch.nn.functional.silu(
                dense(z.mean(dim=2), f"{name}_squeeze_reduce")
            )
            gate = torch.sigmoid(dense(gate, f"{name}_squeeze_excite"))
            z = conv(z * gate[:, :, None], f"{name}_project")
            y = conv(torch.cat([z, y], dim=1), name)
        expected = dense(y.mean(dim=2), "head_logits").numpy()
    np.testing.assert_allclose(ref.call(model, x), expected, rtol=1e-4, atol=1e-5)
