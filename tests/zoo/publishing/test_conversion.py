from __future__ import annotations

import io
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

import registry
import zoo
from tests.hostile.hdf5 import external_link, virtual
from zoo import foreign
from zoo.errors import WeightsError
from zoo.models.precision import dtype_policy

LENGTH = 24
NAMES = {
    "stem_conv/kernel": "scan/kernel",
    "stem_conv/bias": "scan/bias",
    "stem_norm/gamma": "scale/gamma",
    "stem_norm/beta": "scale/beta",
    "stem_norm/moving_mean": "scale/moving_mean",
    "stem_norm/moving_variance": "scale/moving_variance",
    "head_logits/kernel": "out/kernel",
    "head_logits/bias": "out/bias",
}


@pytest.fixture(autouse=True)
def architecture(own_architectures):
    @zoo.register("flat_net")
    def flat_net(*, sequence_length: int = LENGTH, epsilon: float = 1e-3):
        inputs = layers.Input((sequence_length, 4), name="sequence")
        x = layers.Conv1D(5, 3, padding="same", name="stem_conv")(inputs)
        x = layers.BatchNormalization(epsilon=epsilon, name="stem_norm")(x)
        x = layers.Flatten(name="flat")(layers.Activation("relu", name="relu")(x))
        return keras.Model(inputs, layers.Dense(2, name="head_logits")(x))


def randomised(model: keras.Model) -> keras.Model:
    generator = np.random.default_rng(0)
    model.set_weights([generator.uniform(0.1, 1, w.shape) for w in model.weights])
    return model


@pytest.fixture
def theirs() -> keras.Model:
    """The same network as somebody else wrote it, with names of their own."""
    inputs = layers.Input((LENGTH, 4))
    x = layers.Conv1D(5, 3, padding="same", name="scan")(inputs)
    x = layers.ReLU()(layers.BatchNormalization(name="scale")(x))
    return randomised(
        keras.Model(inputs, layers.Dense(2, name="out")(layers.Flatten()(x)))
    )


CODES = np.random.default_rng(1).integers(0, 4, (6, LENGTH), dtype="uint8")
ONE_HOT = np.eye(4, dtype="f4")[CODES]


def expected(model: keras.Model) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(ONE_HOT, training=False))


def test_several_outputs_by_name(tmp_path: Path) -> None:
    config = {"filters": 4, "num_outputs": 1, "dilation_rates": [1, 2]}
    theirs = randomised(zoo.create("bpnet", **config))
    theirs.save_weights(tmp_path / "x.weights.h5")
    classes = {"stem_conv": "conv1d", "tower_1_conv": "conv1d_1"}
    classes |= {"head_profile": "conv1d_2", "head_counts": "dense"}
    names = {
        f"{ours}/{variable}": f"layers/{named}/vars/{number}"
        for ours, named in classes.items()
        for number, variable in enumerate(["kernel", "bias"])
    }
    outputs = {k: keras.ops.convert_to_numpy(v) for k, v in theirs(ONE_HOT).items()}
    given = {"architecture": "bpnet", "config": config, "atol": 1e-3}
    model = zoo.convert(tmp_path / "x.weights.h5", names, CODES, outputs, **given)
    np.testing.assert_allclose(
        zoo.predict(model, CODES)["counts"], outputs["counts"], rtol=1e-3
    )
    with pytest.raises(WeightsError, match=r"'counts', 'profile'\. Received: ''"):
        zoo.convert(
            *(tmp_path / "x.weights.h5", names, CODES, outputs["counts"]), **given
        )
    outputs["profile"] = outputs["profile"] + 1
    with pytest.raises(WeightsError, match="predicts otherwise"):
        zoo.convert(tmp_path / "x.weights.h5", names, CODES, outputs, **given)


def by_class(name: str) -> str:
    """The address that `.weights.h5` gives a variable of `theirs`."""
    layer, _, variable = name.partition("/")
    classes = {"scan": "conv1d", "scale": "batch_normalization", "out": "dense"}
    order = ["gamma", "beta", "moving_mean", "moving_variance"]
    number = (order if layer == "scale" else ["kernel", "bias"]).index(variable)
    return f"layers/{classes[layer]}/vars/{number}"


