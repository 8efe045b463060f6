"""What is wrong with a network is said once, in a line; what is given is checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import pytest

import zoo
from zoo.cli import main
from zoo.errors import InputError, said
from zoo.publishing.conformance import CHECKS, check

pytestmark = pytest.mark.usefixtures("own_architectures")


def registered(finish: Callable[..., Any], kernel_size: int = 5) -> str:
    """A small network of any length, with an end of one's own."""

    @zoo.register("checked_net")
    def checked_net(
        *, sequence_length: int | None = None, num_outputs: int = 2, filters: int = 2
    ) -> Any:
        inputs = keras.Input((sequence_length, 4), name="sequence")
        x = keras.layers.Conv1D(filters, kernel_size, name="conv")(inputs)
        x = keras.layers.GlobalMaxPooling1D(name="pool")(x)
        x = keras.layers.Dense(num_outputs, name="head_logits", dtype="float32")(x)
        return finish(inputs, x)

    return "checked_net"


def problems(name: str, config: dict[str, Any] | None = None) -> dict[str, str]:
    return {f.check: f.problem for f in check(name, config) if f.problem}


def test_no_model_is_one_problem(capsys: pytest.CaptureFixture[str]) -> None:
    name = registered(lambda inputs, x: None)
    assert main(["check-plugin", name]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("FAILED   a model that computes: Expected that the builder")
    assert "returns a keras.Model. Received: None" in line
    with pytest.raises(InputError, match="Received: None"):
        zoo.create(name)


def test_what_keras_says_is_one_line_without_escape_codes() -> None:
    def finish(inputs: Any, x: Any) -> Any:
        x = keras.layers.Lambda(lambda x: keras.ops.reshape(x, (7, 11)))(x)
        return keras.Model(inputs, x)

    found = problems(registered(finish))
    assert list(found) == ["a model that computes"]
    (problem,) = found.values()
    assert problem.isprintable() and "[0m" not in problem
    assert "Arguments received" not in problem
    assert said(ValueError("a \x1b[1mbold\x1b[0m\n\nword")) == "a bold word"


def test_a_network_that_needs_more_than_the_usual_length() -> None:
    name = registered(keras.Model, kernel_size=1000)
    assert problems(name) == {}
    name = registered(keras.Model, kernel_size=7000)
    (problem,) = problems(name).values()
    assert "cannot read 6,144 bp" in problem and "--config" in problem
    fixed = check(name, {"sequence_length": 7010})
    assert [f.problem for f in fixed if f.problem] == []
    assert {f.check: f.skipped for f in fixed}["any length"] == "it takes 7010 bp only"


def test_the_configuration_is_what_is_built(capsys: pytest.CaptureFixture[str]) -> None:
    def finish(inputs: Any, x: Any) -> Any:
        return None if x.shape[-1] == 2 else keras.Model(inputs, x)

    name = registered(finish)
    assert main(["check-plugin", name, "--config", "num_outputs=3", "filters=3"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + len(CHECKS)


@pytest.mark.parametrize(
    ("last", "activation"),
    [
        (keras.layers.Activation("sigmoid", dtype="float32"), "sigmoid"),
        (keras.layers.Softmax(dtype="float32"), "softmax"),
        (lambda x: keras.ops.cast(keras.ops.sigmoid(x), "float32"), "sigmoid"),
        (
            lambda x: keras.layers.Activation("linear", dtype="float32")(
                keras.layers.Activation("softmax")(x)
            ),
            "softmax",
        ),
        (
            lambda x: keras.layers.Reshape((1, 2))(
                keras.layers.Activation("sigmoid", dtype="float32")(x)
            ),
            "sigmoid",
        ),
        (
            lambda x: keras.ops.squeeze(
                keras.ops.sigmoid(keras.ops.expand_dims(x, 1)), 1
            ),
            "sigmoid",
        ),
    ],
)
def test_outputs_are_logits(last: Callable[[Any], Any], activation: str) -> None:
    name = registered(lambda inputs, x: keras.Model(inputs, last(x)))
    assert f"ends in a {activation}: leave it out" in problems(name)["logits"]


def test_arguments_are_what_a_release_can_hold() -> None:
    @zoo.register("tabled_net")
    def tabled_net(
        *, sequence_length: int | None = None, num_outputs: int = 1, widths: Any = None
    ) -> keras.Model:
        return zoo.create("kmer", num_outputs=num_outputs)

    found = problems("tabled_net", {"widths": {"first": 2}})
    (problem,) = (found[name] for name in found if "JSON defaults" in name)
    assert "a release can hold nothing else; widths is another" in problem


def test_the_policy_of_the_session_stays() -> None:
    keras.config.set_dtype_policy("mixed_float16")
    try:
        assert problems(registered(keras.Model)) == {}
        assert keras.config.dtype_policy().name == "mixed_float16"
    finally:
        keras.config.set_dtype_policy("float32")
