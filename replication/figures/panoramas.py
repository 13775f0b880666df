"""Whether a panorama closes on itself (Sec. 4.8; Fig. 11 and 17)."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from cipslib.utils.shapes import UInt8
from replication.figures.panels import mosaic
from replication.figures.style import WIDTH

TITLE = 0.45  # inches: a row's title and the marks above and below it
LINES = (("baseline", "--"), ("real", "-."), ("neutral", ":"))


def plot_joined_ends(rows: Sequence[tuple[str, UInt8[np.ndarray, "_ _ _ 3"], int]]) -> Figure:
    """Draw images turned by half, so that their two ends meet between marks in the middle.

    Each row: its title, its images, and how many of them stand side by side.
    """
    shown = [mosaic(np.roll(p, p.shape[2] // 2, axis=2), columns) for _, p, columns in rows]
    heights = [WIDTH * len(each) / each.shape[1] for each in shown]
    size = (WIDTH, sum(heights) + TITLE * len(rows))
    figure, axes = plt.subplots(len(rows), 1, figsize=size, height_ratios=heights, squeeze=False)
    for axis, (title, images, columns), image in zip(axes[:, 0], rows, shown, strict=True):
        width = images.shape[2]
        # Between two pixels.
        middles = np.linspace(0, image.shape[1] - width, columns) + width / 2 - 0.5
        for y, mark in ((-1.5, "v"), (len(image) + 0.5, "^")):
            axis.plot(middles, [y] * columns, mark, color="black", markersize=5, clip_on=False)
        axis.imshow(image)
        axis.set_title(title, loc="left", pad=12)
        axis.axis("off")
    return figure