def legacy(name: str) -> str:
    layer, _, variable = name.partition("/")
    return f"model_weights/{layer}/{layer}/{variable}"


@pytest.mark.filterwarnings("ignore:.*HDF5 file.*legacy")
@pytest.mark.parametrize(
    ("file", "address"),
    [("a.h5", legacy), ("a.weights.h5", by_class), ("a.keras", by_class)],
)
def test_every_format_of_keras(
    theirs: keras.Model, tmp_path: Path, file: str, address
) -> None:
    if ".weights" in file:
        theirs.save_weights(tmp_path / file)
    else:
        theirs.save(tmp_path / file)
    names = {ours: address(name) for ours, name in NAMES.items()}
    assert set(names.values()) <= foreign.shapes(tmp_path / file).keys()
    with dtype_policy("mixed_bfloat16"):  # which leaves the proof in float32
        model = zoo.convert(
            tmp_path / file, names, CODES, expected(theirs),
            architecture="flat_net", config={},
        )  # fmt: skip
    np.testing.assert_allclose(expected(model), expected(theirs), atol=1e-6)
    release = zoo.save(
        model,
        tmp_path / "theirs_v1",
        description="Converted",
        task="binary",
        licence="MIT",
        outputs=[registry.release.Output(n, "logit", "linear", None) for n in "ab"],
    )
    assert release.config["sequence_length"] == LENGTH


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_an_original_that_gives_probabilities(
    theirs: keras.Model, tmp_path: Path, activation: str
) -> None:
    names = {ours: by_class(name) for ours, name in NAMES.items()}
    scale = keras.ops.convert_to_numpy(theirs.weights[-2]).copy()
    theirs.weights[-2].assign(scale / 50)  # no large logits
    theirs.weights[-1].assign([0.1, -0.2])
    theirs.save_weights(tmp_path / "a.weights.h5")
    function = keras.activations.get(activation)
    given = keras.ops.convert_to_numpy(function(theirs(ONE_HOT, training=False)))

    def convert(predictions: np.ndarray, **arguments: object) -> keras.Model:
        return zoo.convert(
            tmp_path / "a.weights.h5", names, CODES, predictions,
            architecture="flat_net", config={}, **arguments,
        )  # fmt: skip

    model = convert(given, activation=activation)
    np.testing.assert_allclose(expected(model), expected(theirs), atol=1e-5)
    with pytest.raises(WeightsError, match=f"pass activation='{activation}'"):
        convert(given)
    with pytest.raises(WeightsError, match="predicts otherwise"):
        convert(given + 1e-4, activation=activation)
    with pytest.raises(WeightsError, match="all 0 or 1"):
        convert(np.round(given), activation=activation)


def torch_state(model: keras.Model) -> dict[str, np.ndarray]:
    """The arrays of `theirs` in PyTorch's layout: channels first everywhere."""
    value = {w.path: keras.ops.convert_to_numpy(w) for w in model.weights}
    dense = value["out/kernel"].reshape(LENGTH, 5, 2).transpose(2, 1, 0).reshape(2, -1)
    state = {
        "scan.weight": value["scan/kernel"].transpose(2, 1, 0),
        "scan.bias": value["scan/bias"],
        "scale.weight": value["scale/gamma"],
        "scale.bias": value["scale/beta"],
        "scale.running_mean": value["scale/moving_mean"],
        "scale.running_var": value["scale/moving_variance"],
        "out.weight": dense,
        "out.bias": value["out/bias"],
    }
    return {name: np.ascontiguousarray(array) for name, array in state.items()}


TORCH = dict(
    zip(
        NAMES,
        [
            "scan.weight", "scan.bias", "scale.weight", "scale.bias",
            "scale.running_mean", "scale.running_var", "out.weight", "out.bias",
        ],
        strict=True,
    )
)  # fmt: skip
FLATTENED = {"head_logits/kernel": (LENGTH, 5)}


@pytest.fixture
def safetensors(theirs: keras.Model, tmp_path: Path) -> Path:
    numpy = pytest.importorskip("safetensors.numpy")
    numpy.save_file(torch_state(theirs), tmp_path / "theirs.safetensors")
    return tmp_path / "theirs.safetensors"


