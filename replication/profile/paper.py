"""The paper's numbers."""

from pathlib import Path
from typing import Any

from cipslib.utils.yaml_file import read_yaml


def paper_numbers(path: Path) -> dict[str, Any]:
    """Return every number that the paper prints, by table, from results/paper.yaml."""
    numbers: dict[str, Any] = read_yaml(path)
    return numbers
