from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tools.site.blocks import blocks

nbformat = pytest.importorskip("nbformat")

from tools.site import notebooks  # noqa: E402

CHAPTERS = sorted(notebooks.COURSE.glob("[0-9]*.md"))


def sources(notebook: nbformat.NotebookNode, kind: str) -> list[str]:
    return [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == kind]


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_a_chapter_is_a_valid_notebook(page: Path) -> None:
    made = notebooks.notebook(page)
    nbformat.validate(made)
    code = [b.text.rstrip("\n") for b in blocks(page) if b.language == "python"]
    assert [text for text in sources(made, "code") if text in code] == code
    prose = "\n".join(sources(made, "markdown"))
    for target in re.findall(r"\]\(([^)]+)\)", prose):
        if not target.startswith("http"):
            assert target.partition("#")[0][:-6] in {p.stem for p in CHAPTERS}, target


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
def test_a_chapter_needs_what_is_installed_only(page: Path) -> None:
    """Neither tools/ nor tests/, nor files of the repository, are with pip's seqzoo."""
    for block in blocks(page):
        assert not re.search(r"(from|import) (tools|tests)\b", block.text)
        assert "../shared" not in block.text


def test_each_kind_of_block_becomes_its_cells(tmp_path: Path) -> None:
    page = tmp_path / "01_page.md"
    page.write_text(
        "# Title\n\nSee [two](02_more.md#part), [there](../predict.md).\n\n"
        "```python\nprint(1)\n```\n\n```text\n1\n```\n\n"
        "![A picture](../images/a.png)\n\n```toml a.toml\nx = 1\n```\n\n"
        "```console\n$ seqzoo list 'rc_*'\nrelease\n$ pip install \".[cpu]\"\n```\n"
    )
    setup, prose, code, printed, picture, file, command, shown, other = [
        cell["source"] for cell in notebooks.notebook(page)["cells"]
    ]
    assert "pip install" in setup
    assert prose == "# Title\n\nSee [two](02_more.ipynb#part), there."
    assert code == "print(1)"
    assert printed == "It prints:\n\n```text\n1\n```"
    assert picture == "*A picture.*"
    assert file == "%%writefile a.toml\nx = 1"
    assert command == "import sys\n\n!{sys.executable} -m zoo list 'rc_*'"
    assert "release" in shown
    assert other == '```console\n$ pip install ".[cpu]"\n```'


def test_equal_pages_give_equal_notebooks(tmp_path: Path) -> None:
    for name in ("one", "other"):
        notebooks.write(tmp_path / name)
    made = sorted((tmp_path / "one").iterdir())
    assert [path.stem for path in made] == [page.stem for page in CHAPTERS]
    for path in made:
        assert path.read_bytes() == (tmp_path / "other" / path.name).read_bytes()
        assert json.loads(path.read_text())["nbformat"] == 4


@pytest.mark.slow
@pytest.mark.parametrize("name", ["02_filters", "08_reverse_complement"])
def test_a_notebook_runs_from_top_to_bottom(name: str, tmp_path: Path) -> None:
    """As CI does with two, and `--run` with all of them before a release."""
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    made = notebooks.notebook(notebooks.COURSE / f"{name}.md")
    notebooks.run(made, tmp_path)
    outputs = [output for cell in made["cells"] for output in cell.get("outputs", ())]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert any("image/png" in output.get("data", {}) for output in outputs)