def test_pytorch_arrays_are_turned(theirs: keras.Model, safetensors: Path) -> None:
    model = zoo.convert(
        safetensors, TORCH, CODES, expected(theirs),
        architecture="flat_net", config={}, layout="torch", flattened=FLATTENED,
    )  # fmt: skip
    np.testing.assert_allclose(expected(model), expected(theirs), atol=1e-6)


def test_a_pytorch_network_predicts_the_same(tmp_path: Path) -> None:
    """The layout against PyTorch itself, where it is installed."""
    torch = pytest.importorskip("torch")
    save_file = pytest.importorskip("safetensors.torch").save_file

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scan = torch.nn.Conv1d(4, 5, 3, padding="same")
            self.scale = torch.nn.BatchNorm1d(5)  # epsilon 1e-5
            self.out = torch.nn.Linear(5 * LENGTH, 2)

        def forward(self, x):
            return self.out(torch.relu(self.scale(self.scan(x))).flatten(1))

    net = Net().eval()
    with torch.no_grad():
        net.scale.running_var.uniform_(0.01, 1)
        net.scale.running_mean.uniform_(-1, 1)
        wanted = net(torch.tensor(ONE_HOT.transpose(0, 2, 1).copy())).numpy()
    state = {k: v for k, v in net.state_dict().items() if "num_batches" not in k}
    save_file(state, tmp_path / "net.safetensors")
    arguments = {
        "architecture": "flat_net",
        "config": {},
        "layout": "torch",
        "flattened": FLATTENED,
    }
    zoo.convert(
        tmp_path / "net.safetensors", TORCH, CODES, wanted,
        epsilon=1e-5, atol=1e-5, **arguments,
    )  # fmt: skip
    with pytest.raises(WeightsError, match="predicts otherwise"):
        zoo.convert(
            tmp_path / "net.safetensors", TORCH, CODES, wanted, atol=1e-5, **arguments
        )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"names": {}}, "Missing: stem_conv/kernel"),
        ({"names": NAMES | {"x/y": "z"}}, "Unknown to the model: x/y"),
        (
            {"names": TORCH | {"stem_conv/bias": "none"}},
            "has no none. It has: out.bias",
        ),
        (
            {"layout": "keras"},
            r"scan.weight expected \(3, 4, 5\), received \(5, 4, 3\)",
        ),
        ({"flattened": {}}, "predicts otherwise"),
        ({"flattened": {"head_logits/kernel": (4, 5)}}, "has 120 rows"),
        ({"inputs": CODES[:0]}, "at least one sequence"),
        ({"predictions": np.full((6, 2), np.nan)}, "predicts otherwise"),
        ({"predictions": np.zeros((6, 1))}, "predicts"),
    ],
)
def test_what_does_not_fit_is_refused(
    theirs: keras.Model, safetensors: Path, changes: dict, message: str
) -> None:
    arguments = {
        "names": TORCH,
        "inputs": CODES,
        "predictions": expected(theirs),
        "architecture": "flat_net",
        "config": {},
        "layout": "torch",
        "flattened": FLATTENED,
    }
    with pytest.raises(zoo.SeqzooError, match=message):
        zoo.convert(safetensors, **arguments | changes)


@pytest.mark.parametrize("spoil", [external_link, virtual])
def test_hostile_hdf5_is_refused(tmp_path: Path, spoil) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["a/kernel"] = np.zeros((3, 3), "f4")
        spoil(file, "a/kernel", tmp_path / "other.h5")
    with pytest.raises(WeightsError):
        foreign.shapes(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.keras", b""),
        ("a.keras", b"PK\x03\x04"),
        ("a.h5", b"\x89HDF\r\n\x1a\n"),
        ("a.safetensors", b""),
        ("a.safetensors", b"\xff" * 64),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    if name.endswith(".safetensors"):
        pytest.importorskip("safetensors")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError):
        foreign.shapes(tmp_path / name)


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", bytes(10_000_000))
    (tmp_path / "a.keras").write_bytes(buffer.getvalue())
    with pytest.raises(WeightsError, match="would unpack"):
        foreign.shapes(tmp_path / "a.keras")
