"""A grid of pictures to look at."""

from pathlib import Path

import numpy as np
from PIL import Image

from cipslib.utils.files import atomic_write
from cipslib.utils.shapes import UInt8

COLUMNS = 8
LARGEST = 128  # px of each picture in the grid


def write_preview(path: Path, images: UInt8[np.ndarray, "count h w 3"]) -> None:
    """64 pictures of the set, evenly spaced, so that nobody picked them; or all, if it has fewer.

    PNG, at most 128 px each.
    """
    count = min(len(images), COLUMNS**2)
    chosen = np.linspace(0, len(images) - 1, count).astype(int)
    side = min(images.shape[1], LARGEST)
    rows = -(-count // COLUMNS)
    grid = Image.new("RGB", (COLUMNS * side, rows * side), "white")
    for place, index in enumerate(chosen):
        picture = Image.fromarray(images[index]).resize((side, side), Image.Resampling.BOX)
        grid.paste(picture, (place % COLUMNS * side, place // COLUMNS * side))
    with atomic_write(path) as temporary:
        grid.save(temporary, format="PNG")
