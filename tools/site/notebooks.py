"""The chapters of the course as notebooks, made from their pages.

python -m tools.site.notebooks --out notebooks
"""

from __future__ import annotations

import argparse
import re
import shlex
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools.site.blocks import BLOCK, Block, commands

COURSE = Path(__file__).resolve().parents[2] / "docs" / "course"
SETUP = """*This notebook is a chapter of the course of seqzoo. It needs Python 3.11 or
newer, seqzoo with a backend and matplotlib: in a folder with the source of seqzoo,*
`pip install ".[cpu,report,motifs]"`*. Run it from top to bottom, then change it.*"""
PICTURE = re.compile(r"!\[([^\]]+)\]\([^)]+\)")
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:|mailto:|#)([^)\s]+)\)")


def write(folder: Path) -> None:
    """Writes a notebook of each chapter, under the name of its page, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for page in sorted(COURSE.glob("[0-9]*.md")):
        nbformat.write(notebook(page), folder / f"{page.stem}.ipynb")


def notebook(page: Path) -> NotebookNode:
    """A page as a notebook, without outputs.

    Python blocks become cells as they are; the output that the page shows stays below
    them as text, to compare with. Commands of seqzoo are run by the kernel's own
    Python, others are shown only. Pictures are left to the cells that draw them, with
    what the page says about them; links to pages outside the course keep their words.
    """
    content = page.read_text(encoding="utf-8")
    cells, end = [new_markdown_cell(SETUP)], 0
    for found in BLOCK.finditer(content):
        cells += _prose(content[end : found.start()])
        cells += _cells(Block(0, *found.groups()))
        end = found.end()
    cells += _prose(content[end:])
    for number, cell in enumerate(cells):  # not random: equal pages, equal notebooks
        cell["id"] = f"cell-{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def run(made: NotebookNode, folder: Path) -> None:
    """Runs a notebook in a kernel of its own, in a folder; outputs go into its cells.

    Raises:
        CellExecutionError: A cell raised an error, which it tells.
    """
    from nbclient import NotebookClient

    where = {"metadata": {"path": str(folder)}}
    NotebookClient(made, timeout=600, resources=where).execute()


def _prose(text: str) -> Iterator[NotebookNode]:
    text = LINK.sub(_link, PICTURE.sub(r"*\1.*", text)).strip()
    if text:
        yield new_markdown_cell(text)


def _link(found: re.Match[str]) -> str:
    words, target = found.groups()
    page, hash_, place = target.partition("#")
    if "/" in page or not page[:1].isdigit():
        return words
    return f"[{words}]({page.removesuffix('.md')}.ipynb{hash_}{place})"


def _cells(block: Block) -> Iterator[NotebookNode]:
    text = block.text.rstrip("\n")
    if block.file:
        yield new_code_cell(f"%%writefile {block.file}\n{text}")
    elif block.language == "python":
        yield new_code_cell(text)
    elif block.language == "console":
        for command, shown in commands(block.text):
            words = shlex.split(command)
            if words[0] == "seqzoo" and not {"|", "<", ">"} & set(words):
                rest = command.strip().removeprefix("seqzoo")
                yield new_code_cell(f"import sys\n\n!{{sys.executable}} -m zoo{rest}")
                if shown.strip():
                    yield _shown(shown.rstrip("\n"))
            else:
                yield new_markdown_cell(f"```console\n$ {command}\n{shown}```")
    else:
        yield _shown(text)


def _shown(text: str) -> NotebookNode:
    return new_markdown_cell(f"It prints:\n\n```text\n{text}\n```")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="a folder")
    parser.add_argument("--run", action="store_true", help="run them, too")
    arguments = parser.parse_args()
    write(arguments.out)
    for path in sorted(arguments.out.glob("*.ipynb")) if arguments.run else ():
        started = time.monotonic()
        made = nbformat.read(path, as_version=4)
        run(made, arguments.out)
        nbformat.write(made, path)
        print(f"{path.name}: {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
