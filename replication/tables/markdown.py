"""Tables of the report in Markdown."""

from collections.abc import Sequence
from typing import Any

from replication.tables.format_number import non_breaking


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Each row has as many cells as the header."""
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(
        "| " + " | ".join(non_breaking(str(cell)) for cell in line) + " |" for line in lines
    )


def escape_markdown(text: str) -> str:
    """For a cell of a table: no character that Markdown takes for its own."""
    for character in "\\|*_[]<>":
        text = text.replace(character, f"\\{character}")
    return text
