"""Pages as they stand in the repository -> pages of the site.

The order of the sidebar is that of docs/README.md. Links to Markdown files outside of
docs/ lead to copies of them, `repository/...`, as such files become pages as well.
"""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Callable
from pathlib import Path

from tools.site import equations
from tools.site.faces import TOP

DOCS = TOP / "docs"
#: Written at each build and ignored by git; of docs/, as all that Sphinx reads.
REPOSITORY = "repository"
GALLERY = "gallery/gallery"
OUTSIDE = ("CONTRIBUTING.md", "CHANGELOG.md", "zoo/samples/README.md")
CARDS = "pretrained/*/README.md"
#: An indented block that is no part of a list.
INDENTED = re.compile(r"(^[^\s\d*-].*\n\n)((?: {4}\S.*\n)+)(?=\n|\Z)", re.MULTILINE)
UNCOLORED = {"fasta", "tsv", "bed", "vcf"}  # Pygments does not know them

FENCE = re.compile(r"^(```+)([^\n]*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(\]\()(?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?")


def write(folder: Path) -> None:
    """Copies of the Markdown files that are not in docs/, into docs/repository/."""
    for file in [*(TOP / name for name in OUTSIDE), *TOP.glob(CARDS)]:
        copy = folder / file.relative_to(TOP)
        write_changed(copy, file.read_text(encoding="utf-8"))


def write_changed(path: Path, text: str) -> None:
    """Leaves a file alone that has this text, so that Sphinx does not read it again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def sections() -> dict[str, list[str]]:
    """The pages of docs/README.md under the bold titles of its lists."""
    text = (DOCS / "README.md").read_text(encoding="utf-8").partition("\n## ")[0]
    found: dict[str, list[str]] = {}
    for part in re.split(r"^\*\*(?=.*\*\*$)", text, flags=re.MULTILINE)[1:]:
        title, _, pages = part.partition("**\n")
        found[title] = re.findall(r"^- \[.*?\]\((.*?)\.md\)", pages, re.MULTILINE)
    return found


def toctree(*pages: str, caption: str = "") -> str:
    titled = f":caption: {caption}\n" * bool(caption)
    options = f":hidden:\n:glob:\n:maxdepth: 1\n{titled}"
    return f"\n```{{toctree}}\n{options}\n" + "\n".join(pages) + "\n```\n"


def contents() -> str:
    """The sidebar, as toctrees at the end of the first page."""
    made = [toctree("All pages <README>", GALLERY, "api/index")]
    for title, pages in sections().items():
        inside = [_moved(f"{page}.md", "index").removesuffix(".md") for page in pages]
        made.append(toctree(*inside, caption=title))
    more = [f"{REPOSITORY}/{name.removesuffix('.md')}" for name in OUTSIDE]
    unlisted = [page for page in more if not any(page in part for part in made)]
    return "".join([*made, toctree(*unlisted, caption="The repository")])


def read(docname: str, text: str) -> str:
    """The source of a page as Sphinx is to read it."""
    text = _outside_blocks(text, lambda prose: LINK.sub(_link(docname), prose))
    text = _outside_blocks(text, lambda prose: INDENTED.sub(_equation, prose))
    text = FENCE.sub(_block, text)
    if docname == "index":
        text += contents()
    elif docname == "course/README":
        text += toctree("[0-9]*")
    elif docname == GALLERY:
        text += toctree(f"/{REPOSITORY}/{CARDS.removesuffix('.md')}")
    elif re.match(r"course/\d", docname):
        notebook = f"{docname.partition('/')[2]}.ipynb"
        link = f'<a href="{notebook}" download>Download this chapter as a notebook</a>'
        title, _, rest = text.partition("\n")
        text = f'{title}\n\n<p class="download">{link}</p>\n{rest}'
    return text


def _outside_blocks(text: str, change: Callable[[str], str]) -> str:
    """Text with its prose changed, and its code blocks left alone."""
    made, end = [], 0
    for block in FENCE.finditer(text):
        made += [change(text[end : block.start()]), block.group()]
        end = block.end()
    return "".join([*made, change(text[end:])])


def _equation(found: re.Match[str]) -> str:
    before, block = found.groups()
    if not equations.is_equation(block):
        return found.group()
    inner = equations.to_html(textwrap.dedent(block).rstrip())
    return f'{before}<pre class="equation">{inner}</pre>\n'


def _link(docname: str) -> Callable[[re.Match[str]], str]:
    return lambda found: found[1] + _moved(found[2], docname, found[3] or "")


def _moved(target: str, docname: str, anchor: str = "") -> str:
    """The target of a link of a page, from where the page is on the site."""
    here = DOCS / docname
    source = TOP / Path(docname).relative_to(REPOSITORY) if _is_copy(docname) else here
    file = Path(os.path.normpath(source.parent / target))
    if not file.exists() or (file.is_relative_to(DOCS) and here == source):
        return target + anchor
    if file == TOP / "README.md":  # the gallery has its table of releases
        file, anchor = DOCS / (f"{GALLERY}.md" if anchor else "index.md"), ""
    elif file.suffix == ".md" and not file.is_relative_to(DOCS):
        file = DOCS / REPOSITORY / file.relative_to(TOP)
    return os.path.relpath(file, here.parent) + anchor


def _is_copy(docname: str) -> bool:
    return docname.startswith(f"{REPOSITORY}/")


def _block(found: re.Match[str]) -> str:
    """A block that is a file says its name; output does not look like code."""
    fence, info, code = found.groups()
    language, _, file = info.partition(" ")
    if language in UNCOLORED:
        language = "text"
    if file and not language.startswith("{"):
        return f"{fence}{{code-block}} {language}\n:caption: {file}\n\n{code}{fence}"
    if info == "text":
        return f"{fence}{{code-block}} text\n:class: output\n\n{code}{fence}"
    return found.group()
