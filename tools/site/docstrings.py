"""Docstrings in Google's form -> Markdown as MyST reads it.

The text is Markdown already: code in backticks, tables, lists. Indented blocks are
equations or code; sections become fields, their entries lists.
"""

from __future__ import annotations

import inspect
import re
import textwrap

from tools.site import equations

SECTION = re.compile(r"^([A-Z][\w ]{2,80}):\n(?=(?:    |\n    ))", re.MULTILINE)
ENTRY = re.compile(r"([*\w.\[\]\"/]+(?:, [*\w.\"]+)*): +(?=\S)")
#: A shape at the beginning of what is said of an array: (batch, length, 4).
SHAPE = re.compile(r"^((?:\w+ )?)(\((?:[^()`]*, ?[^()`]*|\w+,)\))(?=[\s,.:;]|$)")
PAPERS = {
    r"doi:(10\.[^\s,;)]*[^\s,;).:])": "https://doi.org/",
    r"arXiv:(\d{4}\.\d{4,5})": "https://arxiv.org/abs/",
}
#: Sections whose text is no list of names.
PROSE = {"Source", "Example", "Equation"}


def markdown(docstring: str | None) -> str:
    """The docstring as Markdown, or "" if there is none."""
    if not docstring:
        return ""
    text = inspect.cleandoc(docstring)
    prose, *rest = SECTION.split(text)
    parts = [_text(prose)]
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        inside, outside = _indented(body)
        parts.append(_section(title, inside))
        if outside:  # goes on behind the section
            parts.append(_text(outside))
    return "\n\n".join(filter(None, parts))


def _indented(body: str) -> tuple[str, str]:
    """What belongs to a section, without its indentation, and what follows it."""
    lines = body.split("\n")
    end = next(
        (i for i, line in enumerate(lines) if line and not line.startswith(" ")),
        len(lines),
    )
    return textwrap.dedent("\n".join(lines[:end])).strip("\n"), "\n".join(lines[end:])


def _section(title: str, body: str) -> str:
    entries = [] if title in PROSE else _entries(body)
    if not entries:
        made = _text(_shape(body))
    else:
        made = "\n".join(
            f"- `{name}`: " + textwrap.indent(_text(_shape(text)), "  ").lstrip()
            if name
            else _text(text).strip() + "\n"
            for name, text in entries
        )
    return f":{title}:\n" + textwrap.indent(made, "  ")


def _entries(body: str) -> list[tuple[str, str]]:
    """Names and what is said of each; text without a name has "" for it."""
    found: list[tuple[str, list[str]]] = []
    for line in body.split("\n"):
        entry = ENTRY.match(line)
        if entry:
            found.append((entry.group(1), [line[entry.end() :]]))
        elif found and (not line or line.startswith("    ")):
            found[-1][1].append(line)
        else:
            if not found or found[-1][0]:
                found.append(("", []))
            found[-1][1].append(line)
    if all(not name for name, _ in found):
        return []
    return [(name, inspect.cleandoc("\n".join(lines))) for name, lines in found]


def _shape(text: str) -> str:
    return SHAPE.sub(r"\1`\2`", text)


def _text(text: str) -> str:
    """Markdown whose indented blocks are marked as equations or code."""
    parts: list[tuple[bool, list[str]]] = [(False, [])]  # is it a block, its lines
    in_list = False
    for line in text.strip("\n").split("\n"):
        inside, lines = parts[-1]
        if not line.strip():
            lines.append(line)
            continue
        block = line.startswith("    ") and not in_list
        if block != inside:
            parts.append((block, []))
        parts[-1][1].append(line)
        if not line.startswith(" "):
            in_list = bool(re.match(r"([-*]|\d+\.) ", line))
    made = []
    for block, lines in parts:
        part = textwrap.dedent("\n".join(lines)) if block else "\n".join(lines)
        made.append((_block if block else _escaped)(part.strip("\n")))
    return "\n\n".join(filter(None, made))


def _block(block: str) -> str:
    if equations.is_equation(block):
        inner = equations.to_html(block)
        return f'<pre class="equation">{inner}</pre>'
    language = "python" if re.search(r"\w\(.*\)|\bimport\b", block) else "text"
    return f"```{{code-block}} {language}\n\n{block}\n```"


def _escaped(text: str) -> str:
    """`*`, `<`, `$`, `[` and a leading `_` outside of code stand for themselves."""
    parts = text.split("`")
    for i in range(0, len(parts), 2):
        parts[i] = re.sub(r"([*<$\[\]~])|(?<!\w)(_)", r"\\\1\2", parts[i])
        for pattern, place in PAPERS.items():
            parts[i] = re.sub(pattern, rf"[\g<0>]({place}\1)", parts[i])
    return "`".join(parts)
