"""What is exported predicts what Keras predicts, and refuses what Keras refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np
import pytest

import zoo
from tests.zoo.architectures.contract import case
from zoo import cli, dna
from zoo.errors import InputError
from zoo.publishing import exporting
from zoo.publishing.exporting import ExportError

BACKEND = keras.backend.backend()
on_tensorflow = pytest.mark.skipif(
    BACKEND != "tensorflow", reason="the converters are TensorFlow's"
)
with_onnx = pytest.mark.skipif(
    any(find_spec(m) is None for m in ("onnx", "tf2onnx", "onnxruntime")),
    reason="the extra export is not installed",
)
SMALL = {
    "sequence_length": None,
    "num_outputs": 2,
    "stem_filters": 8,
    "filters": 8,
    "dilation_rates": (1, 2),
    "units": 4,
}


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    return zoo.create("rc_dilated", **SMALL)


@pytest.fixture(scope="module")
def saved(model: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if BACKEND != "tensorflow":
        pytest.skip("the converters are TensorFlow's")
    path = tmp_path_factory.mktemp("export") / "saved"
    report = zoo.export(model, path, "saved_model")
    assert report.inputs == ("sequences", "codes")
    assert report.max_difference <= 1e-5
    assert report.bytes > 10_000
    return path


def test_saved_model_takes_strings_in_either_case(
    saved: Path, model: keras.Model
) -> None:
    import tensorflow as tf

    serve = tf.saved_model.load(str(saved)).signatures["serving_default"]
    sequences = ["ACGTN" * 13, "acgtn" * 13]
    (received,) = serve(sequences=tf.constant(sequences)).values()
    # From the definition of one-hot, not from the encoder under test.
    one_hot = np.array(
        [[[c == letter for letter in "ACGT"] for c in s.upper()] for s in sequences],
        np.float32,
    )
    expected = keras.ops.convert_to_numpy(model(one_hot))
    np.testing.assert_allclose(received.numpy(), expected, atol=1e-5)
    np.testing.assert_array_equal(received[0], received[1])


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        (["ACGT" * 10, "ACGT" * 9 + "ACGU"], r"A, C, G, T or N.*\[\[?2 40"),
        (["ACGT" * 10, "ACGT" * 9], "of one length.*40 36"),
        (["ACG é" + "ACGT" * 10], "A, C, G, T or N"),
        ([""], "at least 1 bp"),
    ],
)
def test_saved_model_refuses_in_the_graph(
    saved: Path, sequences: list[str], message: str
) -> None:
    import tensorflow as tf

    serve = tf.saved_model.load(str(saved)).signatures["serving_default"]
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        serve(sequences=tf.constant(sequences))


def test_saved_model_refuses_codes_that_are_none(saved: Path) -> None:
    import tensorflow as tf

    serve = tf.saved_model.load(str(saved)).signatures["codes"]
    with pytest.raises(tf.errors.InvalidArgumentError, match="0 to 4"):
        serve(codes=tf.constant(np.full((1, 40), 5, np.uint8)))


@on_tensorflow
def test_saved_model_of_a_release_keeps_its_shortest_length(
    write_release: Callable[..., Path], tmp_path: Path
) -> None:
    import tensorflow as tf

    zoo.export(write_release(), tmp_path / "out", activation="sigmoid")
    serve = tf.saved_model.load(str(tmp_path / "out")).signatures["serving_default"]
    (output,) = serve(sequences=tf.constant(["ACGTA" * 3])).values()
    assert 0 < output.numpy().min() < output.numpy().max() < 1
    with pytest.raises(tf.errors.InvalidArgumentError, match="at least 15 bp"):
        serve(sequences=tf.constant(["ACGTA" * 2]))


@on_tensorflow
def test_tflite_without_our_own_reader(tmp_path: Path) -> None:
    import tensorflow as tf

    fixed = zoo.create("rc_dilated", **SMALL | {"sequence_length": 60})
    report = zoo.export(fixed, tmp_path / "deep" / "out.tflite", "tflite")
    assert report.inputs == ("one_hot",)
    assert report.lengths == (60,)
    with pytest.warns(UserWarning, match="deprecated"):
        interpreter = tf.lite.Interpreter(str(tmp_path / "deep" / "out.tflite"))
    run = interpreter.get_signature_runner()
    inputs = dna.one_hot_strings(["ACGTN" * 12])
    (received,) = run(one_hot=inputs).values()
    expected = keras.ops.convert_to_numpy(fixed(inputs))
    np.testing.assert_allclose(received, expected, atol=1e-5)


@on_tensorflow
@with_onnx
def test_onnx_without_our_own_reader(model: keras.Model, tmp_path: Path) -> None:
    import onnx
    import onnxruntime

    report = zoo.export(model, tmp_path / "out.onnx", "onnx", activation="sigmoid")
    assert report.max_difference <= 1e-5
    assert len(report.lengths) == 2
    onnx.checker.check_model(str(tmp_path / "out.onnx"), full_check=True)
    session = onnxruntime.InferenceSession(tmp_path / "out.onnx")
    inputs = dna.one_hot_strings(["ACGTN" * 12])
    (received,) = session.run(None, {"one_hot": inputs})
    logits = keras.ops.convert_to_numpy(model(inputs))
    np.testing.assert_allclose(received, 1 / (1 + np.exp(-logits)), atol=1e-5)


@on_tensorflow
@pytest.mark.parametrize("wrong", [1e-3, np.nan, np.inf])
def test_what_is_not_equal_is_removed(
    model: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: float
) -> None:
    from zoo.publishing.exporting import saved_model

    def write(model: keras.Model, path: Path, min_length: int) -> None:
        path.mkdir()
        (path / "saved_model.pb").write_bytes(b"otherwise")

    def compute(codes: np.ndarray, others: dict[str, np.ndarray]) -> list[np.ndarray]:
        predictions = zoo.predict(model, codes)
        predictions[-1, -1] += np.float32(wrong)
        return [predictions]

    monkeypatch.setattr(saved_model, "write", write)
    monkeypatch.setattr(saved_model, "read", lambda *_: {"codes": compute})
    with pytest.raises(ExportError, match="differs from the Keras model"):
        zoo.export(model, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@on_tensorflow
def test_a_converter_that_fails_leaves_nothing(
    model: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: str, **_: object) -> None:
        Path(path).write_bytes(b"half")
        raise NotImplementedError("no such operation")

    monkeypatch.setattr(model, "export", fail)
    with pytest.raises(ExportError, match=r"cannot convert.*no such operation"):
        zoo.export(model, tmp_path / "out.tflite", "tflite")
    assert list(tmp_path.iterdir()) == []


@on_tensorflow
@pytest.mark.parametrize("name", ["bpnet", "multi_modal"])
@pytest.mark.parametrize(
    "format", ["saved_model", "tflite", pytest.param("onnx", marks=with_onnx)]
)
def test_several_inputs_and_outputs(name: str, format: str, tmp_path: Path) -> None:
    config = dict(case(name).small)
    if name == "bpnet":
        config["num_control_tracks"] = 1
    model = zoo.create(name, **config)
    bpnet = {"profile": "softmax_over_bins", "counts": "softplus"}
    activation = bpnet if name == "bpnet" else "sigmoid"
    report = zoo.export(
        model, tmp_path / f"out.{format}", format, activation=activation
    )
    assert report.max_difference <= 1e-4
    assert len(report.lengths) == 2


def test_refusals(
    model: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="Expected format to be one of"):
        zoo.export(model, tmp_path / "x", "pickle")
    (tmp_path / "there").write_text("mine")
    with pytest.raises(ExportError, match="exists"):
        zoo.export(model, tmp_path / "there")
    assert (tmp_path / "there").read_text() == "mine"
    if BACKEND != "tensorflow":
        with pytest.raises(ExportError, match="KERAS_BACKEND=tensorflow"):
            zoo.export(model, tmp_path / "x")
        return
    with pytest.raises(InputError, match="activation"):
        zoo.export(model, tmp_path / "x", activation="sigmoidal")
    two = keras.Sequential([keras.Input((5, 3)), keras.layers.Dense(1)])
    with pytest.raises(InputError, match="one input"):
        zoo.export(two, tmp_path / "x")
    monkeypatch.setattr(exporting.toolchain, "find_spec", lambda name: None)
    with pytest.raises(ExportError, match=r"tf2onnx.*seqzoo\[export\]"):
        zoo.export(model, tmp_path / "x", "onnx")
    assert [p.name for p in tmp_path.iterdir()] == ["there"]


@on_tensorflow
def test_command(
    write_release: Callable[..., Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    out = str(tmp_path / "out.tflite")
    command = ["export", str(write_release()), "--format", "tflite", "--out", out]
    assert cli.main([*command, "--tolerance", "-1"]) == cli.ERROR
    assert "differs from the Keras model" in capfd.readouterr().err
    assert not Path(out).exists()
    assert cli.main([*command, "--json"]) == 0
    report = json.loads(capfd.readouterr().out)
    assert report["path"] == out
    assert report["bytes"] == Path(out).stat().st_size
    assert 0 <= report["max_difference"] <= report["tolerance"] == 1e-4
    assert cli.main(command) == cli.ERROR
    assert "exists" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("format", "name"),
    [("saved_model", "codes"), ("saved_model", "sequences"), ("tflite", "one_hot")],
)
def test_an_input_of_the_name_of_the_sequences(
    format: str, name: str, tmp_path: Path
) -> None:
    sequence = keras.Input((None, 4), name="sequence")
    other = keras.Input((2,), name=name)
    x = keras.layers.GlobalMaxPooling1D()(sequence)
    x = keras.layers.Concatenate()([x, other])
    model = keras.Model([sequence, other], keras.layers.Dense(1)(x))
    with pytest.raises(ExportError, match=f"another input '{name}'. Give that one"):
        zoo.export(model, tmp_path / "exported", format)
    assert not list(tmp_path.iterdir())
