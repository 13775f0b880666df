"""The paper's numbers."""

from pathlib import Path
from typing import Any

import yaml


def paper_numbers(path: Path) -> dict[str, Any]:
    """results/paper.yaml: every number that the paper prints, by table."""
    numbers: dict[str, Any] = yaml.safe_load(path.read_text())
    return numbers
