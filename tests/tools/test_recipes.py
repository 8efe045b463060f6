import re
from pathlib import Path

import pytest

from tools import datasets
from zoo import training

RECIPES = sorted((Path(__file__).parents[2] / "tools" / "recipes").glob("*.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_makes_the_release_of_its_name_from_a_table_of_ours(path):
    config = training.read_config(path)
    assert config.name == path.stem
    assert config.run_folder.parent == path.parent / "../../work/runs"
    table = config.path(config.data.path)
    assert table.parent == path.parent / "../../work/data"
    # Of a window of another length, the table's name says the length.
    dataset = re.sub(r"_\d+bp$", "", table.name.removesuffix(".tsv.gz"))
    assert dataset in datasets.NAMES
    # Two lines that make the table and the release, as in the file's first lines.
    commands = path.read_text().splitlines()[1:3]
    assert commands[0].startswith(f"#   python -m tools.datasets {dataset} ")
    assert commands[1] == f"#   seqzoo train tools/recipes/{path.name}"
    release = config.release
    assert release and release.training_data.split and release.training_data.licence
    symmetric = release.symmetry != "none"
    assert symmetric or not config.training.reverse_complement
