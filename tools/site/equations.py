"""Equations as docstrings have them, in letters of a keyboard -> HTML.

`sum_i p_ib * log2(p_ib / q_b)` becomes what a book would print on one line: Greek
letters, operators, subscripts; variables of one letter in italics. Lines and spaces
stay where they are.
"""

from __future__ import annotations

import html
import re

GREEK = {
    **{"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε"},  # noqa: RUF001
    **{"lambda": "λ", "mu": "μ", "pi": "π", "sigma": "σ", "Phi": "Φ"},  # noqa: RUF001
}
SIGNS = {
    **{"sum": "∑", "prod": "∏", "sqrt": "√", "<=": "≤", ">=": "≥", "->": "→"},
    **{"*": "·", ".": "·", "-": "\N{MINUS SIGN}"},  # a dot with spaces around it
}
FUNCTION = "exp|ln|log2|log|max|min|mean|softmax|sum|prod|sqrt"
#: What an indented block has that is an equation and no code.
EQUATION = re.compile(rf" = |\b(?:{FUNCTION})\b|\^| \+ ")
CODE = re.compile(
    r"\b(?:zoo|model)\.|\bimport\b|FOLDER|\[ ?\d|\bepoch\b|: neither|free"
)
TOKEN = re.compile(
    r"(?P<quoted>\"[^\"]*\"|None\b)"
    r"|(?P<keyword>\b[a-z]\w+=\S+|\b[A-Za-z]{2,}(?:_[a-z]{3,})+)"
    r"|(?P<script>[_^](?:\([^()]*\)|\{[^{}]*\}|-?\w+|[+-]))"
    r"|(?P<word>[A-Za-z][A-Za-z0-9]*'?)"
    r"|(?P<sign><=|>=|->|(?<= )[*.](?= )|-)"
    r"|(?P<other>\s+|.)",
    re.DOTALL,
)


def is_equation(block: str) -> bool:
    return bool(EQUATION.search(block)) and not CODE.search(block)


def to_html(block: str) -> str:
    return "".join(_token(found) for found in TOKEN.finditer(block))


def _token(found: re.Match[str]) -> str:
    text, kind = found.group(), found.lastgroup
    if kind == "script":
        tag = "sub" if text[0] == "_" else "sup"
        inner = text[1:].strip("(){}") if text[1] in "({" else text[1:]
        return f"<{tag}>{_script(inner)}</{tag}>"
    if kind == "word":
        return _word(text)
    if kind == "sign":
        return SIGNS[text]
    return html.escape(text, quote=False)


def _word(word: str) -> str:
    if word in GREEK or word in SIGNS:
        return GREEK.get(word) or SIGNS[word]
    variable = len(word.rstrip("'")) == 1
    word = word.replace("'", "\N{PRIME}")
    return f"<i>{word}</i>" if variable else word


def _script(text: str) -> str:
    """A subscript `ib` is two indices; `start` is a word."""
    if re.fullmatch(r"[a-z]{2}", text):
        return f"<i>{text}</i>"
    return to_html(text)
