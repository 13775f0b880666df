"""What was prepared of a data set: array and card."""

from pathlib import Path
from typing import Any

import numpy as np

from cipslib.utils.errors import UserError
from cipslib.utils.files import read_json
from cipslib.utils.shapes import UInt8


def read_prepared(path: Path) -> dict[str, Any]:
    """Read the card that `cips prepare` wrote beside an array.

    Raises UserError if there is none, or an earlier version wrote it.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist: {_first(path)}")
    card = read_json(path)
    missing = [
        key
        for key in ("sha256", "count", "held_out", "seed", "flips", "rotation", "paper_dataset")
        if key not in card
    ]
    if missing:
        raise UserError(f"{path} does not say {', '.join(missing)}: {_first(path)}")
    return card


def open_images(path: Path, side: int) -> UInt8[np.ndarray, "count {side} {side} 3"]:
    """Map the array that `cips prepare` wrote into memory: only what is read takes any.

    ``side`` is the resolution and the margin. Raises UserError if it is missing, torn, or of
    another side.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist: {_first(path)}")
    try:
        images: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path} is not a whole array: {_first(path)}") from error
    if images.shape[1:] != (side, side, 3):
        raise UserError(
            f"{path} holds images of shape {images.shape[1:]}, not {side} px: {_first(path)}"
        )
    return images


def centres(
    images: UInt8[np.ndarray, "count h w 3"], resolution: int
) -> UInt8[np.ndarray, "count {resolution} {resolution} 3"]:
    """Return the middle of each image, without the margin, as it is measured. Nothing is read."""
    top, left = ((side - resolution) // 2 for side in images.shape[1:3])
    return images[:, top : top + resolution, left : left + resolution]


def _first(path: Path) -> str:
    return f"run cips prepare {path.parent.name} first, with the same --params"


CROPS = ("centre", "random", "none")
