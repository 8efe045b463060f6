"""Runs the documentation: every block of every page, from top to bottom.

Pages are those of docs/ and the chapters of docs/course/.

The blocks of a page share one namespace and one temporary folder. By its info string
a block is

    python          executed
    text            what the block before it printed
    console         shell commands; those of seqzoo are run, and what is shown below
                    them is what they printed
    LANGUAGE FILE   written to FILE

`UPDATE_DOCS_IMAGES=1 python -m pytest tests/docs` writes docs/images anew.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import re
import shlex
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from registry import architectures
from tests.browser import CHROMIUM
from tools.site.blocks import BLOCK, Block, blocks, commands
from zoo import cli

TOP = Path(__file__).resolve().parents[2]
DOCS = TOP / "docs"
COURSE = DOCS / "course"
PAGES = sorted([*DOCS.glob("*.md"), *COURSE.glob("*.md")])
# More than five seconds of one core each, mostly for training.
LONG = {
    "01_encodings",
    "04_receptive_field",
    "05_dilation",
    "07_downsampling",
    "08_reverse_complement",
    "09_filters_to_motifs",
    "12_objectives",
    "13_trade_offs",
    "checkpoints",
    "chrombpnet",
    "classics",
    "convert",
    "design",
    "distribute",
    "doctor",
    "ensembles",
    "export",
    "fine_tune",
    "index",
    "losses",
    "multi_modal",
    "mutagenesis",
    "register",
    "report",
    "symmetry",
    "train",
    "transfer",
    "tune",
    "yeast_factors",
}
MAX_IMAGE_BYTES = 60_000
BROWSED = {"report"}  # their pictures are what a browser shows

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
NUMBER = re.compile(r"-?\d+\.\d+")


def name_of(page: Path) -> str:
    """`predict`, `01_encodings`; that of the list of the course is `course`."""
    return "course" if page == COURSE / "README.md" else page.stem


def check_output(shown: str, received: str) -> None:
    """What a page shows is what was printed.

    "..." stands for anything, and numbers with a decimal point need to agree only to
    the digits shown.
    """
    pattern, numbers = "", []
    for part in re.split(r"(\.\.\.|-?\d+\.\d+|\s+)", shown.strip()):
        if part == "...":
            pattern += ".*?"
        elif NUMBER.fullmatch(part):
            pattern += r"(-?\d+\.\d+(?:e[-+]\d+)?)"
            numbers.append(part)
        else:
            pattern += re.escape(part) if part.strip() else r"\s+" * bool(part)
    found = re.fullmatch(pattern, received.strip(), re.DOTALL)
    assert found, f"shown:\n{shown}\nreceived:\n{received}"
    for number, value in zip(numbers, found.groups(), strict=True):
        last_digit = 10.0 ** -len(number.partition(".")[2])
        assert float(value) == pytest.approx(float(number), abs=last_digit), received


class Reader:
    """A reader who types in what a page says."""

    def __init__(self, page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.page = page
        self.monkeypatch = monkeypatch
        self.namespace: dict[str, Any] = {"__name__": page.stem}
        self.printed = ""

    def read(self, block: Block) -> None:
        if block.file:
            path = Path(block.file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            # Empty lines in front, so that a traceback gives the line of the page.
            code = compile("\n" * block.line + block.text, str(self.page), "exec")
            with self.prints():
                exec(code, self.namespace)
        elif block.language == "text":
            check_output(block.text, self.printed)
        elif block.language == "console":
            for command, shown in commands(block.text):
                self.run(command, shown)
        else:
            raise AssertionError(f"{self.page}: line {block.line}: what is this block?")

    def run(self, command: str, shown: str) -> None:
        words = shlex.split(command, comments=True)
        if words[:2] == ["pip", "install"] and words[2].startswith("./"):
            install(Path(words[2]), self.monkeypatch)
        elif words[0] != "seqzoo":
            # Not run, but the options that it gives to seqzoo must exist.
            for part in command.split("|"):
                if part.split()[0] == "seqzoo":
                    cli.parser().parse_args(shlex.split(part.partition(">")[0])[1:])
        else:
            assert not {"|", "<", ">"} & set(words), f"needs a shell: {command}"
            with self.prints():
                status = cli.main(words[1:])
            assert status == (cli.ERROR if "seqzoo: error:" in shown else 0), (
                self.printed
            )
            if shown:
                check_output(shown, self.printed)

    @contextlib.contextmanager
    def prints(self) -> Iterator[None]:
        with (
            io.StringIO() as output,
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
        ):
            yield
            self.printed = output.getvalue()


def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a package known as pip does, without pip: its metadata and its path."""
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    name, version = project["name"], project["version"]
    metadata = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
    lines = [
        line
        for group, points in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{k} = {v}" for k, v in points.items()))
    ]
    (metadata / "entry_points.txt").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(folder.resolve())
    importlib.invalidate_caches()


