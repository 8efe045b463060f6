from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from tools.site import api, docstrings, equations, faces, keras_pages

TOP = Path(__file__).resolve().parents[3]
#: Every package and module with public names of its own, by what says so.
STUBS = sorted(
    ".".join(stub.relative_to(TOP).parent.parts)
    for stub in TOP.glob("zoo/**/__init__.pyi")
)
LISTED = [
    "zoo.layers",
    "zoo.losses",
    "zoo.metrics",
    "zoo.inspection.symmetry",
    "registry",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("api")
    api.write(folder)
    return folder


@pytest.mark.parametrize("module", [*STUBS, *LISTED])
def test_every_public_name_has_an_entry_or_a_line(module: str, folder: Path) -> None:
    page = (folder / f"{module}.md").read_text()
    names = importlib.import_module(module).__all__
    assert names
    missing = [
        name
        for name in names
        if not re.search(rf"^`+\{{py:\w+\}} {name}(?=\(|$)", page, re.MULTILINE)
        and f'<span id="{module}.{name}"></span>' not in page
    ]
    assert missing == []


def test_every_architecture_has_an_entry(folder: Path) -> None:
    page = (folder / "zoo.architectures.md").read_text()
    assert "bpnet" in faces.builders()
    for name in faces.builders():
        assert f"### {name}\n\n```````{{py:function}} {name}(" in page


@pytest.mark.parametrize("module", [m for m in api._modules() if m != "zoo"])
def test_what_is_public_says_what_it_is(module: str, folder: Path) -> None:
    """An entry without text, but of a constant, is of no use."""
    page = (folder / f"{module}.md").read_text()
    entries = re.findall(r"^`{5,7}\{py:(\w+)\} (\w+).*\n(?::.*\n)*\n(.*)", page, re.M)
    assert [name for kind, name, text in entries if kind != "data" and not text] == []


def test_names_that_differ_in_case_alone_have_an_order() -> None:
    names = faces.public("registry")
    assert names.index("declaration") == names.index("Declaration") + 1


def test_names_lead_to_one_entry() -> None:
    assert api.canonical("zoo.predict") == "zoo.prediction.predict"
    assert api.canonical("zoo.interpretation.mutagenesis.saturation_mutagenesis") == (
        "zoo.interpretation.saturation_mutagenesis"
    )
    assert api.canonical("zoo.data.Examples.batches") == "zoo.data.Examples.batches"
    assert api.canonical("zoo.no_such_name") == "zoo.no_such_name"


def test_a_docstring_becomes_text_fields_and_an_equation() -> None:
    made = docstrings.markdown(
        """One line with *two* stars, x < y and `a * b`.

        y_i = x_i, said in words; below as an equation:

            y = sum_i W_ij x_i

        Args:
            x: (batch, length, 4), one-hot
                in two lines.
            *names: Of outputs.

        Returns:
            (2, length) values.

        Source:
            A paper, doi:10.1038/s41588-021-00782-6; arXiv:1202.10054.
        """
    )
    assert made == (
        "One line with \\*two\\* stars, x \\< y and `a * b`.\n\n"
        "y_i = x_i, said in words; below as an equation:\n\n"
        '<pre class="equation"><i>y</i> = ∑<sub><i>i</i></sub> '
        "<i>W</i><sub><i>ij</i></sub> <i>x</i><sub><i>i</i></sub></pre>\n\n"
        ":Args:\n"
        "  - `x`: `(batch, length, 4)`, one-hot\n    in two lines.\n"
        "  - `*names`: Of outputs.\n\n"
        ":Returns:\n  `(2, length)` values.\n\n"
        ":Source:\n  A paper, [doi:10.1038/s41588-021-00782-6]"
        "(https://doi.org/10.1038/s41588-021-00782-6); "
        "[arXiv:1202.10054](https://arxiv.org/abs/1202.10054)."
    )


@pytest.mark.parametrize(
    ("block", "made"),
    [
        ("P_{i-1}(k)", "<i>P</i><sub><i>i</i>−1</sub>(<i>k</i>)"),  # noqa: RUF001
        ("sigma^2 <= a", "σ<sup>2</sup> ≤ <i>a</i>"),  # noqa: RUF001
        ("x'[i] = x[i - s]", "<i>x′</i>[<i>i</i>] = <i>x</i>[<i>i</i> − <i>s</i>]"),  # noqa: RUF001
        ('"sum"   a_(i + j)', '"sum"   <i>a</i><sub><i>i</i> + <i>j</i></sub>'),
        ("f < g & h", "<i>f</i> &lt; <i>g</i> &amp; <i>h</i>"),
        ("kernel_size >= w1 + gap", "kernel_size ≥ w1 + gap"),
    ],
)
def test_equations_are_set_as_in_print(block: str, made: str) -> None:
    assert equations.to_html(block) == made


@pytest.mark.parametrize(
    ("block", "is_one"),
    [
        ("y = T ln sum_i exp(s_i / T)", True),
        ("model.fit(x, y, epochs=8)", False),
        ("where = zoo.training.strategy()", False),
        ("epoch 3/20  loss 0.4213", False),
    ],
)
def test_code_is_no_equation(block: str, is_one: bool) -> None:
    assert equations.is_equation(block) is is_one


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("keras.Model", "models/model/"),
        ("keras.layers.Conv1D", "layers/convolution_layers/convolution1d/"),
        ("keras.ops.softmax", "ops/"),
        ("keras.optimizers.schedules.Other", "optimizers/learning_rate_schedules/"),
    ],
)
def test_names_of_keras_lead_to_its_pages(name: str, page: str) -> None:
    assert keras_pages.address(name) == f"https://keras.io/api/{page}"


@pytest.mark.parametrize("name", ["keras.json", "keras.no_module.x", "kerasx.Model"])
def test_what_keras_does_not_document_has_no_page(name: str) -> None:
    assert keras_pages.address(name) is None
