"""Small networks by the software of others, whose files the recipes' tests convert.

Runs in an environment of its own, in which that software is, and not seqzoo; writes
the file that the software writes, and its predictions beside it:

    TF_USE_LEGACY_KERAS=1 python tools/foreign_sources.py NAME tests/fixtures/foreign

| name         | needs                                                            |
|--------------|------------------------------------------------------------------|
| `deepstarr`  | tf-keras 2.21                                                    |
| `spliceai`   | likewise                                                         |
| `chrombpnet` | likewise, and the source of chrombpnet 1.0.1 in PYTHONPATH       |
| `bpnet`      | likewise, and the source of bpnet 2.0.0                          |
| `crested`    | crested 1.11, without TF_USE_LEGACY_KERAS                        |
| `bpnet_lite` | bpnet-lite 1.1 and safetensors                                   |
| `explainn`   | PyTorch, and the source of explainn 0.1.5                        |
| `basenji2`   | PyTorch, einops, and the source of basenji2-pytorch 0.1.2        |

Weights are random and statistics of batch normalization far from 0 and 1, filters few.
"""

from __future__ import annotations

import copy
import importlib
import sys
import types
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

SEED = 20260101


def randomize(model: Any) -> None:
    """Weights as large as keep the activations' size; positive variances."""
    generator = np.random.default_rng(SEED)
    for weight in model.weights:
        shape, name = tuple(weight.shape), weight.name
        if "kernel" in name or len(shape) > 1:
            value = generator.normal(0, (2 / np.prod(shape[:-1])) ** 0.5, shape)
        elif "variance" in name or "gamma" in name:
            value = generator.uniform(0.5, 2, shape)
        else:
            value = generator.normal(0, 0.3, shape)
        weight.assign(value.astype("f4"))


def sequences(length: int, number: int = 3) -> np.ndarray:
    """Codes (number, length), A C G T = 0 1 2 3."""
    return np.random.default_rng(SEED).integers(0, 4, (number, length), "uint8")


def one_hot(codes: np.ndarray) -> np.ndarray:
    return np.eye(4, dtype="f4")[codes]


def deepstarr(folder: Path) -> None:
    """As the notebook published with the paper builds and saves it."""
    import tensorflow.keras as keras

    kl = keras.layers
    inputs = x = kl.Input(shape=(249, 4))
    for number, (filters, width) in enumerate([(6, 7), (4, 3), (4, 5), (5, 3)]):
        name = f"Conv1D_{number + 1}" if number else "Conv1D_1st"
        x = kl.Conv1D(filters, kernel_size=width, padding="same", name=name)(x)
        x = kl.BatchNormalization()(x)
        x = kl.Activation("relu")(x)
        x = kl.MaxPooling1D(2)(x)
    x = kl.Flatten()(x)
    for number in range(2):
        x = kl.Dense(7, name=f"Dense_{number + 1}")(x)
        x = kl.BatchNormalization()(x)
        x = kl.Activation("relu")(x)
        x = kl.Dropout(0.4)(x)
    heads = [
        kl.Dense(1, activation="linear", name=f"Dense_{t}")(x) for t in ("Dev", "Hk")
    ]
    model = keras.models.Model([inputs], heads)
    randomize(model)
    (folder / "deepstarr.json").write_text(model.to_json())
    model.save_weights(folder / "deepstarr.h5")
    codes = sequences(249)
    found = model.predict(one_hot(codes), verbose=0)
    np.savez(folder / "deepstarr.npz", codes=codes, logits=np.concatenate(found, -1))


def spliceai(folder: Path) -> None:
    """As the paper's training code builds it; the package has trained weights alone."""
    import tensorflow.keras as keras

    kl = keras.layers
    inputs = kl.Input(shape=(None, 4))
    conv = kl.Conv1D(3, 1)(inputs)
    skip = kl.Conv1D(3, 1)(conv)
    for width, rate in ((3, 1), (5, 2)):
        x = conv
        for _ in range(2):
            x = kl.Activation("relu")(kl.BatchNormalization()(x))
            x = kl.Conv1D(3, width, dilation_rate=rate, padding="same")(x)
        conv = kl.add([x, conv])
        skip = kl.add([skip, kl.Conv1D(3, 1)(conv)])
    skip = kl.Cropping1D(20)(skip)
    model = keras.Model(inputs, kl.Conv1D(3, 1, activation="softmax")(skip))
    randomize(model)
    model.save(folder / "spliceai.h5")
    codes = sequences(120)
    model.layers[-1].activation = keras.activations.linear
    np.savez(folder / "spliceai.npz", codes=codes, logits=model(one_hot(codes)))


