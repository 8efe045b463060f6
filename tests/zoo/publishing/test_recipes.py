"""Files of the original software, and its predictions: tools/foreign_sources.py."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

import registry
import zoo
from zoo.cli import main
from zoo.errors import WeightsError
from zoo.models.interface import all_named
from zoo.publishing.recipes import by_recipe, converted_release

FOLDER = Path(__file__).parents[2] / "fixtures" / "foreign"
FILES = {
    path.name: path
    for path in sorted(FOLDER.iterdir())
    if path.suffix in (".h5", ".keras", ".safetensors")
}
ATOL = 2e-5
RECIPES = {name: name.partition(".")[0].partition("-")[0] for name in FILES}


def theirs(file: str) -> dict[str, np.ndarray]:
    """Codes, other inputs and predictions of the original software."""
    return dict(np.load(FOLDER / f"{FILES[file].stem}.npz"))


def test_each_recipe_of_ours_has_a_source() -> None:
    known = {r.name for r in registry.list_recipes() if r.provider == registry.OWN}
    assert set(RECIPES.values()) == known


@pytest.mark.parametrize("file", FILES)
def test_the_original_softwares_predictions(file: str, tmp_path: Path) -> None:
    out, more = tmp_path / "mine_v1", {"description": None, "licence": "MIT"}
    release, found = converted_release(FILES[file], RECIPES[file], out, **more)
    assert release.outputs == registry.read_release(out).outputs
    assert found.max_difference < ATOL  # of the file's own network, in float64
    expected = theirs(file)
    inputs = {"sequence": expected.pop("codes")}
    inputs |= {n: expected.pop(n) for n in ("control",) if n in expected}
    received = all_named(zoo.predict(found.model, inputs))
    received = {name or "logits": value for name, value in received.items()}
    assert received.keys() == expected.keys()
    for name, value in received.items():
        assert value.std() > 20 * ATOL
        np.testing.assert_allclose(value, expected[name], atol=ATOL)


@pytest.mark.slow
def test_spliceais_published_weights(tmp_path: Path) -> None:
    package = importlib.util.find_spec("spliceai")
    if package is None or package.origin is None:
        pytest.skip("spliceai is not installed, which brings its weights")
    path = Path(package.origin).parent / "models" / "spliceai1.h5"
    out, more = tmp_path / "mine_v1", {"description": None, "licence": "none"}
    release, found = converted_release(path, "spliceai", out, **more)
    assert release.heads[0].bin_size == 1
    assert found.model.count_params() == 696_739 + 2_048
    config = found.conversion.config
    assert (config["kernel_size"], config["depth"]) == ([11, 11, 21, 41], 4)
    assert config["dilation_rates"] == [1, 4, 10, 25]


def test_a_release_that_is_verified_and_fine_tuned(tmp_path: Path, capsys) -> None:
    out = tmp_path / "mine_v1"
    given = ["convert", str(FILES["deepstarr.h5"]), "--recipe", "deepstarr"]
    assert main([*given, "--out", str(out), "--licence", "MIT", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["sequences"], said["length"]) == (8, 249)
    assert said["max_difference"] < 1e-5
    release = registry.read_release(out)
    assert (release.licence, release.architecture) == ("MIT", "deepstarr")
    assert "deepstarr.h5, sha256" in release.description
    assert zoo.output_names(out) == ["dev_activity", "hk_activity"]
    model = zoo.load(out, num_outputs=3, freeze="trunk")
    assert model.output_shape == (None, 3)
    assert main([*given, "--out", str(out)]) == 2
    assert "exists, and a release never changes" in capsys.readouterr().err


@pytest.fixture
def deepstarr(tmp_path: Path) -> Path:
    """A copy of a source, to be spoiled."""
    for suffix in (".h5", ".json"):
        shutil.copy(FOLDER / f"deepstarr{suffix}", tmp_path / f"copy{suffix}")
    return tmp_path / "copy.h5"


def change(path: Path, change) -> None:
    """Changes the description beside a file of weights."""
    beside = path.with_suffix(".json")
    content = json.loads(beside.read_text())
    change({layer["name"]: layer for layer in content["config"]["layers"]}, content)
    beside.write_text(json.dumps(content))


def spoiled(function):
    return lambda path: change(path, function)


def described(layer: str, **config):
    """Another description of a layer."""
    return spoiled(lambda layers, _: layers[layer]["config"].update(config))


def lambda_layer(layers, content):
    layers["activation"]["class_name"] = "Lambda"
    code = ["aW1wb3J0IG9z", None, None]
    layers["activation"]["config"] |= {"function": code, "function_type": "lambda"}


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20_000])


def no_description(path: Path) -> None:
    path.with_suffix(".json").unlink()


def not_finite(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file["Dense_1/Dense_1/kernel:0"][0, 0] = np.nan


def a_heap_in_a_circle(path: Path) -> None:
    content = bytearray((FOLDER / "chrombpnet-bias.h5").read_bytes())
    at = content.index(b'{"class_name"') - 16
    content[at : at + 16] = bytes(16)
    path.write_bytes(content)


def other_kernel(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        values = file["Conv1D_2/Conv1D_2/kernel:0"][()]
        del file["Conv1D_2/Conv1D_2/kernel:0"]
        file["Conv1D_2/Conv1D_2/kernel:0"] = values[:, :3]


def link(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        del file["Dense_1/Dense_1/kernel:0"]
        file["Dense_1/Dense_1/kernel:0"] = h5py.SoftLink("/Conv1D_2")


def circle(layers, content):
    layers["activation"]["inbound_nodes"] = [[["Conv1D_2", 0, 0, {}]]]


def deep(path: Path) -> None:
    path.with_suffix(".json").write_text("[" * 100_000 + "]" * 100_000)


def huge(path: Path) -> None:
    path.with_suffix(".json").write_text(" " * 10_000_001)


SPOILED = {
    "truncated": (truncated, "copy.h5 cannot be read as HDF5, it is damaged"),
    "no description": (
        no_description,
        "has arrays alone.*Put the model's .json beside it",
    ),
    "a heap": (a_heap_in_a_circle, "copy.h5 .* leads back to itself"),
    "no such layer": (
        spoiled(lambda layers, _: layers["Dense_Dev"].update(name="Dense_3")),
        "copy.h5",
    ),
    "no weights": (
        spoiled(lambda layers, _: layers["Conv1D_2"].update(name="other")),
        "no weights of layer 'other'",
    ),
    "not finite": (not_finite, "NaN or infinite values in: Dense_1/Dense_1/kernel:0"),
    "other shape": (other_kernel, "copy"),
    "a Lambda": (spoiled(lambda_layer), "layer 'activation' \\(Lambda\\)"),
    "another activation": (
        described("activation", activation="elu"),
        "predicts otherwise",
    ),
    "an unknown activation": (
        described("activation", activation="os.abort"),
        "activation 'os.abort' is not known",
    ),
    "a terabyte of weights": (
        described("input_1", batch_input_shape=[None, 2 * 10**9, 4]),
        "expected .* weights, as deepstarr",
    ),
    "a long sequence": (
        described("input_1", batch_input_shape=[None, 10**12, 4]),
        "expected .* weights, as deepstarr",
    ),
    "a link": (link, "copy.h5: 'Dense_1/Dense_1/kernel:0' is a SoftLink"),
    "an enormous dilation": (
        described("Conv1D_2", dilation_rate=[10**9]),
        "layer 'Conv1D_2' .* more than",
    ),
    "a circle": (spoiled(circle), "form a circle"),
    "no functional model": (
        spoiled(lambda _, content: content["config"].pop("input_layers")),
        "expected a functional model",
    ),
    "text": (lambda path: path.with_suffix(".json").write_text("<html>"), "damaged"),
    "brackets": (deep, "description is damaged"),
    "a long text": (huge, "at most 10,000,000 characters"),
}


@pytest.mark.parametrize("case", SPOILED)
def test_spoiled_files_are_refused_in_one_line(
    deepstarr: Path, case: str, tmp_path: Path, capsys
) -> None:
    spoil, message = SPOILED[case]
    spoil(deepstarr)
    with pytest.raises(WeightsError, match=message) as caught:
        zoo.convert(deepstarr, recipe="deepstarr")
    assert "\n" not in str(caught.value)
    assert "copy" in str(caught.value)


def edited(file: str, path: Path, old: str, new: str) -> Path:
    """A copy of a file whose description is another."""
    shutil.copy(FOLDER / file, path)
    with h5py.File(path, "r+") as copy:
        text = copy.attrs["model_config"]
        assert old in text
        copy.attrs["model_config"] = text.replace(old, new)
    return path


EDITED = {
    "bpnet-single.h5": (
        *("main_conv_0_cr", "main_conv_0_relu_cr"),
        "pre_activation_residual_unit = false",
    ),
    "bpnet-control.h5": ("main_add_2", "main_conv_1", "several convolutions"),
    "chrombpnet-with.h5": (
        *("wo_bias_bpnet_1st_conv", "other_1st_conv"),
        "a network and that of its bias inside. Received: model_wo_bias, model",
    ),
    "chrombpnet-bias.h5": (
        *('"batch_input_shape": [null, 210', '"batch_input_shape": [null, 9000000'),
        "chrombpnet-bias.h5: expected a network of at most 1,000,000 bp",
    ),
    "chrombpnet-nobias.h5": (
        *("wo_bias_bpnet_prof_out_precrop", "profile"),
        "has no layer 'wo_bias_bpnet_prof_out_precrop'",
    ),
}


@pytest.mark.parametrize("file", EDITED)
def test_variants_that_a_recipe_does_not_know(tmp_path: Path, file: str) -> None:
    *change, message = EDITED[file]
    path = edited(file, tmp_path / file, *change)
    with pytest.raises(WeightsError, match=message) as caught:
        zoo.convert(path, recipe=RECIPES[file])
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("recipe", sorted(set(RECIPES.values())))
@pytest.mark.parametrize("file", ["deepstarr.h5", "bpnet-control.h5"])
def test_files_of_other_programs(file: str, recipe: str) -> None:
    if recipe == RECIPES[file]:
        return
    with pytest.raises(WeightsError, match=f"is no file for recipe '{recipe}': ") as e:
        zoo.convert(FILES[file], recipe=recipe)
    said = str(e.value)  # in words, and not by what Python says of the recipe's code
    assert "Error: " not in said or "Conv1D" in said.partition("It has ")[2]


def test_what_a_recipe_knows_is_not_given_again(deepstarr: Path) -> None:
    with pytest.raises(zoo.SeqzooError, match="Expected recipe= alone"):
        zoo.convert(deepstarr, {}, recipe="deepstarr")  # type: ignore[call-overload]
    with pytest.raises(zoo.SeqzooError, match="Expected recipe=, or names"):
        zoo.convert(deepstarr)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("name", "width"), [("iconv.weight", 25), ("fconv.weight", 25)]
)
def test_what_bpnet_lite_made_of_other_programs(
    tmp_path: Path, name: str, width: int
) -> None:
    numpy = pytest.importorskip("safetensors.numpy")
    state = numpy.load_file(FILES["bpnet_lite-control.safetensors"])
    state[name] = np.zeros((*state[name].shape[:2], width), "f4")
    numpy.save_file(state, tmp_path / "ours.safetensors")
    with pytest.raises(WeightsError, match=r"ours.*: expected kernels of 21"):
        zoo.convert(tmp_path / "ours.safetensors", recipe="bpnet_lite")


def test_the_description_says_what_bpnet_lites_state_does_not() -> None:
    for file, said in {
        "bpnet_lite-control.safetensors": "trimming=557 assumed",
        "bpnet_lite-chrombpnet.safetensors": "its bias trimming=53 assumed",
    }.items():
        found = by_recipe(FILES[file], "bpnet_lite", atol=1e-4)
        assert said in found.conversion.description


def test_a_layer_that_is_missing_amid_others(tmp_path: Path) -> None:
    numpy = pytest.importorskip("safetensors.numpy")
    state = numpy.load_file(FILES["bpnet_lite-control.safetensors"])
    state["other.weight"] = state.pop("rconvs.3.weight")
    numpy.save_file(state, tmp_path / "ours.safetensors")
    with pytest.raises(WeightsError, match=r"ours.*: other.weight, rconvs.3.bias, "):
        zoo.convert(tmp_path / "ours.safetensors", recipe="bpnet_lite")


def test_a_description_that_is_missing_beside_the_optimizers_state(
    tmp_path: Path,
) -> None:
    path = shutil.copy(FOLDER / "chrombpnet-bias.h5", tmp_path / "copy.h5")
    with h5py.File(path, "r+") as file:
        del file.attrs["model_config"]
        assert "optimizer_weights/iteration:0" in file
    with pytest.raises(WeightsError, match=r"copy.h5 has arrays alone and no layers"):
        zoo.convert(path, recipe="chrombpnet")
