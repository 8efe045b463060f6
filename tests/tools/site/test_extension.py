from __future__ import annotations

import pytest
from docutils import nodes

pytest.importorskip("sphinx")

from tools.site import extension

SPACE = '<mspace width="0.1667em"></mspace>'


@pytest.mark.parametrize(
    ("latex", "spaces"),
    [
        (r"y \ln(p)", 1),
        (r"\sum_b p_b\log_2 p_b", 1),
        (r"\frac{1}{n} \exp(x)", 1),
        (r"\ln(p)", 0),
        (r"\frac{\ln a}{\max(a, b)}", 0),
        (r"a + \ln(b)", 0),
        (r"2 \lnot a", 0),
    ],
)
def test_functions_stand_apart_from_what_is_before(latex: str, spaces: int) -> None:
    made = extension._mathml(nodes.math("", latex), block=False)
    assert made.count(SPACE) == spaces


def test_parentheses_have_four_sizes() -> None:
    made = extension._mathml(nodes.math("", r"\big( a \Big)"), block=False)
    assert made.count("<mo") >= 2
    assert "big" not in made.lower()


def test_a_telephone_breaks_the_name_of_a_room() -> None:
    body = "<h1>zoo.layers<a>zoo.layers</a></h1>"
    for page, name in (("api/zoo.layers", "zoo.<wbr>layers"), ("a", "zoo.layers")):
        context = {"body": body}
        extension._break_title(None, page, "page.html", context, None)
        assert context["body"] == f"<h1>{name}<a>zoo.layers</a></h1>"
