"""Fig. 9: more pixels than the grid has, beside images that were enlarged (notebook 08)."""

import numpy as np
from matplotlib.figure import Figure

from replication.figures.page import Results
from replication.figures.panels import image_columns


def plot_superresolution(results: Results) -> Figure:
    """Draw Fig. 9, the difference, and the squares in the middle, a quarter wide."""
    lanczos, dense = (results.arrays[f"images.{kind}"] for kind in ("Lanczos", "dense grid"))
    side = dense.shape[1] // 4
    start = (dense.shape[1] - side) // 2
    middle = slice(start, start + side)
    details = [images[:, middle, middle] for images in (lanczos, dense)]
    difference = (4 * (dense.astype(int) - lanczos) + 128).clip(0, 255).astype(np.uint8)
    titles = ("Lanczos", "Dense grid", "Difference × 4", "Lanczos, detail", "Dense, detail")
    columns = list(zip(titles, (lanczos, dense, difference, *details), strict=True))
    boxes = len(dense) * [(start, start, side, side)]
    return image_columns(columns, {titles[0]: boxes, titles[1]: boxes})