@pytest.fixture
def reader_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current folder; what the page registers and imports goes with it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(architectures, "_session", {})
    import matplotlib as mpl

    mpl.use("Agg")
    yield tmp_path
    from matplotlib import pyplot

    pyplot.close("all")
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(
            page,
            id=name_of(page),
            marks=[
                *[pytest.mark.slow] * (name_of(page) in LONG),
                pytest.mark.skipif(
                    page.stem in BROWSED and CHROMIUM is None, reason="no Chromium"
                ),
            ],
        )
        for page in PAGES
    ],
)
def test_every_block_runs(
    page: Path, reader_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(page, monkeypatch)
    with mock.patch.dict(os.environ):  # what a page sets ends with it
        for block in blocks(page):
            reader.read(block)
    for image in images(page):
        made = reader_folder / image.name
        assert made.is_file(), f"{page.name} shows {image.name} but does not make it"
        assert made.stat().st_size < MAX_IMAGE_BYTES
        if os.environ.get("UPDATE_DOCS_IMAGES"):
            image.parent.mkdir(exist_ok=True)
            shutil.copy(made, image)


def test_long_pages_exist() -> None:
    assert {name_of(page) for page in PAGES} >= LONG


def images(page: Path) -> list[Path]:
    found = re.findall(r"!\[[^\]]+\]\(((?:\.\./)?images/[^)]+)\)", page.read_text())
    return [(page.parent / path).resolve() for path in found]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_page_has_an_example_and_a_picture(page: Path) -> None:
    if page.name == "README.md":
        linked = {page.parent / target for target in LINK.findall(page.read_text())}
        beside = {p for p in PAGES if p.parent == page.parent and p != page}
        assert beside <= linked
        assert page.parent != DOCS or COURSE / "README.md" in linked
        return
    assert any(block.language == "python" for block in blocks(page))
    assert images(page)
    for image in images(page):
        assert image.stat().st_size < MAX_IMAGE_BYTES


@pytest.mark.parametrize("page", [*sorted(TOP.glob("*.md")), *PAGES], ids=name_of)
def test_links_lead_to_files(page: Path) -> None:
    targets = LINK.findall(re.sub(BLOCK, "", page.read_text(encoding="utf-8")))
    assert [t for t in targets if not (page.parent / t).exists()] == []


@pytest.mark.parametrize(
    ("shown", "received", "equal"),
    [
        ("a 0.52", "a   0.5249\n", True),
        ("a 0.52", "a 0.54", False),
        ("a 1.00 ... z", "a 1.0 2 3 z", True),
        ("a 9.7e-05", "a 9.71e-05", True),
        ("a\nb", "a\n  b", True),
        ("a", "a b", False),
        ("1 record", "2 record", False),
    ],
)
def test_output_is_compared_as_shown(shown: str, received: str, equal: bool) -> None:
    if equal:
        check_output(shown, received)
    else:
        with pytest.raises(AssertionError):
            check_output(shown, received)