def source_of(package: str, module: str) -> Any:
    """A module of a package of which the rest need not be importable."""
    folder = next(Path(p) / package for p in sys.path if (Path(p) / package).is_dir())
    parts = module.split(".")
    for depth in range(len(parts)):
        name = ".".join([package, *parts[:depth]])
        empty = types.ModuleType(name)
        empty.__path__ = [str(folder.joinpath(*parts[:depth]))]
        sys.modules.setdefault(name, empty)
    sys.modules.setdefault("tensorflow_probability", types.ModuleType("none"))  # losses
    return importlib.import_module(f"{package}.{module}")


def write(folder: Path, name: str, model: Any, inputs: Any, **more: Any) -> None:
    """The file of a model with a profile and counts, and its predictions."""
    profile, counts = model.predict(inputs, verbose=0)
    if profile.ndim == 2:
        profile = profile[..., None]
    model.save(folder / f"{name}.h5")
    np.savez(folder / f"{name}.npz", profile=profile, counts=counts, **more)


def chrombpnet(folder: Path) -> None:
    """The bias model, the two together, and the one without bias."""
    bias = source_of("chrombpnet", "training.models.bpnet_model")
    both = source_of("chrombpnet", "training.models.chrombpnet_with_bias_model")
    arguments = types.SimpleNamespace(seed=SEED, learning_rate=0.001)
    params: dict[str, Any] = {"filters": 3, "n_dil_layers": 2}
    params |= {"counts_loss_weight": 1}
    params |= {"inputlen": 210, "outputlen": 80}
    codes = sequences(210)
    model = bias.getModelGivenModelOptionsAndWeightInits(arguments, params)
    randomize(model)
    write(folder, "chrombpnet-bias", model, one_hot(codes), codes=codes)
    params |= {"bias_model_path": str(folder / "chrombpnet-bias.h5")}
    params |= {"filters": 4, "n_dil_layers": 3}
    model = both.getModelGivenModelOptionsAndWeightInits(arguments, params)
    randomize(model.get_layer("model_wo_bias"))
    write(folder, "chrombpnet-with", model, one_hot(codes), codes=codes)
    both.save_model_without_bias(model, str(folder / "chrombpnet"))
    (folder / "chrombpnet_nobias.h5").rename(folder / "chrombpnet-nobias.h5")
    found = model.get_layer("model_wo_bias")
    write(folder, "chrombpnet-nobias", found, one_hot(codes), codes=codes)


def bpnet(folder: Path) -> None:
    """One factor on two strands with controls, and one track without."""
    arch = source_of("bpnet", "model.arch")
    found = vars(arch.bpnetdefaults)  # which its functions change
    defaults = copy.deepcopy({n: v for n, v in found.items() if n.isupper()})
    params: dict[str, Any] = {"input_len": 190, "output_profile_len": 80}
    params |= {"motif_module_params": {"filters": [4]}}
    params |= {"syntax_module_params": {"filters": 4, "num_dilation_layers": 2}}
    params |= {"counts_head_params": {"units": [-1]}}
    none: dict[str, Any] = {"source": [], "smoothing": []}
    strands = {"source": ["plus", "minus"], "smoothing": [None, None]}
    codes = sequences(190)
    control = np.random.default_rng(1).poisson(1, (len(codes), 190, 2)).astype("f4")
    middle = control[:, 55:-55]
    biases = [middle, np.log(1 + middle.sum(1))]
    for name, signal, bias, multi in (
        ("control", strands, strands, False),
        ("strands", strands, strands, True),
        ("single", {"source": ["reads"]}, none, False),
    ):
        found.update(copy.deepcopy(defaults))
        tasks = {0: {"signal": signal, "loci": {}, "bias": bias}}
        asked = copy.deepcopy(params)
        model = arch.BPNet(tasks, asked, orig_multi_loss=multi, name_prefix="main")
        randomize(model)
        # TensorFlow 2.4, which bpnet needs, writes the layers of such a class, too.
        kind = type("CustomModel", (type(model).__bases__[0],), {})
        model = kind(inputs=model.inputs, outputs=model.outputs)
        more = {} if bias == none else {"control": control}
        inputs = [one_hot(codes), *(biases if more else [])]
        write(folder, f"bpnet-{name}", model, inputs, codes=codes, **more)


