"""Figures that consist of images: labelled rows, titled columns, and grids of panels."""

from collections.abc import Mapping, Sequence
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cipslib.sampling.images import Images, gap, mosaic
from replication.figures.style import WIDTH

# (top, left, height, width) in each of several images, px
Boxes = Sequence[tuple[float, float, float, float]] | np.ndarray
# One square: colours, or powers in dB; or why there is none. And what stands below.
Panel = tuple[np.ndarray | str, str]
DEPTH = 80  # dB below the strongest: what is weaker has the darkest colour


def image_rows(
    rows: Sequence[tuple[str, Images | str]], columns: int, boxes: Mapping[str, Boxes] | None = None
) -> Figure:
    """Draw labelled blocks of images, one below the other, ``columns`` images to a row.

    A text may stand in the place of images. ``boxes``: label of a block -> marks in each image.
    """
    heights = [
        0.3 if isinstance(each, str) else -(-len(each) // columns) * each.shape[1] / each.shape[2]
        for _, each in rows
    ]
    size = (WIDTH, WIDTH / columns * sum(heights) + 0.28 * len(rows))
    figure, axes = plt.subplots(len(rows), 1, figsize=size, height_ratios=heights, squeeze=False)
    for axis, (label, images) in zip(axes[:, 0], rows, strict=True):
        axis.set_title(label, loc="left")
        axis.axis("off")
        if isinstance(images, str):
            axis.text(0, 0.5, images, va="center", transform=axis.transAxes)
        else:
            _show(axis, images, columns, (boxes or {}).get(label, ()))
    return figure


def image_columns(
    columns: Sequence[tuple[str, Images]], boxes: Mapping[str, Boxes] | None = None
) -> Figure:
    """Draw titled columns of as many images each, all equally large; ``boxes`` as above."""
    rows, height, width, _ = columns[0][1].shape
    size = (WIDTH, WIDTH / len(columns) * rows * height / width + 0.28)
    figure, axes = plt.subplots(1, len(columns), figsize=size, squeeze=False)
    for axis, (title, images) in zip(axes[0], columns, strict=True):
        axis.set_title(title)
        axis.axis("off")
        _show(axis, images, 1, (boxes or {}).get(title, ()))
    return figure


def _show(axis: Axes, images: Images, columns: int, boxes: Boxes) -> None:
    """Boxes are white with a black edge, so that they are seen on light and on dark."""
    axis.imshow(mosaic(images, columns))
    inset = images.shape[2] / 64
    down, right = (size + gap(images) for size in images.shape[1:3])
    for index, (top, left, height, width) in enumerate(boxes):
        row, column = divmod(index, columns)
        corner = (column * right + left - 0.5 + inset, row * down + top - 0.5 + inset)
        size = (width - 2 * inset, height - 2 * inset)
        for line, colour in ((2.4, "black"), (1.0, "white")):
            axis.add_patch(Rectangle(corner, *size, fill=False, color=colour, lw=line))


def panel_grid(titles: Sequence[str], rows: Sequence[tuple[str, Sequence[Panel]]]) -> Figure:
    """Draw a row of panels for each run; ``titles`` are the columns'.

    Panels that are numbers, not colours, have one scale, ``DEPTH`` deep.
    """
    side = min((WIDTH - 1) / len(titles), 3.0 if len(rows) == 1 else 1.7)
    notes = max(note.count("\n") + bool(note) for _, row in rows for _, note in row)
    size = (WIDTH, 0.4 + (side + 0.1 + 0.17 * notes) * len(rows))
    figure, grid = plt.subplots(len(rows), len(titles), figsize=size, squeeze=False)
    planes = []
    for axes, (name, panels) in zip(grid, rows, strict=True):
        axes[0].set_ylabel(name if len(rows) > 1 else "", fontsize=8)
        for axis, (image, note) in zip(axes, panels, strict=True):
            axis.set(xticks=[], yticks=[], box_aspect=1)
            axis.spines[:].set_visible(False)
            axis.set_xlabel(note, fontsize=8)
            if isinstance(image, str):
                look = {"fontsize": 8, "ha": "center", "va": "center", "transform": axis.transAxes}
                axis.text(0.5, 0.5, fill(image, 20), **look)
                continue
            shown = axis.imshow(image)
            if image.ndim == 2:
                planes.append(shown)
    for axis, title in zip(grid[0], titles, strict=True):
        axis.set_title(fill(title, round(side * 15)), fontsize=9)
    if planes:
        high = max(plane.norm.vmax for plane in planes)
        low = max(high - DEPTH, min(plane.norm.vmin for plane in planes))
        for plane in planes:
            plane.set_clim(low, high)
        figure.colorbar(planes[0], ax=grid, label="power, dB", shrink=0.8)
    return figure
