from __future__ import annotations

import re
from pathlib import Path

import registry
from tools.model_table import table

README = (Path(__file__).resolve().parent.parent / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_table_is_that_of_the_releases() -> None:
    shown = README.partition("<!-- model table -->\n")[2]
    assert shown.partition("<!-- end of model table -->")[0] == table()


def test_the_ten_lines_of_use_run() -> None:
    (code,) = blocks("python")
    names: dict = {}
    exec(compile(code, "README.md", "exec"), names)
    assert names["model"].output_shape == (None, 3)
    try:
        assert registry.find_architecture("my_net").provider == "session"
    finally:
        registry.architectures._session.pop("my_net")


def test_the_files_it_names_exist() -> None:
    top = Path(__file__).resolve().parent.parent
    for path in re.findall(r"\]\(([^)#:]+)\)|(?<=--fasta )(zoo/\S+)", README):
        assert (top / "".join(path)).exists(), path
