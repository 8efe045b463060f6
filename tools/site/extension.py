"""What the site asks of Sphinx beyond its own: a Sphinx extension, see docs/conf.py."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from tools.site import api, gallery, keras_pages, notebooks, pages

logger = logging.getLogger(__name__)
#: The place of a function of LaTeX behind a letter, a digit or what is closed.
OPERATOR = re.compile(r"(?<=[\w})\]])(?= *\\(?:exp|ln|log|max|min|Pr)(?![a-zA-Z]))")


def setup(app: Sphinx) -> dict[str, Any]:
    mathml = (_inline_math, None), (_block_math, None)
    app.add_html_math_renderer("mathml", *mathml)
    app.add_post_transform(LinkedNames)
    app.connect("builder-inited", _write_pages)
    app.connect("build-finished", _write_notebooks)
    app.connect("source-read", _read)
    app.connect("html-page-context", _lead_back)
    app.connect("html-page-context", _break_title)
    app.connect("missing-reference", _keras)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _write_pages(app: Sphinx) -> None:
    """Pages that are not in git, into folders beside those that are."""
    docs = Path(app.srcdir)
    pages.write(docs / pages.REPOSITORY)
    api.write(docs / "api")
    gallery.write(docs / "gallery")


def _write_notebooks(app: Sphinx, exception: Exception | None) -> None:
    """The chapters of the course as notebooks, beside their pages."""
    if exception is None:
        notebooks.write(Path(app.outdir) / "course")


def _read(app: Sphinx, docname: str, source: list[str]) -> None:
    source[0] = pages.read(docname, source[0])


def _lead_back(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """From a source to the entries of what it defines, also where these have two pages.

    viewcode takes the room of the first entry for that of all.
    """
    objects = app.env.domains.python_domain.objects

    def place(found: re.Match[str]) -> str:
        page, name = found[2], found[3]
        parts = name.split(".")
        names = (name, *(f"{page}.{'.'.join(parts[-n:])}" for n in (1, 2)))
        return found[1] + next((each for each in names if each in objects), name)

    if pagename.startswith("_modules/"):
        link = r'(href="[./]*api/([\w.]+)\.html#)([\w.]+)'
        context["body"] = re.sub(link, place, context["body"])


def _break_title(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """A telephone breaks the name of a room behind a dot."""
    if pagename.startswith("api/"):
        title = re.compile(r"(?<=<h1>)[\w.]+")
        context["body"] = title.sub(
            lambda found: found[0].replace(".", ".<wbr>"), context["body"]
        )


def _inline_math(translator: Any, node: nodes.math) -> None:
    translator.body.append(_mathml(node, block=False))
    raise nodes.SkipNode


def _block_math(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="equation">{_mathml(node, block=True)}</div>')
    raise nodes.SkipNode


def _mathml(node: nodes.Element, *, block: bool) -> str:
    r"""LaTeX as MathML.

    Its writer has \bigl( and \bigr) in four sizes, no \big(, and sets \ln and its
    like close to what stands before.
    """
    latex = re.sub(r"\\(big|Big|bigg|Bigg)(?![a-zA-Z])", r"\\\1l", node.astext())
    latex = OPERATOR.sub(r"\,", latex)
    try:
        return str(tex2mathml(latex, as_block=block))
    except MathError as error:
        logger.warning("LaTeX: %s", error, location=node)
        return html.escape(latex)


def _keras(app: Sphinx, env: Any, node: Any, content: nodes.Node) -> Any:
    """A name of Keras leads to its page there."""
    address = keras_pages.address(node.get("reftarget", ""))
    if address is None:
        return None
    return nodes.reference("", "", content, refuri=address, internal=False)


class LinkedNames(SphinxPostTransform):
    """Names in code, such as `zoo.predict`, lead to the reference or to Keras."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        for literal in list(self.document.findall(nodes.literal)):
            parents = (nodes.reference, nodes.title)
            if isinstance(literal.parent, parents) or "xref" in literal["classes"]:
                continue
            name = literal.astext().partition("(")[0]
            if (link := self.link(name)) is not None:
                link += literal.deepcopy()
                literal.replace_self(link)

    def link(self, name: str) -> nodes.reference | None:
        made: nodes.reference | None = None
        if name.startswith("keras.") and (address := keras_pages.address(name)):
            made = nodes.reference("", "", refuri=address, internal=False)
        elif name.startswith(("zoo.", "registry.")):
            made = self.ours(name)
        return made

    def ours(self, name: str) -> nodes.reference | None:
        objects = self.env.domains.python_domain.objects
        full = api.canonical(name)
        if full not in objects:
            return None
        entry = objects[full]
        builder, here = self.app.builder, self.env.current_document.docname
        page = builder.get_relative_uri(here, entry.docname)
        return nodes.reference("", "", refuri=f"{page}#{entry.node_id}", internal=True)
