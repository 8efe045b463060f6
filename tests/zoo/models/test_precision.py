from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

import zoo
from registry.release import Output
from zoo.errors import InputError
from zoo.models.precision import dtype_policy, float32_products, in_float32
from zoo.models.weights import addresses

CODES = np.random.default_rng(3).integers(0, 5, (4, 50), dtype="uint8")


def built(policy: str, **config: object) -> keras.Model:
    keras.utils.set_random_seed(0)
    with dtype_policy(policy):
        return zoo.create("shallow_wide", filters=4, kernel_size=7, units=16, **config)


def test_the_policy_before_comes_back() -> None:
    with pytest.raises(KeyError), dtype_policy("mixed_float16"):
        assert keras.config.dtype_policy().name == "mixed_float16"
        raise KeyError
    assert keras.config.dtype_policy().name == "float32"


def rounds_products() -> bool:
    """Whether a GPU of this backend would round to TensorFloat-32 now."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.config.jax_default_matmul_precision != "highest"
    if backend == "torch":
        import torch

        parts = (torch.backends.cuda.matmul, torch.backends.cudnn)
        return any(part.allow_tf32 for part in parts)
    import tensorflow as tf

    return tf.config.experimental.tensor_float_32_execution_enabled()


def test_what_is_compared_is_not_rounded_by_a_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zoo.publishing import golden

    predict, seen = golden.predict, []

    def watched(*arguments, **named):
        seen.append(rounds_products())
        return predict(*arguments, **named)

    monkeypatch.setattr(golden, "predict", watched)
    before = rounds_products()
    zoo.save(
        built("float32"),
        tmp_path / "mine_v1",
        description="A test",
        task="binary",
        licence="MIT",
        outputs=[Output("bound", "probability", "sigmoid")],
        min_length=15,
    )
    assert seen == [False, False]  # as written, as verified
    with pytest.raises(KeyError), float32_products():
        raise KeyError
    assert before
    assert rounds_products() == before


def test_a_float32_model_stays_itself() -> None:
    model = built("float32")
    assert in_float32(model) is model


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16"])
def test_is_what_the_weights_predict_in_float32(policy: str) -> None:
    model = built(policy)
    # Under another policy still: the twin is float32 all the same.
    with dtype_policy("mixed_float16"):
        twin = in_float32(model)
    reference = built("float32")
    values = {a: np.asarray(v.numpy(), "f4") for a, v in addresses(model).items()}
    for address, variable in addresses(reference).items():
        variable.assign(values[address])
    expected = zoo.predict(reference, CODES)
    np.testing.assert_array_equal(zoo.predict(twin, CODES), expected)
    assert np.abs(zoo.predict(model, CODES) - expected).max() > 0
    assert list(addresses(twin)) == list(addresses(model))
    assert {v.dtype for v in twin.weights} == {"float32"}


def test_members_and_wrapped_layers_are_float32_too() -> None:
    models = [built("mixed_bfloat16"), built("float32")]
    twin = in_float32(zoo.ensemble(models))
    singles = [in_float32(model) for model in models]
    mean = np.mean([zoo.predict(model, CODES) for model in singles], axis=0)
    np.testing.assert_allclose(zoo.predict(twin, CODES), mean, atol=1e-6)
    with dtype_policy("mixed_bfloat16"):
        wrapped = keras.Sequential(
            [
                keras.Input((50, 4)),
                keras.layers.Bidirectional(keras.layers.GRU(2)),
                keras.layers.Dense(1, dtype="float32"),
            ]
        )
    inside = in_float32(wrapped)._flatten_layers()
    assert {layer.compute_dtype for layer in inside} == {"float32"}


def test_a_layer_that_cannot_be_made_again_is_named_with_the_way_out() -> None:
    class Scale(keras.layers.Layer):
        def __init__(self, by: float) -> None:
            super().__init__()
            self.by = by

        def call(self, x):
            return x * self.by

    with dtype_policy("mixed_bfloat16"):
        inputs = keras.Input((50, 4))
        model = keras.Model(inputs, Scale(2.0)(inputs))
    with pytest.raises(InputError, match="under the policy float32"):
        in_float32(model)
