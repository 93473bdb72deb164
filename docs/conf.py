"""Sphinx configuration: every page that shows a number runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / ".ns"), str(HERE / "_extensions")]
# The gallery and the notebooks run in processes of their own, which must find the checkout too.
os.environ["PYTHONPATH"] = os.pathsep.join([*sys.path[:2], os.environ.get("PYTHONPATH", "")])

project = "Quantal"
author = "The Quantal authors"
copyright = "2026, The Quantal authors"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
    "mathml",
    "registries",
]
exclude_patterns = [
    "_build",
    "gallery_src",
    "reference/generated",
    "**/*.ipynb",
    "jupyter_execute",
]
html_theme = "furo"
html_title = "Quantal"
html_static_path = ["_static"]
html_css_files = ["quantal.css"]
html_math_renderer = "mathml"

nb_execution_mode = "force"
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_output_stderr = "remove"
nb_ipywidgets_js = {}  # no page has widgets, and their scripts would come from elsewhere
myst_enable_extensions = ["attrs_block", "colon_fence", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
napoleon_numpy_docstring = True

sphinx_gallery_conf = {
    "examples_dirs": "gallery_src",
    "gallery_dirs": "gallery",
    "filename_pattern": "plot_",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "remove_config_comments": True,
    "write_computation_times": False,  # its page takes scripts from other servers
}
suppress_warnings = ["config.cache"]
