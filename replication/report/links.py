"""Names of pages and of documents in the notebooks' text, as a reader of the report can follow."""

import re
from collections.abc import Collection
from pathlib import Path

from nbformat import NotebookNode

from cipslib.utils.errors import UserError

PAGE = re.compile(r"`(\d\d-[a-z0-9-]+)`")
DOCUMENT = re.compile(r"`(docs/[a-z]+\.md)`")


def link_names(notebook: NotebookNode, pages: Collection[str], root: Path) -> None:
    """In place: text, captions and printed Markdown of an executed notebook; ``root`` has docs/.

    Raises UserError if a document that is named does not exist.
    """
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = linked(cell.source, pages, root)
            continue
        figure = cell.metadata.get("mystnb", {}).get("figure", {})
        if "caption" in figure:
            figure["caption"] = linked(figure["caption"], pages, root)
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if "text/markdown" in data:
                data["text/markdown"] = linked(data["text/markdown"], pages, root)


def linked(text: str, pages: Collection[str], root: Path) -> str:
    """`NN-page` is a link with the page's title, `docs/name.md` the document's title and place."""

    def page(found: re.Match[str]) -> str:
        return f"[]({found[1]})" if found[1] in pages else found[0]

    def document(found: re.Match[str]) -> str:
        return f"*{title(root / found[1])}* (`{found[1]}` in the repository)"

    return DOCUMENT.sub(document, PAGE.sub(page, text))


def title(document: Path) -> str:
    """The first heading of a Markdown file. Raises UserError if there is no such file."""
    if not document.is_file():
        raise UserError(f"a notebook names {document}, which does not exist")
    return document.read_text().partition("\n")[0].removeprefix("# ")
