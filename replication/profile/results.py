"""What a measuring stage leaves for figures: numbers and arrays, in a folder."""

from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from cipslib.utils.files import atomic_folder, read_json, write_json

CHUNK_MEMORY = 64  # MiB that an image in chunks may take; the check draws within it

NUMBERS = "numbers.json"
ARRAYS = "images.safetensors"
Arrays = dict[str, np.ndarray]


def write_results(folder: Path, content: dict[str, Any], arrays: Arrays) -> Path:
    """Write both files at once; for a run that was left out the first alone. Return its path."""
    with atomic_folder(folder) as temporary:
        write_json(temporary / NUMBERS, content)
        if "left_out" not in content:
            contiguous = {name: np.ascontiguousarray(value) for name, value in arrays.items()}
            save_file(contiguous, temporary / ARRAYS)
    return folder / NUMBERS


def write_not_run(folder: Path, name: str, why: str) -> Path:
    """Write what stands there for a run of which there are no such results."""
    return write_results(folder, {"run": name, "left_out": why}, {})


def read_results(folder: Path) -> tuple[dict[str, Any], Arrays]:
    """Return numbers and arrays; none for a run that was left out. Raises UserError if torn."""
    content = read_json(folder / NUMBERS)
    return content, {} if "left_out" in content else load_file(folder / ARRAYS)
