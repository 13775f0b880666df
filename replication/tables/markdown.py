"""Tables of the report in Markdown."""

from collections.abc import Sequence
from typing import Any

from tabulate import tabulate  # type: ignore[import-untyped]

from replication.tables.format_number import non_breaking


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table in Markdown; each row has as many cells as the header."""
    cells = [[non_breaking(str(cell)) for cell in row] for row in rows]
    return tabulate(cells, headers=header, tablefmt="pipe", disable_numparse=True)


def escape_markdown(text: str) -> str:
    """Escape what Markdown takes for its own, for a cell of a table."""
    for character in "\\|*_[]<>":
        text = text.replace(character, f"\\{character}")
    return text
