from __future__ import annotations

import dataclasses
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from tests.zoo.inspection.symmetry import models
from zoo import dna
from zoo.errors import InputError
from zoo.inspection.symmetry import check
from zoo.layers import RCConv1D, StrandPooling

SMALL = {"num_sequences": 6}


def equivariant(channels: int = 4) -> keras.Model:
    """A profile in which the channels are reversed on the other strand."""
    inputs = layers.Input((None, 4))
    return keras.Model(
        inputs, RCConv1D(channels, 5, padding="same", name="map")(inputs)
    )


def test_an_invariant_model() -> None:
    inputs = layers.Input((None, 4))
    x = StrandPooling("max")(layers.GlobalMaxPooling1D()(RCConv1D(8, 5)(inputs)))
    report = check(keras.Model(inputs, layers.Dense(3)(x)), **SMALL)
    assert (report.kind, report.passed) == ("invariant", True)
    assert report.lengths == (256, 301, 222)
    assert report.num_sequences == 18
    assert "invariant" in str(report)


def test_an_equivariant_model_and_what_it_is_declared_as() -> None:
    report = check(equivariant(), pairing=(3, 2, 1, 0), **SMALL)
    assert report.kind == "equivariant"
    wrong = check(equivariant(), **SMALL)
    assert wrong.kind == "none"
    assert wrong.outputs[0].suggestion == "pairing=(3, 2, 1, 0)"
    assert "symmetric with pairing=(3, 2, 1, 0)" in str(wrong)
    for pairing in ((1, 0, 3, 2), (2, 1, 0, 3)):
        assert not check(equivariant(), pairing=pairing, **SMALL).passed


def test_the_numbers_are_those_of_numpy() -> None:
    model = models.pooled()
    codes = np.random.default_rng(1).integers(0, 5, (20, 40), dtype=np.uint8)

    def predicted(codes: np.ndarray) -> np.ndarray:
        y = model(dna.one_hot(codes), training=False)
        return keras.ops.convert_to_numpy(y).astype("float64")

    one, other = predicted(codes), predicted(dna.reverse_complement_codes(codes))
    difference = np.abs(one - other)
    report = check(model, codes, batch_size=7)
    (output,) = report.outputs
    assert output.max_difference == pytest.approx(difference.max(), rel=1e-4)
    assert output.mean_difference == pytest.approx(difference.mean(), rel=1e-4)
    assert output.spread == pytest.approx(one.std(), rel=1e-4)
    assert output.relative_difference == pytest.approx(
        difference.max() / one.std(), rel=1e-4
    )
    worst = int(difference.max(axis=1).argmax())
    assert output.worst_sequence == dna.decode(codes[worst])
    assert report.max_difference == output.max_difference
    assert report.kind == output.kind == "none"
    assert output.suggestion is None


@pytest.mark.parametrize("form", ["strings", "codes", "one_hot"])
def test_sequences_in_every_form(form: str) -> None:
    strings = ["ACGTTGCAAC", "NNACGGGTAC"]
    codes = dna.encode_batch(strings)
    given = {"strings": strings, "codes": codes, "one_hot": dna.one_hot(codes)}[form]
    for model in (models.pooled(), models.pooled(codes=True)):
        keras.utils.set_random_seed(0)
        expected = check(model, codes)
        assert check(model, given) == expected
        assert expected.lengths == (10,)


def test_strings_of_several_lengths() -> None:
    report = check(models.pooled(), ["ACGTT", "AACGTTT", "CCCGT"])
    assert (report.lengths, report.num_sequences) == ((5, 7), 3)


def test_outputs_by_name_that_swap() -> None:
    """What the two heads say of a strand-specific sum is swapped by RC."""
    inputs = layers.Input((None, 4))
    purines = layers.Lambda(lambda x: x[:, :, 0] + 2 * x[:, :, 2])(inputs)
    partner = layers.Lambda(lambda x: x[:, :, 3] + 2 * x[:, :, 1])(inputs)
    total = layers.Lambda(lambda x: keras.ops.sum(x, axis=1, keepdims=True))
    model = keras.Model(inputs, {"plus": total(purines), "minus": total(partner)})
    assert check(model, output_pairs=[("plus", "minus")], **SMALL).kind == "equivariant"
    report = check(model, **SMALL)
    assert report.kind == "none"
    assert {output.suggestion for output in report.outputs} == {
        "output_pairs=[('minus', 'plus')]"
    }


