"""The report's pages: theme/NAME.md, with places for what a profile has measured."""

from pathlib import Path
from typing import Any

THEME = Path(__file__).parent / "theme"


def fill(name: str, **parts: Any) -> str:
    """Return a page's Markdown with every place filled in."""
    return (THEME / name).read_text().format(**parts)
