"""A grid of images to look at."""

from pathlib import Path

import numpy as np
from PIL import Image

from cipslib.utils.files import atomic_write
from cipslib.utils.shapes import UInt8

COLUMNS = 8
LARGEST = 128  # px of each image in the grid


def write_preview(path: Path, images: UInt8[np.ndarray, "count h w 3"]) -> None:
    """Write a PNG of 64 images, evenly spaced, so that nobody picked them; or of all if fewer.

    Each is shown at 128 px at most.
    """
    count = min(len(images), COLUMNS**2)
    chosen = np.linspace(0, len(images) - 1, count).astype(int)
    side = min(images.shape[1], LARGEST)
    rows = -(-count // COLUMNS)
    grid = Image.new("RGB", (COLUMNS * side, rows * side), "white")
    for position, index in enumerate(chosen):
        image = Image.fromarray(images[index]).resize((side, side), Image.Resampling.BOX)
        grid.paste(image, (position % COLUMNS * side, position // COLUMNS * side))
    with atomic_write(path) as temporary:
        grid.save(temporary, format="PNG")
