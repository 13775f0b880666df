"""Names of pages and documents in the report."""

import re
from pathlib import Path

import pytest
import yaml
from conftest import REPOSITORY
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from cipslib.utils.errors import UserError
from replication.report.links import link_names, linked

PAGES = ["03-quality"]


def test_pages_are_links_and_documents_have_their_title(tmp_path: Path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "protocol.md").write_text("# How it is done\n\nWords.\n")
    assert linked("See `03-quality`, `99-other`.", PAGES, tmp_path) == (
        "See [](03-quality), `99-other`."
    )
    assert linked("By `docs/protocol.md`.", PAGES, tmp_path) == (
        "By *How it is done* (`docs/protocol.md` in the repository)."
    )
    with pytest.raises(UserError, match=r"docs/other\.md"):
        linked("By `docs/other.md`.", PAGES, tmp_path)


def test_text_captions_and_printed_words_are_linked_and_code_is_not(tmp_path: Path):
    name = "`03-quality`"
    printed = new_output("display_data", {"text/markdown": name})
    figure = {"mystnb": {"figure": {"caption": name}}}
    code = new_code_cell(f"# {name}", outputs=[printed], metadata=figure)
    notebook = new_notebook(cells=[new_markdown_cell(name), code])
    link_names(notebook, PAGES, tmp_path)
    words, shown = notebook.cells
    assert words.source == shown.metadata["mystnb"]["figure"]["caption"] == "[](03-quality)"
    assert shown.outputs[0]["data"]["text/markdown"] == "[](03-quality)"
    assert shown.source == f"# {name}"


def test_the_report_depends_on_the_documents_that_notebooks_name():
    notebooks = (REPOSITORY / "notebooks").glob("[0-9][0-9]-*.ipynb")
    named = {name for path in notebooks for name in re.findall(r"docs/\w+\.md", path.read_text())}
    stages = yaml.safe_load((REPOSITORY / "dvc.yaml").read_text())["stages"]
    assert named and named <= {*stages["report"]["deps"]}