def crested(folder: Path) -> None:
    """Its two networks, with the activations that they end in."""
    import keras

    zoo = importlib.import_module("crested.tl.zoo")

    made = {
        "dilated_cnn": zoo.dilated_cnn(
            *(120, 3), first_conv_filters=4, num_filters=4, n_dil_layers=3
        ),
        "deeptopic_cnn": zoo.deeptopic_cnn(150, 3, filters=6, dense_out=5),
    }
    for name, model in made.items():
        randomize(model)
        codes = sequences(model.input_shape[1])
        model.layers[-1].activation = keras.activations.linear
        logits = keras.ops.convert_to_numpy(model(one_hot(codes)))
        ends = {"dilated_cnn": "softplus", "deeptopic_cnn": "sigmoid"}
        model.layers[-1].activation = keras.activations.get(ends[name])
        path = folder / f"crested_{name}.keras"
        model.save(path)
        with zipfile.ZipFile(path) as archive:  # which Keras does not compress
            parts = {each: archive.read(each) for each in archive.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for each, content in parts.items():
                archive.writestr(each, content)
        np.savez(folder / f"crested_{name}.npz", codes=codes, logits=logits)


def bpnet_lite(folder: Path) -> None:
    """BPNet with controls, and ChromBPNet."""
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(SEED)
    net = importlib.import_module("bpnetlite.bpnet").BPNet
    both = importlib.import_module("bpnetlite.chrombpnet").ChromBPNet
    bare = {"n_outputs": 1, "n_control_tracks": 0}
    made = {
        "control": net(n_filters=3, n_layers=8),
        "chrombpnet": both(
            net(n_filters=2, n_layers=2, count_output_bias=False, **bare),
            net(n_filters=3, n_layers=8, profile_output_bias=False, **bare),
        ),
    }
    codes = sequences(2114, 2)
    control = np.random.default_rng(1).poisson(1, (len(codes), 2114, 2)).astype("f4")
    x = torch.tensor(one_hot(codes).transpose(0, 2, 1).copy())
    for name, model in made.items():
        with torch.no_grad():
            for value in model.parameters():
                fan_in = max(value[0].numel(), 1)
                value.normal_(0, fan_in**-0.5 if value.ndim > 1 else 0.3)
            more: dict[str, Any] = {"control": control} if name == "control" else {}
            given = [torch.tensor(c.transpose(0, 2, 1).copy()) for c in more.values()]
            profile, counts = model.eval()(x, *given)
        save_file(model.state_dict(), folder / f"bpnet_lite-{name}.safetensors")
        more |= {"profile": profile.numpy().transpose(0, 2, 1), "counts": counts}
        np.savez_compressed(folder / f"bpnet_lite-{name}.npz", codes=codes, **more)


def write_torch(folder: Path, name: str, model: Any, codes: np.ndarray) -> None:
    """Random weights by their names, and what the model predicts with them."""
    import torch

    generator = np.random.default_rng(SEED)
    weights: dict[str, Any] = {}
    for key, value in model.state_dict().items():
        shape = tuple(value.shape)
        if len(shape) > 1:
            scale = (2 / np.prod(shape[1:])) ** 0.5
            weights[key] = generator.normal(0, scale, shape).astype("f4")
        elif shape:  # and no counter of steps
            kind = "var" in key or (key.endswith("weight") and len(shape) == 1)
            low, high = (0.5, 2) if kind else (-0.5, 0.5)
            weights[key] = generator.uniform(low, high, shape).astype("f4")
        if key in weights:
            value.copy_(torch.tensor(weights[key]))
    bases = torch.tensor(one_hot(codes).transpose(0, 2, 1).copy())
    with torch.no_grad():
        outputs = model.eval()(bases).numpy()
    np.savez(folder / f"{name}.npz", codes=codes, outputs=outputs, **weights)


def explainn(folder: Path) -> None:
    """Two units, on 30 bp."""
    networks = source_of("explainn", "models.networks")
    model = networks.ExplaiNN(2, 30, 3, filter_size=7, pool_size=4, pool_stride=4)
    write_torch(folder, "explainn", model, sequences(30))


def basenji2(folder: Path) -> None:
    """Bins of 8 bp; with the GELU of Basenji, where the port takes PyTorch's."""
    import torch

    blocks = source_of("basenji2_pytorch", "blocks")

    class Gelu(torch.nn.Module):  # type: ignore[misc, unused-ignore]
        def forward(self, x: Any) -> Any:
            return x * torch.sigmoid(1.702 * x)

    blocks.ACTIVATION_LAYER_REGISTRY["gelu"] = Gelu
    common = {"activation": "gelu", "norm_type": "batch", "bn_momentum": 0.9}
    tower = {"kernel_size": 5, "pool_size": 2, "filters_mult": 1.1776, "repeat": 2}
    dilated = {"rate_mult": 1.5, "repeat": 4, "dropout": 0.3, "round": True}
    model = torch.nn.Sequential(
        blocks.BasenjiConvBlock(4, 5, 15, pool_size=2, **common),
        blocks.BasenjiConvTower(5, 6, **tower, **common),
        blocks.BasenjiDilatedResidual(7, 4, **dilated, **common),
        blocks.Cropping1d(3),
        blocks.BasenjiConvBlock(7, 9, dropout=0.05, **common),
        Gelu(),
        blocks.BasenjiFinal(9, 2, activation="softplus"),
    )
    write_torch(folder, "basenji2", model, sequences(160))


if __name__ == "__main__":
    target = Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    globals()[sys.argv[1]](target)
