"""The documents: complete, and their links lead somewhere."""

import re
from pathlib import Path

import pytest
from conftest import REPOSITORY

DOCUMENTS = sorted(
    path for folder in (".", "docs", "data") for path in REPOSITORY.glob(f"{folder}/*.md")
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere_and_nothing_is_left_to_fill_in(document: Path):
    text = document.read_text()
    assert not re.search(r"@[A-Z]+@|TODO|FIXME", text)
    for target in re.findall(r"\]\(([^)#]+)", text):
        if not target.startswith("http"):
            assert (document.parent / target).exists(), target


def test_every_target_that_the_readme_names_exists():
    makefile = (REPOSITORY / "Makefile").read_text()
    named = set(re.findall(r"`make ([a-z]+)", (REPOSITORY / "README.md").read_text()))
    assert {"report", "test", "help"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