def test_positions_without_an_axis_of_channels() -> None:
    inputs = layers.Input((20, 4))
    # A or T is A or T on the other strand.
    weak = layers.Flatten(name="track")(inputs[..., :1] + inputs[..., 3:])
    model = keras.Model(inputs, weak)
    assert check(model, reverse_positions=True, **SMALL).kind == "equivariant"
    report = check(model, **SMALL)
    assert report.outputs[0].suggestion == "reverse_positions=True"


def test_positions_that_are_not_reversed() -> None:
    inputs = layers.Input((None, 4))
    pooled = layers.GlobalAveragePooling1D()(inputs)
    weak = layers.Reshape((1, 1))(pooled[:, :1] + pooled[:, 3:])
    model = keras.Model(inputs, layers.Concatenate(axis=1)([weak, 2 * weak]))
    report = check(model, **SMALL)
    assert report.outputs[0].suggestion == "reverse_positions=False"
    assert check(model, reverse_positions=False, **SMALL).kind == "invariant"


def test_a_stride_grid_that_is_symmetric_at_some_lengths_only() -> None:
    inputs = layers.Input((None, 4))
    model = keras.Model(inputs, layers.AveragePooling1D(4)(inputs))
    keywords: dict[str, Any] = {"pairing": (3, 2, 1, 0), "num_sequences": 4}
    assert check(model, lengths=[40, 200], **keywords).passed
    assert not check(model, lengths=[40, 41], **keywords).passed
    # So the lengths that are tried by default include one of each kind.
    assert not check(model, **keywords).passed


