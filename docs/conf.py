"""How Sphinx makes the site: `python -m sphinx -W --keep-going -b html docs site`.

What is not a page of docs/ is written at build by the modules of `tools.site`.
"""

import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP))

project = "seqzoo"
author = "the authors of seqzoo"
copyright = f"{author}, Apache-2.0"
language = "en"

root_doc = "index"
smartquotes = False
exclude_patterns = ["examples", "data", "images"]
extensions = ["myst_parser", "sphinx.ext.viewcode", "tools.site.extension"]

myst_enable_extensions = ["dollarmath", "deflist", "fieldlist"]
myst_heading_anchors = 4
myst_links_external_new_tab = False

# Names of classes in signatures without their rooms; one argument per line if long.
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = "seqzoo"
html_static_path = ["_static"]
html_favicon = "_static/icon.svg"
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_math_renderer = "mathml"
# Summaries are fetched, which a browser refuses to pages of a folder.
html_show_search_summary = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
