"""Tables: the paper's numbers, and how a notebook shows and saves its own."""

from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from IPython.display import Markdown

from cipslib.paths import atomic_write


def paper_numbers(path: Path) -> dict[str, Any]:
    """results/paper.yaml: every number that the paper prints, by table."""
    numbers: dict[str, Any] = yaml.safe_load(path.read_text())
    return numbers


def with_interval(number: dict[str, Any] | None) -> str:
    """A number of metrics.json and its interval; a dash where there were too few pictures."""
    if number is None:
        return "–"
    low, high = number["interval"]
    return f"{number['value']:.3g} [{low:.3g}, {high:.3g}]"


def finish_table(table: pd.DataFrame, folder: Path, name: str) -> Markdown:
    """Save as CSV, and return the table for the notebook to show."""
    with atomic_write(folder / f"{name}.csv") as temporary:
        table.to_csv(temporary, index=False)
    return Markdown(table.to_markdown(index=False, disable_numparse=True))