def test_a_layer_that_is_random_at_inference() -> None:
    class Noise(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.seed_generator = keras.random.SeedGenerator(0)

        def call(self, x: Any) -> Any:
            noise = keras.random.normal(keras.ops.shape(x), seed=self.seed_generator)
            return x + noise

    inputs = layers.Input((10, 4))
    report = check(keras.Model(inputs, Noise()(inputs)), **SMALL)
    assert not report.deterministic
    assert report.kind == "none"
    assert "random with training=False" in str(report)
    assert check(equivariant(), **SMALL).deterministic


def test_dropout_and_augmentation_do_not_act() -> None:
    inputs = layers.Input((None, 4))
    x = zoo.layers.RandomReverseComplement()(layers.Dropout(0.5)(inputs))
    report = check(keras.Model(inputs, x), pairing=(3, 2, 1, 0), **SMALL)
    assert report.deterministic and report.max_difference == 0


def test_an_output_that_says_nothing() -> None:
    inputs = layers.Input((None, 4))
    x = layers.Dense(1, kernel_initializer="zeros")(layers.GlobalMaxPooling1D()(inputs))
    report = check(keras.Model(inputs, x, name="silent"), **SMALL)
    assert report.outputs[0].spread == 0
    assert "nothing is shown" in str(report)


def test_not_a_number_never_passes() -> None:
    inputs = layers.Input((None, 4))
    x = layers.GlobalAveragePooling1D()(inputs)
    model = keras.Model(inputs, keras.ops.sqrt(-1 - x))
    report = check(model, **SMALL)
    assert not report.passed and np.isnan(report.max_difference)


def test_a_flaw_at_one_position_is_found() -> None:
    """An even kernel under "same" padding sees one position more on one side."""
    inputs = layers.Input((None, 4))
    even = layers.Conv1D(1, 2, padding="same", kernel_initializer="ones")
    weak = inputs[..., :1] + inputs[..., 3:]
    assert not check(keras.Model(inputs, even(weak)), **SMALL).passed
    odd = layers.Conv1D(1, 3, padding="same", kernel_initializer="ones")
    assert check(keras.Model(inputs, odd(weak)), **SMALL).passed


def test_half_precision_has_its_own_tolerance() -> None:
    with_dtype = {"dtype": "mixed_bfloat16"}
    inputs = layers.Input((None, 4))
    x = RCConv1D(4, 15, **with_dtype)(inputs)
    model = keras.Model(inputs, layers.Activation("linear", dtype="float32")(x))
    report = check(model, pairing=(3, 2, 1, 0), **SMALL)
    assert (report.tolerance, report.passed) == (5e-2, True)
    inside = keras.Sequential([layers.Input((None, 4)), model])
    assert check(inside, pairing=(3, 2, 1, 0), **SMALL).tolerance == 5e-2
    plain = keras.Model(inputs, layers.Conv1D(4, 15, **with_dtype)(inputs))
    assert not check(plain, pairing=(3, 2, 1, 0), **SMALL).passed


def test_a_subclassed_model() -> None:
    report = check(models.Subclassed(), input_shape=(None, 4), **SMALL)
    assert report.outputs[0].name == "output_1"
    with pytest.raises(InputError, match="Pass input_shape"):
        check(models.Subclassed())


def test_one_input_in_a_dict() -> None:
    inputs = layers.Input((None, 4), name="dna")
    x = layers.GlobalMaxPooling1D()(inputs)
    model = keras.Model({"dna": inputs}, layers.Dense(1)(x))
    assert check(model, lengths=[3], **SMALL).kind == "none"


def test_a_report_does_not_change() -> None:
    report = check(models.pooled(), **SMALL)
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.kind = "invariant"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"pairing": (1, 0, 2)}, "3 channels, the outputs have 2"),
        ({"pairing": (1, 1)}, "taking the partner twice"),
        ({"pairing": {"tail": (1, 0)}}, "expected names of outputs, 'head'"),
        ({"output_pairs": [("head", "tail")]}, "Received: 'tail'"),
        ({"output_pairs": [("head", "head")]}, "in one pair"),
        ({"output_pairs": ["head"]}, "pairs of output names"),
        ({"reverse_positions": True, "pairing": (1, 0)}, "axis of positions"),
        ({"lengths": [3]}, "Expected sequences of 40 bp"),
        ({"sequences": ["ACGT"]}, "Expected sequences of 40 bp"),
        ({"sequences": ["ACGT"], "lengths": [4]}, "Received: both"),
        ({"sequences": np.zeros((2, 40, 3))}, "shape \\(2, 40, 3\\)"),
        ({"sequences": np.full((2, 40, 4), 0.25)}, "hard one-hot"),
        ({"num_sequences": 0}, "at least 1"),
    ],
)
def test_arguments_that_do_not_fit(keywords: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check(models.pooled(length=40), **keywords)


def test_several_outputs_need_names() -> None:
    with pytest.raises(InputError, match="dict by output name"):
        check(models.heads(), pairing=(1, 0))
    with pytest.raises(InputError, match="one shape and one rule"):
        check(models.heads(), output_pairs=[("plus", "profile")])


@pytest.mark.parametrize(
    ("shape", "message"),
    [((4, 30), "Permute"), ((30, 5), "reads one-hot"), ((3, 30, 4), "reads one-hot")],
)
def test_inputs_that_are_no_sequences(shape: tuple[int, ...], message: str) -> None:
    inputs = layers.Input(shape)
    with pytest.raises(InputError, match=message):
        check(keras.Model(inputs, layers.Flatten()(inputs)))


def test_several_inputs_are_asked_for() -> None:
    inputs = [layers.Input((None, 4), name="dna"), layers.Input((3,), name="cell")]
    x = layers.Concatenate()([layers.GlobalAveragePooling1D()(inputs[0]), inputs[1]])
    model = keras.Model(inputs, x)
    with pytest.raises(InputError, match=r"all inputs .*'dna' .*, 'cell' \(None, 3\)"):
        check(model)
    # The share of each base swaps with its partner, the three numbers stay.
    swaps = (3, 2, 1, 0, 4, 5, 6)
    assert check(model, inputs={"cell": [1, 2, 3]}, pairing=swaps).passed
    assert not check(model, inputs={"cell": 0.5}).passed


def test_a_length_that_the_model_cannot_take() -> None:
    inputs = layers.Input((None, 4))
    model = keras.Model(inputs, layers.Conv1D(2, 300)(inputs))
    with pytest.raises(InputError, match=r"at least 300 bp.*Pass longer ones"):
        check(model)
    for lengths in ([0], [300, -3], []):
        with pytest.raises(InputError, match="lengths of at least 1 bp"):
            check(model, lengths=lengths)
